// SPDX-License-Identifier: Apache-2.0
#include "media/box_writer.h"

#include <assert.h>

struct box_writer box_writer_init(struct buffer *buffer, struct why *why)
{
    return (struct box_writer){.buffer = buffer, .why = why, .result = OK};
}

void box_begin(struct box_writer *writer, uint32_t type)
{
    assert(writer->depth < BOX_DEPTH_MAX);
    writer->starts[writer->depth++] = writer->buffer->len;
    put_u32(writer, 0);
    put_u32(writer, type);
}

void full_box_begin(struct box_writer *writer, uint32_t type, uint8_t version, uint32_t flags)
{
    box_begin(writer, type);
    put_u8(writer, version);
    put_u24(writer, flags);
}

void box_end(struct box_writer *writer)
{
    assert(writer->depth > 0);
    const size_t start = writer->starts[--writer->depth];
    if (writer->result != OK) return;
    const size_t size = writer->buffer->len - start;
    assert(size <= UINT32_MAX); // headers alone are written through here
    buffer_patch_u32be(writer->buffer, start, (uint32_t)size);
}

void put_u8(struct box_writer *writer, uint8_t value)
{
    if (writer->result == OK) writer->result = buffer_put_u8(writer->buffer, value, writer->why);
}

void put_u16(struct box_writer *writer, uint16_t value)
{
    if (writer->result == OK) writer->result = buffer_put_u16be(writer->buffer, value, writer->why);
}

void put_u24(struct box_writer *writer, uint32_t value)
{
    assert(value < 1u << 24);
    put_u8(writer, (uint8_t)(value >> 16));
    put_u16(writer, (uint16_t)(value & 0xffffu));
}

void put_u32(struct box_writer *writer, uint32_t value)
{
    if (writer->result == OK) writer->result = buffer_put_u32be(writer->buffer, value, writer->why);
}

void put_u64(struct box_writer *writer, uint64_t value)
{
    if (writer->result == OK) writer->result = buffer_put_u64be(writer->buffer, value, writer->why);
}

void put_bytes(struct box_writer *writer, struct slice bytes)
{
    if (writer->result == OK) writer->result = buffer_put(writer->buffer, bytes, writer->why);
}

void put_zeros(struct box_writer *writer, size_t count)
{
    static const uint8_t zeros[64] = {0};
    for (size_t left = count; left > 0;) {
        const size_t part = left < sizeof zeros ? left : sizeof zeros;
        put_bytes(writer, (struct slice){zeros, part});
        left -= part;
    }
}

outcome box_writer_end(struct box_writer *writer)
{
    assert(writer->depth == 0);
    return writer->result;
}
