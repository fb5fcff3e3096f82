// SPDX-License-Identifier: Apache-2.0
//
// What was asked for: bytes by path, out of the access logs of edges, each worth half after a
// half-life.
//
//     {"at": "2026-11-21T20:00:00.000Z", "bytes": {"/media/film-1/v7/v-1080p.mp4": 734003200, ...}}
#ifndef DELIVERY_POPULARITY_H
#define DELIVERY_POPULARITY_H

#include "base/buffer.h"

#include <stdbool.h>

enum {
    POPULARITY_LINE_BYTES_MAX = 64 * 1024,
    POPULARITY_BYTES_MAX = 256 << 20, // of its text
};

struct popularity;

// From what popularity_format() wrote, brought down to what it is worth at `now_ms` (wall clock);
// from nothing when `text` is empty. INVALID.
must_check outcome popularity_open(struct slice text, const char *what, int64_t half_life_s,
                                   int64_t now_ms, struct popularity **out, struct why *why);
void popularity_close(struct popularity **popularity); // tolerates NULL

#define autopopularity __attribute__((cleanup(popularity_close))) struct popularity

// Adds a line of an edge's access log. False: it is none, or not of an answer that brought bytes.
bool popularity_take(struct popularity *popularity, struct slice line);

double popularity_bytes(const struct popularity *popularity, const char *path); // 0: unknown
must_check outcome popularity_format(const struct popularity *popularity, struct buffer *out,
                                     struct why *why);

#endif
