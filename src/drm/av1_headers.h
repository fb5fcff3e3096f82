// SPDX-License-Identifier: Apache-2.0
//
// AV1 headers (AV1 Bitstream & Decoding Process Specification, clauses 5.5 and 5.9), as far as one
// must read them to know where the tiles of a frame begin: all of the frame header, since it has no
// length of its own, and of the frames before it their sizes, types, order and segmentation.
//
//     sequence header --> | frame header ................ | tile info | ... to its last bit |
//     slots 0 .. 7    -->   sizes, types, order, lossless     what tile groups need
//
// All bytes are untrusted.
#ifndef DRM_AV1_HEADERS_H
#define DRM_AV1_HEADERS_H

#include "base/bits.h"

enum {
    AV1_SLOTS = 8,
    AV1_REFERENCES = 7,
    AV1_SEGMENTS = 8,
    AV1_OPERATING_POINTS_MAX = 32,
};

struct av1_sequence {
    bool is_set, is_reduced, has_equal_intervals, has_decoder_model, has_frame_ids;
    bool has_large_blocks, has_order_hint, has_reference_motion, has_warped_motion, has_superres;
    bool has_cdef, has_restoration, is_mono, is_subsampled_x, is_subsampled_y, has_separate_uv;
    bool has_film_grain;
    uint8_t screen_content, integer_motion; // 2: each frame says
    uint8_t order_bits, width_bits, height_bits, id_bits, id_delta_bits;
    uint8_t removal_bits, presentation_bits, delay_bits;
    uint32_t width, height;
    size_t point_count;
    struct {
        uint16_t idc;
        bool has_model;
    } points[AV1_OPERATING_POINTS_MAX];
};

enum av1_frame_type { AV1_KEY, AV1_INTER, AV1_INTRA_ONLY, AV1_SWITCH };

// What of a frame the frames after it need.
struct av1_slot {
    bool is_valid;
    enum av1_frame_type type;
    uint32_t order_hint, upscaled_width, width, height;
    bool has_quantizer[AV1_SEGMENTS]; // segmentation feature 0
    int16_t quantizer[AV1_SEGMENTS];
};

struct av1_tiles {
    uint32_t columns, rows;
    uint8_t column_bits, row_bits, size_bytes;
};

struct av1_decoder {
    struct av1_sequence sequence;
    struct av1_slot slots[AV1_SLOTS];
    bool has_frame; // a header was read, its tiles follow
    struct av1_tiles tiles;
};

// sequence_header_obu(), without the OBU header.
must_check outcome av1_sequence_read(struct av1_decoder *decoder, struct slice obu,
                                     struct why *why);

struct av1_layer {
    uint8_t temporal, spatial; // ids of the OBU's extension
};

// uncompressed_header() from the front of `bits`, which then stand behind it; updates the slots.
// A header that only shows an earlier frame leaves has_frame false.
must_check outcome av1_frame_read(struct av1_decoder *decoder, struct bits *bits,
                                  struct av1_layer layer, struct why *why);

#endif
