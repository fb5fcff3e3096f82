// SPDX-License-Identifier: Apache-2.0
#include "drm/av1_headers.h"

#include <string.h>

enum { EACH_FRAME_SAYS = 2 };

static void read_timing(struct bits *bits, struct av1_sequence *sequence)
{
    if (!bits_flag(bits)) return;
    bits_skip(bits, 64);
    sequence->has_equal_intervals = bits_flag(bits);
    if (sequence->has_equal_intervals) (void)bits_ue(bits); // uvlc() is written alike
    sequence->has_decoder_model = bits_flag(bits);
    if (!sequence->has_decoder_model) return;
    sequence->delay_bits = (uint8_t)(bits_u(bits, 5) + 1);
    bits_skip(bits, 32);
    sequence->removal_bits = (uint8_t)(bits_u(bits, 5) + 1);
    sequence->presentation_bits = (uint8_t)(bits_u(bits, 5) + 1);
}

static void read_points(struct bits *bits, struct av1_sequence *sequence)
{
    const bool has_display_delay = bits_flag(bits);
    sequence->point_count = bits_u(bits, 5) + 1;
    for (size_t i = 0; i < sequence->point_count; i++) {
        sequence->points[i].idc = (uint16_t)bits_u(bits, 12);
        const uint32_t level = bits_u(bits, 5);
        if (level > 7) bits_skip(bits, 1);
        if (sequence->has_decoder_model) {
            sequence->points[i].has_model = bits_flag(bits);
            if (sequence->points[i].has_model) bits_skip(bits, 2u * sequence->delay_bits + 1);
        }
        if (has_display_delay && bits_flag(bits)) bits_skip(bits, 4);
    }
}

static void read_tools(struct bits *bits, struct av1_sequence *sequence)
{
    sequence->screen_content = sequence->integer_motion = EACH_FRAME_SAYS;
    if (sequence->is_reduced) return;
    bits_skip(bits, 2);
    sequence->has_warped_motion = bits_flag(bits);
    bits_skip(bits, 1);
    sequence->has_order_hint = bits_flag(bits);
    if (sequence->has_order_hint) {
        bits_skip(bits, 1);
        sequence->has_reference_motion = bits_flag(bits);
    }
    if (!bits_flag(bits)) sequence->screen_content = (uint8_t)bits_u(bits, 1);
    if (sequence->screen_content > 0 && !bits_flag(bits))
        sequence->integer_motion = (uint8_t)bits_u(bits, 1);
    if (sequence->has_order_hint) sequence->order_bits = (uint8_t)(bits_u(bits, 3) + 1);
}

static void read_colour(struct bits *bits, uint32_t profile, struct av1_sequence *sequence)
{
    const bool is_high = bits_flag(bits);
    const bool is_twelve = profile == 2 && is_high && bits_flag(bits);
    uint32_t primaries = 2, transfer = 2, matrix = 2;
    sequence->is_mono = profile != 1 && bits_flag(bits);
    if (bits_flag(bits)) {
        primaries = bits_u(bits, 8);
        transfer = bits_u(bits, 8);
        matrix = bits_u(bits, 8);
    }
    if (sequence->is_mono) {
        bits_skip(bits, 1);
        sequence->is_subsampled_x = sequence->is_subsampled_y = true;
        return;
    }
    if (primaries != 1 || transfer != 13 || matrix != 0) { // else sRGB: 4:4:4, full range
        bits_skip(bits, 1);
        sequence->is_subsampled_x = profile == 0 || (profile == 2 && !is_twelve);
        sequence->is_subsampled_y = profile == 0;
        if (is_twelve) {
            sequence->is_subsampled_x = bits_flag(bits);
            sequence->is_subsampled_y = sequence->is_subsampled_x && bits_flag(bits);
        }
        if (sequence->is_subsampled_x && sequence->is_subsampled_y) bits_skip(bits, 2);
    }
    sequence->has_separate_uv = bits_flag(bits);
}

static void read_size(struct bits *bits, struct av1_sequence *sequence)
{
    sequence->width_bits = (uint8_t)(bits_u(bits, 4) + 1);
    sequence->height_bits = (uint8_t)(bits_u(bits, 4) + 1);
    sequence->width = bits_u(bits, sequence->width_bits) + 1;
    sequence->height = bits_u(bits, sequence->height_bits) + 1;
    sequence->has_frame_ids = !sequence->is_reduced && bits_flag(bits);
    if (!sequence->has_frame_ids) return;
    sequence->id_delta_bits = (uint8_t)(bits_u(bits, 4) + 2);
    sequence->id_bits = (uint8_t)(bits_u(bits, 3) + sequence->id_delta_bits + 1);
}

outcome av1_sequence_read(struct av1_decoder *decoder, struct slice obu, struct why *why)
{
    struct bits bits = bits_of(obu);
    struct av1_sequence sequence = {.is_set = true, .point_count = 1};
    const uint32_t profile = bits_u(&bits, 3);
    bits_skip(&bits, 1);
    sequence.is_reduced = bits_flag(&bits);
    if (sequence.is_reduced) {
        bits_skip(&bits, 5);
    } else {
        read_timing(&bits, &sequence);
        read_points(&bits, &sequence);
    }
    read_size(&bits, &sequence);
    sequence.has_large_blocks = bits_flag(&bits);
    bits_skip(&bits, 2);
    read_tools(&bits, &sequence);
    sequence.has_superres = bits_flag(&bits);
    sequence.has_cdef = bits_flag(&bits);
    sequence.has_restoration = bits_flag(&bits);
    read_colour(&bits, profile, &sequence);
    sequence.has_film_grain = bits_flag(&bits);
    if (bits.is_short || profile > 2)
        return fail(why, INVALID, "an AV1 sequence header is damaged");
    decoder->sequence = sequence;
    return OK;
}
