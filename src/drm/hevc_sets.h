// SPDX-License-Identifier: Apache-2.0
//
// What HEVC slice headers need from their parameter sets (Rec. ITU-T H.265 clauses 7.3.2.2, 7.3.2.3
// and 7.3.7). Sets come from hvcC and from the samples. All bytes are untrusted.
//
//     hvcC   22 bytes | n arrays ( type | n NAL units (length, NAL unit)* )*
#ifndef DRM_HEVC_SETS_H
#define DRM_HEVC_SETS_H

#include "base/bits.h"

enum {
    HEVC_SPS_MAX = 16,
    HEVC_PPS_MAX = 64,
    HEVC_REFERENCE_SETS_MAX = 64,
    HEVC_PICTURES_MAX = 16,
    HEVC_LONG_TERM_MAX = 32,
};

// A short-term reference picture set, in the order of its syntax: pictures shown before this one,
// nearest first, then those after.
struct hevc_pictures {
    uint8_t before, count;
    int32_t delta[HEVC_PICTURES_MAX];
    bool is_used[HEVC_PICTURES_MAX];
};

struct hevc_sps {
    bool is_set, has_separate_planes, has_sao, has_motion_vectors, has_long_term;
    uint8_t chroma_format, order_bits, set_count, long_term_count;
    uint32_t units;          // coding tree blocks of a picture
    uint32_t long_term_used; // bit i: picture i may be used
    struct hevc_pictures sets[HEVC_REFERENCE_SETS_MAX];
};

struct hevc_pps {
    bool is_set, has_dependent, has_output_flag, has_cabac_init, has_chroma_offsets, has_weighted_p,
        has_weighted_b, has_entry_points, has_loop_across, has_deblocking_override,
        is_deblocking_off, has_list_changes, has_extension, has_chroma_offset_lists;
    uint8_t sps, extra_bits;
    uint32_t references[2];
};

struct hevc_sets {
    struct hevc_sps sps[HEVC_SPS_MAX];
    struct hevc_pps pps[HEVC_PPS_MAX];
};

enum hevc_nal { HEVC_VCL_END = 32, HEVC_SPS = 33, HEVC_PPS = 34 };

must_check outcome hevc_sets_load(struct hevc_sets *sets, struct slice hvcc, unsigned *length_bytes,
                                  struct why *why);
must_check outcome hevc_sets_take(struct hevc_sets *sets, struct slice nal, struct why *why);

// st_ref_pic_set( index ): the next set of an SPS, or a slice's own when index is the SPS's count.
// false when it is damaged.
must_check bool hevc_pictures_read(struct bits *bits, const struct hevc_sps *sps, uint32_t index,
                                   struct hevc_pictures *out);

// Ceil( Log2( values ) )
unsigned hevc_bits_for(uint32_t values);

// Syntax of no interest here and in other readers of parameter sets: profile_tier_level( 1,
// sub_layers ) with sub_layers at most 7, and scaling_list_data( ) (H.265 clauses 7.3.3 and 7.3.4).
void hevc_skip_profile(struct bits *bits, uint32_t sub_layers);
void hevc_skip_scaling_lists(struct bits *bits);

#endif
