// SPDX-License-Identifier: Apache-2.0
//
// The AVC level that a stream needs: the lowest row of ITU-T H.264 table A-1 that its size, rate
// and bit rate fit in.
#ifndef MEDIA_AVC_LEVEL_H
#define MEDIA_AVC_LEVEL_H

#include "media/grid.h"

struct avc_demand {
    uint32_t width, height; // pixels
    struct frame_rate rate;
    uint32_t maxrate_bps;      // 0: not limited; a nominal one is assumed from the size alone
    uint32_t bufsize_bits;     // of the coded picture buffer
    uint32_t reference_frames; // that the encoder keeps
};

// The level times ten (31 is 3.1), for High profile. INVALID beyond level 6.2.
must_check outcome avc_level_for(const struct avc_demand *demand, uint32_t *out, struct why *why);

#endif
