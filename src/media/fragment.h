// SPDX-License-Identifier: Apache-2.0
//
// The `moof` of one CMAF fragment: one traf, one trun (ISO/IEC 23000-19 clause 7.3.2.3).
//
//     moof
//       mfhd  sequence number
//       traf
//         tfhd  default base is moof; duration, size and flags where all samples share them
//         tfdt  decode time of the first sample, 64 bits
//         trun  data offset; [first sample's flags]; per sample what they do not share
//         [senc and what tells of it, see protection_boxes.h]
//     mdat   <- the data offset points behind its header
#ifndef MEDIA_FRAGMENT_H
#define MEDIA_FRAGMENT_H

#include "media/protection_boxes.h"
#include "media/sample.h"

enum { MDAT_HEADER_BYTES = 8 };

struct fragment {
    uint32_t sequence;            // from 1
    uint64_t decode_ticks;        // of the first sample; those of `samples` are not looked at
    const struct sample *samples; // size, duration, shift, is_sync
    size_t count;
    const struct fragment_protection *protection; // NULL: the track is clear
};

// Puts `moof` and the header of `mdat`; the samples' bytes follow. TOO_LARGE when they do not fit
// into a 32-bit mdat.
must_check outcome fragment_head_put(struct buffer *buffer, const struct fragment *fragment,
                                     struct why *why);

#endif
