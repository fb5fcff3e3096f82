// SPDX-License-Identifier: Apache-2.0
#include "drm/avc_slice.h"

#include "base/bits.h"

enum { REFERENCES_MAX = 32, IDC_CALLS_MAX = 2 * REFERENCES_MAX + 2 };

enum slice_type { SLICE_P, SLICE_B, SLICE_I, SLICE_SP, SLICE_SI };

static bool is_high(uint32_t profile)
{
    static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    for (size_t i = 0; i < sizeof high; i++)
        if (high[i] == profile) return true;
    return false;
}

static void skip_scaling_list(struct bits *bits, unsigned size)
{
    int64_t last = 8, next = 8;
    for (unsigned i = 0; i < size && !bits->is_short; i++) {
        if (next != 0) next = (last + bits_se(bits) + 256) % 256;
        if (next != 0) last = next;
    }
}

static void read_high(struct bits *bits, struct avc_sps *sps)
{
    sps->chroma_format = (uint8_t)(bits_ue(bits) & 3);
    if (sps->chroma_format == 3) sps->has_separate_planes = bits_flag(bits);
    (void)bits_ue(bits);
    (void)bits_ue(bits);
    bits_skip(bits, 1);
    if (!bits_flag(bits)) return;
    for (unsigned i = 0; i < (sps->chroma_format == 3 ? 12u : 8u); i++)
        if (bits_flag(bits)) skip_scaling_list(bits, i < 6 ? 16 : 64);
}

static void read_order(struct bits *bits, struct avc_sps *sps)
{
    const uint32_t type = bits_ue(bits);
    sps->order_type = type > 2 ? 3 : (uint8_t)type;
    if (type == 0) {
        sps->order_bits = (uint8_t)((bits_ue(bits) + 4) & 0xff);
    } else if (type == 1) {
        sps->no_delta_order = bits_flag(bits);
        (void)bits_se(bits);
        (void)bits_se(bits);
        const uint32_t cycle = bits_ue(bits);
        for (uint32_t i = 0; i < cycle && !bits->is_short; i++)
            (void)bits_se(bits);
    }
}

static outcome take_sps(struct avc_sets *sets, struct slice nal, struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    struct avc_sps sps = {.is_set = true, .chroma_format = 1};
    bits_skip(&bits, 8);
    const uint32_t profile = bits_u(&bits, 8);
    bits_skip(&bits, 16);
    const uint32_t id = bits_ue(&bits);
    if (is_high(profile)) read_high(&bits, &sps);
    const uint32_t frame_num = bits_ue(&bits);
    read_order(&bits, &sps);
    (void)bits_ue(&bits);
    bits_skip(&bits, 1);
    const uint64_t width = (uint64_t)bits_ue(&bits) + 1, height = (uint64_t)bits_ue(&bits) + 1;
    sps.is_frame_only = bits_flag(&bits);
    if (bits.is_short || id >= AVC_SPS_MAX || frame_num > 12 || sps.order_bits > 16 ||
        sps.order_type > 2 || width > UINT16_MAX || height > UINT16_MAX)
        return fail(why, INVALID, "an AVC sequence parameter set is damaged");
    sps.frame_num_bits = (uint8_t)(frame_num + 4);
    sps.map_units = width * height;
    sets->sps[id] = sps;
    return OK;
}

static unsigned bits_for(uint64_t values) // Ceil(Log2(values))
{
    unsigned count = 0;
    while (count < 32 && (UINT64_C(1) << count) < values)
        count++;
    return count;
}

static void read_groups(struct bits *bits, struct avc_pps *pps)
{
    const uint32_t type = bits_ue(bits);
    pps->group_type = type > 6 ? 7 : (uint8_t)type;
    if (type == 0) {
        for (uint32_t i = 0; i < pps->groups && !bits->is_short; i++)
            (void)bits_ue(bits);
    } else if (type == 2) {
        for (uint32_t i = 0; i + 1 < pps->groups && !bits->is_short; i++) {
            (void)bits_ue(bits);
            (void)bits_ue(bits);
        }
    } else if (type >= 3 && type <= 5) {
        bits_skip(bits, 1);
        pps->group_rate = bits_ue(bits);
    } else if (type == 6) {
        const uint32_t units = bits_ue(bits);
        for (uint64_t i = 0; i <= units && !bits->is_short; i++)
            bits_skip(bits, bits_for(pps->groups));
    }
}

static outcome take_pps(struct avc_sets *sets, struct slice nal, struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    struct avc_pps pps = {.is_set = true};
    bits_skip(&bits, 8);
    const uint32_t id = bits_ue(&bits), sps = bits_ue(&bits);
    pps.has_cabac = bits_flag(&bits);
    pps.has_field_order = bits_flag(&bits);
    const uint32_t groups = bits_ue(&bits);
    pps.groups = groups < 8 ? groups + 1 : 0;
    if (pps.groups > 1) read_groups(&bits, &pps);
    for (int list = 0; list < 2; list++) {
        const uint32_t count = bits_ue(&bits);
        pps.references[list] = count < REFERENCES_MAX ? count + 1 : 0;
    }
    pps.has_weighted_p = bits_flag(&bits);
    pps.bi_weights = (uint8_t)bits_u(&bits, 2);
    for (int field = 0; field < 3; field++) // quantizers
        (void)bits_se(&bits);
    pps.has_deblocking = bits_flag(&bits);
    bits_skip(&bits, 1);
    pps.has_redundant = bits_flag(&bits);
    if (bits.is_short || id >= AVC_PPS_MAX || sps >= AVC_SPS_MAX || pps.groups == 0 ||
        pps.references[0] == 0 || pps.references[1] == 0 || pps.group_type > 6)
        return fail(why, INVALID, "an AVC picture parameter set is damaged");
    pps.sps = (uint8_t)sps;
    sets->pps[id] = pps;
    return OK;
}

outcome avc_sets_take(struct avc_sets *sets, struct slice nal, struct why *why)
{
    const unsigned type = nal.len == 0 ? 0 : nal.at[0] & 0x1fu;
    if (type == AVC_SPS) return take_sps(sets, nal, why);
    return type == AVC_PPS ? take_pps(sets, nal, why) : OK;
}

outcome avc_sets_load(struct avc_sets *sets, struct slice avcc, unsigned *length_bytes,
                      struct why *why)
{
    enum { HEAD = 5 };
    if (avcc.len < HEAD + 2) return fail(why, INVALID, "the AVC configuration is cut off");
    const unsigned bytes = (avcc.at[4] & 3u) + 1;
    if (bytes == 3) return fail(why, INVALID, "NAL lengths of three bytes are not allowed");
    struct slice rest = slice_part(avcc, HEAD, SIZE_MAX);
    for (int kind = 0; kind < 2; kind++) {
        if (rest.len == 0) return fail(why, INVALID, "the AVC configuration is cut off");
        const unsigned count = kind == 0 ? rest.at[0] & 0x1fu : rest.at[0];
        rest = slice_part(rest, 1, SIZE_MAX);
        for (unsigned i = 0; i < count; i++) {
            const size_t len = rest.len < 2 ? SIZE_MAX : read_u16be(rest.at);
            if (len == SIZE_MAX || len > rest.len - 2)
                return fail(why, INVALID, "the AVC configuration is cut off in a parameter set");
            TRY(avc_sets_take(sets, slice_part(rest, 2, len), why));
            rest = slice_part(rest, 2 + len, SIZE_MAX);
        }
    }
    *length_bytes = bytes;
    return OK;
}

// What of the header decides how the rest of it is read.
struct slice_state {
    const struct avc_sps *sps;
    const struct avc_pps *pps;
    unsigned nal_type, nal_ref_idc;
    enum slice_type type;
    bool is_field;
    uint32_t references[2];
};

static void skip_order(struct bits *bits, const struct slice_state *slice)
{
    const bool has_second = slice->pps->has_field_order && !slice->is_field;
    if (slice->sps->order_type == 0) {
        bits_skip(bits, slice->sps->order_bits);
        if (has_second) (void)bits_se(bits);
    } else if (slice->sps->order_type == 1 && !slice->sps->no_delta_order) {
        (void)bits_se(bits);
        if (has_second) (void)bits_se(bits);
    }
}

static void skip_list_changes(struct bits *bits, const struct slice_state *slice)
{
    const int lists =
        slice->type == SLICE_B ? 2 : slice->type == SLICE_P || slice->type == SLICE_SP;
    for (int list = 0; list < lists; list++) {
        if (!bits_flag(bits)) continue;
        for (int calls = 0; calls < IDC_CALLS_MAX && bits_ue(bits) != 3; calls++)
            (void)bits_ue(bits);
    }
}

static void skip_weights(struct bits *bits, const struct slice_state *slice)
{
    const bool has_chroma = slice->sps->chroma_format != 0 && !slice->sps->has_separate_planes;
    (void)bits_ue(bits);
    if (has_chroma) (void)bits_ue(bits);
    for (int list = 0; list < (slice->type == SLICE_B ? 2 : 1); list++) {
        for (uint32_t i = 0; i < slice->references[list]; i++) {
            for (int field = bits_flag(bits) ? 2 : 0; field > 0; field--)
                (void)bits_se(bits);
            for (int field = has_chroma && bits_flag(bits) ? 4 : 0; field > 0; field--)
                (void)bits_se(bits);
        }
    }
}

static void skip_marking(struct bits *bits, const struct slice_state *slice)
{
    if (slice->nal_type == AVC_IDR_SLICE) {
        bits_skip(bits, 2);
        return;
    }
    if (!bits_flag(bits)) return;
    for (int calls = 0; calls < IDC_CALLS_MAX; calls++) {
        static const uint8_t operands[] = {0, 1, 1, 2, 1, 0, 1};
        const uint32_t operation = bits_ue(bits);
        if (operation == 0 || operation >= sizeof operands) return;
        for (unsigned i = 0; i < operands[operation]; i++)
            (void)bits_ue(bits);
    }
}

// Up to the reference lists: picture, order, how many references.
static void read_front(struct bits *bits, struct slice_state *slice)
{
    if (slice->sps->has_separate_planes) bits_skip(bits, 2);
    bits_skip(bits, slice->sps->frame_num_bits);
    if (!slice->sps->is_frame_only) {
        slice->is_field = bits_flag(bits);
        if (slice->is_field) bits_skip(bits, 1);
    }
    if (slice->nal_type == AVC_IDR_SLICE) (void)bits_ue(bits);
    skip_order(bits, slice);
    if (slice->pps->has_redundant) (void)bits_ue(bits);
    if (slice->type == SLICE_B) bits_skip(bits, 1);
    const bool is_inter = slice->type != SLICE_I && slice->type != SLICE_SI;
    if (is_inter && bits_flag(bits)) {
        slice->references[0] = bits_ue(bits) + 1;
        if (slice->type == SLICE_B) slice->references[1] = bits_ue(bits) + 1;
    }
}

static void skip_back(struct bits *bits, const struct slice_state *slice)
{
    const struct avc_pps *pps = slice->pps;
    const bool is_p = slice->type == SLICE_P || slice->type == SLICE_SP;
    const bool is_b = slice->type == SLICE_B;
    skip_list_changes(bits, slice);
    if ((pps->has_weighted_p && is_p) || (pps->bi_weights == 1 && is_b)) skip_weights(bits, slice);
    if (slice->nal_ref_idc != 0) skip_marking(bits, slice);
    if (pps->has_cabac && (is_p || is_b)) (void)bits_ue(bits);
    (void)bits_se(bits);
    if (slice->type == SLICE_SP) bits_skip(bits, 1);
    if (slice->type == SLICE_SP || slice->type == SLICE_SI) (void)bits_se(bits);
    if (pps->has_deblocking && bits_ue(bits) != 1) {
        (void)bits_se(bits);
        (void)bits_se(bits);
    }
    if (pps->groups > 1 && pps->group_type >= 3 && pps->group_type <= 5) {
        const uint64_t rate = (uint64_t)pps->group_rate + 1;
        bits_skip(bits, bits_for((slice->sps->map_units + rate - 1) / rate + 1));
    }
}

outcome avc_slice_header(const struct avc_sets *sets, struct slice nal, size_t *out,
                         struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    struct slice_state slice = {0};
    bits_skip(&bits, 1);
    slice.nal_ref_idc = bits_u(&bits, 2);
    slice.nal_type = bits_u(&bits, 5);
    (void)bits_ue(&bits); // first macroblock
    const uint32_t type = bits_ue(&bits);
    const uint32_t pps = bits_ue(&bits);
    if (bits.is_short || type > 9 || pps >= AVC_PPS_MAX || !sets->pps[pps].is_set ||
        !sets->sps[sets->pps[pps].sps].is_set)
        return fail(why, INVALID, "an AVC slice names a parameter set that is not there");
    slice.type = (enum slice_type)(type % 5);
    slice.pps = &sets->pps[pps];
    slice.sps = &sets->sps[slice.pps->sps];
    slice.references[0] = slice.pps->references[0];
    slice.references[1] = slice.pps->references[1];
    read_front(&bits, &slice);
    if (bits.is_short || slice.references[0] > REFERENCES_MAX ||
        slice.references[1] > REFERENCES_MAX)
        return fail(why, INVALID, "an AVC slice header is damaged");
    skip_back(&bits, &slice);
    if (bits.is_short) return fail(why, INVALID, "an AVC slice header is cut off");
    *out = bits.at + (bits.mask != 0x80 ? 1 : 0);
    return OK;
}
