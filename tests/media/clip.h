// SPDX-License-Identifier: Apache-2.0
//
// Clips for tests: made by FFmpeg's program on the spot, or real ones from the shared folder.
// Counter clips carry their frame number as sixteen black or white cells, so that a decoded frame
// says which it is, at any size:
//
//     |cell 0|cell 1| ... |cell 15|      bit i of the number: white is 1
#ifndef TESTS_MEDIA_CLIP_H
#define TESTS_MEDIA_CLIP_H

#include <libavutil/frame.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIP_WORDS_MAX = 48, CLIP_FRAMES_MAX = 4096, COUNTER_BITS = 16 };

// A source for lavfi: 512x64 pictures that count, at `rate` ("30000/1001"), from frame 0. Borrowed
// until the next call.
const char *counter_source(const char *rate, unsigned frames);

// A path in a folder that goes when the test ends. Borrowed until four calls later.
const char *clip_path(const char *name);

// Runs ffmpeg with these words (up to NULL) before the path of `name`, which is returned. Fails the
// test when ffmpeg does.
const char *clip_make(const char *name, ...);

// A copy of a file's first `bytes`, or of its whole for SIZE_MAX, with the bytes at `patch_at`
// replaced.
const char *clip_cut(const char *name, const char *of, size_t bytes);

// The path of a real clip; skips the test, saying so, when the shared folder is not there.
const char *clip_shared(const char *name);

int clip_open(const char *path);   // for reading; fails the test
int clip_create(const char *name); // for writing and reading, empty

// The number that a decoded counter picture (8 to 16 bits of luma) shows.
unsigned counter_number(const AVFrame *frame);

// Decodes the first video track of an open file with libavcodec, calling `each` for every picture
// in order. Any decode error fails the test. Returns how many there were.
size_t clip_decode(int fd, void (*each)(void *context, size_t index, const AVFrame *frame),
                   void *context);

// The numbers of all pictures of a counter clip.
size_t clip_numbers(int fd, unsigned *out, size_t room);

#endif
