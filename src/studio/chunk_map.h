// SPDX-License-Identifier: Apache-2.0
//
// Where each job of a title in work stands: one row per track, one letter per chunk.
//
//     v-2160p-hdr   ddddddddddddddllllrrrrrrrrrr..........
//     v-1080p       dddddddddddddddddpllrrrrrrrr..........
//     a-en          d
//
// What is in the queue is ready, leased or parked; what is not is done when its output stands, and
// held back otherwise. It is made of the title's outline, the queue and the names of objects: no
// key is needed for it.
#ifndef STUDIO_CHUNK_MAP_H
#define STUDIO_CHUNK_MAP_H

#include "base/json.h"
#include "store/stores.h"

enum {
    CHUNK_HELD = '.',
    CHUNK_READY = 'r',
    CHUNK_LEASED = 'l',
    CHUNK_PARKED = 'p',
    CHUNK_DONE = 'd',
    CHUNK_MAP_ARENA_BYTES = 16 << 20,
};

struct chunk_row {
    const char *track;
    char *states; // a letter per chunk; tracks other than video have one
};

struct chunk_map {
    const char *title_id, *plan;
    int32_t priority;
    int64_t chunk_ms; // of all chunks but the last
    size_t chunk_count, row_count;
    struct chunk_row *rows;
};

// Memory of the arena. NOT_FOUND when the title is not in work.
must_check outcome chunk_map_make(struct stores *stores, const char *title_id, struct arena *arena,
                                  struct chunk_map *out, struct why *why);

// The caller releases it. NULL without memory.
json_t *chunk_map_json(const struct chunk_map *map);

#endif
