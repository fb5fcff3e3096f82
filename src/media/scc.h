// SPDX-License-Identifier: Apache-2.0
//
// Scenarist Closed Captions: CEA-608 byte pairs of one field with time codes, as text.
//
//     Scenarist_SCC V1.0
//
//     01:00:02;14	94ae 94ae 9420 9420 94d0 94d0 c8e5 ecec ef80 942f 942f
//     |_ time code _| |_ pairs, one a frame from there on __________________|
//
// A ';' before the frames says drop-frame. Both count frames at 30000/1001.
#ifndef MEDIA_SCC_H
#define MEDIA_SCC_H

#include "media/cues.h"
#include "media/timecode.h"

struct scc_options {
    struct frame_rate rate; // {0, 0}: 30000/1001
    uint8_t channel;        // of the field: 0 (CC1 or CC3) or 1 (CC2 or CC4)
    const char *start; // time code that is the programme's 0, counted as the file counts; NULL: 0
};

// Parses a whole file; all memory from `arena`. INVALID without the signature or when no caption
// can be read; lines that cannot be read are faults of the list.
must_check outcome scc_parse(struct arena *arena, struct slice text,
                             const struct scc_options *options, struct cue_list *out,
                             struct why *why);

#endif
