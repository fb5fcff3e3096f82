// SPDX-License-Identifier: Apache-2.0
#include "media/cadence.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

// A camera's clock wavers: less than half a frame leaves each picture its own place.
#define JITTER_FRAMES 0.45

__extension__ typedef __int128 wide; // products of timestamps, timescales and rates

static const struct frame_rate standard_rates[] = {
    {24000, 1001}, {24, 1},        {25, 1},       {30000, 1001}, {30, 1},
    {48000, 1001}, {48, 1},        {50, 1},       {60000, 1001}, {60, 1},
    {100, 1},      {120000, 1001}, {120, 1},      {10, 1},       {12, 1},
    {25, 2},       {12000, 1001},  {15000, 1001}, {15, 1},       {20, 1},
};
enum { STANDARD_RATE_COUNT = sizeof standard_rates / sizeof standard_rates[0] };

static wide floor_divide(wide value, wide divisor)
{
    const wide quotient = value / divisor;
    return quotient - (value % divisor < 0);
}

int64_t cadence_frame(struct media_time at, struct media_time start, struct frame_rate rate)
{
    assert(at.timescale > 0 && start.timescale > 0 && rate.frames > 0 && rate.seconds > 0);
    // (at - start) * rate + 1/2 over one divisor. A span past the limit is centuries: what a broken
    // file says.
    const wide span = (wide)at.ticks * start.timescale - (wide)start.ticks * at.timescale;
    const wide divisor = (wide)at.timescale * start.timescale;
    const wide limit = (wide)1 << 92;
    if (span > limit || span < -limit) return span > 0 ? INT64_MAX : INT64_MIN;
    const wide frame =
        floor_divide(2 * span * rate.frames + divisor * rate.seconds, 2 * divisor * rate.seconds);
    if (frame > INT64_MAX || frame < INT64_MIN) return frame > 0 ? INT64_MAX : INT64_MIN;
    return (int64_t)frame;
}

struct media_time cadence_time(uint64_t frame, struct media_time start, struct frame_rate rate)
{
    const wide divisor = rate.frames;
    const wide ticks =
        floor_divide(2 * (wide)frame * rate.seconds * start.timescale + divisor, 2 * divisor);
    return (struct media_time){start.ticks + (int64_t)ticks, start.timescale};
}

static double rate_value(struct frame_rate rate)
{
    return (double)rate.frames / (double)rate.seconds;
}

// How far the worst picture is from its own place on the grid, in frames; infinite when one has no
// place.
static double misfit(const int64_t *ticks, size_t count, uint32_t timescale, struct frame_rate rate)
{
    const double frames_per_tick = rate_value(rate) / timescale;
    double low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        const double offset = (double)(ticks[i] - ticks[0]) * frames_per_tick - (double)i;
        if (offset < low) low = offset;
        if (offset > high) high = offset;
        if (high - low > 1) return HUGE_VAL;
    }
    return fmax(high, -low);
}

// Timestamps are rounded to ticks: each may be half a tick off, and so may the first, from which
// all are counted.
static double misfit_allowed(uint32_t timescale, struct frame_rate rate)
{
    const double one_tick = rate_value(rate) / timescale;
    return one_tick * 1.1 < 0.02 ? 0.02 : fmin(one_tick * 1.1, 0.25);
}

static bool is_valid(struct frame_rate rate)
{
    return rate.frames > 0 && rate.seconds > 0 && rate_value(rate) >= 1 && rate_value(rate) <= 240;
}

static struct frame_rate nearest_standard(double per_second)
{
    struct frame_rate best = standard_rates[0];
    for (size_t i = 1; i < STANDARD_RATE_COUNT; i++)
        if (fabs(rate_value(standard_rates[i]) - per_second) < fabs(rate_value(best) - per_second))
            best = standard_rates[i];
    return best;
}

static int compare_ticks(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

// Pictures per second by the middle one of the distances between neighbours: pauses and hiccups of
// a camera or a screen recorder move an average, but not this.
static double usual_rate(const int64_t *ticks, size_t count, uint32_t timescale)
{
    enum { SAMPLE_COUNT = 4096 }; // enough for a median, and a bounded stack
    int64_t distances[SAMPLE_COUNT];
    const size_t pairs = count - 1;
    const size_t used = pairs < SAMPLE_COUNT ? pairs : SAMPLE_COUNT;
    for (size_t i = 0; i < used; i++) {
        const size_t at = used == pairs ? i : (size_t)((uint64_t)i * pairs / used);
        distances[i] = ticks[at + 1] - ticks[at];
    }
    qsort(distances, used, sizeof distances[0], compare_ticks);
    const int64_t middle = distances[used / 2];
    return middle <= 0 ? (double)pairs * timescale / (double)(ticks[count - 1] - ticks[0])
                       : (double)timescale / (double)middle;
}

static bool same_rate(struct frame_rate a, struct frame_rate b)
{
    return (uint64_t)a.frames * b.seconds == (uint64_t)b.frames * a.seconds;
}

// The standard rate that fits best and strays by at most `slack` frames, or by what its timestamps'
// rounding explains when that is `slack` 0.
static bool fitting_rate(const int64_t *ticks, size_t count, uint32_t timescale,
                         struct frame_rate declared, double slack, struct frame_rate *out)
{
    double best = HUGE_VAL;
    for (size_t i = 0; i < STANDARD_RATE_COUNT; i++) {
        const struct frame_rate rate = standard_rates[i];
        double worst = misfit(ticks, count, timescale, rate);
        if (worst > (slack > 0 ? slack : misfit_allowed(timescale, rate))) continue;
        if (is_valid(declared) && same_rate(declared, rate)) worst = -1; // what they say fits
        if (worst >= best) continue;
        best = worst;
        *out = rate;
    }
    return isfinite(best);
}

static void count_frames(const int64_t *ticks, size_t count, uint32_t timescale,
                         int64_t last_duration, struct cadence *cadence)
{
    const struct media_time start = {ticks[0], timescale};
    int64_t previous = -1;
    for (size_t i = 0; i < count; i++) {
        const int64_t frame =
            cadence_frame((struct media_time){ticks[i], timescale}, start, cadence->rate);
        if (frame == previous)
            cadence->dropped++;
        else
            cadence->repeated += (uint64_t)(frame - previous - 1);
        previous = frame;
    }
    const int64_t end = cadence_frame(
        (struct media_time){ticks[count - 1] + last_duration, timescale}, start, cadence->rate);
    const int64_t frames = end > previous ? end : previous + 1;
    cadence->repeated += (uint64_t)(frames - previous - 1);
    cadence->frame_count = (uint64_t)frames;
}

struct cadence cadence_find(const int64_t *ticks, size_t count, uint32_t timescale,
                            int64_t last_duration, struct frame_rate declared)
{
    assert(count >= 1 && timescale > 0);
    struct cadence cadence = {.rate = {24, 1}};
    const double span_s = (double)(ticks[count - 1] - ticks[0]) / timescale;
    if (count == 1 || span_s <= 0) {
        if (is_valid(declared)) cadence.rate = nearest_standard(rate_value(declared));
    } else if (!fitting_rate(ticks, count, timescale, declared, 0, &cadence.rate) &&
               !fitting_rate(ticks, count, timescale, declared, JITTER_FRAMES, &cadence.rate)) {
        cadence.rate = nearest_standard(usual_rate(ticks, count, timescale));
    }
    count_frames(ticks, count, timescale, last_duration, &cadence);
    cadence.is_variable = cadence.repeated + cadence.dropped > 0;
    return cadence;
}
