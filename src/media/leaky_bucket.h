// SPDX-License-Identifier: Apache-2.0
//
// The decoder's buffer of a capped stream, across chunks that were encoded apart from each other.
//
//     fullness   size |``\          ____ full: bits wait outside
//                     |   |     __/     |        bits come in at the rate, each picture
//                     |   |  __/        |   _    takes its own out at its decode time
//                     |   | /           | _/
//                   0 |___|/____________|/____   lowest of chunk 0; chunk 1 starts with less
//                     IDR               IDR      than its encoder took for granted
//                     |-- chunk 0 ------|-- chunk 1 --
//
// It is the coded picture buffer of ITU-T H.264 Annex C.1 and H.265 Annex C.2 with cbr_flag 0: a
// picture's bits begin to arrive no earlier than lets the buffer overflow, so it never does; the
// stream conforms (C.3, C.4) when every picture is whole at its nominal removal time. One that is
// not makes the fullness negative: the stream has run dry by so many bits.
//
// Integers throughout: fullness is counted in bits times frames per second, so that the inflow of
// a picture at 24000/1001 is a whole number too.
#ifndef MEDIA_LEAKY_BUCKET_H
#define MEDIA_LEAKY_BUCKET_H

#include "media/grid.h"

#include <stdbool.h>
#include <stddef.h>

enum { BUCKET_START_PERMILLE = 900 }; // of the size: what a client waits for, and encoders suppose

struct leaky_bucket {
    uint64_t inflow; // of one picture's time; these three in bits * rate.frames
    uint64_t size;
    uint64_t level;
    uint32_t frames; // of the rate
};

// What a run of pictures did to the bucket.
struct bucket_passage {
    uint32_t start_permille; // fullness before its first picture is taken out
    int64_t lowest_bits;     // right after the worst picture; negative: dry by so much
    size_t lowest_at;        // that picture, from 0
    size_t late;             // pictures that were not whole in time
};

// `rate_bps` and `size_bits` at least 1, of the rate's two numbers, too; both below 2^40. The
// bucket begins BUCKET_START_PERMILLE full.
struct leaky_bucket bucket_init(uint64_t rate_bps, uint64_t size_bits, struct frame_rate rate);

// Takes pictures of these sizes out, in decode order, one per picture's time. Where it runs dry
// the decoder waits for the picture, and goes on from an empty bucket. Without pictures,
// lowest_bits is the fullness.
struct bucket_passage bucket_pass(struct leaky_bucket *bucket, const uint32_t *sample_bytes,
                                  size_t count);

#endif
