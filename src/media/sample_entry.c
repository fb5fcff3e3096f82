// SPDX-License-Identifier: Apache-2.0
#include "media/sample_entry.h"

#include "media/protection_boxes.h"

#include <assert.h>

static const struct codec_entry {
    uint32_t type;
    enum codec codec;
    bool in_band;
    enum track_kind kind;
    uint32_t config_type;
    uint8_t config_skip; // version and flags of a full box
} entries[] = {
    {BOX_TYPE('a', 'v', 'c', '1'), CODEC_AVC, false, TRACK_VIDEO, BOX_TYPE('a', 'v', 'c', 'C'), 0},
    {BOX_TYPE('a', 'v', 'c', '3'), CODEC_AVC, true, TRACK_VIDEO, BOX_TYPE('a', 'v', 'c', 'C'), 0},
    {BOX_TYPE('h', 'v', 'c', '1'), CODEC_HEVC, false, TRACK_VIDEO, BOX_TYPE('h', 'v', 'c', 'C'), 0},
    {BOX_TYPE('h', 'e', 'v', '1'), CODEC_HEVC, true, TRACK_VIDEO, BOX_TYPE('h', 'v', 'c', 'C'), 0},
    {BOX_TYPE('a', 'v', '0', '1'), CODEC_AV1, false, TRACK_VIDEO, BOX_TYPE('a', 'v', '1', 'C'), 0},
    {BOX_TYPE('m', 'p', '4', 'a'), CODEC_AAC, false, TRACK_AUDIO, BOX_TYPE('e', 's', 'd', 's'), 4},
    {BOX_TYPE('a', 'c', '-', '3'), CODEC_AC3, false, TRACK_AUDIO, BOX_TYPE('d', 'a', 'c', '3'), 0},
    {BOX_TYPE('e', 'c', '-', '3'), CODEC_EAC3, false, TRACK_AUDIO, BOX_TYPE('d', 'e', 'c', '3'), 0},
    {BOX_TYPE('O', 'p', 'u', 's'), CODEC_OPUS, false, TRACK_AUDIO, BOX_TYPE('d', 'O', 'p', 's'), 0},
    {BOX_TYPE('f', 'L', 'a', 'C'), CODEC_FLAC, false, TRACK_AUDIO, BOX_TYPE('d', 'f', 'L', 'a'), 4},
};

enum {
    TAG_ES = 3,
    TAG_DECODER_CONFIG = 4,
    TAG_DECODER_SPECIFIC = 5,
    TAG_SL_CONFIG = 6,
    OBJECT_MPEG4_AUDIO = 0x40,
    STREAM_AUDIO = 5,
};

// Reads a descriptor's tag and its length of 7 bits a byte (ISO/IEC 14496-1 clause 8.3.3).
static uint8_t descriptor(struct fields *fields)
{
    const uint8_t tag = fields_u8(fields);
    for (int i = 0; i < 4 && fields_u8(fields) >= 0x80; i++)
        continue;
    return tag;
}

static outcome parse_esds(struct slice body, struct slice *config, struct why *why)
{
    struct fields fields = fields_of(body);
    const uint8_t es = descriptor(&fields);
    fields_skip(&fields, 2);
    const uint8_t flags = fields_u8(&fields);
    if (flags & 0x80) fields_skip(&fields, 2);
    if (flags & 0x40) fields_skip(&fields, fields_u8(&fields));
    if (flags & 0x20) fields_skip(&fields, 2);
    const uint8_t decoder = descriptor(&fields);
    const uint8_t object = fields_u8(&fields);
    fields_skip(&fields, 12);
    if (fields.is_short || es != TAG_ES || decoder != TAG_DECODER_CONFIG)
        return fail(why, INVALID, "the esds box is damaged");
    if (object != OBJECT_MPEG4_AUDIO)
        return fail(why, UNSUPPORTED,
                    "the mp4a track holds MPEG object type 0x%02x, not AAC: transcode it to AAC",
                    object);
    const uint8_t *length_at = fields.rest.at + 1;
    const uint8_t specific = descriptor(&fields);
    if (fields.is_short || specific != TAG_DECODER_SPECIFIC)
        return fail(why, INVALID, "the esds box has no AudioSpecificConfig");
    size_t len = 0;
    for (; length_at < fields.rest.at; length_at++)
        len = len << 7 | (*length_at & 0x7fu);
    *config = fields_bytes(&fields, len);
    if (fields.is_short) return fail(why, INVALID, "the AudioSpecificConfig is cut off");
    return OK;
}

static void parse_colr(struct slice body, struct stream *out)
{
    struct fields fields = fields_of(body);
    const uint32_t type = fields_u32(&fields);
    const uint16_t primaries = fields_u16(&fields), transfer = fields_u16(&fields);
    const uint16_t matrix = fields_u16(&fields);
    const bool is_nclx = type == BOX_TYPE('n', 'c', 'l', 'x');
    if (fields.is_short || (!is_nclx && type != BOX_TYPE('n', 'c', 'l', 'c'))) return; // ICC
    if (primaries > 255 || transfer > 255 || matrix > 255) return;
    out->video.colour = (struct colour){(uint8_t)primaries, (uint8_t)transfer, (uint8_t)matrix,
                                        is_nclx && (fields_u8(&fields) & 0x80u) != 0};
}

static void parse_mdcv(struct slice body, struct stream *out)
{
    struct mastering_display found;
    struct fields fields = fields_of(body);
    uint16_t *const points[] = {found.green, found.blue, found.red, found.white};
    for (size_t i = 0; i < 4; i++) {
        points[i][0] = fields_u16(&fields);
        points[i][1] = fields_u16(&fields);
    }
    found.luminance_max = fields_u32(&fields);
    found.luminance_min = fields_u32(&fields);
    if (!fields.is_short) out->video.mastering = found;
}

static outcome parse_visual_child(const struct box *child, struct stream *out, struct why *why)
{
    struct fields fields = fields_of(child->body);
    switch (child->type) {
    case BOX_TYPE('c', 'o', 'l', 'r'): parse_colr(child->body, out); break;
    case BOX_TYPE('m', 'd', 'c', 'v'): parse_mdcv(child->body, out); break;
    case BOX_TYPE('p', 'a', 's', 'p'):
        out->video.facts.sar_width = fields_u32(&fields);
        out->video.facts.sar_height = fields_u32(&fields);
        return fields_check(&fields, child, why);
    case BOX_TYPE('c', 'l', 'l', 'i'):
        out->video.max_cll = fields_u16(&fields);
        out->video.max_fall = fields_u16(&fields);
        return fields_check(&fields, child, why);
    default: break;
    }
    return OK;
}

static const char refusal[] = "the track is already encrypted: give the clear original";

static bool is_protected_type(uint32_t type)
{
    return type == BOX_TYPE('e', 'n', 'c', 'v') || type == BOX_TYPE('e', 'n', 'c', 'a');
}

static outcome parse_children(struct box_walk walk, const struct codec_entry *kind,
                              struct stream *out, struct why *why)
{
    const uint32_t wave = BOX_TYPE('w', 'a', 'v', 'e'); // QuickTime puts esds in there
    while (box_walk_has(&walk)) {
        struct box child;
        TRY(box_next(&walk, &child, why));
        if (child.type == wave && out->config.at == NULL)
            TRY(parse_children(box_walk_init(child.body, child.offset + child.header_bytes), kind,
                               out, why));
        if (child.type == kind->config_type && out->config.at == NULL)
            out->config = slice_part(child.body, kind->config_skip, SIZE_MAX);
        if (out->kind == TRACK_VIDEO) TRY(parse_visual_child(&child, out, why));
    }
    return OK;
}

// Where the boxes of an audio entry start: QuickTime's version 1 and 2 entries are longer.
static struct box_walk parse_audio_fields(const struct box *entry, struct stream *out)
{
    enum { FIELDS = 28, FIELDS_V1 = 16, FIELDS_V2 = 36 };
    struct fields fields = fields_of(entry->body);
    fields_skip(&fields, 8);
    const uint16_t version = fields_u16(&fields);
    fields_skip(&fields, 6);
    out->audio.channels = fields_u16(&fields);
    fields_skip(&fields, 6);
    out->audio.sample_rate = fields_u32(&fields) >> 16;
    const size_t skip = FIELDS + (version == 1 ? FIELDS_V1 : version == 2 ? FIELDS_V2 : 0);
    return box_walk_init(slice_part(entry->body, skip, SIZE_MAX),
                         entry->offset + entry->header_bytes + skip);
}

static struct box_walk parse_visual_fields(const struct box *entry, struct stream *out)
{
    struct fields fields = fields_of(entry->body);
    fields_skip(&fields, 24);
    out->video.facts.width = fields_u16(&fields);
    out->video.facts.height = fields_u16(&fields);
    out->video.colour = COLOUR_UNSPECIFIED;
    return box_children(entry);
}

static const struct codec_entry *find_entry(uint32_t type)
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (entries[i].type == type) return &entries[i];
    return NULL;
}

// An entry of `type`, which is its own or the one that encryption hides.
static outcome parse_as(const struct box *entry, uint32_t type, struct stream *out, struct why *why)
{
    char text[BOX_TYPE_TEXT_BYTES];
    const struct codec_entry *kind = find_entry(type);
    if (kind == NULL)
        return fail(why, UNSUPPORTED,
                    "the track is coded as %s, which cannot be packaged: transcode it first",
                    box_type_text(type, text));

    struct stream found = {.kind = kind->kind,
                           .codec = kind->codec,
                           .in_band = kind->in_band,
                           .timescale = out->timescale};
    const struct box_walk children = found.kind == TRACK_VIDEO ? parse_visual_fields(entry, &found)
                                                               : parse_audio_fields(entry, &found);
    TRY(parse_children(children, kind, &found, why));
    if (found.config.at == NULL)
        return fail(why, INVALID, "the %s sample entry has no decoder configuration",
                    box_type_text(type, text));
    if (found.codec == CODEC_AAC) TRY(parse_esds(found.config, &found.config, why));
    if (found.config.len > STREAM_CONFIG_BYTES_MAX)
        return fail(why, TOO_LARGE, "the decoder configuration has %zu bytes, the limit is %d",
                    found.config.len, STREAM_CONFIG_BYTES_MAX);
    TRY(stream_complete(&found, why));
    for (size_t i = 0; i < sizeof found.language; i++)
        found.language[i] = out->language[i];
    found.loudness = out->loudness;
    *out = found;
    return OK;
}

outcome sample_entry_parse(const struct box *entry, struct stream *out, struct why *why)
{
    struct box sinf;
    if (is_protected_type(entry->type) ||
        box_find(entry, BOX_TYPE('s', 'i', 'n', 'f'), &sinf, NULL) == OK)
        return fail(why, UNSUPPORTED, "%s", refusal);
    return parse_as(entry, entry->type, out, why);
}

outcome sample_entry_parse_protected(const struct box *entry, struct stream *out,
                                     struct encryption_facts *out_facts, struct why *why)
{
    struct box sinf;
    struct encryption_facts facts;
    uint32_t type;
    assert(is_protected_type(entry->type));
    TRY(box_find(entry, BOX_TYPE('s', 'i', 'n', 'f'), &sinf, why));
    TRY(sinf_parse(&sinf, &type, &facts, why));
    TRY(parse_as(entry, type, out, why));
    *out_facts = facts;
    return OK;
}

static void put_visual_fields(struct box_writer *writer, const struct stream *stream)
{
    const struct video_facts *facts = &stream->video.facts;
    assert(facts->width <= UINT16_MAX && facts->height <= UINT16_MAX);
    put_zeros(writer, 6);
    put_u16(writer, 1); // data reference
    put_zeros(writer, 16);
    put_u16(writer, (uint16_t)facts->width);
    put_u16(writer, (uint16_t)facts->height);
    put_u32(writer, 0x00480000); // 72 dpi
    put_u32(writer, 0x00480000);
    put_u32(writer, 0);
    put_u16(writer, 1); // frame count
    put_zeros(writer, 32);
    put_u16(writer, 24);     // depth: colour without alpha
    put_u16(writer, 0xffff); // pre_defined = -1
}

static void put_audio_fields(struct box_writer *writer, const struct stream *stream)
{
    put_zeros(writer, 6);
    put_u16(writer, 1); // data reference
    put_zeros(writer, 8);
    put_u16(writer, (uint16_t)stream->audio.channels);
    put_u16(writer, 16);
    put_u32(writer, 0);
    put_u32(writer, stream->audio.sample_rate <= UINT16_MAX ? stream->audio.sample_rate << 16 : 0);
}

// Tag, then the length in four bytes, as most writers do: patched sizes need no second guess.
static void put_descriptor(struct box_writer *writer, uint8_t tag, size_t len)
{
    put_u8(writer, tag);
    for (unsigned shift = 21; shift > 0; shift -= 7)
        put_u8(writer, (uint8_t)(0x80u | (len >> shift & 0x7fu)));
    put_u8(writer, (uint8_t)(len & 0x7fu));
}

static void put_esds(struct box_writer *writer, struct slice config)
{
    enum { HEAD = 5, DECODER_FIELDS = 13, ES_FIELDS = 3, SL_BYTES = 1 };
    const size_t decoder = DECODER_FIELDS + HEAD + config.len;
    full_box_begin(writer, BOX_TYPE('e', 's', 'd', 's'), 0, 0);
    put_descriptor(writer, TAG_ES, ES_FIELDS + HEAD + decoder + HEAD + SL_BYTES);
    put_zeros(writer, ES_FIELDS);
    put_descriptor(writer, TAG_DECODER_CONFIG, decoder);
    put_u8(writer, OBJECT_MPEG4_AUDIO);
    put_u8(writer, STREAM_AUDIO << 2 | 1);
    put_zeros(writer, 11); // buffer size and bit rates: not told
    put_descriptor(writer, TAG_DECODER_SPECIFIC, config.len);
    put_bytes(writer, config);
    put_descriptor(writer, TAG_SL_CONFIG, SL_BYTES);
    put_u8(writer, 2); // predefined: MP4 file
    box_end(writer);
}

static void put_config(struct box_writer *writer, const struct codec_entry *kind,
                       const struct stream *stream)
{
    if (stream->codec == CODEC_AAC) {
        put_esds(writer, stream->config);
        return;
    }
    box_begin(writer, kind->config_type);
    put_zeros(writer, kind->config_skip);
    put_bytes(writer, stream->config);
    box_end(writer);
}

static bool has_mastering(const struct mastering_display *display)
{
    return display->luminance_max != 0;
}

static void put_light(struct box_writer *writer, const struct stream *stream)
{
    const struct mastering_display *display = &stream->video.mastering;
    if (has_mastering(display)) {
        const uint16_t *const points[] = {display->green, display->blue, display->red,
                                          display->white};
        box_begin(writer, BOX_TYPE('m', 'd', 'c', 'v'));
        for (size_t i = 0; i < 4; i++) {
            put_u16(writer, points[i][0]);
            put_u16(writer, points[i][1]);
        }
        put_u32(writer, display->luminance_max);
        put_u32(writer, display->luminance_min);
        box_end(writer);
    }
    if (stream->video.max_cll != 0) {
        box_begin(writer, BOX_TYPE('c', 'l', 'l', 'i'));
        put_u16(writer, stream->video.max_cll);
        put_u16(writer, stream->video.max_fall);
        box_end(writer);
    }
}

// CMAF asks for both colr and pasp in every video track (ISO/IEC 23000-19 clause 9.2).
static void put_picture(struct box_writer *writer, const struct stream *stream)
{
    box_begin(writer, BOX_TYPE('c', 'o', 'l', 'r'));
    put_u32(writer, BOX_TYPE('n', 'c', 'l', 'x'));
    put_u16(writer, stream->video.colour.primaries);
    put_u16(writer, stream->video.colour.transfer);
    put_u16(writer, stream->video.colour.matrix);
    put_u8(writer, stream->video.colour.full_range ? 0x80 : 0);
    box_end(writer);
    box_begin(writer, BOX_TYPE('p', 'a', 's', 'p'));
    put_u32(writer, stream->video.facts.sar_width);
    put_u32(writer, stream->video.facts.sar_height);
    box_end(writer);
    put_light(writer, stream);
}

void sample_entry_put(struct box_writer *writer, const struct stream *stream)
{
    sample_entry_put_protected(writer, stream, NULL);
}

void sample_entry_put_protected(struct box_writer *writer, const struct stream *stream,
                                const struct track_encryption *encryption)
{
    const uint32_t wrapped =
        stream->kind == TRACK_VIDEO ? BOX_TYPE('e', 'n', 'c', 'v') : BOX_TYPE('e', 'n', 'c', 'a');
    const struct codec_entry *kind = entries;
    while (kind->codec != stream->codec || kind->in_band != stream->in_band)
        kind++;
    box_begin(writer, encryption == NULL ? kind->type : wrapped);
    if (stream->kind == TRACK_VIDEO)
        put_visual_fields(writer, stream);
    else
        put_audio_fields(writer, stream);
    put_config(writer, kind, stream);
    if (stream->kind == TRACK_VIDEO) put_picture(writer, stream);
    if (encryption != NULL) sinf_put(writer, kind->type, encryption);
    box_end(writer);
}
