// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 - 64 }; // a page multiple together with malloc's own header

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t room;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena arena_init(size_t cap_bytes)
{
    assert(cap_bytes > 0);
    return (struct arena){.cap_bytes = cap_bytes};
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_release(struct arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (struct arena){.cap_bytes = arena->cap_bytes};
}

void arena_reset(struct arena *arena)
{
    if (arena->blocks == NULL) return;
    free_blocks(arena->blocks->older);
    arena->blocks->older = NULL;
    arena->blocks->used = 0;
    arena->used_bytes = 0;
}

void *arena_take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > arena->cap_bytes - arena->used_bytes) return NULL;
    size_t padded = size == 0 ? align : (size + align - 1) & ~(align - 1);
    if (padded > arena->cap_bytes - arena->used_bytes) padded = size;

    struct arena_block *block = arena->blocks;
    if (block == NULL || block->room - block->used < padded) {
        const size_t room = padded > BLOCK_BYTES ? padded : BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (block == NULL) return NULL;
        *block = (struct arena_block){.older = arena->blocks, .room = room};
        arena->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used += padded;
    if (block->used & (align - 1)) block->used = block->room; // an odd last piece closes its block
    arena->used_bytes += padded;
    memset(piece, 0, padded);
    return piece;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return arena_take(arena, bytes);
}

char *arena_copy(struct arena *arena, struct slice bytes)
{
    if (bytes.len == SIZE_MAX) return NULL;
    char *copy = arena_take(arena, bytes.len + 1);
    if (copy != NULL && bytes.len > 0) memcpy(copy, bytes.at, bytes.len);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : arena_take(arena, (size_t)length + 1);
    if (text != NULL) (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
