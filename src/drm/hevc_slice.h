// SPDX-License-Identifier: Apache-2.0
//
// How long an HEVC slice segment header is (Rec. ITU-T H.265 clause 7.3.6), byte_alignment()
// included: sample encryption leaves it clear and starts at the slice segment data.
//
//     NAL unit   | nal header | slice_segment_header() | 1 0 0 | slice_segment_data()
//                  2 bytes      parsed bit by bit                ^ the byte that is told
#ifndef DRM_HEVC_SLICE_H
#define DRM_HEVC_SLICE_H

#include "drm/hevc_sets.h"

// Bytes from the NAL header to the slice segment data, emulation prevention counted. `nal` is a VCL
// NAL unit (type below 32) of layer 0. INVALID when a set is missing or the header is cut off.
must_check outcome hevc_slice_header(const struct hevc_sets *sets, struct slice nal, size_t *out,
                                     struct why *why);

#endif
