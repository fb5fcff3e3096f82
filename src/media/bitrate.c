// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"

__extension__ typedef unsigned __int128 wide;

// Bits of `bytes` over `ticks`, per second, rounded up.
static uint64_t rate_up(uint64_t bytes, uint64_t ticks, uint32_t timescale)
{
    const wide bps = ticks == 0 ? 0 : ((wide)bytes * 8 * timescale + ticks - 1) / ticks;
    return bps > UINT64_MAX ? UINT64_MAX : (uint64_t)bps;
}

uint64_t bitrate_peak_bps(const struct segment_entry *segments, size_t count, uint32_t timescale,
                          uint64_t target_ticks)
{
    uint64_t peak = 0;
    uint64_t all_bytes = 0;
    uint64_t all_ticks = 0;
    for (size_t first = 0; first < count; first++) {
        uint64_t bytes = 0;
        uint64_t ticks = 0;
        for (size_t i = first; i < count; i++) {
            bytes += segments[i].size;
            ticks += segments[i].duration;
            // A segment over 1.5 targets long is against the rules, but must be fetched all the
            // same.
            if (2 * ticks > 3 * target_ticks && i > first) break;
            if (2 * ticks >= target_ticks && rate_up(bytes, ticks, timescale) > peak)
                peak = rate_up(bytes, ticks, timescale);
        }
        all_bytes += segments[first].size;
        all_ticks += segments[first].duration;
    }
    return peak > 0 ? peak
                    : rate_up(all_bytes, all_ticks, timescale); // shorter than half a target in all
}

uint64_t bitrate_average_bps(const struct segment_entry *segments, size_t count, uint32_t timescale)
{
    uint64_t bytes = 0;
    uint64_t ticks = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += segments[i].size;
        ticks += segments[i].duration;
    }
    return rate_up(bytes, ticks, timescale);
}

// Needed from segment i to j: bits(i..j) <= rate * (buffer + time(i..j)). Of all i the one with the
// most bits over what `least` has delivered decides; raising `least` to it and going on finds the
// maximum over all pairs in one pass per raise, as the running sum is dropped once it helps nobody.
uint64_t bitrate_buffered_bps(const struct segment_entry *segments, size_t count,
                              uint32_t timescale, uint64_t buffer_ticks)
{
    uint64_t least = 0;
    for (;;) {
        uint64_t raised = least;
        uint64_t bytes = 0;
        uint64_t ticks = 0;
        for (size_t i = 0; i < count; i++) {
            // Does starting here ask for more than having come from before?
            if ((wide)bytes * 8 * timescale < (wide)least * ticks) bytes = ticks = 0;
            bytes += segments[i].size;
            ticks += segments[i].duration;
            const uint64_t needed = rate_up(bytes, ticks + buffer_ticks, timescale);
            if (needed > raised) raised = needed;
        }
        if (raised == least) return least;
        least = raised;
    }
}

uint64_t bitrate_target_ticks(const struct segment_entry *segments, size_t count,
                              uint32_t timescale)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < count; i++)
        if (segments[i].duration > longest) longest = segments[i].duration;
    const uint64_t seconds = (longest + timescale / 2) / timescale;
    return (seconds > 0 ? seconds : 1) * timescale;
}
