// SPDX-License-Identifier: Apache-2.0
//
// Small MP4 files made by hand for the reader's tests: the samples' bytes are numbers that tell
// which sample they are, so that every byte can be looked for where it should be.
//
//     sample 3 of 5 bytes, seed 7:   07 03 02 03 04       seed, number, then its offsets
#ifndef TESTS_MEDIA_MOVIE_H
#define TESTS_MEDIA_MOVIE_H

#include "media/box_writer.h"
#include "media/sample.h"
#include "media/stream.h"

enum { MOVIE_PATH_BYTES = 64, MOVIE_BYTES_MAX = 4 * 1024 * 1024, MOVIE_TABLES_MAX = 1024 };

struct movie_edit {
    uint64_t duration; // movie timescale, which is 1000
    int64_t media_time;
};

struct movie {
    const struct stream *stream;
    const struct coded_sample *samples; // bytes.len alone is used
    size_t count;
    uint8_t seed;
    size_t samples_per_chunk;
    const struct movie_edit *edits;
    size_t edit_count;
    bool has_large_offsets; // co64
    bool has_stss;
};

// An AVC stream of 640x360 at 25/1 with timescale 12800, and an AAC one of 48 kHz stereo.
extern const struct stream movie_avc;
extern const struct stream movie_aac;

// `count` samples: a sync sample every `group`, sizes that differ, I P B B order when `has_shifts`.
void movie_samples(struct coded_sample *out, size_t count, size_t group, uint32_t duration,
                   bool has_shifts);

// The bytes of sample `number` of `len` bytes.
void movie_fill(uint8_t *out, size_t len, uint8_t seed, size_t number);

// Appends an unfragmented file: ftyp, mdat, moov.
void movie_put(struct buffer *out, const struct movie *movie);

// A fragmented file as an encoder process would write it, a fragment per `group` samples.
void movie_put_fragments(struct buffer *out, const struct movie *movie, size_t group,
                         uint64_t decode_ticks);

// Writes to a temporary file whose path goes to `path`; the test unlinks it.
void movie_save(const struct buffer *bytes, char *path);

#endif
