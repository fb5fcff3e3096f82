// SPDX-License-Identifier: Apache-2.0
#include "drm/hevc_slice.h"

enum slice_type { SLICE_B, SLICE_P, SLICE_I };

enum { IRAP_FIRST = 16, IDR_FIRST = 19, IDR_LAST = 20, IRAP_LAST = 23 };

// What of the header decides how the rest of it is read.
struct slice_state {
    const struct hevc_sps *sps;
    const struct hevc_pps *pps;
    unsigned nal_type;
    uint32_t type;
    bool has_chroma;
    bool has_sao, has_motion_vectors;
    uint32_t references[2];
    uint32_t used_pictures; // NumPicTotalCurr
};

static bool read_long_term(struct bits *bits, struct slice_state *slice)
{
    const struct hevc_sps *sps = slice->sps;
    const uint32_t from_sps = sps->long_term_count > 0 ? bits_ue(bits) : 0;
    const uint32_t own = bits_ue(bits);
    if (bits->is_short || from_sps > HEVC_LONG_TERM_MAX || own > HEVC_LONG_TERM_MAX) return false;
    for (uint32_t i = 0; i < from_sps + own; i++) {
        bool is_used;
        if (i < from_sps) {
            const uint32_t index = bits_u(bits, hevc_bits_for(sps->long_term_count));
            is_used = index < 32 && (sps->long_term_used >> index & 1u) != 0;
        } else {
            bits_skip(bits, sps->order_bits);
            is_used = bits_flag(bits);
        }
        slice->used_pictures += is_used;
        if (bits_flag(bits)) (void)bits_ue(bits);
    }
    return true;
}

// Picture order and reference pictures: absent from IDR pictures.
static bool read_pictures(struct bits *bits, struct slice_state *slice)
{
    const struct hevc_sps *sps = slice->sps;
    struct hevc_pictures own;
    const struct hevc_pictures *set = &own;
    bits_skip(bits, sps->order_bits);
    if (!bits_flag(bits)) {
        if (!hevc_pictures_read(bits, sps, sps->set_count, &own)) return false;
    } else {
        const uint32_t index = bits_u(bits, hevc_bits_for(sps->set_count));
        if (index >= sps->set_count) return false;
        set = &sps->sets[index];
    }
    for (uint8_t i = 0; i < set->count; i++)
        slice->used_pictures += set->is_used[i];
    if (sps->has_long_term && !read_long_term(bits, slice)) return false;
    if (sps->has_motion_vectors) slice->has_motion_vectors = bits_flag(bits);
    return true;
}

static void skip_weights(struct bits *bits, const struct slice_state *slice)
{
    (void)bits_ue(bits);
    if (slice->has_chroma) (void)bits_se(bits);
    for (int list = 0; list < (slice->type == SLICE_B ? 2 : 1); list++) {
        uint32_t luma = 0, chroma = 0;
        for (uint32_t i = 0; i < slice->references[list]; i++)
            luma |= (bits_flag(bits) ? 1u : 0u) << i;
        for (uint32_t i = 0; slice->has_chroma && i < slice->references[list]; i++)
            chroma |= (bits_flag(bits) ? 1u : 0u) << i;
        for (uint32_t i = 0; i < slice->references[list]; i++) {
            const int fields = (luma >> i & 1u ? 2 : 0) + (chroma >> i & 1u ? 4 : 0);
            for (int field = 0; field < fields; field++)
                (void)bits_se(bits);
        }
    }
}

// What P and B slices say of prediction.
static bool read_inter(struct bits *bits, struct slice_state *slice)
{
    const struct hevc_pps *pps = slice->pps;
    const bool is_b = slice->type == SLICE_B;
    slice->references[0] = pps->references[0];
    slice->references[1] = pps->references[1];
    if (bits_flag(bits)) {
        slice->references[0] = bits_ue(bits) + 1;
        if (is_b) slice->references[1] = bits_ue(bits) + 1;
    }
    if (slice->references[0] > HEVC_PICTURES_MAX || slice->references[1] > HEVC_PICTURES_MAX)
        return false;
    if (pps->has_list_changes && slice->used_pictures > 1)
        for (int list = 0; list < (is_b ? 2 : 1); list++)
            if (bits_flag(bits))
                bits_skip(bits, slice->references[list] * hevc_bits_for(slice->used_pictures));
    if (is_b) bits_skip(bits, 1);
    if (pps->has_cabac_init) bits_skip(bits, 1);
    if (slice->has_motion_vectors) {
        const int list = is_b && !bits_flag(bits) ? 1 : 0;
        if (slice->references[list] > 1) (void)bits_ue(bits);
    }
    if ((pps->has_weighted_p && !is_b) || (pps->has_weighted_b && is_b)) skip_weights(bits, slice);
    (void)bits_ue(bits); // merge candidates
    return true;
}

static void skip_quantizers_and_filters(struct bits *bits, const struct slice_state *slice)
{
    const struct hevc_pps *pps = slice->pps;
    bool is_deblocking_off = pps->is_deblocking_off;
    (void)bits_se(bits);
    if (pps->has_chroma_offsets) {
        (void)bits_se(bits);
        (void)bits_se(bits);
    }
    if (pps->has_chroma_offset_lists) bits_skip(bits, 1);
    if (pps->has_deblocking_override && bits_flag(bits)) {
        is_deblocking_off = bits_flag(bits);
        if (!is_deblocking_off) {
            (void)bits_se(bits);
            (void)bits_se(bits);
        }
    }
    if (pps->has_loop_across && (slice->has_sao || !is_deblocking_off)) bits_skip(bits, 1);
}

static bool read_independent(struct bits *bits, struct slice_state *slice)
{
    bits_skip(bits, slice->pps->extra_bits);
    slice->type = bits_ue(bits);
    if (slice->type > SLICE_I) return false;
    if (slice->pps->has_output_flag) bits_skip(bits, 1);
    if (slice->sps->has_separate_planes) bits_skip(bits, 2);
    const bool is_idr = slice->nal_type >= IDR_FIRST && slice->nal_type <= IDR_LAST;
    if (!is_idr && !read_pictures(bits, slice)) return false;
    if (slice->sps->has_sao) {
        const bool luma = bits_flag(bits);
        const bool chroma = slice->has_chroma && bits_flag(bits);
        slice->has_sao = luma || chroma;
    }
    if (slice->type != SLICE_I && !read_inter(bits, slice)) return false;
    skip_quantizers_and_filters(bits, slice);
    return true;
}

static void skip_end(struct bits *bits, const struct slice_state *slice)
{
    if (slice->pps->has_entry_points) {
        const uint32_t count = bits_ue(bits);
        const uint32_t bytes = count > 0 ? bits_ue(bits) : 0;
        for (uint32_t i = 0; i < count && !bits->is_short; i++)
            bits_skip(bits, bytes < 32 ? bytes + 1 : 32);
    }
    if (slice->pps->has_extension) {
        const uint32_t bytes = bits_ue(bits);
        for (uint32_t i = 0; i < bytes && !bits->is_short; i++)
            bits_skip(bits, 8);
    }
    bits_skip(bits, 1); // byte_alignment(): a one, zeros to the end of the byte
}

outcome hevc_slice_header(const struct hevc_sets *sets, struct slice nal, size_t *out,
                          struct why *why)
{
    struct bits bits = bits_of_nal(nal);
    struct slice_state slice = {0};
    bits_skip(&bits, 1);
    slice.nal_type = bits_u(&bits, 6);
    bits_skip(&bits, 9);
    const bool is_first = bits_flag(&bits);
    if (slice.nal_type >= IRAP_FIRST && slice.nal_type <= IRAP_LAST) bits_skip(&bits, 1);
    const uint32_t pps = bits_ue(&bits);
    if (bits.is_short || pps >= HEVC_PPS_MAX || !sets->pps[pps].is_set ||
        !sets->sps[sets->pps[pps].sps].is_set)
        return fail(why, INVALID, "an HEVC slice names a parameter set that is not there");
    slice.pps = &sets->pps[pps];
    slice.sps = &sets->sps[slice.pps->sps];
    slice.has_chroma = slice.sps->chroma_format != 0 && !slice.sps->has_separate_planes;
    bool is_dependent = false;
    if (!is_first) {
        is_dependent = slice.pps->has_dependent && bits_flag(&bits);
        bits_skip(&bits, hevc_bits_for(slice.sps->units));
    }
    if (!is_dependent && !read_independent(&bits, &slice))
        return fail(why, INVALID, "an HEVC slice header is damaged");
    skip_end(&bits, &slice);
    if (bits.is_short) return fail(why, INVALID, "an HEVC slice header is cut off");
    *out = bits.at + (bits.mask != 0x80 ? 1 : 0);
    return OK;
}
