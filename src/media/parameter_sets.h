// SPDX-License-Identifier: Apache-2.0
//
// What the sequence parameter sets of AVC (Rec. ITU-T H.264 clause 7.3.2.1 and annex E) and HEVC
// (Rec. ITU-T H.265 clause 7.3.2.2 and annex E) say about the picture, found in the decoder
// configuration of a sample entry (ISO/IEC 14496-15 clauses 5.3.3 and 8.3.3).
//
//     avcC   01 PP CC LL | len-1 | n SPS (len, NAL)* | n PPS (len, NAL)* | [extension]
//     hvcC   22 bytes    | n arrays ( type | n NALs (len, NAL)* )*
#ifndef MEDIA_PARAMETER_SETS_H
#define MEDIA_PARAMETER_SETS_H

#include "media/colour.h"

#include "base/slice.h"

struct sequence_facts {
    uint32_t sar_width, sar_height;
    struct colour colour;
    bool has_colour; // the set says so
};

// Fill what the first sequence parameter set says and leave alone what it leaves open. A
// configuration without one (streams that carry theirs in band) is OK. INVALID when it cannot be
// read.
must_check outcome avc_sequence_facts(struct slice avcc, struct sequence_facts *facts,
                                      struct why *why);
must_check outcome hevc_sequence_facts(struct slice hvcc, struct sequence_facts *facts,
                                       struct why *why);

#endif
