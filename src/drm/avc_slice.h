// SPDX-License-Identifier: Apache-2.0
//
// How long an AVC slice header is (Rec. ITU-T H.264 clauses 7.3.2.1, 7.3.2.2 and 7.3.3): sample
// encryption leaves it clear and starts at the slice data.
//
//     NAL unit   | nal header | slice_header() ...     | slice_data()
//                  1 byte       parsed bit by bit        ^ the byte that is told
//
// Parameter sets come from avcC and from the samples; a later one of the same id takes its place.
// All bytes are untrusted.
#ifndef DRM_AVC_SLICE_H
#define DRM_AVC_SLICE_H

#include "base/slice.h"

enum { AVC_SPS_MAX = 32, AVC_PPS_MAX = 256 };

struct avc_sps {
    bool is_set, has_separate_planes, is_frame_only, no_delta_order;
    uint8_t chroma_format, frame_num_bits, order_type, order_bits;
    uint64_t map_units; // of a picture
};

struct avc_pps {
    bool is_set, has_cabac, has_field_order, has_weighted_p, has_deblocking, has_redundant;
    uint8_t sps, bi_weights, group_type;
    uint32_t groups, group_rate;
    uint32_t references[2]; // num_ref_idx_lX_default_active
};

struct avc_sets {
    struct avc_sps sps[AVC_SPS_MAX];
    struct avc_pps pps[AVC_PPS_MAX];
};

enum avc_nal { AVC_SLICE = 1, AVC_IDR_SLICE = 5, AVC_SPS = 7, AVC_PPS = 8 };

// Takes the sets of an avcC body. `*length_bytes`: of the NAL lengths in samples, 1, 2 or 4.
must_check outcome avc_sets_load(struct avc_sets *sets, struct slice avcc, unsigned *length_bytes,
                                 struct why *why);

// Takes one parameter set's NAL unit; other types are let pass.
must_check outcome avc_sets_take(struct avc_sets *sets, struct slice nal, struct why *why);

// Bytes from the NAL header to the first byte that holds slice data alone, emulation prevention
// counted. `nal` is of type 1 or 5. INVALID when a set is missing or the header is cut off.
must_check outcome avc_slice_header(const struct avc_sets *sets, struct slice nal, size_t *out,
                                    struct why *why);

#endif
