// SPDX-License-Identifier: Apache-2.0
//
// From a decoded picture of whatever kind to what viewers get: progressive, upright, square pixels,
// 4:2:0, limited range, at one size; 8 bits of BT.709, or 10 bits of BT.2020 in PQ or HLG.
//
//     interlaced?   rotated?      other range, matrix or primaries?    size and depth
//     bwdif      -> transpose  -> tonemap (Hable) / colour matrix   -> one swscale pass
//     \_______________ a filter graph, only where needed _________/
//
// An HDR master keeps its light for HDR: PQ of other primaries (P3 mostly) is moved into BT.2020's.
// For SDR it is tone-mapped: linear light with 100 cd/m2 as reference white, BT.2020 to
// BT.709 primaries, Hable's curve up to the mastering display's (or MaxCLL's) peak.
#ifndef STUDIO_TRANSCODE_PREPARE_H
#define STUDIO_TRANSCODE_PREPARE_H

#include "media/master.h"

#include <libavutil/frame.h>

struct prepare;

// What is wanted: RANGE_SDR, or the master's own range.
struct prepared {
    uint32_t width, height; // even
    enum video_range range;
};

// Pictures whose neighbours a deinterlacer looks at: so many are wanted before the first that
// counts.
enum { PREPARE_PREROLL_FRAMES = 2 };

// For pictures of `video` with timestamps in `time_base`. The facts are borrowed.
must_check outcome prepare_open(const struct master_video *video, AVRational time_base,
                                const struct prepared *wanted, struct prepare **out,
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

// 8 for SDR, 10 for HDR.
uint32_t prepared_depth(enum video_range range);
enum AVPixelFormat prepared_format(enum video_range range);

// A 4:2:0 picture of that depth with memory of its own. NO_MEMORY.
must_check outcome picture_make(const struct prepared *wanted, AVFrame **out, struct why *why);

#endif
