// SPDX-License-Identifier: Apache-2.0
#include "media/time.h"

#include <assert.h>

struct media_time media_time_rescale(struct media_time time, uint32_t timescale)
{
    assert(time.timescale > 0 && timescale > 0);
    const __int128 scaled = (__int128)time.ticks * timescale;
    const __int128 half = scaled < 0 ? -(__int128)(time.timescale / 2) : time.timescale / 2;
    const __int128 ticks = (scaled + half) / time.timescale;
    return (struct media_time){
        ticks > INT64_MAX   ? INT64_MAX
        : ticks < INT64_MIN ? INT64_MIN
                            : (int64_t)ticks,
        timescale,
    };
}

int media_time_compare(struct media_time a, struct media_time b)
{
    const __int128 left = (__int128)a.ticks * b.timescale;
    const __int128 right = (__int128)b.ticks * a.timescale;
    return (left > right) - (left < right);
}

double media_time_seconds(struct media_time time)
{
    return (double)time.ticks / (double)time.timescale;
}
