// SPDX-License-Identifier: Apache-2.0
//
// CEA-608 captions that travel with the picture: in SEI or user data of its pictures (ANSI/SCTE
// 128-1, ATSC A/53 part 4), or as a track of their own (QuickTime's c608).
//
//     cc_data   | 5 bits of ones, valid, type 2 | first | second |   one of these a pair
//                 type 0: field 1 (CC1, CC2), type 1: field 2 (CC3, CC4), 2 and 3: CEA-708, which
//                 carries the same captions again and is passed over
#ifndef STUDIO_TRANSCODE_LINE21_H
#define STUDIO_TRANSCODE_LINE21_H

#include "media/cues.h"
#include "studio/transcode/jobs.h"

// Reads caption channel `job->captions` (1 .. 4) of track `job->track` to its end.
must_check outcome line21_read(struct source *source, const struct text_job *job,
                               struct cue_builder *builder, const struct transcode_watch *watch,
                               struct why *why);

// True for tracks whose packets are pairs.
bool line21_is_track(const AVStream *stream);

#endif
