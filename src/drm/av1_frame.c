// SPDX-License-Identifier: Apache-2.0
#include "drm/av1_frame.h"

#include "drm/av1_headers.h"

enum { ALL_SLOTS = 0xff, LAST = 0, GOLDEN = 3, BACKWARD = 4, ALTERNATE2 = 5, ALTERNATE = 6 };

int32_t av1_distance(const struct av1_sequence *sequence, uint32_t a, uint32_t b)
{
    if (!sequence->has_order_hint) return 0;
    const int32_t half = 1 << (sequence->order_bits - 1);
    const int32_t difference = (int32_t)a - (int32_t)b;
    return (difference & (half - 1)) - (difference & half);
}

static void skip_presentation_time(struct av1_frame *frame)
{
    if (frame->sequence->has_decoder_model && !frame->sequence->has_equal_intervals)
        bits_skip(frame->bits, frame->sequence->presentation_bits);
}

static void read_superres(struct av1_frame *frame)
{
    enum { SCALE = 8, LEAST = 9 };
    uint32_t denominator = SCALE;
    if (frame->sequence->has_superres && bits_flag(frame->bits))
        denominator = bits_u(frame->bits, 3) + LEAST;
    frame->self.upscaled_width = frame->self.width;
    frame->self.width = (frame->self.width * SCALE + denominator / 2) / denominator;
}

static void read_size(struct av1_frame *frame, bool is_own)
{
    const struct av1_sequence *sequence = frame->sequence;
    frame->self.width = is_own ? bits_u(frame->bits, sequence->width_bits) + 1 : sequence->width;
    frame->self.height = is_own ? bits_u(frame->bits, sequence->height_bits) + 1 : sequence->height;
    read_superres(frame);
    if (bits_flag(frame->bits)) bits_skip(frame->bits, 32); // render size
}

// frame_size_with_refs()
static void read_size_of_reference(struct av1_frame *frame)
{
    for (int i = 0; i < AV1_REFERENCES; i++) {
        if (!bits_flag(frame->bits)) continue;
        const struct av1_slot *slot = &frame->slots[frame->references[i]];
        frame->self.width = slot->upscaled_width;
        frame->self.height = slot->height;
        read_superres(frame);
        return;
    }
    read_size(frame, true);
}

// The free slot whose frame is shown first or last among those before or after this frame; -1.
enum pick { FIRST_AFTER, LAST_AFTER, LAST_BEFORE, FIRST_OF_ALL };

static int pick_slot(const struct av1_frame *frame, const bool *is_taken, enum pick pick)
{
    int found = -1;
    int32_t best = 0;
    for (int i = 0; i < AV1_SLOTS; i++) {
        const int32_t distance =
            av1_distance(frame->sequence, frame->slots[i].order_hint, frame->self.order_hint);
        const bool fits =
            pick == FIRST_OF_ALL || (pick == LAST_BEFORE ? distance < 0 : distance >= 0);
        if ((is_taken[i] && pick != FIRST_OF_ALL) || !fits) continue;
        const bool is_better =
            found < 0 ||
            ((pick == LAST_AFTER || pick == LAST_BEFORE) ? distance >= best : distance < best);
        if (!is_better) continue;
        found = i;
        best = distance;
    }
    return found;
}

// set_frame_refs(), clause 7.8: references told by two of them and the order of all.
static void derive_references(struct av1_frame *frame, uint32_t last, uint32_t golden)
{
    static const struct {
        uint8_t reference;
        enum pick pick;
    } backward[] = {{ALTERNATE, LAST_AFTER}, {BACKWARD, FIRST_AFTER}, {ALTERNATE2, FIRST_AFTER}};
    static const uint8_t forward[] = {1, 2, BACKWARD, ALTERNATE2, ALTERNATE};
    bool is_taken[AV1_SLOTS] = {false}, is_set[AV1_REFERENCES] = {false};
    frame->references[LAST] = (uint8_t)last;
    frame->references[GOLDEN] = (uint8_t)golden;
    is_set[LAST] = is_set[GOLDEN] = true;
    is_taken[last] = is_taken[golden] = true;
    for (size_t i = 0; i < sizeof backward / sizeof backward[0]; i++) {
        const int slot = pick_slot(frame, is_taken, backward[i].pick);
        if (slot < 0) continue;
        frame->references[backward[i].reference] = (uint8_t)slot;
        is_set[backward[i].reference] = is_taken[slot] = true;
    }
    for (size_t i = 0; i < sizeof forward; i++) {
        if (is_set[forward[i]]) continue;
        const int slot = pick_slot(frame, is_taken, LAST_BEFORE);
        if (slot < 0) continue;
        frame->references[forward[i]] = (uint8_t)slot;
        is_set[forward[i]] = is_taken[slot] = true;
    }
    const uint8_t first = (uint8_t)pick_slot(frame, is_taken, FIRST_OF_ALL);
    for (int i = 0; i < AV1_REFERENCES; i++)
        if (!is_set[i]) frame->references[i] = first;
}

static void read_references(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    const bool is_short = frame->sequence->has_order_hint && bits_flag(bits);
    if (is_short) {
        const uint32_t last = bits_u(bits, 3), golden = bits_u(bits, 3);
        derive_references(frame, last, golden);
    }
    for (int i = 0; i < AV1_REFERENCES; i++) {
        if (!is_short) frame->references[i] = (uint8_t)bits_u(bits, 3);
        if (frame->sequence->has_frame_ids) bits_skip(bits, frame->sequence->id_delta_bits);
    }
}

static void read_inter(struct av1_frame *frame, bool has_own_size)
{
    struct bits *bits = frame->bits;
    read_references(frame);
    if (has_own_size && !frame->is_resilient)
        read_size_of_reference(frame);
    else
        read_size(frame, has_own_size);
    frame->has_high_precision = !frame->has_integer_motion && bits_flag(bits);
    if (!bits_flag(bits)) bits_skip(bits, 2); // interpolation filter
    bits_skip(bits, 1);
    if (!frame->is_resilient && frame->sequence->has_reference_motion) bits_skip(bits, 1);
}

static void skip_removal_times(struct av1_frame *frame, struct av1_layer layer)
{
    const struct av1_sequence *sequence = frame->sequence;
    if (!sequence->has_decoder_model || !bits_flag(frame->bits)) return;
    for (size_t i = 0; i < sequence->point_count; i++) {
        const unsigned idc = sequence->points[i].idc;
        const bool is_in =
            (idc >> layer.temporal & 1u) != 0 && (idc >> (layer.spatial + 8) & 1u) != 0;
        if (sequence->points[i].has_model && (idc == 0 || is_in))
            bits_skip(frame->bits, sequence->removal_bits);
    }
}

// Up to the flags that decide what may be referred to.
static void read_type(struct av1_frame *frame)
{
    struct bits *bits = frame->bits;
    frame->is_shown = true;
    frame->is_resilient = true;
    if (!frame->sequence->is_reduced) {
        frame->self.type = (enum av1_frame_type)bits_u(bits, 2);
        frame->is_shown = bits_flag(bits);
        if (frame->is_shown) skip_presentation_time(frame);
        frame->is_showable = frame->is_shown ? frame->self.type != AV1_KEY : bits_flag(bits);
        const bool is_implied =
            frame->self.type == AV1_SWITCH || (frame->self.type == AV1_KEY && frame->is_shown);
        frame->is_resilient = is_implied || bits_flag(bits);
    }
    frame->is_intra = frame->self.type == AV1_KEY || frame->self.type == AV1_INTRA_ONLY;
    if (frame->self.type == AV1_KEY && frame->is_shown)
        for (int i = 0; i < AV1_SLOTS; i++) {
            frame->slots[i].is_valid = false;
            frame->slots[i].order_hint = 0;
        }
}

static void read_orders(struct av1_frame *frame)
{
    for (int i = 0; i < AV1_SLOTS; i++) {
        const uint32_t hint = bits_u(frame->bits, frame->sequence->order_bits);
        if (frame->slots[i].is_valid && frame->slots[i].order_hint == hint) continue;
        frame->slots[i] = (struct av1_slot){.order_hint = hint, .is_valid = true};
    }
}

static void read_content_tools(struct av1_frame *frame, bool *out_no_updates)
{
    struct bits *bits = frame->bits;
    const struct av1_sequence *sequence = frame->sequence;
    *out_no_updates = bits_flag(bits); // disable_cdf_update
    frame->allows_screen_content =
        sequence->screen_content == 2 ? bits_flag(bits) : sequence->screen_content == 1;
    if (frame->allows_screen_content)
        frame->has_integer_motion =
            sequence->integer_motion == 2 ? bits_flag(bits) : sequence->integer_motion == 1;
}

// From the type of the frame to the end. false when it is damaged.
static bool read_frame(struct av1_frame *frame, struct av1_layer layer, uint32_t *out_refresh)
{
    struct bits *bits = frame->bits;
    const struct av1_sequence *sequence = frame->sequence;
    bool no_updates;
    read_type(frame);
    const bool is_switch = frame->self.type == AV1_SWITCH;
    read_content_tools(frame, &no_updates);
    if (sequence->has_frame_ids) bits_skip(bits, sequence->id_bits);
    const bool has_own_size = is_switch || (!sequence->is_reduced && bits_flag(bits));
    frame->self.order_hint = bits_u(bits, sequence->order_bits);
    frame->primary = frame->is_intra || frame->is_resilient ? AV1_REFERENCES : bits_u(bits, 3);
    skip_removal_times(frame, layer);
    const bool is_fresh = is_switch || (frame->self.type == AV1_KEY && frame->is_shown);
    *out_refresh = is_fresh ? ALL_SLOTS : bits_u(bits, 8);
    if ((!frame->is_intra || *out_refresh != ALL_SLOTS) && frame->is_resilient &&
        sequence->has_order_hint)
        read_orders(frame);
    if (frame->is_intra) {
        read_size(frame, has_own_size);
        if (frame->allows_screen_content && frame->self.width == frame->self.upscaled_width)
            frame->allows_block_copy = bits_flag(bits);
    } else {
        read_inter(frame, has_own_size);
    }
    if (!sequence->is_reduced && !no_updates) bits_skip(bits, 1); // disable_frame_end_update_cdf
    if (bits->is_short || frame->self.width == 0 || frame->self.height == 0) return false;
    if (!av1_frame_tiles(frame)) return false;
    av1_frame_tools(frame);
    return !bits->is_short;
}

// show_existing_frame: a key frame that is shown late becomes the content of every slot.
static void show_slot(struct av1_decoder *decoder, struct av1_frame *frame)
{
    const struct av1_slot shown = decoder->slots[bits_u(frame->bits, 3)];
    skip_presentation_time(frame);
    if (decoder->sequence.has_frame_ids) bits_skip(frame->bits, decoder->sequence.id_bits);
    for (int i = 0; i < AV1_SLOTS && shown.is_valid && shown.type == AV1_KEY; i++)
        decoder->slots[i] = shown;
    decoder->has_frame = false;
}

outcome av1_frame_read(struct av1_decoder *decoder, struct bits *bits, struct av1_layer layer,
                       struct why *why)
{
    struct av1_frame frame = {.sequence = &decoder->sequence,
                              .bits = bits,
                              .slots = decoder->slots,
                              .self = {.is_valid = true}};
    uint32_t refresh;
    if (!decoder->sequence.is_set)
        return fail(why, INVALID, "an AV1 frame comes before any sequence header");
    if (!decoder->sequence.is_reduced && bits_flag(bits)) {
        show_slot(decoder, &frame);
    } else {
        if (!read_frame(&frame, layer, &refresh))
            return fail(why, INVALID, "an AV1 frame header is damaged");
        for (int i = 0; i < AV1_SLOTS; i++)
            if (refresh >> i & 1u) decoder->slots[i] = frame.self;
        decoder->tiles = frame.tiles;
        decoder->has_frame = true;
    }
    return bits->is_short ? fail(why, INVALID, "an AV1 frame header is cut off") : OK;
}
