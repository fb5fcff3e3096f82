// SPDX-License-Identifier: Apache-2.0
//
// One encrypted track on its way from the network to its decoder, through the CDM.
//
//     init    encv[sinf] ...   --> avc1[free] ...         --> decoder
//     segment moof[senc] mdat  --> moof[free] + samples   --> CDM --> decoder
//
// Works on fragmented MP4. Tracks that are clear go the same way, with nothing to decrypt.
#ifndef PLAYER_PROTECTED_LANE_H
#define PLAYER_PROTECTED_LANE_H

#include "base/buffer.h"
#include "player/cdm.h"

struct protected_lane {
    struct cdm *cdm; // borrowed
    uint64_t track;
    struct buffer init; // as it was fetched
};

// Hands the decoder to the CDM.
must_check outcome protected_lane_open(struct protected_lane *lane, struct cdm *cdm,
                                       struct decoder *decoder, struct why *why);
void protected_lane_release(struct protected_lane *lane); // tolerates a zeroed one

// Before decoder_finish().
must_check outcome protected_lane_end(struct protected_lane *lane, struct why *why);

// A new run. UNSUPPORTED for what is no fragmented MP4.
must_check outcome protected_lane_init(struct protected_lane *lane, struct slice init,
                                       struct why *why);

// A segment of the run; its boxes are changed in place. Outcomes of the reader and of cdm_feed().
must_check outcome protected_lane_media(struct protected_lane *lane, uint8_t *bytes, size_t len,
                                        struct why *why);

// Appends the key ids of an init segment's encrypted tracks (tenc), or none; at most `max`.
must_check outcome protected_key_ids(struct slice init, struct key_id *out, size_t max,
                                     size_t *out_count, struct why *why);

#endif
