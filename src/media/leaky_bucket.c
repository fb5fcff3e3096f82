// SPDX-License-Identifier: Apache-2.0
#include "media/leaky_bucket.h"

#include <assert.h>

#define NUMBER_MAX ((uint64_t)1 << 40)

struct leaky_bucket bucket_init(uint64_t rate_bps, uint64_t size_bits, struct frame_rate rate)
{
    assert(rate_bps > 0 && rate_bps < NUMBER_MAX && size_bits > 0 && size_bits < NUMBER_MAX);
    assert(rate.frames > 0 && rate.seconds > 0 && rate.frames < 1 << 20 && rate.seconds < 1 << 20);
    const uint64_t size = size_bits * rate.frames;
    return (struct leaky_bucket){.inflow = rate_bps * rate.seconds,
                                 .size = size,
                                 .level = size / 1000 * BUCKET_START_PERMILLE +
                                          size % 1000 * BUCKET_START_PERMILLE / 1000,
                                 .frames = rate.frames};
}

// Both below 2^60: times a thousand they would not fit.
static uint32_t permille(const struct leaky_bucket *bucket)
{
    const uint64_t scale = bucket->size >> 40; // what is shifted out is below a billionth
    return scale == 0 ? (uint32_t)(bucket->level * 1000 / bucket->size)
                      : (uint32_t)(bucket->level / scale * 1000 / (bucket->size / scale));
}

struct bucket_passage bucket_pass(struct leaky_bucket *bucket, const uint32_t *sample_bytes,
                                  size_t count)
{
    struct bucket_passage passage = {.start_permille = permille(bucket),
                                     .lowest_bits = (int64_t)(bucket->level / bucket->frames)};
    int64_t lowest = (int64_t)bucket->level;
    for (size_t i = 0; i < count; i++) {
        const int64_t left =
            (int64_t)bucket->level - (int64_t)sample_bytes[i] * 8 * (int64_t)bucket->frames;
        if (left < lowest || i == 0) {
            lowest = left;
            passage.lowest_at = i;
        }
        passage.late += left < 0;
        bucket->level = (left < 0 ? 0 : (uint64_t)left) + bucket->inflow;
        if (bucket->level > bucket->size) bucket->level = bucket->size;
    }
    // rounded away from zero where it is dry: one bit too few is too few
    const int64_t frames = (int64_t)bucket->frames;
    if (count > 0)
        passage.lowest_bits = lowest < 0 ? (lowest - frames + 1) / frames : lowest / frames;
    return passage;
}
