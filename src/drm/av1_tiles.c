// SPDX-License-Identifier: Apache-2.0
#include "drm/av1_tiles.h"

enum obu_type {
    OBU_SEQUENCE = 1,
    OBU_FRAME_HEADER = 3,
    OBU_TILE_GROUP = 4,
    OBU_FRAME = 6,
    OBU_REDUNDANT_HEADER = 7,
    OBU_TILE_LIST = 8,
};

struct obu {
    enum obu_type type;
    struct av1_layer layer;
    struct slice body;
};

static outcome cut_off(struct why *why)
{
    return fail(why, INVALID, "an AV1 sample is cut off in an OBU");
}

// Takes the next OBU off the front of `*rest`, which is not empty.
static outcome next_obu(struct slice *rest, struct obu *out, struct why *why)
{
    enum { SIZE_BYTES_MAX = 8 };
    const uint8_t head = rest->at[0];
    size_t at = 1;
    struct obu obu = {.type = (enum obu_type)(head >> 3 & 15)};
    if (head & 4) {
        if (rest->len < 2) return cut_off(why);
        obu.layer = (struct av1_layer){rest->at[1] >> 5, rest->at[1] >> 3 & 3};
        at++;
    }
    uint64_t size = rest->len - at;
    if (head & 2) {
        size = 0;
        bool is_ended = false;
        for (unsigned i = 0; i < SIZE_BYTES_MAX && !is_ended; i++) {
            if (at == rest->len) return cut_off(why);
            size |= (uint64_t)(rest->at[at] & 0x7f) << (7 * i);
            is_ended = (rest->at[at++] & 0x80) == 0;
        }
        if (!is_ended) return cut_off(why);
    }
    if (size > rest->len - at) return cut_off(why);
    obu.body = slice_part(*rest, at, (size_t)size);
    *rest = slice_part(*rest, at + (size_t)size, SIZE_MAX);
    *out = obu;
    return OK;
}

static size_t bytes_read(const struct bits *bits)
{
    return bits->at + (bits->mask != 0x80 ? 1 : 0);
}

// What of the sample is mapped already.
struct mapping {
    const uint8_t *mapped;
    struct subsample_map *map;
};

static outcome protect(struct mapping *mapping, struct slice bytes, struct why *why)
{
    if (bytes.len > UINT32_MAX) return fail(why, TOO_LARGE, "a tile is larger than 4 GiB");
    const size_t clear = (size_t)(bytes.at - mapping->mapped);
    TRY(subsample_map_add(mapping->map, clear, (uint32_t)bytes.len, why));
    mapping->mapped = bytes.at + bytes.len;
    return OK;
}

static outcome map_tiles(const struct av1_decoder *decoder, struct slice group,
                         struct mapping *mapping, struct why *why)
{
    const struct av1_tiles *tiles = &decoder->tiles;
    struct bits bits = bits_of(group);
    const uint32_t count = tiles->columns * tiles->rows;
    uint32_t first = 0, last = count - 1;
    if (count > 1 && bits_flag(&bits)) {
        first = bits_u(&bits, (unsigned)tiles->column_bits + tiles->row_bits);
        last = bits_u(&bits, (unsigned)tiles->column_bits + tiles->row_bits);
    }
    if (bits.is_short || first > last || last >= count) return cut_off(why);
    struct slice rest = slice_part(group, bytes_read(&bits), SIZE_MAX);
    for (uint32_t tile = first; tile <= last; tile++) {
        uint64_t size = rest.len;
        if (tile < last) {
            if (rest.len < tiles->size_bytes) return cut_off(why);
            size = 0;
            for (unsigned i = 0; i < tiles->size_bytes; i++)
                size |= (uint64_t)rest.at[i] << (8 * i);
            size++;
            rest = slice_part(rest, tiles->size_bytes, SIZE_MAX);
            if (size > rest.len) return cut_off(why);
        }
        TRY(protect(mapping, slice_part(rest, 0, (size_t)size), why));
        rest = slice_part(rest, (size_t)size, SIZE_MAX);
    }
    return OK;
}

static outcome take_obu(struct av1_decoder *decoder, const struct obu *obu, struct mapping *mapping,
                        struct why *why)
{
    struct bits bits = bits_of(obu->body);
    switch (obu->type) {
    case OBU_SEQUENCE: return av1_sequence_read(decoder, obu->body, why);
    case OBU_FRAME_HEADER: return av1_frame_read(decoder, &bits, obu->layer, why);
    case OBU_FRAME:
        TRY(av1_frame_read(decoder, &bits, obu->layer, why));
        if (!decoder->has_frame) return fail(why, INVALID, "an AV1 frame OBU has no frame");
        return map_tiles(decoder, slice_part(obu->body, bytes_read(&bits), SIZE_MAX), mapping, why);
    case OBU_TILE_GROUP:
        if (!decoder->has_frame)
            return fail(why, INVALID, "an AV1 tile group comes before its frame header");
        return map_tiles(decoder, obu->body, mapping, why);
    case OBU_TILE_LIST: return fail(why, UNSUPPORTED, "AV1 large scale tiles cannot be encrypted");
    case OBU_REDUNDANT_HEADER: // a copy
    default: return OK;
    }
}

outcome av1_config_load(struct av1_decoder *decoder, struct slice av1c, struct why *why)
{
    enum { HEAD = 4 };
    if (av1c.len < HEAD) return fail(why, INVALID, "the AV1 configuration is cut off");
    struct slice rest = slice_part(av1c, HEAD, SIZE_MAX);
    while (rest.len > 0) {
        struct obu obu;
        TRY(next_obu(&rest, &obu, why));
        if (obu.type == OBU_SEQUENCE) TRY(av1_sequence_read(decoder, obu.body, why));
    }
    return OK;
}

outcome av1_sample_map(struct av1_decoder *decoder, struct slice sample, struct subsample_map *map,
                       struct why *why)
{
    struct mapping mapping = {sample.at, map};
    struct slice rest = sample;
    while (rest.len > 0) {
        struct obu obu;
        TRY(next_obu(&rest, &obu, why));
        TRY(take_obu(decoder, &obu, &mapping, why));
    }
    return subsample_map_add(map, (uint64_t)(sample.at + sample.len - mapping.mapped), 0, why);
}
