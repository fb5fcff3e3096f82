// SPDX-License-Identifier: Apache-2.0
//
// Media time: a count of ticks together with how many ticks make a second. Never a bare integer, so
// that 24000/1001 fps stays exact over any length and ticks of two tracks are never mixed up.
#ifndef MEDIA_TIME_H
#define MEDIA_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct media_time {
    int64_t ticks;
    uint32_t timescale; // ticks per second, at least 1
};

// `time` in another timescale, rounded to nearest (halves away from zero). Exact in 128-bit
// arithmetic; saturates at the ends of int64_t.
struct media_time media_time_rescale(struct media_time time, uint32_t timescale);

// < 0, 0, > 0 as a is before, at or after b; exact across timescales.
int media_time_compare(struct media_time a, struct media_time b);

double media_time_seconds(struct media_time time); // for people and manifests, not for sums

#endif
