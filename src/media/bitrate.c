// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"

__extension__ typedef unsigned __int128 wide;

// Bits of `bytes` over `us`, per second, rounded up.
static uint64_t rate_up(uint64_t bytes, uint64_t us)
{
    const wide bps = us == 0 ? 0 : ((wide)bytes * 8 * 1000000 + us - 1) / us;
    return bps > UINT64_MAX ? UINT64_MAX : (uint64_t)bps;
}

uint64_t bitrate_peak_bps(const struct sized_segment *segments, size_t count, uint64_t target_us)
{
    uint64_t peak = 0;
    uint64_t all_bytes = 0;
    uint64_t all_us = 0;
    for (size_t first = 0; first < count; first++) {
        uint64_t bytes = 0;
        uint64_t us = 0;
        for (size_t i = first; i < count; i++) {
            bytes += segments[i].bytes;
            us += segments[i].duration_us;
            // A segment over 1.5 targets long is against the rules, but must be fetched all the
            // same.
            if (2 * us > 3 * target_us && i > first) break;
            if (2 * us >= target_us && rate_up(bytes, us) > peak) peak = rate_up(bytes, us);
        }
        all_bytes += segments[first].bytes;
        all_us += segments[first].duration_us;
    }
    return peak > 0 ? peak : rate_up(all_bytes, all_us); // shorter than half a target in all
}

uint64_t bitrate_average_bps(const struct sized_segment *segments, size_t count)
{
    uint64_t bytes = 0;
    uint64_t us = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += segments[i].bytes;
        us += segments[i].duration_us;
    }
    return us == 0 ? 0 : (uint64_t)(((wide)bytes * 8 * 1000000 + us / 2) / us);
}

// Needed from segment i to j: bits(i..j) <= rate * (buffer + time(i..j)). Of all i the one with the
// most bits over what `least` has delivered decides; raising `least` to it and going on finds the
// maximum over all pairs in one pass per raise, as the running sum is dropped once it helps nobody.
uint64_t bitrate_buffered_bps(const struct sized_segment *segments, size_t count,
                              uint64_t buffer_us)
{
    uint64_t least = 0;
    for (;;) {
        uint64_t raised = least;
        uint64_t bytes = 0;
        uint64_t us = 0;
        for (size_t i = 0; i < count; i++) {
            // Does starting here ask for more than having come from before?
            if ((wide)bytes * 8 * 1000000 < (wide)least * us) bytes = us = 0;
            bytes += segments[i].bytes;
            us += segments[i].duration_us;
            const uint64_t needed = rate_up(bytes, us + buffer_us);
            if (needed > raised) raised = needed;
        }
        if (raised == least) return least;
        least = raised;
    }
}
