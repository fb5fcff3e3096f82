// SPDX-License-Identifier: Apache-2.0
#include "media/colour.h"

enum video_range colour_range(const struct colour *colour)
{
    enum { TRANSFER_PQ = 16, TRANSFER_HLG = 18 };
    if (colour->transfer == TRANSFER_PQ) return RANGE_PQ;
    return colour->transfer == TRANSFER_HLG ? RANGE_HLG : RANGE_SDR;
}
