// SPDX-License-Identifier: Apache-2.0
//
// Reading the boxes of an ISO base media file (ISO/IEC 14496-12 clause 4.2), in memory or on disk.
//
//      0        4        8                                        size
//      | size   | type   | [largesize 8] [usertype 16] | body ... |
//      |--------|--------|-----------------------------|----------|
//      full box: the body starts with version (1 byte) and flags (3 bytes)
//
// All of it is untrusted: a box never reaches past what holds it, a walk never loops, a table is
// read only as far as its bytes go. Faults are INVALID with the box's type and place in the
// sentence.
#ifndef MEDIA_BOX_H
#define MEDIA_BOX_H

#include "base/buffer.h"

// A box type as the number it is in the file: BOX_TYPE('m','o','o','v').
#define BOX_TYPE(a, b, c, d)                                                                       \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum {
    BOX_DEPTH_MAX = 16, // moov/trak/mdia/minf/stbl/stsd/encv/sinf/schi/tenc is 10 deep
};

struct box {
    uint32_t type;
    uint32_t header_bytes; // 8, 16, 24 or 32
    uint64_t offset;       // of its first byte, from the start of the file
    uint64_t size;         // all of it, header included
    struct slice body;     // behind the header; empty when read from a file by box_read()
};

enum { BOX_TYPE_TEXT_BYTES = 16 };
// "moov", or hex digits ("0x00000001") for what cannot be printed, into `out` of
// BOX_TYPE_TEXT_BYTES. Returns `out`.
const char *box_type_text(uint32_t type, char *out);

// What the standard says of a type, for those we know; NULL for others.
struct box_kind {
    uint32_t type;
    const char *meaning;  // "movie fragment header"
    uint8_t is_full;      // 1: version and flags come first
    uint8_t is_container; // 1: boxes follow
    uint8_t fields_bytes; // between version and flags, or the header, and the first child: stsd 4,
                          // avc1 78
};
const struct box_kind *box_kind_of(uint32_t type);

// The boxes one after another in a run of bytes that lies at `offset` of the file.
struct box_walk {
    struct slice rest;
    uint64_t offset;
};
struct box_walk box_walk_init(struct slice bytes, uint64_t offset);

// True while there is another box. Up to 7 zero bytes at the end (QuickTime ends some lists with a
// zero word) are none.
bool box_walk_has(const struct box_walk *walk);

// Takes the next box; box_walk_has() was true. INVALID when it is cut off or smaller than its
// header.
must_check outcome box_next(struct box_walk *walk, struct box *out, struct why *why);

// The children of a box whose kind is a container; empty for others and for a body shorter than its
// fields.
struct box_walk box_children(const struct box *box);

// The first child of that type. NOT_FOUND, with the sentence "<parent> has no <type> box", when
// there is none.
must_check outcome box_find(const struct box *parent, uint32_t type, struct box *out,
                            struct why *why);

// Reads the header of the box at `offset` of a file of `file_bytes`; body is left empty. A box that
// reaches past the end of the file is INVALID ("is cut off").
must_check outcome box_read(int fd, uint64_t file_bytes, uint64_t offset, struct box *out,
                            struct why *why);

// Reads the whole box into `bytes` (behind what is there) and points out->body into it: borrowed
// until bytes change. TOO_LARGE over the buffer's cap.
must_check outcome box_load(int fd, const struct box *box, struct buffer *bytes, struct box *out,
                            struct why *why);

// Fields one after another. Reading past the end gives zeros and is remembered, so that a parser
// reads all its fields and checks once.
struct fields {
    struct slice rest;
    bool is_short;
};
struct fields fields_of(struct slice bytes);
uint8_t fields_u8(struct fields *fields);
uint16_t fields_u16(struct fields *fields);
uint32_t fields_u24(struct fields *fields);
uint32_t fields_u32(struct fields *fields);
uint64_t fields_u64(struct fields *fields);
uint64_t fields_u32_or_64(struct fields *fields, uint8_t version); // 64 bits from version 1 on
struct slice fields_bytes(struct fields *fields, size_t len);      // empty when there are fewer
void fields_skip(struct fields *fields, size_t len);

struct full_box {
    uint8_t version;
    uint32_t flags;
};
struct full_box fields_full_box(struct fields *fields);

// INVALID with "the <type> box at byte N is too short" when a read went past the end.
must_check outcome fields_check(const struct fields *fields, const struct box *box,
                                struct why *why);

#endif
