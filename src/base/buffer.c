// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 256 }; // most small buffers never grow past this

struct buffer buffer_init(size_t cap)
{
    assert(cap > 0);
    return (struct buffer){.cap = cap};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){.cap = buffer->cap};
}

outcome buffer_reserve(struct buffer *buffer, size_t more, struct why *why)
{
    assert(buffer->len <= buffer->room && buffer->room <= buffer->cap);
    if (more <= buffer->room - buffer->len) return OK;
    if (more > buffer->cap - buffer->len)
        return fail(why, TOO_LARGE, "%zu more bytes would exceed this buffer's limit of %zu", more,
                    buffer->cap);

    size_t room = buffer->room == 0 ? ROOM_FIRST : buffer->room;
    while (room - buffer->len < more)
        room = room > buffer->cap / 2 ? buffer->cap : room * 2;
    if (room > buffer->cap) room = buffer->cap;
    uint8_t *grown = realloc(buffer->at, room);
    if (grown == NULL) return fail(why, NO_MEMORY, "no memory for a buffer of %zu bytes", room);
    buffer->at = grown;
    buffer->room = room;
    return OK;
}

outcome buffer_put(struct buffer *buffer, struct slice bytes, struct why *why)
{
    TRY(buffer_reserve(buffer, bytes.len, why));
    if (bytes.len > 0) memcpy(buffer->at + buffer->len, bytes.at, bytes.len);
    buffer->len += bytes.len;
    return OK;
}

outcome buffer_put_text(struct buffer *buffer, const char *text, struct why *why)
{
    return buffer_put(buffer, slice_of(text), why);
}

outcome buffer_put_u8(struct buffer *buffer, uint8_t value, struct why *why)
{
    return buffer_put(buffer, (struct slice){&value, 1}, why);
}

static void write_be(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static outcome put_be(struct buffer *buffer, uint64_t value, size_t bytes, struct why *why)
{
    TRY(buffer_reserve(buffer, bytes, why));
    write_be(buffer->at + buffer->len, value, bytes);
    buffer->len += bytes;
    return OK;
}

outcome buffer_put_u16be(struct buffer *buffer, uint16_t value, struct why *why)
{
    return put_be(buffer, value, 2, why);
}

outcome buffer_put_u32be(struct buffer *buffer, uint32_t value, struct why *why)
{
    return put_be(buffer, value, 4, why);
}

outcome buffer_put_u64be(struct buffer *buffer, uint64_t value, struct why *why)
{
    return put_be(buffer, value, 8, why);
}

outcome buffer_format(struct buffer *buffer, struct why *why, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    outcome result = length < 0 ? fail(why, INVALID, "the text cannot be formatted")
                                : buffer_reserve(buffer, (size_t)length + 1, why);
    if (result == OK) {
        (void)vsnprintf((char *)buffer->at + buffer->len, (size_t)length + 1, format, again);
        buffer->len += (size_t)length;
    }
    va_end(again);
    return result;
}

void buffer_patch_u32be(struct buffer *buffer, size_t at, uint32_t value)
{
    assert(at <= buffer->len && buffer->len - at >= 4);
    write_be(buffer->at + at, value, 4);
}

void buffer_drop(struct buffer *buffer, size_t count)
{
    assert(count <= buffer->len);
    if (count == 0) return;
    buffer->len -= count;
    memmove(buffer->at, buffer->at + count, buffer->len);
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->at, buffer->len};
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer_reserve(buffer, 1, NULL) != OK) return NULL;
    buffer->at[buffer->len] = '\0';
    return (const char *)buffer->at;
}
