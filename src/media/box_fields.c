// SPDX-License-Identifier: Apache-2.0
#include "media/box_fields.h"

enum { LIST_MAX = 64, UUID_BYTES = 16 };

// What a teller of one type works with.
struct teller {
    struct fields fields;
    struct full_box full; // of full boxes
    json_t *out;
};

static void put_number(struct teller *teller, const char *name, uint64_t value)
{
    (void)json_object_set_new(teller->out, name, json_integer((json_int_t)value));
}

static void put_signed(struct teller *teller, const char *name, int64_t value)
{
    (void)json_object_set_new(teller->out, name, json_integer(value));
}

static void put_text(struct teller *teller, const char *name, const char *text)
{
    (void)json_object_set_new(teller->out, name, json_string(text));
}

static json_t *type_json(uint32_t type)
{
    char text[BOX_TYPE_TEXT_BYTES];
    return json_string(box_type_text(type, text));
}

static void put_type(struct teller *teller, const char *name, uint32_t type)
{
    (void)json_object_set_new(teller->out, name, type_json(type));
}

static void put_hex(struct teller *teller, const char *name, struct slice bytes)
{
    char text[2 * 64 + 1];
    const struct slice part = slice_part(bytes, 0, 64);
    hex_format(part.at, part.len, text);
    put_text(teller, name, text);
}

// 16.16 fixed point.
static void put_fixed(struct teller *teller, const char *name, uint32_t value)
{
    (void)json_object_set_new(teller->out, name, json_real((double)value / 65536));
}

// Text of a file may be any bytes; JSON takes UTF-8 alone.
static void put_bytes_text(struct teller *teller, const char *name, struct slice bytes)
{
    size_t len = 0;
    while (len < bytes.len && bytes.at[len] != 0)
        len++;
    json_t *text = json_stringn((const char *)bytes.at, bytes.at == NULL ? 0 : len);
    if (text != NULL)
        (void)json_object_set_new(teller->out, name, text);
    else
        put_hex(teller, name, slice_part(bytes, 0, len));
}

static void tell_brands(struct teller *teller)
{
    put_type(teller, "major", fields_u32(&teller->fields));
    put_number(teller, "minor", fields_u32(&teller->fields));
    json_t *brands = json_array();
    for (size_t i = 0; i < LIST_MAX && teller->fields.rest.len >= 4; i++)
        (void)json_array_append_new(brands, type_json(fields_u32(&teller->fields)));
    (void)json_object_set_new(teller->out, "compatible", brands);
}

static void skip_times(struct teller *teller)
{
    fields_skip(&teller->fields, teller->full.version == 0 ? 8 : 16);
}

static void tell_mvhd(struct teller *teller)
{
    skip_times(teller);
    put_number(teller, "timescale", fields_u32(&teller->fields));
    put_number(teller, "duration", fields_u32_or_64(&teller->fields, teller->full.version));
}

static void tell_tkhd(struct teller *teller)
{
    skip_times(teller);
    put_number(teller, "track", fields_u32(&teller->fields));
    fields_skip(&teller->fields, 4);
    put_number(teller, "duration", fields_u32_or_64(&teller->fields, teller->full.version));
    fields_skip(&teller->fields, 16 + 36);
    put_fixed(teller, "width", fields_u32(&teller->fields));
    put_fixed(teller, "height", fields_u32(&teller->fields));
}

static void tell_mdhd(struct teller *teller)
{
    tell_mvhd(teller);
    const uint16_t code = fields_u16(&teller->fields);
    const char text[] = {(char)((code >> 10 & 31) + 0x60), (char)((code >> 5 & 31) + 0x60),
                         (char)((code & 31) + 0x60), '\0'};
    put_text(teller, "language", code < 0x400 ? "" : text); // below: a Macintosh code
}

static void tell_hdlr(struct teller *teller)
{
    fields_skip(&teller->fields, 4);
    put_type(teller, "handler", fields_u32(&teller->fields));
    fields_skip(&teller->fields, 12);
    put_bytes_text(teller, "name", teller->fields.rest);
}

static void tell_elng(struct teller *teller)
{
    put_bytes_text(teller, "language", teller->fields.rest);
}

static void tell_elst(struct teller *teller)
{
    const uint32_t count = fields_u32(&teller->fields);
    json_t *edits = json_array();
    put_number(teller, "count", count);
    for (uint32_t i = 0; i < count && i < LIST_MAX && !teller->fields.is_short; i++) {
        const uint64_t duration = fields_u32_or_64(&teller->fields, teller->full.version);
        const int64_t time = teller->full.version == 0 ? (int32_t)fields_u32(&teller->fields)
                                                       : (int64_t)fields_u64(&teller->fields);
        const uint32_t rate = fields_u32(&teller->fields);
        (void)json_array_append_new(
            edits, json_pack("{s:I, s:I, s:f}", "duration", (json_int_t)duration, "media_time",
                             (json_int_t)time, "rate", (double)rate / 65536));
    }
    (void)json_object_set_new(teller->out, "edits", edits);
}

// Tables that are told by their length: the count is the first field, or the second.
static void tell_count(struct teller *teller)
{
    put_number(teller, "count", fields_u32(&teller->fields));
}

static void tell_stsz(struct teller *teller)
{
    put_number(teller, "sample_size", fields_u32(&teller->fields));
    put_number(teller, "count", fields_u32(&teller->fields));
}

static void tell_video_entry(struct teller *teller)
{
    fields_skip(&teller->fields, 6);
    put_number(teller, "data_reference", fields_u16(&teller->fields));
    fields_skip(&teller->fields, 16);
    put_number(teller, "width", fields_u16(&teller->fields));
    put_number(teller, "height", fields_u16(&teller->fields));
}

static void tell_audio_entry(struct teller *teller)
{
    fields_skip(&teller->fields, 6);
    put_number(teller, "data_reference", fields_u16(&teller->fields));
    fields_skip(&teller->fields, 8);
    put_number(teller, "channels", fields_u16(&teller->fields));
    put_number(teller, "sample_bits", fields_u16(&teller->fields));
    fields_skip(&teller->fields, 4);
    put_fixed(teller, "sample_rate", fields_u32(&teller->fields));
}

// In dB: a true peak, and the loudness by each method (media/loudness.h).
static void tell_tlou(struct teller *teller)
{
    fields_skip(&teller->fields, teller->full.version == 0 ? 2 : 4);
    const uint32_t peak = fields_u24(&teller->fields) & 0xfffu;
    fields_skip(&teller->fields, 1);
    const uint8_t count = fields_u8(&teller->fields);
    json_t *list = json_array();
    if (peak != 0)
        (void)json_object_set_new(teller->out, "true_peak", json_real(20 - (double)peak / 32));
    for (uint8_t i = 0; i < count && !teller->fields.is_short; i++) {
        const uint8_t method = fields_u8(&teller->fields);
        const uint8_t value = fields_u8(&teller->fields);
        fields_skip(&teller->fields, 1);
        (void)json_array_append_new(
            list, json_pack("{s:i, s:f}", "method", method, "value", -57.75 + value / 4.0));
    }
    (void)json_object_set_new(teller->out, "measurements", list);
}

static void tell_avcc(struct teller *teller)
{
    fields_skip(&teller->fields, 1);
    put_number(teller, "profile", fields_u8(&teller->fields));
    put_number(teller, "compatibility", fields_u8(&teller->fields));
    put_number(teller, "level", fields_u8(&teller->fields));
    put_number(teller, "nal_length_bytes", (fields_u8(&teller->fields) & 3u) + 1u);
    put_number(teller, "sequence_sets", fields_u8(&teller->fields) & 31u);
}

static void tell_hvcc(struct teller *teller)
{
    fields_skip(&teller->fields, 1);
    const uint8_t profile = fields_u8(&teller->fields);
    put_number(teller, "profile", profile & 31u);
    put_number(teller, "tier", profile >> 5 & 1u);
    fields_skip(&teller->fields, 10);
    put_number(teller, "level", fields_u8(&teller->fields));
    fields_skip(&teller->fields, 8);
    put_number(teller, "nal_length_bytes", (fields_u8(&teller->fields) & 3u) + 1u);
    put_number(teller, "arrays", fields_u8(&teller->fields));
}

static void tell_av1c(struct teller *teller)
{
    fields_skip(&teller->fields, 1);
    const uint8_t profile = fields_u8(&teller->fields);
    put_number(teller, "profile", profile >> 5);
    put_number(teller, "level_index", profile & 31u);
}

static void tell_colr(struct teller *teller)
{
    const uint32_t type = fields_u32(&teller->fields);
    put_type(teller, "colour_type", type);
    if (type != BOX_TYPE('n', 'c', 'l', 'x') && type != BOX_TYPE('n', 'c', 'l', 'c')) return;
    put_number(teller, "primaries", fields_u16(&teller->fields));
    put_number(teller, "transfer", fields_u16(&teller->fields));
    put_number(teller, "matrix", fields_u16(&teller->fields));
}

static void tell_pasp(struct teller *teller)
{
    put_number(teller, "horizontal", fields_u32(&teller->fields));
    put_number(teller, "vertical", fields_u32(&teller->fields));
}

static void tell_clli(struct teller *teller)
{
    put_number(teller, "max_content_light", fields_u16(&teller->fields));
    put_number(teller, "max_frame_average_light", fields_u16(&teller->fields));
}

static void tell_btrt(struct teller *teller)
{
    fields_skip(&teller->fields, 4);
    put_number(teller, "max_bps", fields_u32(&teller->fields));
    put_number(teller, "average_bps", fields_u32(&teller->fields));
}

static void tell_mehd(struct teller *teller)
{
    put_number(teller, "duration", fields_u32_or_64(&teller->fields, teller->full.version));
}

static void tell_trex(struct teller *teller)
{
    put_number(teller, "track", fields_u32(&teller->fields));
    fields_skip(&teller->fields, 4);
    put_number(teller, "duration", fields_u32(&teller->fields));
    put_number(teller, "size", fields_u32(&teller->fields));
    put_number(teller, "flags", fields_u32(&teller->fields));
}

static void tell_sidx(struct teller *teller)
{
    put_number(teller, "reference", fields_u32(&teller->fields));
    put_number(teller, "timescale", fields_u32(&teller->fields));
    put_number(teller, "earliest_time", fields_u32_or_64(&teller->fields, teller->full.version));
    put_number(teller, "first_offset", fields_u32_or_64(&teller->fields, teller->full.version));
    fields_skip(&teller->fields, 2);
    const uint16_t count = fields_u16(&teller->fields);
    uint64_t bytes = 0;
    uint64_t ticks = 0;
    put_number(teller, "count", count);
    for (uint16_t i = 0; i < count && !teller->fields.is_short; i++) {
        bytes += fields_u32(&teller->fields) & 0x7fffffffu;
        ticks += fields_u32(&teller->fields);
        fields_skip(&teller->fields, 4);
    }
    put_number(teller, "bytes", bytes);
    put_number(teller, "duration", ticks);
}

static void tell_mfhd(struct teller *teller)
{
    put_number(teller, "sequence", fields_u32(&teller->fields));
}

static void tell_tfhd(struct teller *teller)
{
    static const struct {
        uint32_t flag;
        const char *name;
        bool is_wide;
    } options[] = {
        {0x1, "base_offset", true}, {0x2, "description", false}, {0x8, "duration", false},
        {0x10, "size", false},      {0x20, "flags", false},
    };
    put_number(teller, "track", fields_u32(&teller->fields));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (teller->full.flags & options[i].flag)
            put_number(teller, options[i].name,
                       fields_u32_or_64(&teller->fields, options[i].is_wide ? 1 : 0));
    if (teller->full.flags & 0x20000u) put_text(teller, "base", "moof");
}

static void tell_tfdt(struct teller *teller)
{
    put_number(teller, "decode_time", fields_u32_or_64(&teller->fields, teller->full.version));
}

static void tell_trun(struct teller *teller)
{
    const uint32_t flags = teller->full.flags;
    const uint32_t count = fields_u32(&teller->fields);
    uint64_t bytes = 0;
    uint64_t ticks = 0;
    put_number(teller, "count", count);
    if (flags & 0x1u) put_signed(teller, "data_offset", (int32_t)fields_u32(&teller->fields));
    if (flags & 0x4u) put_number(teller, "first_flags", fields_u32(&teller->fields));
    for (uint32_t i = 0; (flags & 0xf00u) != 0 && i < count && !teller->fields.is_short; i++) {
        if (flags & 0x100u) ticks += fields_u32(&teller->fields);
        if (flags & 0x200u) bytes += fields_u32(&teller->fields);
        if (flags & 0x400u) fields_skip(&teller->fields, 4);
        if (flags & 0x800u) fields_skip(&teller->fields, 4);
    }
    if (flags & 0x100u) put_number(teller, "duration", ticks);
    if (flags & 0x200u) put_number(teller, "bytes", bytes);
}

static void tell_schm(struct teller *teller)
{
    put_type(teller, "scheme", fields_u32(&teller->fields));
    put_number(teller, "scheme_version", fields_u32(&teller->fields));
}

static void tell_frma(struct teller *teller)
{
    put_type(teller, "format", fields_u32(&teller->fields));
}

static void tell_tenc(struct teller *teller)
{
    fields_skip(&teller->fields, 1);
    const uint8_t pattern = fields_u8(&teller->fields);
    if (teller->full.version > 0) {
        put_number(teller, "crypt_blocks", pattern >> 4);
        put_number(teller, "skip_blocks", pattern & 15u);
    }
    put_number(teller, "is_protected", fields_u8(&teller->fields));
    put_number(teller, "iv_bytes", fields_u8(&teller->fields));
    put_hex(teller, "key_id", fields_bytes(&teller->fields, UUID_BYTES));
}

static void tell_pssh(struct teller *teller)
{
    put_hex(teller, "system", fields_bytes(&teller->fields, UUID_BYTES));
    if (teller->full.version == 0) return;
    const uint32_t count = fields_u32(&teller->fields);
    json_t *ids = json_array();
    for (uint32_t i = 0; i < count && i < LIST_MAX && teller->fields.rest.len >= UUID_BYTES; i++) {
        char text[2 * UUID_BYTES + 1];
        hex_format(fields_bytes(&teller->fields, UUID_BYTES).at, UUID_BYTES, text);
        (void)json_array_append_new(ids, json_string(text));
    }
    (void)json_object_set_new(teller->out, "key_ids", ids);
}

#define T(a, b, c, d) BOX_TYPE(a, b, c, d)

static const struct {
    uint32_t type;
    void (*tell)(struct teller *teller);
} tellers[] = {
    {T('f', 't', 'y', 'p'), tell_brands},      {T('s', 't', 'y', 'p'), tell_brands},
    {T('m', 'v', 'h', 'd'), tell_mvhd},        {T('t', 'k', 'h', 'd'), tell_tkhd},
    {T('m', 'd', 'h', 'd'), tell_mdhd},        {T('h', 'd', 'l', 'r'), tell_hdlr},
    {T('e', 'l', 'n', 'g'), tell_elng},        {T('e', 'l', 's', 't'), tell_elst},
    {T('s', 't', 's', 'd'), tell_count},       {T('d', 'r', 'e', 'f'), tell_count},
    {T('s', 't', 't', 's'), tell_count},       {T('c', 't', 't', 's'), tell_count},
    {T('s', 't', 's', 's'), tell_count},       {T('s', 't', 's', 'c'), tell_count},
    {T('s', 't', 'c', 'o'), tell_count},       {T('c', 'o', '6', '4'), tell_count},
    {T('s', 'e', 'n', 'c'), tell_count},       {T('s', 't', 's', 'z'), tell_stsz},
    {T('a', 'v', 'c', '1'), tell_video_entry}, {T('a', 'v', 'c', '3'), tell_video_entry},
    {T('h', 'v', 'c', '1'), tell_video_entry}, {T('h', 'e', 'v', '1'), tell_video_entry},
    {T('d', 'v', 'h', '1'), tell_video_entry}, {T('d', 'v', 'h', 'e'), tell_video_entry},
    {T('a', 'v', '0', '1'), tell_video_entry}, {T('v', 'p', '0', '9'), tell_video_entry},
    {T('e', 'n', 'c', 'v'), tell_video_entry}, {T('m', 'p', '4', 'a'), tell_audio_entry},
    {T('a', 'c', '-', '3'), tell_audio_entry}, {T('e', 'c', '-', '3'), tell_audio_entry},
    {T('O', 'p', 'u', 's'), tell_audio_entry}, {T('f', 'L', 'a', 'C'), tell_audio_entry},
    {T('e', 'n', 'c', 'a'), tell_audio_entry}, {T('a', 'v', 'c', 'C'), tell_avcc},
    {T('h', 'v', 'c', 'C'), tell_hvcc},        {T('a', 'v', '1', 'C'), tell_av1c},
    {T('c', 'o', 'l', 'r'), tell_colr},        {T('p', 'a', 's', 'p'), tell_pasp},
    {T('c', 'l', 'l', 'i'), tell_clli},        {T('b', 't', 'r', 't'), tell_btrt},
    {T('m', 'e', 'h', 'd'), tell_mehd},        {T('t', 'r', 'e', 'x'), tell_trex},
    {T('s', 'i', 'd', 'x'), tell_sidx},        {T('m', 'f', 'h', 'd'), tell_mfhd},
    {T('t', 'f', 'h', 'd'), tell_tfhd},        {T('t', 'f', 'd', 't'), tell_tfdt},
    {T('t', 'r', 'u', 'n'), tell_trun},        {T('s', 'c', 'h', 'm'), tell_schm},
    {T('f', 'r', 'm', 'a'), tell_frma},        {T('t', 'e', 'n', 'c'), tell_tenc},
    {T('p', 's', 's', 'h'), tell_pssh},        {T('t', 'l', 'o', 'u'), tell_tlou},
};
#undef T

json_t *box_fields(const struct box *box)
{
    const struct box_kind *kind = box_kind_of(box->type);
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
        if (tellers[i].type != box->type) continue;
        struct teller teller = {.fields = fields_of(box->body), .out = json_object()};
        if (kind != NULL && kind->is_full) {
            teller.full = fields_full_box(&teller.fields);
            if (teller.full.version > 0) put_number(&teller, "version", teller.full.version);
        }
        tellers[i].tell(&teller);
        if (teller.fields.is_short)
            put_text(&teller, "fault", "the box is too short for its fields");
        return teller.out;
    }
    return NULL;
}
