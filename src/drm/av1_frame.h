// SPDX-License-Identifier: Apache-2.0
//
// A frame header of AV1 while it is read: what its parts share. See av1_headers.h.
//
//     av1_frame.c         order and references, sizes, then the parts below in turn
//     av1_frame_tiles.c   tile_info()
//     av1_frame_tools.c   quantizers, segments, filters, global motion, film grain
#ifndef DRM_AV1_FRAME_H
#define DRM_AV1_FRAME_H

#include "drm/av1_headers.h"

struct av1_frame {
    const struct av1_sequence *sequence;
    struct bits *bits;
    struct av1_slot *slots; // the decoder's
    struct av1_slot self;   // as it will be kept
    bool is_shown, is_showable, is_resilient, is_intra, allows_screen_content, allows_block_copy;
    bool has_integer_motion, has_high_precision;
    bool is_lossless, selects_reference;
    uint32_t primary; // AV1_REFERENCES: none
    uint8_t references[AV1_REFERENCES];
    struct av1_tiles tiles;
};

// tile_info(). false when it is damaged.
must_check bool av1_frame_tiles(struct av1_frame *frame);

// quantization_params() to the end of the header.
void av1_frame_tools(struct av1_frame *frame);

// get_relative_dist()
int32_t av1_distance(const struct av1_sequence *sequence, uint32_t a, uint32_t b);

// ns( n ): a number below n.
uint32_t av1_ns(struct bits *bits, uint32_t n);

#endif
