// SPDX-License-Identifier: Apache-2.0
//
// How loud a sound track is, told beside it: players turn it up or down by this, and nobody's mix
// is touched. The track's loudness box (ISO/IEC 14496-12 clause 12.2.7), in the steps of
// ISO/IEC 23003-4 clause 7.3.
//
//     trak/udta/ludt/tlou | 13 bits of ids | true peak   | system | what     | value
//                         | 0: the track   | 20 - n/32   | BS.1770| programme| -57.75 + n/4 LUFS
//                         |   as it is     | dBTP        |        | anchor   | the same: dialogue
//
// A value is true to its step: 0.25 LU, 1/32 dB.
#ifndef MEDIA_LOUDNESS_H
#define MEDIA_LOUDNESS_H

#include "media/box.h"

struct box_writer;

// Hundredths of LUFS and of dBTP. All zero: not measured.
struct loudness {
    bool is_measured;
    bool has_anchor;
    int16_t programme; // integrated loudness of the whole mix
    int16_t anchor;    // of the dialogue in it
    int16_t true_peak;
};

// The track's user data with the loudness in it; nothing when it is not measured.
void loudness_put(struct box_writer *writer, const struct loudness *loudness);

// From a `udta` box that is loaded. What is not there stays zero; INVALID when it is cut off.
must_check outcome loudness_parse(const struct box *udta, struct loudness *out, struct why *why);

#endif
