// SPDX-License-Identifier: Apache-2.0
//
// The constant frame rate behind a list of timestamps, and where each picture falls on its grid.
//
//     timestamps (90 kHz)   0     3003  6006  9009      15015 18018
//     at 30000/1001         0     1     2     3    (3)  5     6       one picture repeated:
//     variable rate
//
// A picture belongs to the grid frame nearest to its timestamp (halves go up). The grid's frame n
// shows the last picture whose number is at most n. Exact in 128-bit arithmetic: no drift over any
// length.
#ifndef MEDIA_CADENCE_H
#define MEDIA_CADENCE_H

#include "media/grid.h"
#include "media/time.h"

#include <stddef.h>

struct cadence {
    struct frame_rate rate;
    uint64_t frame_count; // grid frames up to the end of the last picture
    uint64_t repeated;    // grid frames without a picture of their own
    uint64_t dropped;     // pictures without a grid frame
    bool is_variable;
};

// The grid frame of a timestamp, where `start` is that of frame 0. Negative before it.
int64_t cadence_frame(struct media_time at, struct media_time start, struct frame_rate rate);

// When the grid's frame begins, in `start`'s timescale, rounded to nearest.
struct media_time cadence_time(uint64_t frame, struct media_time start, struct frame_rate rate);

// Finds the rate of `count` (at least 1) timestamps in ascending order, ticks of 1 / `timescale`.
// `declared` is the container's word, {0, 0} when it has none: it decides between rates that fit
// equally well, and for one lone picture. `last_duration` is how long the last picture is shown, 0
// when unknown.
//
// Standard rates are tried. One fits when each picture has a grid frame of its own, in order,
// without a gap: first those whose timestamps are no further off than rounding explains, then those
// within the jitter of a camera. When none fits, the rate nearest to that of the middle distance
// between pictures is taken, and is_variable set: it repeats or drops pictures.
struct cadence cadence_find(const int64_t *ticks, size_t count, uint32_t timescale,
                            int64_t last_duration, struct frame_rate declared);

#endif
