// SPDX-License-Identifier: Apache-2.0
#include "media/cuts.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

// One video of the set: where its next sync sample is.
struct lane {
    struct sample_source *source;
    uint32_t timescale;
    int64_t ticks; // presentation time of the sync sample it stands on
    int64_t end;   // presentation time at which its samples end, as far as they were seen
    bool is_done;
};

struct planner {
    struct lane *lanes;
    size_t count;
    uint32_t timescale;                        // of lane 0; all times below
    uint64_t step_numerator, step_denominator; // ticks of a segment as a ratio
    int64_t tolerance;                         // half a frame: timescales round differently
    int64_t origin;
    bool has_candidate;
    int64_t candidate; // the latest common sync sample before the next grid place
    int64_t *cuts;
    size_t cut_count, cut_room;
};

static outcome lane_next(struct lane *lane, struct why *why)
{
    for (;;) {
        struct sample sample;
        TRY(sample_source_next(lane->source, &sample, &lane->is_done, why));
        if (lane->is_done) return OK;
        const int64_t shown = sample.decode_ticks + sample.shift_ticks;
        if (shown + sample.duration_ticks > lane->end) lane->end = shown + sample.duration_ticks;
        if (sample.is_sync) {
            lane->ticks = shown;
            return OK;
        }
    }
}

static int64_t lane_time(const struct planner *planner, const struct lane *lane)
{
    return media_time_rescale((struct media_time){lane->ticks, lane->timescale}, planner->timescale)
        .ticks;
}

// Moves all lanes to the next time at which all have a sync sample; *is_end when there is none.
static outcome next_common(struct planner *planner, int64_t *out, bool *is_end, struct why *why)
{
    for (;;) {
        int64_t latest = INT64_MIN;
        for (size_t i = 0; i < planner->count; i++) {
            if (planner->lanes[i].is_done) {
                *is_end = true;
                return OK;
            }
            const int64_t time = lane_time(planner, &planner->lanes[i]);
            if (time > latest) latest = time;
        }
        bool is_common = true;
        for (size_t i = 0; i < planner->count; i++) {
            struct lane *lane = &planner->lanes[i];
            while (!lane->is_done && lane_time(planner, lane) < latest - planner->tolerance) {
                is_common = false;
                TRY(lane_next(lane, why));
            }
            is_common = is_common && lane_time(planner, lane) <= latest + planner->tolerance;
        }
        if (!is_common) continue;
        *out = lane_time(planner, &planner->lanes[0]);
        *is_end = false;
        for (size_t i = 0; i < planner->count; i++)
            TRY(lane_next(&planner->lanes[i], why));
        return OK;
    }
}

static int64_t grid_at(const struct planner *planner, uint64_t index)
{
    const wide ticks = (wide)index * planner->step_numerator / planner->step_denominator;
    return ticks > INT64_MAX / 2 ? INT64_MAX / 2 : planner->origin + (int64_t)ticks;
}

static outcome add_cut(struct planner *planner, int64_t at, struct why *why)
{
    if (planner->cut_count == SEGMENTS_MAX)
        return fail(why, TOO_LARGE, "more than %d segments: choose longer ones", SEGMENTS_MAX);
    if (planner->cut_count == planner->cut_room) {
        const size_t room = planner->cut_room == 0 ? 256 : planner->cut_room * 2;
        int64_t *grown = reallocarray(planner->cuts, room, sizeof *grown);
        if (grown == NULL) return fail(why, NO_MEMORY, "no memory for %zu cuts", room);
        planner->cuts = grown;
        planner->cut_room = room;
    }
    planner->cuts[planner->cut_count++] = at;
    return OK;
}

static outcome refuse_gap(const struct planner *planner, int64_t place, int64_t next,
                          struct why *why)
{
    const double scale = planner->timescale;
    const double last = (double)planner->cuts[planner->cut_count - 1] / scale;
    return fail(why, INVALID,
                "%s: no segment can start near %.3f s: between %.3f s and %.3f s %s key frame. "
                "Encode with a key frame at every segment, or allow longer segments",
                sample_source_path(planner->lanes[0].source, 0), (double)place / scale, last,
                (double)next / scale,
                planner->count > 1 ? "the videos have no common" : "it has no");
}

// Chooses between the last common sync sample before a grid place and the first behind it.
static outcome settle(struct planner *planner, uint64_t *place, int64_t next, struct why *why)
{
    const int64_t step = grid_at(planner, 1) - planner->origin;
    while (grid_at(planner, *place) <= next) {
        const int64_t target = grid_at(planner, *place);
        const int64_t last = planner->cuts[planner->cut_count - 1];
        const bool may_before = planner->has_candidate && planner->candidate > last;
        const bool takes_before = may_before && target - planner->candidate < next - target;
        const int64_t chosen = takes_before ? planner->candidate : next;
        if (chosen - target > step || target - chosen > step)
            return refuse_gap(planner, target, next, why);
        if (chosen > last) TRY(add_cut(planner, chosen, why));
        ++*place;
    }
    planner->has_candidate = true;
    planner->candidate = next;
    return OK;
}

// Grid places behind the last common sync sample: it may still be the nearest one.
static outcome settle_rest(struct planner *planner, uint64_t *place, struct why *why)
{
    const int64_t step = grid_at(planner, 1) - planner->origin;
    const struct lane *first = &planner->lanes[0];
    const int64_t end =
        media_time_rescale((struct media_time){first->end, first->timescale}, planner->timescale)
            .ticks;
    const int64_t last = planner->cuts[planner->cut_count - 1];
    const int64_t target = grid_at(planner, *place);
    if (planner->has_candidate && planner->candidate > last && target < end &&
        target - planner->candidate < step / 2) {
        TRY(add_cut(planner, planner->candidate, why));
        ++*place;
    }
    if (end - grid_at(planner, *place) > step)
        return refuse_gap(planner, grid_at(planner, *place), end, why);
    return OK;
}

// Frames of the first video are counted to make whole frames of the segment's length.
static outcome plan_step(struct planner *planner, uint32_t segment_ms, struct why *why)
{
    struct sample_timing timing;
    TRY(sample_timing_read(planner->lanes[0].source, &timing, why));
    struct grid grid;
    TRY(grid_init(&grid, timing.rate, segment_ms, 1, why));
    planner->step_numerator =
        (uint64_t)grid.segment_frames * timing.rate.seconds * planner->timescale;
    planner->step_denominator = timing.rate.frames;
    const uint64_t frame = (uint64_t)timing.rate.seconds * planner->timescale / timing.rate.frames;
    planner->tolerance = (int64_t)(frame / 2);
    return OK;
}

static outcome plan_cuts(struct planner *planner, struct why *why)
{
    for (size_t i = 0; i < planner->count; i++) {
        struct lane *lane = &planner->lanes[i];
        struct sample sample;
        bool is_end;
        TRY(sample_source_rewind(lane->source, why));
        TRY(sample_source_next(lane->source, &sample, &is_end, why));
        if (is_end || !sample.is_sync)
            return fail(why, INVALID, "%s: the video %s", sample_source_path(lane->source, 0),
                        is_end ? "has no pictures" : "does not start with a key frame");
        lane->ticks = sample.decode_ticks + sample.shift_ticks;
        lane->end = lane->ticks;
    }
    bool is_end;
    TRY(next_common(planner, &planner->origin, &is_end, why));
    if (is_end)
        return fail(why, INVALID, "%s and the other videos have no common key frame",
                    sample_source_path(planner->lanes[0].source, 0));
    TRY(add_cut(planner, planner->origin, why));
    uint64_t place = 1;
    for (;;) {
        int64_t next;
        TRY(next_common(planner, &next, &is_end, why));
        if (is_end) break;
        TRY(settle(planner, &place, next, why));
    }
    for (size_t i = 0; i < planner->count; i++)
        while (!planner->lanes[i].is_done)
            TRY(lane_next(&planner->lanes[i], why));
    TRY(settle_rest(planner, &place, why));
    for (size_t i = 0; i < planner->count; i++)
        TRY(sample_source_rewind(planner->lanes[i].source, why));
    return OK;
}

static outcome cuts_without_video(struct arena *arena, uint32_t segment_ms, struct cuts *out,
                                  struct why *why)
{
    int64_t *at = ARENA_NEW(arena, int64_t);
    if (at == NULL) return fail(why, NO_MEMORY, "no memory for a cut");
    *out = (struct cuts){.at = at, .count = 1, .timescale = 1000, .step_ticks = segment_ms};
    return OK;
}

outcome cuts_plan(struct arena *arena, struct sample_source *const *videos, size_t count,
                  uint32_t segment_ms, struct cuts *out, struct why *why)
{
    assert(count <= TRACKS_MAX);
    if (segment_ms == 0) return fail(why, INVALID, "segments need a length");
    if (count == 0) return cuts_without_video(arena, segment_ms, out, why);
    struct lane lanes[TRACKS_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        lanes[i] = (struct lane){.source = videos[i],
                                 .timescale = sample_source_stream(videos[i])->timescale};
    struct planner planner = {.lanes = lanes, .count = count, .timescale = lanes[0].timescale};
    outcome result = plan_step(&planner, segment_ms, why);
    if (result == OK) result = plan_cuts(&planner, why);
    int64_t *at = NULL;
    if (result == OK) {
        at = arena_take_array(arena, planner.cut_count, sizeof *at);
        if (at == NULL) result = fail(why, NO_MEMORY, "no memory for the cuts");
    }
    if (result == OK) {
        for (size_t i = 0; i < planner.cut_count; i++)
            at[i] = planner.cuts[i];
        *out = (struct cuts){.at = at,
                             .count = planner.cut_count,
                             .timescale = planner.timescale,
                             .step_ticks = grid_at(&planner, 1) - planner.origin};
    }
    free(planner.cuts);
    return result;
}
