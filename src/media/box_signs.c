// SPDX-License-Identifier: Apache-2.0
#include "media/box_signs.h"

#include "media/box.h"

enum {
    OUTER_BOXES_MAX = 1000000,          // two per fragment: 55 hours of 2 s take 200,000
    MOOV_BYTES_MAX = 256 * 1024 * 1024, // sample tables of a day of 120 fps
    HEADER_BYTES = 16,
};

struct outer_box {
    uint32_t type;
    uint64_t size;
};

static bool is_outer_type(uint32_t type)
{
    static const uint32_t types[] = {
        BOX_TYPE('f', 't', 'y', 'p'), BOX_TYPE('m', 'o', 'o', 'v'), BOX_TYPE('m', 'd', 'a', 't'),
        BOX_TYPE('m', 'o', 'o', 'f'), BOX_TYPE('f', 'r', 'e', 'e'), BOX_TYPE('s', 'k', 'i', 'p'),
        BOX_TYPE('w', 'i', 'd', 'e'), BOX_TYPE('s', 't', 'y', 'p'), BOX_TYPE('s', 'i', 'd', 'x'),
        BOX_TYPE('m', 'f', 'r', 'a'), BOX_TYPE('u', 'u', 'i', 'd'), BOX_TYPE('e', 'm', 's', 'g'),
        BOX_TYPE('p', 'd', 'i', 'n'), BOX_TYPE('m', 'e', 't', 'a'), BOX_TYPE('p', 'r', 'f', 't'),
        BOX_TYPE('u', 'd', 't', 'a'), BOX_TYPE('p', 'n', 'o', 't'),
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == type) return true;
    return false;
}

// The header at `offset`, without judging whether the box fits: that is what we want to know.
static outcome read_outer(struct sealed_file *file, uint64_t offset, struct outer_box *out,
                          struct why *why)
{
    uint8_t header[HEADER_BYTES] = {0};
    const uint64_t left = sealed_file_size(file) - offset;
    size_t got;
    TRY(sealed_file_read(file, offset, header, sizeof header, &got, why));
    const uint32_t size = read_u32be(header);
    *out = (struct outer_box){read_u32be(header + 4), size};
    if (size == 1) out->size = read_u64be(header + 8);
    if (size == 0) out->size = left;
    return OK;
}

// Looks for encrypted sample entries below a container box.
static void find_encrypted(const struct box *parent, unsigned depth, struct box_signs *signs)
{
    if (depth == BOX_DEPTH_MAX) return;
    struct box_walk walk = box_children(parent);
    struct box child;
    while (box_walk_has(&walk) && box_next(&walk, &child, NULL) == OK) {
        if (child.type == BOX_TYPE('e', 'n', 'c', 'v') ||
            child.type == BOX_TYPE('e', 'n', 'c', 'a'))
            signs->is_encrypted = true;
        find_encrypted(&child, depth + 1, signs);
    }
}

// One that is cut off is seen by the caller; one that is too large is not looked into.
static outcome read_moov(struct sealed_file *file, uint64_t offset, uint64_t size,
                         struct box_signs *signs, struct why *why)
{
    struct box moov;
    size_t got;
    autobuffer bytes = buffer_init(MOOV_BYTES_MAX);
    if (size > sealed_file_size(file) - offset || size > MOOV_BYTES_MAX) return OK;
    TRY(buffer_reserve(&bytes, (size_t)size, why));
    TRY(sealed_file_read(file, offset, bytes.at, (size_t)size, &got, why));
    struct box_walk walk = box_walk_init((struct slice){bytes.at, got}, offset);
    if (box_walk_has(&walk) && box_next(&walk, &moov, NULL) == OK) find_encrypted(&moov, 0, signs);
    return OK;
}

outcome box_signs_read(struct sealed_file *file, struct box_signs *out, struct why *why)
{
    const uint64_t file_bytes = sealed_file_size(file);
    struct box_signs signs = {.is_iso = false};
    bool has_moov = false, has_media = false;
    uint64_t offset = 0;
    for (uint32_t count = 0; count < OUTER_BOXES_MAX && file_bytes - offset >= 8; count++) {
        struct outer_box box;
        TRY(read_outer(file, offset, &box, why));
        if (!is_outer_type(box.type) || box.size < 8) break; // padding, or no such file
        signs.is_iso = true;
        if (box.type == BOX_TYPE('m', 'o', 'o', 'v')) {
            has_moov = true;
            signs.is_faststart = !has_media;
            TRY(read_moov(file, offset, box.size, &signs, why));
        }
        has_media |= box.type == BOX_TYPE('m', 'd', 'a', 't');
        signs.is_fragmented |= box.type == BOX_TYPE('m', 'o', 'o', 'f');
        signs.is_cut |= box.size > file_bytes - offset;
        if (signs.is_cut) break;
        offset += box.size;
    }
    signs.is_cut |= signs.is_iso && has_media && !has_moov;
    *out = signs;
    return OK;
}
