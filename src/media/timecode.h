// SPDX-License-Identifier: Apache-2.0
//
// SMPTE time codes (SMPTE ST 12-1) as caption files write them, and the moments that they mean.
//
//     01:00:59;29  01:01:00;02      drop-frame at 30000/1001: numbers ;00 and ;01 of each minute
//                                   but every tenth do not exist, so that the count keeps to the
//                                   clock within two frames
//     01:00:59:29  01:01:00:00      non-drop: every number exists, and at 30000/1001 the count
//                                   falls behind the clock by 3.6 s an hour
//
// A time code counts frames; the moment of frame n is n / rate, rounded to the millisecond once.
#ifndef MEDIA_TIMECODE_H
#define MEDIA_TIMECODE_H

#include "base/slice.h"
#include "media/grid.h"

enum timecode_count { COUNT_NON_DROP, COUNT_DROP };

struct timecode {
    uint32_t hours, minutes, seconds, frames;
};

// "hh:mm:ss:ff" at the front of `*rest`, which is moved behind it; with ';', ',' or '.' before the
// frames it is a drop-frame one. INVALID when it is neither.
must_check outcome timecode_parse(struct slice *rest, struct timecode *out,
                                  enum timecode_count *count, struct why *why);

// The number of frames before it, from 00:00:00:00. Frames per second are the rate's rounded up:
// 30 for 30000/1001. INVALID where a field is too large. Numbers that drop-frame leaves out mean
// the next one that exists. Drop counting is known for 30000/1001 and 60000/1001; at other rates
// it is non-drop.
must_check outcome timecode_frame(const struct timecode *code, enum timecode_count count,
                                  struct frame_rate rate, int64_t *out_frame, struct why *why);

// The moment at which frame `frame` starts, to the nearest millisecond. 0 <= frame < 2^40.
int64_t frame_ms(int64_t frame, struct frame_rate rate);

enum { TIMECODE_BYTES = 24 };

// The time code of the frame that is shown at `ms` (>= 0), from 00:00:00:00, to `out` of
// TIMECODE_BYTES: drop-frame with ';' at 30000/1001 and 60000/1001, else non-drop.
void timecode_format(int64_t ms, struct frame_rate rate, char *out);

// "25", "30000/1001", "29.97", "23.976", "59.94": INVALID for anything else or above 120.
must_check outcome frame_rate_parse(struct slice text, struct frame_rate *out, struct why *why);

#endif
