// SPDX-License-Identifier: Apache-2.0
//
// How the numbers of a picture become light: what a container and a codec's headers say alike.
#ifndef MEDIA_COLOUR_H
#define MEDIA_COLOUR_H

#include "media/presentation.h"

// Code points of ISO/IEC 23091-2 (ITU-T H.273); 2 is "unspecified" in each.
struct colour {
    uint8_t primaries, transfer, matrix;
    bool full_range;
};

#define COLOUR_UNSPECIFIED ((struct colour){2, 2, 2, false})

// CTA-861.3 and SMPTE ST 2086, in the units of the AVC/HEVC SEI: 0.00002 in x and y, 0.0001 cd/m2;
// all zero: absent.
struct mastering_display {
    uint16_t red[2], green[2], blue[2], white[2];
    uint32_t luminance_max, luminance_min;
};

enum video_range colour_range(const struct colour *colour); // transfer 16 is PQ, 18 is HLG

#endif
