// SPDX-License-Identifier: Apache-2.0
#include "drm/hevc_sets.h"

unsigned hevc_bits_for(uint32_t values)
{
    unsigned count = 0;
    while (count < 32 && (UINT64_C(1) << count) < values)
        count++;
    return count;
}

static void put_picture(struct hevc_pictures *set, int32_t delta, bool is_used)
{
    set->delta[set->count] = delta;
    set->is_used[set->count++] = is_used;
}

// One candidate of a predicted set: kept when it lies on the wanted side of this picture.
struct candidate {
    int32_t delta;
    bool is_used, is_kept;
};

static void put_side(struct hevc_pictures *set, const struct candidate *candidate, bool is_before)
{
    if (!candidate->is_kept || set->count == HEVC_PICTURES_MAX) return;
    if (is_before ? candidate->delta < 0 : candidate->delta > 0)
        put_picture(set, candidate->delta, candidate->is_used);
}

// Equations 7-61 and 7-62: the other set moved by `shift`, sorted anew. Candidate `count` is the
// other set's own picture.
static void predict(const struct hevc_pictures *other, const struct candidate *candidates,
                    struct hevc_pictures *out)
{
    const uint8_t before = other->before, count = other->count;
    for (uint8_t i = count; i-- > before;)
        put_side(out, &candidates[i], true);
    put_side(out, &candidates[count], true);
    for (uint8_t i = 0; i < before; i++)
        put_side(out, &candidates[i], true);
    out->before = out->count;
    for (uint8_t i = before; i-- > 0;)
        put_side(out, &candidates[i], false);
    put_side(out, &candidates[count], false);
    for (uint8_t i = before; i < count; i++)
        put_side(out, &candidates[i], false);
}

static bool read_predicted(struct bits *bits, const struct hevc_sps *sps, uint32_t index,
                           struct hevc_pictures *out)
{
    enum { SHIFT_MAX = 1 << 15 };
    struct candidate candidates[HEVC_PICTURES_MAX + 1];
    const uint32_t back = index == sps->set_count ? bits_ue(bits) : 0;
    if (back >= index) return false;
    const struct hevc_pictures *other = &sps->sets[index - 1 - back];
    const bool is_negative = bits_flag(bits);
    const uint32_t distance = bits_ue(bits);
    if (distance >= SHIFT_MAX) return false;
    const int32_t shift = is_negative ? -(int32_t)(distance + 1) : (int32_t)(distance + 1);
    for (uint8_t i = 0; i <= other->count; i++) {
        const int32_t delta = (i < other->count ? other->delta[i] : 0) + shift;
        candidates[i] = (struct candidate){delta, bits_flag(bits), true};
        if (!candidates[i].is_used) candidates[i].is_kept = bits_flag(bits);
    }
    predict(other, candidates, out);
    return true;
}

bool hevc_pictures_read(struct bits *bits, const struct hevc_sps *sps, uint32_t index,
                        struct hevc_pictures *out)
{
    struct hevc_pictures made = {0};
    if (index > 0 && bits_flag(bits)) {
        if (!read_predicted(bits, sps, index, &made)) return false;
        *out = made;
        return !bits->is_short;
    }
    const uint32_t before = bits_ue(bits), after = bits_ue(bits);
    if (before > HEVC_PICTURES_MAX || after > HEVC_PICTURES_MAX - before) return false;
    for (int side = 0; side < 2; side++) {
        int64_t delta = 0;
        for (uint32_t i = 0; i < (side == 0 ? before : after); i++) {
            const uint32_t step = bits_ue(bits);
            if (step >= 1 << 15) return false;
            delta += side == 0 ? -(int64_t)step - 1 : (int64_t)step + 1;
            put_picture(&made, (int32_t)delta, bits_flag(bits));
        }
    }
    made.before = (uint8_t)before;
    *out = made;
    return !bits->is_short;
}

// profile_tier_level( 1, sub_layers )
void hevc_skip_profile(struct bits *bits, uint32_t sub_layers)
{
    bool has_profile[8] = {false}, has_level[8] = {false};
    bits_skip(bits, 88 + 8);
    for (uint32_t i = 0; i < sub_layers; i++) {
        has_profile[i] = bits_flag(bits);
        has_level[i] = bits_flag(bits);
    }
    if (sub_layers > 0) bits_skip(bits, 2 * (8 - sub_layers));
    for (uint32_t i = 0; i < sub_layers; i++)
        bits_skip(bits, (has_profile[i] ? 88u : 0u) + (has_level[i] ? 8u : 0u));
}

void hevc_skip_scaling_lists(struct bits *bits)
{
    for (unsigned size = 0; size < 4; size++) {
        for (unsigned matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1) {
            if (!bits_flag(bits)) {
                (void)bits_ue(bits);
                continue;
            }
            if (size > 1) (void)bits_se(bits);
            for (unsigned i = 0; i < (size == 0 ? 16u : 64u) && !bits->is_short; i++)
                (void)bits_se(bits);
        }
    }
}

static bool read_references(struct bits *bits, struct hevc_sps *sps)
{
    const uint32_t count = bits_ue(bits);
    if (count > HEVC_REFERENCE_SETS_MAX) return false;
    // While they are read, no set's index is the count: that one would be a slice's own.
    sps->set_count = HEVC_REFERENCE_SETS_MAX + 1;
    for (uint32_t i = 0; i < count; i++)
        if (!hevc_pictures_read(bits, sps, i, &sps->sets[i])) return false;
    sps->set_count = (uint8_t)count;
    sps->has_long_term = bits_flag(bits);
    if (!sps->has_long_term) return true;
    const uint32_t pictures = bits_ue(bits);
    if (pictures > HEVC_LONG_TERM_MAX) return false;
    sps->long_term_count = (uint8_t)pictures;
    for (uint32_t i = 0; i < pictures; i++) {
        bits_skip(bits, sps->order_bits);
        if (bits_flag(bits)) sps->long_term_used |= UINT32_C(1) << i;
    }
    return true;
}

// Up to the sizes of blocks. false when a number is past its range.
static bool read_picture(struct bits *bits, uint32_t sub_layers, struct hevc_sps *sps)
{
    sps->chroma_format = (uint8_t)(bits_ue(bits) & 3);
    if (sps->chroma_format == 3) sps->has_separate_planes = bits_flag(bits);
    const uint32_t width = bits_ue(bits), height = bits_ue(bits);
    if (bits_flag(bits)) // conformance window
        for (int i = 0; i < 4; i++)
            (void)bits_ue(bits);
    (void)bits_ue(bits); // depths
    (void)bits_ue(bits);
    const uint32_t order_bits = bits_ue(bits) + 4;
    const bool every_layer = bits_flag(bits);
    for (uint32_t i = every_layer ? 0 : sub_layers; i <= sub_layers; i++)
        for (int field = 0; field < 3; field++)
            (void)bits_ue(bits);
    const uint32_t unit_log2 = bits_ue(bits) + 3 + bits_ue(bits);
    if (bits->is_short || unit_log2 < 3 || unit_log2 > 6 || order_bits < 4 || order_bits > 16 ||
        width == 0 || height == 0 || width > UINT16_MAX || height > UINT16_MAX)
        return false;
    const uint32_t unit = 1u << unit_log2;
    sps->units = ((width + unit - 1) >> unit_log2) * ((height + unit - 1) >> unit_log2);
    sps->order_bits = (uint8_t)order_bits;
    return true;
}

static outcome take_sps(struct hevc_sets *sets, struct slice nal, struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    bits_skip(&bits, 16 + 4);
    const uint32_t sub_layers = bits_u(&bits, 3);
    bits_skip(&bits, 1);
    hevc_skip_profile(&bits, sub_layers);
    const uint32_t id = bits_ue(&bits);
    if (bits.is_short || id >= HEVC_SPS_MAX)
        return fail(why, INVALID, "an HEVC sequence parameter set is damaged");
    struct hevc_sps *sps = &sets->sps[id];
    *sps = (struct hevc_sps){0};
    bool is_good = read_picture(&bits, sub_layers, sps);
    if (is_good) {
        (void)bits_ue(&bits); // transform blocks
        (void)bits_ue(&bits);
        (void)bits_ue(&bits);
        (void)bits_ue(&bits);
        if (bits_flag(&bits) && bits_flag(&bits)) hevc_skip_scaling_lists(&bits);
        bits_skip(&bits, 1);
        sps->has_sao = bits_flag(&bits);
        if (bits_flag(&bits)) { // pcm
            bits_skip(&bits, 8);
            (void)bits_ue(&bits);
            (void)bits_ue(&bits);
            bits_skip(&bits, 1);
        }
        is_good = read_references(&bits, sps);
        sps->has_motion_vectors = bits_flag(&bits);
    }
    if (!is_good || bits.is_short)
        return fail(why, INVALID, "an HEVC sequence parameter set is damaged");
    sps->is_set = true;
    return OK;
}

static void read_tools(struct bits *bits, struct hevc_pps *pps, bool *has_transform_skip)
{
    bits_skip(bits, 1); // sign data hiding
    pps->has_cabac_init = bits_flag(bits);
    pps->references[0] = bits_ue(bits) + 1;
    pps->references[1] = bits_ue(bits) + 1;
    (void)bits_se(bits);
    bits_skip(bits, 1);
    *has_transform_skip = bits_flag(bits);
    if (bits_flag(bits)) (void)bits_ue(bits);
    (void)bits_se(bits);
    (void)bits_se(bits);
    pps->has_chroma_offsets = bits_flag(bits);
    pps->has_weighted_p = bits_flag(bits);
    pps->has_weighted_b = bits_flag(bits);
    bits_skip(bits, 1);
    const bool has_tiles = bits_flag(bits), has_wavefront = bits_flag(bits);
    pps->has_entry_points = has_tiles || has_wavefront;
    if (!has_tiles) return;
    const uint32_t columns = bits_ue(bits), rows = bits_ue(bits);
    if (!bits_flag(bits))
        for (uint64_t i = 0; i < (uint64_t)columns + rows && !bits->is_short; i++)
            (void)bits_ue(bits);
    bits_skip(bits, 1);
}

static void read_filters(struct bits *bits, struct hevc_pps *pps, bool has_transform_skip)
{
    pps->has_loop_across = bits_flag(bits);
    if (bits_flag(bits)) {
        pps->has_deblocking_override = bits_flag(bits);
        pps->is_deblocking_off = bits_flag(bits);
        if (!pps->is_deblocking_off) {
            (void)bits_se(bits);
            (void)bits_se(bits);
        }
    }
    if (bits_flag(bits)) hevc_skip_scaling_lists(bits);
    pps->has_list_changes = bits_flag(bits);
    (void)bits_ue(bits);
    pps->has_extension = bits_flag(bits);
    if (!bits_flag(bits)) return; // pps_extension_present_flag
    const bool has_range = bits_flag(bits);
    bits_skip(bits, 7);
    if (!has_range) return;
    if (has_transform_skip) (void)bits_ue(bits);
    bits_skip(bits, 1);
    pps->has_chroma_offset_lists = bits_flag(bits);
}

static outcome take_pps(struct hevc_sets *sets, struct slice nal, struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    struct hevc_pps pps = {.is_set = true};
    bool has_transform_skip;
    bits_skip(&bits, 16);
    const uint32_t id = bits_ue(&bits), sps = bits_ue(&bits);
    pps.has_dependent = bits_flag(&bits);
    pps.has_output_flag = bits_flag(&bits);
    pps.extra_bits = (uint8_t)bits_u(&bits, 3);
    read_tools(&bits, &pps, &has_transform_skip);
    read_filters(&bits, &pps, has_transform_skip);
    if (bits.is_short || id >= HEVC_PPS_MAX || sps >= HEVC_SPS_MAX ||
        pps.references[0] > HEVC_PICTURES_MAX || pps.references[1] > HEVC_PICTURES_MAX)
        return fail(why, INVALID, "an HEVC picture parameter set is damaged");
    pps.sps = (uint8_t)sps;
    sets->pps[id] = pps;
    return OK;
}

outcome hevc_sets_take(struct hevc_sets *sets, struct slice nal, struct why *why)
{
    const unsigned type = nal.len < 2 ? 0 : nal.at[0] >> 1 & 0x3fu;
    const bool is_base = nal.len >= 2 && (nal.at[0] & 1) == 0 && nal.at[1] >> 3 == 0; // layer 0
    if (!is_base) return OK;
    if (type == HEVC_SPS) return take_sps(sets, nal, why);
    return type == HEVC_PPS ? take_pps(sets, nal, why) : OK;
}

outcome hevc_sets_load(struct hevc_sets *sets, struct slice hvcc, unsigned *length_bytes,
                       struct why *why)
{
    enum { HEAD = 22 };
    if (hvcc.len < HEAD + 1) return fail(why, INVALID, "the HEVC configuration is cut off");
    const unsigned bytes = (hvcc.at[HEAD - 1] & 3u) + 1;
    if (bytes == 3) return fail(why, INVALID, "NAL lengths of three bytes are not allowed");
    struct slice rest = slice_part(hvcc, HEAD + 1, SIZE_MAX);
    for (unsigned i = 0; i < hvcc.at[HEAD]; i++) {
        if (rest.len < 3) return fail(why, INVALID, "the HEVC configuration is cut off");
        const unsigned count = read_u16be(rest.at + 1);
        rest = slice_part(rest, 3, SIZE_MAX);
        for (unsigned k = 0; k < count; k++) {
            const size_t len = rest.len < 2 ? SIZE_MAX : read_u16be(rest.at);
            if (len == SIZE_MAX || len > rest.len - 2)
                return fail(why, INVALID, "the HEVC configuration is cut off in a parameter set");
            TRY(hevc_sets_take(sets, slice_part(rest, 2, len), why));
            rest = slice_part(rest, 2 + len, SIZE_MAX);
        }
    }
    *length_bytes = bytes;
    return OK;
}
