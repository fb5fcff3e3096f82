// SPDX-License-Identifier: Apache-2.0
//
// The CMAF header: `ftyp` and `moov` of one track (ISO/IEC 23000-19 clause 7.3.1).
//
//     ftyp  cmf2 | cmf2 cmfc iso6 dash [cfhd]
//     moov  mvhd  trak[tkhd [edts[elst]] mdia[mdhd hdlr [elng] minf[vmhd dinf stbl]]
//                 [udta[ludt]]]  mvex[mehd trex]
#ifndef MEDIA_INIT_SEGMENT_H
#define MEDIA_INIT_SEGMENT_H

#include "drm/cenc.h"
#include "media/box_writer.h"
#include "media/stream.h"

struct init_segment {
    const struct stream *stream;
    uint64_t edit_ticks; // media before the presentation: the edit list's media time; 0: no list
    uint64_t duration_ticks;                   // of the fragments, for mehd; 0: not known
    bool is_indexed;                           // sidx and byte ranges follow: brand dash
    const struct track_encryption *encryption; // NULL: clear
    bool has_clear_lead;  // a second sample entry, for the fragments that are not encrypted
    struct slice headers; // pssh boxes for moov, or empty
};

void init_segment_put(struct box_writer *writer, const struct init_segment *init);

// Which CMAF media profile (ISO/IEC 23000-19 annex A and clauses 9, 10) the stream keeps, as a
// brand; 0: none that we can vouch for.
uint32_t media_profile(const struct stream *stream);

#endif
