// SPDX-License-Identifier: Apache-2.0
//
// What is noted of a chunk when it is made, beside its media: the sizes of its samples, for the
// decoder's buffer over the joins, and how near its pictures came.
//
//     work/film-1/3f9c/v-1080p/000007.mp4
//     work/film-1/3f9c/v-1080p/000007.json    {"psnr_cdb":4213,"ssim_ppm":981204,
//                                              "samples":[48213,1022,...]}      decode order
//
// Sizes are read from the media itself, not heard from its encoder. The same chunk has the same
// note.
#ifndef STUDIO_CHUNK_NOTE_H
#define STUDIO_CHUNK_NOTE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "media/encoder.h"

enum {
    CHUNK_SAMPLES_MAX = GRID_SEGMENT_FRAMES_MAX * GRID_CHUNK_SEGMENTS_MAX,
    CHUNK_NOTE_BYTES_MAX = 64 + CHUNK_SAMPLES_MAX * 11,
};

struct chunk_note {
    struct picture_quality quality; // the mean over its pictures
    uint32_t *sample_bytes;
    size_t sample_count;
};

// Reads the sizes of a chunk's file; the quality is left alone. Memory of `arena`.
must_check outcome chunk_note_read(struct arena *arena, int fd, struct chunk_note *out,
                                   struct why *why);

uint64_t chunk_note_bytes(const struct chunk_note *note); // of all samples

must_check outcome chunk_note_format(const struct chunk_note *note, struct buffer *out,
                                     struct why *why);
must_check outcome chunk_note_parse(struct slice text, struct arena *arena, struct chunk_note *out,
                                    struct why *why);

#endif
