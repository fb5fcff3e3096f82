// SPDX-License-Identifier: Apache-2.0
#include "media/grid.h"

#include <assert.h>

outcome grid_init(struct grid *out, struct frame_rate rate, uint32_t segment_ms,
                  uint32_t chunk_segments, struct why *why)
{
    assert(out);
    if (rate.frames == 0 || rate.seconds == 0)
        return fail(why, INVALID, "%u/%u is no frame rate: both numbers must be at least 1",
                    rate.frames, rate.seconds);
    if (chunk_segments == 0 || chunk_segments > GRID_CHUNK_SEGMENTS_MAX)
        return fail(why, INVALID, "a job of %u segments is outside 1 to %d", chunk_segments,
                    GRID_CHUNK_SEGMENTS_MAX);

    // Both factors are below 2^32, so the product fits; adding half the divisor would not.
    const uint64_t frame_thousandths = (uint64_t)segment_ms * rate.frames;
    const uint64_t divisor = (uint64_t)rate.seconds * 1000;
    const uint64_t rest = frame_thousandths % divisor;
    uint64_t frames = frame_thousandths / divisor + (rest >= divisor - rest ? 1 : 0);
    if (frames == 0) frames = 1;
    if (frames > GRID_SEGMENT_FRAMES_MAX)
        return fail(
            why, INVALID,
            "segments of %u ms at %u/%u fps have %llu frames, the limit is %d: make them shorter",
            segment_ms, rate.frames, rate.seconds, (unsigned long long)frames,
            GRID_SEGMENT_FRAMES_MAX);

    *out = (struct grid){rate, (uint32_t)frames, chunk_segments};
    return OK;
}

static uint64_t spans_needed(uint64_t frame_count, uint64_t span)
{
    return frame_count / span + (frame_count % span != 0);
}

static struct frame_span span_at(uint64_t frame_count, uint64_t span, uint64_t index)
{
    assert(index < spans_needed(frame_count, span));
    const uint64_t first = index * span;
    return (struct frame_span){first, frame_count - first < span ? frame_count : first + span};
}

static uint64_t chunk_frames(const struct grid *grid)
{
    return (uint64_t)grid->segment_frames * grid->chunk_segments;
}

uint64_t grid_segment_count(const struct grid *grid, uint64_t frame_count)
{
    return spans_needed(frame_count, grid->segment_frames);
}

uint64_t grid_chunk_count(const struct grid *grid, uint64_t frame_count)
{
    return spans_needed(frame_count, chunk_frames(grid));
}

struct frame_span grid_segment(const struct grid *grid, uint64_t frame_count, uint64_t index)
{
    return span_at(frame_count, grid->segment_frames, index);
}

struct frame_span grid_chunk(const struct grid *grid, uint64_t frame_count, uint64_t index)
{
    return span_at(frame_count, chunk_frames(grid), index);
}
