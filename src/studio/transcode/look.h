// SPDX-License-Identifier: Apache-2.0
//
// Pictures looked at for a measurement: some 14,000 points of each, without scaling it.
//
//     . . . . .      a point is read with two lines above and below it, so that lines of two fields
//     . . . . .      that do not belong together are seen; against the picture before it, so that
//     . . . . .      motion and standstill are
#ifndef STUDIO_TRANSCODE_LOOK_H
#define STUDIO_TRANSCODE_LOOK_H

#include "studio/measure.h"

#include <libavutil/frame.h>

enum { LOOK_COLUMNS = 160, LOOK_ROWS = 90 };

struct look {
    const struct measure_limits *limits;
    struct measurement *out;
    uint32_t track;
    uint16_t *points, *before; // of this picture and the one before; 0 .. 1023
    bool has_before;
    int width, height;           // of the pictures; a change starts anew
    int64_t black_ms, freeze_ms; // since when; -1: not now
    int64_t last_ms;             // of the picture before
    int64_t frame_ms;            // how long a picture lasts
};

must_check outcome look_open(const struct measure_limits *limits, struct measurement *out,
                             uint32_t track, int64_t frame_ms, struct look *look, struct why *why);
void look_close(struct look *look); // tolerates a zeroed one

// The next picture, at `ms` of the title. Pictures in a form that cannot be read are passed over.
void look_at(struct look *look, const AVFrame *frame, int64_t ms);

// After the last picture: closes the spans that still run.
void look_finish(struct look *look);

#endif
