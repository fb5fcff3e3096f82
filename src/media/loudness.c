// SPDX-License-Identifier: Apache-2.0
#include "media/loudness.h"

#include "media/box_writer.h"

enum {
    METHOD_PROGRAMME = 1,
    METHOD_ANCHOR = 2,
    SYSTEM_BS1770 = 2,
    RELIABILITY_ACCURATE = 3, // measured, not guessed
    VALUE_LOWEST = -5775,     // hundredths of LUFS
    VALUE_STEP = 25,
    PEAK_HIGHEST = 2000, // hundredths of dBTP
    PEAK_STEPS_MAX = 4095,
};

static uint8_t value_of(int16_t hundredths)
{
    const int steps = (hundredths - VALUE_LOWEST + VALUE_STEP / 2) / VALUE_STEP;
    return (uint8_t)(steps < 0 ? 0 : steps > UINT8_MAX ? UINT8_MAX : steps);
}

static int16_t hundredths_of(uint8_t value)
{
    return (int16_t)(VALUE_LOWEST + value * VALUE_STEP);
}

// 0 means that it is not known, so the highest peak that can be told is a step lower.
static uint16_t peak_of(int16_t hundredths)
{
    const int steps = ((PEAK_HIGHEST - hundredths) * 32 + 50) / 100;
    return (uint16_t)(steps < 1 ? 1 : steps > PEAK_STEPS_MAX ? PEAK_STEPS_MAX : steps);
}

static int16_t peak_hundredths(uint32_t steps)
{
    return (int16_t)(PEAK_HIGHEST - (int)(steps * 100 + 16) / 32);
}

static void put_measurement(struct box_writer *writer, uint8_t method, int16_t hundredths)
{
    put_u8(writer, method);
    put_u8(writer, value_of(hundredths));
    put_u8(writer, SYSTEM_BS1770 << 4 | RELIABILITY_ACCURATE);
}

void loudness_put(struct box_writer *writer, const struct loudness *loudness)
{
    if (!loudness->is_measured) return;
    box_begin(writer, BOX_TYPE('u', 'd', 't', 'a'));
    box_begin(writer, BOX_TYPE('l', 'u', 'd', 't'));
    full_box_begin(writer, BOX_TYPE('t', 'l', 'o', 'u'), 0, 0);
    put_u16(writer, 0);                            // no downmix, no DRC
    put_u24(writer, peak_of(loudness->true_peak)); // behind 12 bits of an unknown sample peak
    put_u8(writer, SYSTEM_BS1770 << 4 | RELIABILITY_ACCURATE);
    put_u8(writer, loudness->has_anchor ? 2 : 1);
    put_measurement(writer, METHOD_PROGRAMME, loudness->programme);
    if (loudness->has_anchor) put_measurement(writer, METHOD_ANCHOR, loudness->anchor);
    box_end(writer);
    box_end(writer);
    box_end(writer);
}

static outcome parse_track_loudness(const struct box *tlou, struct loudness *out, struct why *why)
{
    struct fields fields = fields_of(tlou->body);
    const struct full_box full = fields_full_box(&fields);
    if (full.version > 1) return OK;                // of a later edition
    if (full.version == 1) fields_skip(&fields, 2); // count of infos, EQ set: the first is read
    const uint16_t ids = fields_u16(&fields);
    const uint32_t peak = fields_u24(&fields) & 0xfffu;
    fields_skip(&fields, 1);
    const uint8_t count = fields_u8(&fields);
    struct loudness found = {.true_peak = peak == 0 ? 0 : peak_hundredths(peak)};
    for (uint8_t i = 0; i < count; i++) {
        const uint8_t method = fields_u8(&fields);
        const int16_t value = hundredths_of(fields_u8(&fields));
        fields_skip(&fields, 1);
        if (method == METHOD_PROGRAMME) found.programme = value;
        if (method == METHOD_ANCHOR) found.anchor = value;
        found.is_measured = found.is_measured || method == METHOD_PROGRAMME;
        found.has_anchor = found.has_anchor || method == METHOD_ANCHOR;
    }
    TRY(fields_check(&fields, tlou, why));
    if (ids == 0 && found.is_measured) *out = found; // others speak of a downmix, or of a DRC
    return OK;
}

outcome loudness_parse(const struct box *udta, struct loudness *out, struct why *why)
{
    struct box_walk boxes = box_walk_init(udta->body, udta->offset + udta->header_bytes);
    while (box_walk_has(&boxes)) {
        struct box box;
        TRY(box_next(&boxes, &box, why));
        if (box.type != BOX_TYPE('l', 'u', 'd', 't')) continue;
        struct box_walk infos = box_walk_init(box.body, box.offset + box.header_bytes);
        while (box_walk_has(&infos)) {
            struct box info;
            TRY(box_next(&infos, &info, why));
            if (info.type == BOX_TYPE('t', 'l', 'o', 'u'))
                TRY(parse_track_loudness(&info, out, why));
        }
    }
    return OK;
}
