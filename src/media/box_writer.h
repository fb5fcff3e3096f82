// SPDX-License-Identifier: Apache-2.0
//
// Writing the boxes of an ISO base media file into a buffer: sizes are filled in when a box ends.
//
//     box_begin moov        [    |moov|
//     box_begin mvhd        [    |moov|    |mvhd|
//     put fields            [    |moov|    |mvhd|....|
//     box_end               [    |moov|  12|mvhd|....|
//     box_end               [  20|moov|  12|mvhd|....|
//
// The first failure (the buffer's cap, memory) is kept and everything after it does nothing, so
// that a writer puts all its fields and asks once.
#ifndef MEDIA_BOX_WRITER_H
#define MEDIA_BOX_WRITER_H

#include "base/buffer.h"
#include "media/box.h"

struct box_writer {
    struct buffer *buffer;
    struct why *why;
    outcome result;
    unsigned depth;
    size_t starts[BOX_DEPTH_MAX];
};

struct box_writer box_writer_init(struct buffer *buffer, struct why *why);

void box_begin(struct box_writer *writer, uint32_t type);
void full_box_begin(struct box_writer *writer, uint32_t type, uint8_t version, uint32_t flags);
void box_end(struct box_writer *writer);

void put_u8(struct box_writer *writer, uint8_t value);
void put_u16(struct box_writer *writer, uint16_t value);
void put_u24(struct box_writer *writer, uint32_t value);
void put_u32(struct box_writer *writer, uint32_t value);
void put_u64(struct box_writer *writer, uint64_t value);
void put_bytes(struct box_writer *writer, struct slice bytes);
void put_zeros(struct box_writer *writer, size_t count);

// What became of it all. All boxes have ended.
must_check outcome box_writer_end(struct box_writer *writer);

#endif
