// SPDX-License-Identifier: Apache-2.0
//
// SubRip captions (.srt): no standard, only habit. What this reader takes for granted is the timing
// line alone; numbers may be missing or wrong, empty lines too many or too few.
//
//     1                                   number, ignored
//     00:00:01,000 --> 00:00:04,000       "," or "."; coordinates behind it are ignored
//     <i>Hello</i>                        i, b, u kept, <font> dropped
//     {\an8}up there                      \anN becomes WebVTT line and align settings
#ifndef MEDIA_SRT_H
#define MEDIA_SRT_H

#include "media/cues.h"

// Parses a whole file as webvtt_parse() does. INVALID when there is no timing line at all.
must_check outcome srt_parse(struct arena *arena, struct slice text, struct cue_list *out,
                             struct why *why);

#endif
