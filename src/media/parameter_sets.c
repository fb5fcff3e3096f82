// SPDX-License-Identifier: Apache-2.0
#include "media/parameter_sets.h"

#include "base/bits.h"
#include "drm/hevc_sets.h"
#include "media/box.h"

// Table E-1 of both standards: aspect_ratio_idc 0 .. 16.
static const struct {
    uint8_t width, height;
} aspects[] = {{1, 1},   {1, 1},    {12, 11}, {10, 11}, {16, 11}, {40, 33},
               {24, 11}, {20, 11},  {32, 11}, {80, 33}, {18, 11}, {15, 11},
               {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1}};

// The start of vui_parameters() is the same in both standards.
static void read_vui(struct bits *bits, struct sequence_facts *facts)
{
    enum { EXTENDED_SAR = 255 };
    struct sequence_facts found = *facts;
    if (bits_flag(bits)) {
        const uint32_t idc = bits_u(bits, 8);
        if (idc == EXTENDED_SAR) {
            found.sar_width = bits_u(bits, 16);
            found.sar_height = bits_u(bits, 16);
        } else if (idc < sizeof aspects / sizeof aspects[0]) {
            found.sar_width = aspects[idc].width;
            found.sar_height = aspects[idc].height;
        }
    }
    if (bits_flag(bits)) bits_skip(bits, 1); // overscan
    if (bits_flag(bits)) {
        bits_skip(bits, 3); // video_format
        found.colour = COLOUR_UNSPECIFIED;
        found.colour.full_range = bits_flag(bits);
        if (bits_flag(bits)) {
            found.colour.primaries = (uint8_t)bits_u(bits, 8);
            found.colour.transfer = (uint8_t)bits_u(bits, 8);
            found.colour.matrix = (uint8_t)bits_u(bits, 8);
            found.has_colour = true;
        }
    }
    if (bits->is_short) return;
    if (found.sar_width == 0 || found.sar_height == 0) {
        found.sar_width = facts->sar_width;
        found.sar_height = facts->sar_height;
    }
    *facts = found;
}

static void skip_avc_scaling_list(struct bits *bits, unsigned size)
{
    int32_t last = 8, next = 8;
    for (unsigned i = 0; i < size && !bits->is_short; i++) {
        if (next != 0) next = (last + bits_se(bits) + 256) % 256;
        if (next != 0) last = next;
    }
}

// chroma_format_idc and what follows it in the high profiles.
static void skip_avc_high(struct bits *bits)
{
    const uint32_t chroma = bits_ue(bits);
    if (chroma == 3) bits_skip(bits, 1);
    (void)bits_ue(bits);
    (void)bits_ue(bits);
    bits_skip(bits, 1);
    if (!bits_flag(bits)) return;
    for (unsigned i = 0; i < (chroma == 3 ? 12u : 8u); i++)
        if (bits_flag(bits)) skip_avc_scaling_list(bits, i < 6 ? 16 : 64);
}

static bool avc_is_high(uint32_t profile)
{
    static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    for (size_t i = 0; i < sizeof high; i++)
        if (high[i] == profile) return true;
    return false;
}

static void read_avc_sps(struct slice nal, struct sequence_facts *facts)
{
    struct bits bits = bits_of_nal(nal);
    bits_skip(&bits, 8);
    const uint32_t profile = bits_u(&bits, 8);
    bits_skip(&bits, 16);
    (void)bits_ue(&bits);
    if (avc_is_high(profile)) skip_avc_high(&bits);
    (void)bits_ue(&bits);
    const uint32_t order = bits_ue(&bits);
    if (order == 0) {
        (void)bits_ue(&bits);
    } else if (order == 1) {
        bits_skip(&bits, 1);
        (void)bits_se(&bits);
        (void)bits_se(&bits);
        const uint32_t cycle = bits_ue(&bits);
        for (uint32_t i = 0; i < cycle && i < 256 && !bits.is_short; i++)
            (void)bits_se(&bits);
    }
    (void)bits_ue(&bits);
    bits_skip(&bits, 1);
    (void)bits_ue(&bits);
    (void)bits_ue(&bits);
    if (!bits_flag(&bits)) bits_skip(&bits, 1); // frame_mbs_only_flag
    bits_skip(&bits, 1);
    if (bits_flag(&bits))
        for (int i = 0; i < 4; i++)
            (void)bits_ue(&bits);
    if (bits_flag(&bits)) read_vui(&bits, facts);
}

outcome avc_sequence_facts(struct slice avcc, struct sequence_facts *facts, struct why *why)
{
    struct fields fields = fields_of(avcc);
    fields_skip(&fields, 5);
    const unsigned count = fields_u8(&fields) & 0x1fu;
    for (unsigned i = 0; i < count; i++) {
        const struct slice nal = fields_bytes(&fields, fields_u16(&fields));
        if (i == 0 && !fields.is_short) read_avc_sps(nal, facts);
    }
    if (fields.is_short)
        return fail(why, INVALID, "the AVC configuration is cut off in its parameter sets");
    return OK;
}

// st_ref_pic_set( index ); the number of pictures of each set is what prediction needs.
static bool skip_hevc_ref_set(struct bits *bits, uint32_t index, uint8_t *pictures)
{
    enum { PICTURES_MAX = 16 };
    if (index > 0 && bits_flag(bits)) {
        bits_skip(bits, 1);
        (void)bits_ue(bits);
        uint8_t used = 0;
        for (unsigned i = 0; i <= pictures[index - 1]; i++)
            if (bits_flag(bits) || bits_flag(bits)) used++;
        pictures[index] = used;
        return used <= PICTURES_MAX;
    }
    const uint32_t negative = bits_ue(bits), positive = bits_ue(bits);
    if (negative > PICTURES_MAX || positive > PICTURES_MAX) return false;
    for (uint32_t i = 0; i < negative + positive; i++) {
        (void)bits_ue(bits);
        bits_skip(bits, 1);
    }
    pictures[index] = (uint8_t)(negative + positive);
    return pictures[index] <= PICTURES_MAX;
}

static bool skip_hevc_references(struct bits *bits, uint32_t order_bits)
{
    enum { SETS_MAX = 64, LONG_TERM_MAX = 32 };
    uint8_t pictures[SETS_MAX + 1] = {0};
    const uint32_t sets = bits_ue(bits);
    if (sets > SETS_MAX) return false;
    for (uint32_t i = 0; i < sets; i++)
        if (bits->is_short || !skip_hevc_ref_set(bits, i, pictures)) return false;
    if (!bits_flag(bits)) return true;
    const uint32_t count = bits_ue(bits);
    if (count > LONG_TERM_MAX) return false;
    bits_skip(bits, count * (order_bits + 1));
    return true;
}

static void read_hevc_sps(struct slice nal, struct sequence_facts *facts)
{
    struct bits bits = bits_of_nal(nal);
    bits_skip(&bits, 16 + 4);
    const uint32_t sub_layers = bits_u(&bits, 3);
    bits_skip(&bits, 1);
    hevc_skip_profile(&bits, sub_layers);
    (void)bits_ue(&bits);
    if (bits_ue(&bits) == 3) bits_skip(&bits, 1);
    (void)bits_ue(&bits);
    (void)bits_ue(&bits);
    if (bits_flag(&bits))
        for (int i = 0; i < 4; i++)
            (void)bits_ue(&bits);
    (void)bits_ue(&bits);
    (void)bits_ue(&bits);
    const uint32_t order_bits = bits_ue(&bits) + 4;
    if (order_bits > 16) return;
    const bool every_layer = bits_flag(&bits);
    for (uint32_t i = every_layer ? 0 : sub_layers; i <= sub_layers; i++)
        for (int field = 0; field < 3; field++)
            (void)bits_ue(&bits);
    for (int field = 0; field < 6; field++)
        (void)bits_ue(&bits);
    if (bits_flag(&bits) && bits_flag(&bits)) hevc_skip_scaling_lists(&bits);
    bits_skip(&bits, 2);
    if (bits_flag(&bits)) { // pcm
        bits_skip(&bits, 8);
        (void)bits_ue(&bits);
        (void)bits_ue(&bits);
        bits_skip(&bits, 1);
    }
    if (!skip_hevc_references(&bits, order_bits)) return;
    bits_skip(&bits, 2);
    if (bits_flag(&bits)) read_vui(&bits, facts);
}

outcome hevc_sequence_facts(struct slice hvcc, struct sequence_facts *facts, struct why *why)
{
    enum { NAL_SPS = 33 };
    struct fields fields = fields_of(hvcc);
    fields_skip(&fields, 22);
    const unsigned arrays = fields_u8(&fields);
    bool is_read = false;
    for (unsigned i = 0; i < arrays && !fields.is_short; i++) {
        const unsigned type = fields_u8(&fields) & 0x3fu;
        const unsigned count = fields_u16(&fields);
        for (unsigned k = 0; k < count && !fields.is_short; k++) {
            const struct slice nal = fields_bytes(&fields, fields_u16(&fields));
            if (type == NAL_SPS && !is_read && !fields.is_short) {
                read_hevc_sps(nal, facts);
                is_read = true;
            }
        }
    }
    if (fields.is_short)
        return fail(why, INVALID, "the HEVC configuration is cut off in its parameter sets");
    return OK;
}
