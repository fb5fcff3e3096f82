// SPDX-License-Identifier: Apache-2.0
//
// From a decoded picture of whatever kind to what viewers get: progressive, upright, square pixels,
// 8-bit 4:2:0, BT.709, limited range, at one size.
//
//     interlaced?   rotated?      HDR, other matrix or range?          size and depth
//     bwdif      -> transpose  -> tonemap (Hable) / colour matrix   -> one swscale pass
//     \_______________ a filter graph, only where needed _________/
//
// HDR (PQ, HLG) is tone-mapped to SDR: linear light with 100 cd/m2 as reference white, BT.2020 to
// BT.709 primaries, Hable's curve up to the mastering display's (or MaxCLL's) peak.
#ifndef STUDIO_TRANSCODE_PREPARE_H
#define STUDIO_TRANSCODE_PREPARE_H

#include "media/master.h"

#include <libavutil/frame.h>

struct prepare;

// Pictures whose neighbours a deinterlacer looks at: so many are wanted before the first that
// counts.
enum { PREPARE_PREROLL_FRAMES = 2 };

// For pictures of `video` with timestamps in `time_base`, to `width` x `height` (even). The facts
// are borrowed.
must_check outcome prepare_open(const struct master_video *video, AVRational time_base,
                                uint32_t width, uint32_t height, struct prepare **out,
                                struct why *why);
void prepare_close(struct prepare **prepare); // tolerates NULL

// Filtering, as a pipe: put a picture (its reference is taken; NULL ends the stream), then take
// until NOT_FOUND. Taken pictures keep their time in `best_effort_timestamp`. Without filters a
// picture passes as it is.
must_check outcome prepare_put(struct prepare *prepare, AVFrame *frame, struct why *why);
must_check outcome prepare_take(struct prepare *prepare, AVFrame *frame, struct why *why);

// Scales and converts a taken picture. `*out` is `scratch`, a picture of the final size made by
// picture_make(), or `frame` itself where nothing is to be done.
must_check outcome prepare_convert(struct prepare *prepare, const AVFrame *frame, AVFrame *scratch,
                                   const AVFrame **out, struct why *why);

// An 8-bit 4:2:0 picture with memory of its own. NO_MEMORY.
must_check outcome picture_make(uint32_t width, uint32_t height, AVFrame **out, struct why *why);

#endif
