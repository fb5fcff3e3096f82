// SPDX-License-Identifier: Apache-2.0
#include "media/time.h"

#include <assert.h>

__extension__ typedef __int128 wide; // a product of two 64-bit numbers

struct media_time media_time_rescale(struct media_time time, uint32_t timescale)
{
    assert(time.timescale > 0 && timescale > 0);
    const wide scaled = (wide)time.ticks * timescale;
    const wide half = scaled < 0 ? -(wide)(time.timescale / 2) : time.timescale / 2;
    const wide ticks = (scaled + half) / time.timescale;
    return (struct media_time){
        ticks > INT64_MAX   ? INT64_MAX
        : ticks < INT64_MIN ? INT64_MIN
                            : (int64_t)ticks,
        timescale,
    };
}

int media_time_compare(struct media_time a, struct media_time b)
{
    const wide left = (wide)a.ticks * b.timescale;
    const wide right = (wide)b.ticks * a.timescale;
    return (left > right) - (left < right);
}

double media_time_seconds(struct media_time time)
{
    return (double)time.ticks / (double)time.timescale;
}
