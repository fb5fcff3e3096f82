// SPDX-License-Identifier: Apache-2.0
#include "media/box.h"

#include "base/file.h"

#include <assert.h>
#include <stdio.h>

#define T(a, b, c, d) BOX_TYPE(a, b, c, d)

// Sorted by nothing but the order of a file: the list is short and looked up by people's tools, not
// per sample.
static const struct box_kind kinds[] = {
    {T('f', 't', 'y', 'p'), "file type and brands", 0, 0, 0},
    {T('s', 't', 'y', 'p'), "segment type and brands", 0, 0, 0},
    {T('m', 'o', 'o', 'v'), "movie", 0, 1, 0},
    {T('m', 'v', 'h', 'd'), "movie header", 1, 0, 0},
    {T('t', 'r', 'a', 'k'), "track", 0, 1, 0},
    {T('t', 'k', 'h', 'd'), "track header", 1, 0, 0},
    {T('e', 'd', 't', 's'), "edits", 0, 1, 0},
    {T('e', 'l', 's', 't'), "edit list", 1, 0, 0},
    {T('m', 'd', 'i', 'a'), "media", 0, 1, 0},
    {T('m', 'd', 'h', 'd'), "media header", 1, 0, 0},
    {T('h', 'd', 'l', 'r'), "handler", 1, 0, 0},
    {T('e', 'l', 'n', 'g'), "extended language", 1, 0, 0},
    {T('m', 'i', 'n', 'f'), "media information", 0, 1, 0},
    {T('v', 'm', 'h', 'd'), "video media header", 1, 0, 0},
    {T('s', 'm', 'h', 'd'), "sound media header", 1, 0, 0},
    {T('n', 'm', 'h', 'd'), "null media header", 1, 0, 0},
    {T('s', 't', 'h', 'd'), "subtitle media header", 1, 0, 0},
    {T('d', 'i', 'n', 'f'), "data information", 0, 1, 0},
    {T('d', 'r', 'e', 'f'), "data references", 1, 1, 4},
    {T('u', 'r', 'l', ' '), "data reference by URL", 1, 0, 0},
    {T('s', 't', 'b', 'l'), "sample table", 0, 1, 0},
    {T('s', 't', 's', 'd'), "sample descriptions", 1, 1, 4},
    {T('s', 't', 't', 's'), "decoding time to sample", 1, 0, 0},
    {T('c', 't', 't', 's'), "composition time to sample", 1, 0, 0},
    {T('c', 's', 'l', 'g'), "composition to decode", 1, 0, 0},
    {T('s', 't', 's', 's'), "sync samples", 1, 0, 0},
    {T('s', 't', 's', 'c'), "sample to chunk", 1, 0, 0},
    {T('s', 't', 's', 'z'), "sample sizes", 1, 0, 0},
    {T('s', 't', 'z', '2'), "compact sample sizes", 1, 0, 0},
    {T('s', 't', 'c', 'o'), "chunk offsets", 1, 0, 0},
    {T('c', 'o', '6', '4'), "chunk offsets, 64 bits", 1, 0, 0},
    {T('s', 'd', 't', 'p'), "sample dependencies", 1, 0, 0},
    {T('s', 'g', 'p', 'd'), "sample group description", 1, 0, 0},
    {T('s', 'b', 'g', 'p'), "sample to group", 1, 0, 0},
    {T('a', 'v', 'c', '1'), "AVC sample entry", 0, 1, 78},
    {T('a', 'v', 'c', '3'), "AVC sample entry, parameter sets in band", 0, 1, 78},
    {T('h', 'v', 'c', '1'), "HEVC sample entry", 0, 1, 78},
    {T('h', 'e', 'v', '1'), "HEVC sample entry, parameter sets in band", 0, 1, 78},
    {T('d', 'v', 'h', '1'), "Dolby Vision HEVC sample entry", 0, 1, 78},
    {T('d', 'v', 'h', 'e'), "Dolby Vision HEVC sample entry, parameter sets in band", 0, 1, 78},
    {T('a', 'v', '0', '1'), "AV1 sample entry", 0, 1, 78},
    {T('v', 'p', '0', '9'), "VP9 sample entry", 0, 1, 78},
    {T('e', 'n', 'c', 'v'), "encrypted video sample entry", 0, 1, 78},
    {T('m', 'p', '4', 'a'), "MPEG-4 audio sample entry", 0, 1, 28},
    {T('a', 'c', '-', '3'), "AC-3 sample entry", 0, 1, 28},
    {T('e', 'c', '-', '3'), "E-AC-3 sample entry", 0, 1, 28},
    {T('O', 'p', 'u', 's'), "Opus sample entry", 0, 1, 28},
    {T('f', 'L', 'a', 'C'), "FLAC sample entry", 0, 1, 28},
    {T('e', 'n', 'c', 'a'), "encrypted audio sample entry", 0, 1, 28},
    {T('a', 'v', 'c', 'C'), "AVC decoder configuration", 0, 0, 0},
    {T('h', 'v', 'c', 'C'), "HEVC decoder configuration", 0, 0, 0},
    {T('a', 'v', '1', 'C'), "AV1 decoder configuration", 0, 0, 0},
    {T('e', 's', 'd', 's'), "elementary stream descriptor", 1, 0, 0},
    {T('d', 'a', 'c', '3'), "AC-3 configuration", 0, 0, 0},
    {T('d', 'e', 'c', '3'), "E-AC-3 configuration", 0, 0, 0},
    {T('d', 'O', 'p', 's'), "Opus configuration", 0, 0, 0},
    {T('d', 'f', 'L', 'a'), "FLAC configuration", 1, 0, 0},
    {T('c', 'o', 'l', 'r'), "colour information", 0, 0, 0},
    {T('p', 'a', 's', 'p'), "pixel aspect ratio", 0, 0, 0},
    {T('m', 'd', 'c', 'v'), "mastering display colour volume", 0, 0, 0},
    {T('c', 'l', 'l', 'i'), "content light level", 0, 0, 0},
    {T('b', 't', 'r', 't'), "bit rates", 0, 0, 0},
    {T('s', 'i', 'n', 'f'), "protection scheme", 0, 1, 0},
    {T('f', 'r', 'm', 'a'), "original format", 0, 0, 0},
    {T('s', 'c', 'h', 'm'), "scheme type", 1, 0, 0},
    {T('s', 'c', 'h', 'i'), "scheme information", 0, 1, 0},
    {T('t', 'e', 'n', 'c'), "track encryption", 1, 0, 0},
    {T('p', 's', 's', 'h'), "protection system header", 1, 0, 0},
    {T('m', 'v', 'e', 'x'), "movie extends", 0, 1, 0},
    {T('m', 'e', 'h', 'd'), "movie extends header", 1, 0, 0},
    {T('t', 'r', 'e', 'x'), "track extends", 1, 0, 0},
    {T('s', 'i', 'd', 'x'), "segment index", 1, 0, 0},
    {T('e', 'm', 's', 'g'), "event message", 1, 0, 0},
    {T('p', 'r', 'f', 't'), "producer reference time", 1, 0, 0},
    {T('m', 'o', 'o', 'f'), "movie fragment", 0, 1, 0},
    {T('m', 'f', 'h', 'd'), "movie fragment header", 1, 0, 0},
    {T('t', 'r', 'a', 'f'), "track fragment", 0, 1, 0},
    {T('t', 'f', 'h', 'd'), "track fragment header", 1, 0, 0},
    {T('t', 'f', 'd', 't'), "track fragment decode time", 1, 0, 0},
    {T('t', 'r', 'u', 'n'), "track run", 1, 0, 0},
    {T('s', 'e', 'n', 'c'), "sample encryption", 1, 0, 0},
    {T('s', 'a', 'i', 'z'), "auxiliary information sizes", 1, 0, 0},
    {T('s', 'a', 'i', 'o'), "auxiliary information offsets", 1, 0, 0},
    {T('m', 'd', 'a', 't'), "media data", 0, 0, 0},
    {T('m', 'f', 'r', 'a'), "movie fragment random access", 0, 1, 0},
    {T('t', 'f', 'r', 'a'), "track fragment random access", 1, 0, 0},
    {T('m', 'f', 'r', 'o'), "movie fragment random access offset", 1, 0, 0},
    {T('u', 'd', 't', 'a'), "user data", 0, 1, 0},
    {T('l', 'u', 'd', 't'), "loudness", 0, 1, 0},
    {T('t', 'l', 'o', 'u'), "track loudness", 1, 0, 0},
    {T('a', 'l', 'o', 'u'), "album loudness", 1, 0, 0},
    {T('m', 'e', 't', 'a'), "metadata", 1, 0, 0},
    {T('f', 'r', 'e', 'e'), "free space", 0, 0, 0},
    {T('s', 'k', 'i', 'p'), "free space", 0, 0, 0},
    {T('w', 'i', 'd', 'e'), "QuickTime's room for a large size", 0, 0, 0},
    {T('u', 'u', 'i', 'd'), "extension", 0, 0, 0},
};
#undef T

const char *box_type_text(uint32_t type, char *out)
{
    bool is_text = true;
    for (int shift = 24; shift >= 0; shift -= 8) {
        const unsigned byte = type >> shift & 0xffu;
        is_text = is_text && byte >= 0x20 && byte < 0x7f;
    }
    if (is_text)
        (void)snprintf(out, BOX_TYPE_TEXT_BYTES, "%c%c%c%c", (char)(type >> 24),
                       (char)(type >> 16 & 0xffu), (char)(type >> 8 & 0xffu), (char)(type & 0xffu));
    else
        (void)snprintf(out, BOX_TYPE_TEXT_BYTES, "0x%08x", type);
    return out;
}

const struct box_kind *box_kind_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == type) return &kinds[i];
    return NULL;
}

enum { HEADER_BYTES = 8, LARGE_SIZE_BYTES = 8, USER_TYPE_BYTES = 16, HEADER_BYTES_MAX = 32 };

// Reads the header in `head` (as many bytes as there are, at most HEADER_BYTES_MAX) of a box that
// has `room` bytes.
static outcome parse_header(struct slice head, uint64_t room, uint64_t offset, struct box *out,
                            struct why *why)
{
    char text[BOX_TYPE_TEXT_BYTES];
    const unsigned long long at = offset;
    if (room < HEADER_BYTES || head.len < HEADER_BYTES)
        return fail(why, INVALID, "%llu bytes at byte %llu are too few for a box",
                    (unsigned long long)room, at);
    struct box box = {
        .type = read_u32be(head.at + 4), .header_bytes = HEADER_BYTES, .offset = offset};
    (void)box_type_text(box.type, text);
    box.size = read_u32be(head.at);
    if (box.size == 0) {
        box.size = room;
    } else if (box.size == 1) {
        box.header_bytes += LARGE_SIZE_BYTES;
        if (head.len < box.header_bytes)
            return fail(why, INVALID, "the %s box at byte %llu is cut off in its header", text, at);
        box.size = read_u64be(head.at + HEADER_BYTES);
    }
    if (box.type == BOX_TYPE('u', 'u', 'i', 'd')) box.header_bytes += USER_TYPE_BYTES;
    if (box.size < box.header_bytes)
        return fail(why, INVALID,
                    "the %s box at byte %llu gives its size as %llu, less than its header", text,
                    at, (unsigned long long)box.size);
    if (box.size > room)
        return fail(why, INVALID,
                    "the %s box at byte %llu is cut off: %llu of its %llu bytes are there", text,
                    at, (unsigned long long)room, (unsigned long long)box.size);
    *out = box;
    return OK;
}

struct box_walk box_walk_init(struct slice bytes, uint64_t offset)
{
    return (struct box_walk){bytes, offset};
}

bool box_walk_has(const struct box_walk *walk)
{
    if (walk->rest.len >= HEADER_BYTES) return true;
    for (size_t i = 0; i < walk->rest.len; i++)
        if (walk->rest.at[i] != 0) return true;
    return false;
}

outcome box_next(struct box_walk *walk, struct box *out, struct why *why)
{
    struct box box;
    TRY(parse_header(walk->rest, walk->rest.len, walk->offset, &box, why));
    const size_t size = (size_t)box.size; // at most rest.len
    box.body = slice_part(walk->rest, box.header_bytes, size - box.header_bytes);
    walk->rest = slice_part(walk->rest, size, SIZE_MAX);
    walk->offset += size;
    *out = box;
    return OK;
}

struct box_walk box_children(const struct box *box)
{
    const struct box_kind *kind = box_kind_of(box->type);
    const uint64_t body = box->offset + box->header_bytes;
    if (kind == NULL || kind->is_container == 0)
        return box_walk_init((struct slice){NULL, 0}, body);
    const size_t skip = (size_t)kind->is_full * 4 + kind->fields_bytes;
    return box_walk_init(slice_part(box->body, skip, SIZE_MAX), body + skip);
}

outcome box_find(const struct box *parent, uint32_t type, struct box *out, struct why *why)
{
    struct box_walk walk = box_children(parent);
    while (box_walk_has(&walk)) {
        struct box box;
        TRY(box_next(&walk, &box, why));
        if (box.type == type) {
            *out = box;
            return OK;
        }
    }
    char parent_text[BOX_TYPE_TEXT_BYTES], text[BOX_TYPE_TEXT_BYTES];
    return fail(why, NOT_FOUND, "the %s box at byte %llu has no %s box",
                box_type_text(parent->type, parent_text), (unsigned long long)parent->offset,
                box_type_text(type, text));
}

outcome box_read(int fd, uint64_t file_bytes, uint64_t offset, struct box *out, struct why *why)
{
    assert(offset <= file_bytes);
    uint8_t head[HEADER_BYTES_MAX];
    const uint64_t room = file_bytes - offset;
    const size_t len = room < sizeof head ? (size_t)room : sizeof head;
    TRY(fd_read_at(fd, head, len, offset, why));
    return parse_header((struct slice){head, len}, room, offset, out, why);
}

outcome box_load(int fd, const struct box *box, struct buffer *bytes, struct box *out,
                 struct why *why)
{
    char text[BOX_TYPE_TEXT_BYTES];
    if (box->size > bytes->cap - bytes->len)
        return fail(why, TOO_LARGE, "the %s box at byte %llu has %llu bytes, the limit is %zu",
                    box_type_text(box->type, text), (unsigned long long)box->offset,
                    (unsigned long long)box->size, bytes->cap);
    const size_t size = (size_t)box->size;
    TRY(buffer_reserve(bytes, size, why));
    uint8_t *at = bytes->at + bytes->len;
    TRY(fd_read_at(fd, at, size, box->offset, why));
    bytes->len += size;
    struct box loaded = *box;
    loaded.body = slice_part((struct slice){at, size}, box->header_bytes, SIZE_MAX);
    *out = loaded;
    return OK;
}

struct fields fields_of(struct slice bytes)
{
    return (struct fields){bytes, false};
}

struct slice fields_bytes(struct fields *fields, size_t len)
{
    if (len > fields->rest.len) {
        fields->is_short = true;
        fields->rest = slice_part(fields->rest, fields->rest.len, 0);
        return (struct slice){NULL, 0};
    }
    const struct slice bytes = slice_part(fields->rest, 0, len);
    fields->rest = slice_part(fields->rest, len, SIZE_MAX);
    return bytes;
}

static uint64_t take_be(struct fields *fields, size_t len)
{
    const struct slice bytes = fields_bytes(fields, len);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.at[i];
    return value;
}

uint8_t fields_u8(struct fields *fields)
{
    return (uint8_t)take_be(fields, 1);
}

uint16_t fields_u16(struct fields *fields)
{
    return (uint16_t)take_be(fields, 2);
}

uint32_t fields_u24(struct fields *fields)
{
    return (uint32_t)take_be(fields, 3);
}

uint32_t fields_u32(struct fields *fields)
{
    return (uint32_t)take_be(fields, 4);
}

uint64_t fields_u64(struct fields *fields)
{
    return take_be(fields, 8);
}

uint64_t fields_u32_or_64(struct fields *fields, uint8_t version)
{
    return take_be(fields, version == 0 ? 4 : 8);
}

void fields_skip(struct fields *fields, size_t len)
{
    (void)fields_bytes(fields, len);
}

struct full_box fields_full_box(struct fields *fields)
{
    const uint8_t version = fields_u8(fields);
    return (struct full_box){version, fields_u24(fields)};
}

outcome fields_check(const struct fields *fields, const struct box *box, struct why *why)
{
    char text[BOX_TYPE_TEXT_BYTES];
    if (!fields->is_short) return OK;
    return fail(why, INVALID, "the %s box at byte %llu is too short for its fields",
                box_type_text(box->type, text), (unsigned long long)box->offset);
}
