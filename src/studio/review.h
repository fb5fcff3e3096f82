// SPDX-License-Identifier: Apache-2.0
//
// Looks at all chunks of a title as the stream that they will be, and asks for another take of
// those that do not go with their neighbours.
//
//     chunk         0        1        2        3       of one rung
//     bucket     900->410 410->-30  500->640 640->...  fullness in permille: chunk 1 runs dry,
//     retake                 ^ starts at 410           because its encoder took 900 for granted
//     SSIM         19.1     18.8     14.2     18.9 dB
//     retake                          ^ finer          below both neighbours by more than a margin
//
// A rung with a cap is held to it over the joins (media/leaky_bucket.h). The first retake of an
// offender starts with what the bucket really holds; where that is not enough, each further one is
// coarser by RETAKE_COARSER. A chunk that is weak although its rate is below the cap gets one finer
// retake; at the cap there is nothing to give.
//
// All of it follows from the notes of the chunks (chunk_note.h): whoever reviews the same chunks
// asks for the same retakes, also after a crash.
#ifndef STUDIO_REVIEW_H
#define STUDIO_REVIEW_H

#include "base/json.h"
#include "media/leaky_bucket.h"
#include "studio/chunk_note.h"
#include "studio/plan.h"

enum {
    REVIEW_TAKES_MAX = 6,       // of a chunk; the last one stays, and the report says what it lacks
    RETAKE_COARSER_TENTHS = 15, // of crf: some 20 % of the rate
    RETAKE_FINER_TENTHS = 20,
    // a chunk is weak when it distorts more than its neighbours do by so much: 2 dB of SSIM
    REVIEW_MARGIN_PERCENT = 158,
    REVIEW_SSIM_SEEN_PPM = 990000, // better than this, nobody sees a difference
    REVIEW_ROOM_PERCENT = 80,      // of the cap: below it there is something to give
};

struct chunk_review {
    uint32_t take; // the one that counts
    struct picture_quality quality;
    uint64_t bytes;
    size_t pictures;
    struct bucket_passage bucket; // all 0 in a rung without a cap
    bool is_weak;
};

// Fills a review per chunk, in order, from their notes: the bucket over the joins, and who is weak.
void review_rung(const struct rung *rung, struct frame_rate rate, const struct chunk_note *notes,
                 struct chunk_review *chunks, size_t count);

// The retake that a chunk wants next. `last` is what was tried last, NULL: the rung's own way.
// False when it wants none, or has had its share.
bool review_retake(const struct rung *rung, const struct chunk_review *chunk,
                   const struct retake *last, struct frame_rate rate, struct retake *out);

// All rungs of a plan whose jobs are done.
struct review {
    struct chunk_review *chunks[LADDER_RUNGS_MAX];
    size_t offending, weak;              // chunks, by the takes that count
    size_t retakes[RETAKE_REASON_COUNT]; // so far
};

// Adds the retakes that are wanted to the plan: none when all is well, or nothing more can be done.
// `*out` is memory of `arena`.
must_check outcome review_title(struct blob_store *blobs, struct plan *plan, struct arena *arena,
                                struct review *out, size_t *added, struct why *why);

// {"rungs":[{"name","chunks":[{"take","bits","psnr_db","ssim_db",...}],"retakes":[...]}]}
must_check outcome review_format(const struct plan *plan, const struct review *review,
                                 struct buffer *out, struct why *why);

enum { REVIEW_BYTES_MAX = 64 << 20 }; // of that: 200 bytes for each chunk of each rung

#endif
