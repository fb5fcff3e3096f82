// SPDX-License-Identifier: Apache-2.0
//
// Memory for one request, segment or job: taken piece by piece, given back all at once.
//
//     block 0 (first)      block 1              block 2
//     [aaaa|bb|cccccc|  ] [dddddddddd|ee|    ] [ffff|             ]
//                                                    ^ next piece
//
// The arena is always a parameter, never implicit. It is not for key material (pieces are not
// wiped) and not shared between threads.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first
    size_t used_bytes;          // over all blocks
    size_t cap_bytes;           // arena_take answers NULL past this
};

struct arena arena_init(size_t cap_bytes);

// Gives all memory back. The arena may be used again.
void arena_release(struct arena *arena);

#define autoarena __attribute__((cleanup(arena_release))) struct arena

// Gives all pieces back and keeps the newest block for reuse.
void arena_reset(struct arena *arena);

// `size` zeroed bytes, aligned for any type. NULL over the cap or without memory; size 0 gives a
// valid pointer.
__attribute__((malloc)) void *arena_take(struct arena *arena, size_t size);

// `count` zeroed items of `size` bytes, or NULL, also where the product overflows.
__attribute__((malloc)) void *arena_take_array(struct arena *arena, size_t count, size_t size);

#define ARENA_NEW(arena, type) ((type *)arena_take((arena), sizeof(type)))

// Copies with a NUL behind the bytes. NULL as arena_take.
char *arena_copy(struct arena *arena, struct slice bytes);
__attribute__((format(printf, 2, 3))) char *arena_format(struct arena *arena, const char *format,
                                                         ...);

#endif
