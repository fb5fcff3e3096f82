// SPDX-License-Identifier: Apache-2.0
//
// How one track's samples fall into segments at given cuts: the first pass of the CMAF writer, over
// timing alone.
//
//     cuts           0            2.000         4.000         6.000 s
//     video          |I P P P P P |I P P P P P  |I P P P P P  |I P P|      sync samples at the cuts
//     audio        a|a|a|a|...|a |a|a|a|...|a |a|a|...|a  |a|a|...|a|      frame nearest each cut
//                  ^ priming: before the presentation, in the first segment
//
// Decode times are moved so that none is negative and the first picture of a segment is shown when
// it is decoded (negative composition offsets, as cmf2 wants). Only a video that starts inside a
// group of pictures, before the presentation, keeps offsets that are all positive and an edit list:
// readers agree on nothing else there.
#ifndef MEDIA_SEGMENT_PLAN_H
#define MEDIA_SEGMENT_PLAN_H

#include "base/arena.h"
#include "media/cuts.h"

struct planned_segment {
    uint64_t decode_ticks; // as tfdt will say
    uint64_t duration_ticks;
    uint32_t samples;
    uint8_t sap_type; // 1: the first picture is the first shown; 2: others of the segment are
};

struct segment_plan {
    struct planned_segment *segments;
    size_t count;
    int64_t shift_ticks;  // taken from every composition offset
    uint64_t skip_ticks;  // media before the presentation
    uint64_t edit_ticks;  // media time of the edit list; 0: none
    uint64_t media_ticks; // sum of the durations
    uint64_t presented_ticks;
    struct frame_rate rate;
};

// Reads the source's timing and rewinds it. INVALID when a video has no sync sample at a cut, or
// the timeline has a hole.
must_check outcome segment_plan_make(struct arena *arena, struct sample_source *source,
                                     const struct cuts *cuts, struct segment_plan *out,
                                     struct why *why);

#endif
