// SPDX-License-Identifier: Apache-2.0
#include "drm/av1_frame.h"

#include <string.h>

static int32_t read_signed(struct bits *bits, unsigned count) // su( count )
{
    const uint32_t value = bits_u(bits, count), sign = 1u << (count - 1);
    return (value & sign) != 0 ? (int32_t)value - (int32_t)(sign << 1) : (int32_t)value;
}

static bool read_delta(struct bits *bits) // read_delta_q(): is it another than 0?
{
    return bits_flag(bits) && read_signed(bits, 7) != 0;
}

// Returns whether a plane's quantizer differs from the base.
static bool read_quantizers(struct av1_frame *frame, uint32_t *base)
{
    struct bits *bits = frame->bits;
    const struct av1_sequence *sequence = frame->sequence;
    *base = bits_u(bits, 8);
    bool has_delta = read_delta(bits);
    if (!sequence->is_mono) {
        const bool is_split = sequence->has_separate_uv && bits_flag(bits);
        for (int i = 0; i < (is_split ? 4 : 2); i++)
            has_delta = read_delta(bits) || has_delta;
    }
    if (bits_flag(bits)) bits_skip(bits, sequence->has_separate_uv ? 12 : 8);
    return has_delta;
}

static void read_features(struct av1_frame *frame)
{
    static const uint8_t widths[] = {8, 6, 6, 6, 6, 3, 0, 0};
    struct bits *bits = frame->bits;
    for (unsigned segment = 0; segment < AV1_SEGMENTS; segment++) {
        for (unsigned feature = 0; feature < sizeof widths; feature++) {
            const bool is_on = bits_flag(bits);
            int32_t value = 0;
            if (is_on && feature == 0)
                value = read_signed(bits, 9);
            else if (is_on)
                bits_skip(bits, widths[feature] + (feature < 5 ? 1u : 0u));
            if (feature != 0) continue;
            frame->self.has_quantizer[segment] = is_on;
            frame->self.quantizer[segment] = (int16_t)value;
        }
    }
}

static void read_segments(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    memset(frame->self.has_quantizer, 0, sizeof frame->self.has_quantizer);
    memset(frame->self.quantizer, 0, sizeof frame->self.quantizer);
    if (!bits_flag(bits)) return;
    bool has_data = true;
    if (frame->primary < AV1_REFERENCES) {
        if (bits_flag(bits)) bits_skip(bits, 1);
        has_data = bits_flag(bits);
    }
    if (has_data) {
        read_features(frame);
    } else {
        const struct av1_slot *before = &frame->slots[frame->references[frame->primary]];
        memcpy(frame->self.has_quantizer, before->has_quantizer, sizeof before->has_quantizer);
        memcpy(frame->self.quantizer, before->quantizer, sizeof before->quantizer);
    }
}

static bool is_lossless(const struct av1_frame *frame, uint32_t base, bool has_delta)
{
    for (unsigned segment = 0; segment < AV1_SEGMENTS; segment++) {
        int32_t quantizer = (int32_t)base;
        if (frame->self.has_quantizer[segment]) quantizer += frame->self.quantizer[segment];
        if (quantizer > 0 || has_delta) return false;
    }
    return true;
}

static void skip_deltas(struct av1_frame *frame, uint32_t base)
{
    struct bits *bits = frame->bits;
    if (base == 0 || !bits_flag(bits)) return;
    bits_skip(bits, 2);
    if (!frame->allows_block_copy && bits_flag(bits)) bits_skip(bits, 3);
}

static void skip_loop_filter(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    if (frame->is_lossless || frame->allows_block_copy) return;
    const uint32_t levels = bits_u(bits, 12);
    if (!frame->sequence->is_mono && levels != 0) bits_skip(bits, 12);
    bits_skip(bits, 3);
    if (!bits_flag(bits) || !bits_flag(bits)) return;
    for (int i = 0; i < 8 + 2; i++)
        if (bits_flag(bits)) bits_skip(bits, 7);
}

static void skip_cdef(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    if (frame->is_lossless || frame->allows_block_copy || !frame->sequence->has_cdef) return;
    bits_skip(bits, 2);
    const unsigned strengths = 1u << bits_u(bits, 2);
    bits_skip(bits, strengths * (frame->sequence->is_mono ? 6 : 12));
}

static void skip_restoration(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    const struct av1_sequence *sequence = frame->sequence;
    const bool is_all_lossless =
        frame->is_lossless && frame->self.width == frame->self.upscaled_width;
    if (is_all_lossless || frame->allows_block_copy || !sequence->has_restoration) return;
    bool is_used = false, is_used_for_chroma = false;
    for (int plane = 0; plane < (sequence->is_mono ? 1 : 3); plane++) {
        const bool has_type = bits_u(bits, 2) != 0;
        is_used = is_used || has_type;
        is_used_for_chroma = is_used_for_chroma || (has_type && plane > 0);
    }
    if (!is_used) return;
    if (bits_flag(bits) && !sequence->has_large_blocks) bits_skip(bits, 1);
    if (sequence->is_subsampled_x && sequence->is_subsampled_y && is_used_for_chroma)
        bits_skip(bits, 1);
}

// skip_mode_params(): is the flag there? It needs the nearest frames before and after, or the two
// nearest before.
static bool has_skip_mode(const struct av1_frame *frame)
{
    const struct av1_sequence *sequence = frame->sequence;
    if (frame->is_intra || !frame->selects_reference || !sequence->has_order_hint) return false;
    bool has_before = false, has_after = false;
    uint32_t before = 0;
    for (int i = 0; i < AV1_REFERENCES; i++) {
        const uint32_t hint = frame->slots[frame->references[i]].order_hint;
        const int32_t distance = av1_distance(sequence, hint, frame->self.order_hint);
        if (distance < 0 && (!has_before || av1_distance(sequence, hint, before) > 0)) {
            has_before = true;
            before = hint;
        }
        has_after = has_after || distance > 0;
    }
    if (!has_before || has_after) return has_before;
    for (int i = 0; i < AV1_REFERENCES; i++)
        if (av1_distance(sequence, frame->slots[frame->references[i]].order_hint, before) < 0)
            return true;
    return false;
}

static void skip_global_number(struct bits *bits, unsigned width) // decode_subexp()
{
    const uint32_t symbols = 2 * (1u << width) + 1;
    uint32_t least = 0;
    for (unsigned i = 0;; i++) {
        const unsigned k = i > 0 ? 3 + i - 1 : 3;
        if (symbols <= least + 3 * (1u << k)) {
            (void)av1_ns(bits, symbols - least);
            return;
        }
        if (!bits_flag(bits)) {
            bits_skip(bits, k);
            return;
        }
        least += 1u << k;
    }
}

static void skip_global_motion(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    for (int i = 0; i < AV1_REFERENCES && !frame->is_intra; i++) {
        if (!bits_flag(bits)) continue;
        const bool is_zoom = bits_flag(bits);
        const bool is_translation = !is_zoom && bits_flag(bits);
        for (int n = is_translation ? 0 : is_zoom ? 2 : 4; n > 0; n--)
            skip_global_number(bits, 12);
        const unsigned width = !is_translation ? 12 : frame->has_high_precision ? 9 : 8;
        skip_global_number(bits, width);
        skip_global_number(bits, width);
    }
}

static void skip_film_grain(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    const struct av1_sequence *sequence = frame->sequence;
    if (!sequence->has_film_grain || (!frame->is_shown && !frame->is_showable)) return;
    if (!bits_flag(bits)) return;
    bits_skip(bits, 16);
    if (frame->self.type == AV1_INTER && !bits_flag(bits)) {
        bits_skip(bits, 3);
        return;
    }
    const unsigned luma = bits_u(bits, 4);
    bits_skip(bits, 16 * luma);
    const bool is_from_luma = !sequence->is_mono && bits_flag(bits);
    unsigned blue = 0, red = 0;
    if (!sequence->is_mono && !is_from_luma &&
        !(sequence->is_subsampled_x && sequence->is_subsampled_y && luma == 0)) {
        blue = bits_u(bits, 4);
        bits_skip(bits, 16 * blue);
        red = bits_u(bits, 4);
        bits_skip(bits, 16 * red);
    }
    bits_skip(bits, 2);
    const unsigned lag = bits_u(bits, 2);
    const unsigned places = 2 * lag * (lag + 1), chroma = places + (luma > 0 ? 1 : 0);
    if (luma > 0) bits_skip(bits, 8 * places);
    if (is_from_luma || blue > 0) bits_skip(bits, 8 * chroma);
    if (is_from_luma || red > 0) bits_skip(bits, 8 * chroma);
    bits_skip(bits, 4 + (blue > 0 ? 25u : 0u) + (red > 0 ? 25u : 0u) + 2);
}

void av1_frame_tools(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    uint32_t base;
    const bool has_delta = read_quantizers(frame, &base);
    read_segments(frame);
    skip_deltas(frame, base);
    frame->is_lossless = is_lossless(frame, base, has_delta);
    skip_loop_filter(frame);
    skip_cdef(frame);
    skip_restoration(frame);
    if (!frame->is_lossless) bits_skip(bits, 1); // tx_mode_select
    frame->selects_reference = !frame->is_intra && bits_flag(bits);
    if (has_skip_mode(frame)) bits_skip(bits, 1);
    if (!frame->is_intra && !frame->is_resilient && frame->sequence->has_warped_motion)
        bits_skip(bits, 1);
    bits_skip(bits, 1); // reduced_tx_set
    skip_global_motion(frame);
    skip_film_grain(frame);
}
