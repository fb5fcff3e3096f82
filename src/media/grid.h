// SPDX-License-Identifier: Apache-2.0
//
// Where a title is cut. One grid per title, counted in frames of the conformed master and shared by
// all renditions:
//
//     frames      0         48        96       144       192   210
//     segments    |----0----|----1----|----2----|----3----|--4-|      24/1: 48 frames are 2 s
//     chunks      |---------0---------|---------1---------|--2-|      two segments to an encoding
//     job
//
// A segment starts with an IDR picture in every rendition, which makes the renditions a CMAF
// switching set (ISO/IEC 23000-19 clause 7.3.4). Frames, not seconds: at 24000/1001 a grid of exact
// seconds falls between pictures.
#ifndef MEDIA_GRID_H
#define MEDIA_GRID_H

#include "base/outcome.h"

#include <stdint.h>

// Pictures per second as a ratio of two numbers, both at least 1: 25/1, 30000/1001.
struct frame_rate {
    uint32_t frames;
    uint32_t seconds;
};

struct grid {
    struct frame_rate rate;
    uint32_t segment_frames; // 1 .. GRID_SEGMENT_FRAMES_MAX
    uint32_t chunk_segments; // segments that one job encodes, 1 .. GRID_CHUNK_SEGMENTS_MAX
};

enum {
    GRID_SEGMENT_FRAMES_MAX = 1200, // 10 s at 120 fps; a player cannot adapt inside a segment
    GRID_CHUNK_SEGMENTS_MAX = 16,   // what is lost when a worker dies
};

// A span of frames: from `first` up to, not including, `end`.
struct frame_span {
    uint64_t first;
    uint64_t end;
};

// Segments of `segment_ms` rounded to the nearest whole frame (at least one), `chunk_segments` of
// them to a job. INVALID for a rate with a zero and for values beyond the limits above.
must_check outcome grid_init(struct grid *out, struct frame_rate rate, uint32_t segment_ms,
                             uint32_t chunk_segments, struct why *why);

uint64_t grid_segment_count(const struct grid *grid, uint64_t frame_count);
uint64_t grid_chunk_count(const struct grid *grid, uint64_t frame_count);

// The frames of segment or chunk number `index`; the last one ends with the title. `index` is below
// the count.
struct frame_span grid_segment(const struct grid *grid, uint64_t frame_count, uint64_t index);
struct frame_span grid_chunk(const struct grid *grid, uint64_t frame_count, uint64_t index);

#endif
