// SPDX-License-Identifier: Apache-2.0
//
// Numbered pictures in a folder as one master.
//
//     frames/shot_1001.dpx            a folder                "frames"
//     frames/shot_1002.dpx            or a pattern            "frames/shot_%04d.dpx"
//     frames/shot_1004.dpx
//              ^ 1003 is missing: found by `check`, and refused by ingest
//
// They are put into one file as they are (media/picture_file.h) and decoded behind the wall.
#ifndef STUDIO_SEQUENCE_H
#define STUDIO_SEQUENCE_H

#include "base/arena.h"
#include "media/picture_file.h"

struct picture_sequence {
    const char *folder, *prefix, *ending; // "shot_", ".dpx"
    int digits;                           // with zeros in front; 0: as many as there are
    uint32_t *numbers;                    // in order
    size_t count;
    size_t missing;               // numbers between the first and the last that no file has
    uint32_t gap_after;           // the first of them stand behind this number
    struct picture_stream stream; // `rate` is the caller's to set
};

// True for a pattern, and for a folder that holds numbered pictures.
bool sequence_is(const char *path);

// NOT_FOUND without a picture. INVALID for pictures of several sequences, UNSUPPORTED for camera
// raw. Memory is the arena's.
must_check outcome sequence_find(const char *path, struct arena *arena,
                                 struct picture_sequence *out, struct why *why);

// The path of picture `index`; `out` has room for PATH_MAX.
void sequence_path(const struct picture_sequence *sequence, size_t index, char *out);

// Hears how many bytes are written.
struct sequence_watch {
    outcome (*progressed)(void *context, uint64_t done, struct why *why);
    void *context;
};

// Writes all pictures to `fd`. INVALID where numbers are missing. `watch` may be NULL.
must_check outcome sequence_write(const struct picture_sequence *sequence, int fd,
                                  const struct sequence_watch *watch, struct why *why);

#endif
