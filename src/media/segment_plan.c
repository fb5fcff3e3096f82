// SPDX-License-Identifier: Apache-2.0
#include "media/segment_plan.h"

#include <stdlib.h>

struct planner {
    struct sample_source *source;
    const struct cuts *cuts;
    uint32_t timescale;
    bool is_video;
    struct planned_segment *segments;
    size_t count, room;
    int64_t first_decode; // presentation times
    int64_t first_shown;
    int64_t next_decode;
    int64_t end_shown;
    int64_t least_shift;
    int64_t segment_shown; // when the first picture of the open segment is shown
};

// The cut before which segment `index` ends, in the track's timescale; past the last cut the grid
// goes on, for tracks that outlast the first video.
static int64_t cut_at(const struct planner *planner, size_t index)
{
    const struct cuts *cuts = planner->cuts;
    int64_t at = cuts->at[index < cuts->count ? index : cuts->count - 1];
    if (index >= cuts->count) at += (int64_t)(index - cuts->count + 1) * cuts->step_ticks;
    return media_time_rescale((struct media_time){at, cuts->timescale}, planner->timescale).ticks;
}

static outcome open_segment(struct planner *planner, const struct sample *sample, struct why *why)
{
    if (planner->count == SEGMENTS_MAX)
        return fail(why, TOO_LARGE, "more than %d segments: choose longer ones", SEGMENTS_MAX);
    if (planner->count == planner->room) {
        const size_t room = planner->room == 0 ? 256 : planner->room * 2;
        struct planned_segment *grown = reallocarray(planner->segments, room, sizeof *grown);
        if (grown == NULL) return fail(why, NO_MEMORY, "no memory for %zu segments", room);
        planner->segments = grown;
        planner->room = room;
    }
    if (!sample->is_sync)
        return fail(why, INVALID, "%s: the track does not start with a sync sample",
                    sample_source_path(planner->source, sample->file));
    planner->segments[planner->count++] = (struct planned_segment){
        .decode_ticks = (uint64_t)(sample->decode_ticks - planner->first_decode), .sap_type = 1};
    planner->segment_shown = sample->decode_ticks + sample->shift_ticks;
    return OK;
}

// Does `sample` start the next segment? Video: the sync sample at the cut, to half a frame. Audio:
// the frame nearest it.
static outcome is_next(const struct planner *planner, const struct sample *sample, bool *out,
                       struct why *why)
{
    const int64_t cut = cut_at(planner, planner->count);
    const int64_t shown = sample->decode_ticks + sample->shift_ticks;
    const int64_t half = sample->duration_ticks / 2;
    if (!planner->is_video) {
        *out = shown + half >= cut;
        return OK;
    }
    *out = sample->is_sync && shown + half >= cut && planner->count < planner->cuts->count;
    if (*out && shown - half > cut) {
        return fail(why, INVALID, "%s: no key frame at %.3f s, where the other videos have one",
                    sample_source_path(planner->source, sample->file),
                    (double)cut / planner->timescale);
    }
    return OK;
}

static outcome add_sample(struct planner *planner, const struct sample *sample, struct why *why)
{
    bool starts = planner->count == 0;
    if (!starts) {
        if (sample->decode_ticks != planner->next_decode)
            return fail(why, INVALID, "%s: the track has a hole of %.3f s at %.3f s",
                        sample_source_path(planner->source, sample->file),
                        (double)(sample->decode_ticks - planner->next_decode) / planner->timescale,
                        (double)planner->next_decode / planner->timescale);
        TRY(is_next(planner, sample, &starts, why));
    } else {
        planner->first_decode = sample->decode_ticks;
        planner->first_shown = sample->decode_ticks + sample->shift_ticks;
        planner->least_shift = sample->shift_ticks;
    }
    if (starts) TRY(open_segment(planner, sample, why));
    struct planned_segment *segment = &planner->segments[planner->count - 1];
    const int64_t shown = sample->decode_ticks + sample->shift_ticks;
    if (shown < planner->segment_shown) segment->sap_type = 2;
    if (sample->shift_ticks < planner->least_shift) planner->least_shift = sample->shift_ticks;
    if (shown + sample->duration_ticks > planner->end_shown)
        planner->end_shown = shown + sample->duration_ticks;
    segment->samples++;
    segment->duration_ticks += sample->duration_ticks;
    planner->next_decode = sample->decode_ticks + sample->duration_ticks;
    return OK;
}

// Past the last cut a track that lasts a little longer would get a crumb of a segment: it joins the
// one before.
static void join_crumb(struct planner *planner)
{
    if (planner->is_video || planner->count < 2 || planner->count <= planner->cuts->count) return;
    struct planned_segment *last = &planner->segments[planner->count - 1];
    const int64_t step =
        media_time_rescale((struct media_time){planner->cuts->step_ticks, planner->cuts->timescale},
                           planner->timescale)
            .ticks;
    if ((int64_t)last->duration_ticks >= step / 2) return;
    last[-1].samples += last->samples;
    last[-1].duration_ticks += last->duration_ticks;
    planner->count--;
}

static outcome plan(struct planner *planner, struct why *why)
{
    TRY(sample_source_rewind(planner->source, why));
    for (;;) {
        struct sample sample;
        bool is_end;
        TRY(sample_source_next(planner->source, &sample, &is_end, why));
        if (is_end) break;
        TRY(add_sample(planner, &sample, why));
    }
    if (planner->count == 0)
        return fail(why, INVALID, "%s: the track has no samples",
                    sample_source_path(planner->source, 0));
    if (planner->is_video && planner->count < planner->cuts->count)
        return fail(why, INVALID, "%s: the video ends before the other videos do",
                    sample_source_path(planner->source, 0));
    join_crumb(planner);
    return OK;
}

static outcome keep(struct arena *arena, const struct planner *planner, struct segment_plan *out,
                    struct why *why)
{
    struct segment_plan made = {.count = planner->count};
    made.segments = arena_take_array(arena, planner->count, sizeof *made.segments);
    if (made.segments == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu segments", planner->count);
    const bool is_early = planner->first_shown < 0;
    const int64_t start = is_early ? 0 : planner->first_shown;
    made.skip_ticks = is_early ? (uint64_t)-planner->first_shown : 0;
    made.shift_ticks = is_early && planner->is_video ? planner->least_shift
                                                     : planner->first_shown - planner->first_decode;
    if (is_early) made.edit_ticks = (uint64_t)(-planner->first_decode - made.shift_ticks);
    for (size_t i = 0; i < planner->count; i++) {
        made.segments[i] = planner->segments[i];
        made.segments[i].decode_ticks += (uint64_t)start;
        made.media_ticks += planner->segments[i].duration_ticks;
    }
    made.presented_ticks =
        made.media_ticks > made.skip_ticks ? made.media_ticks - made.skip_ticks : 0;
    *out = made;
    return OK;
}

outcome segment_plan_make(struct arena *arena, struct sample_source *source,
                          const struct cuts *cuts, struct segment_plan *out, struct why *why)
{
    const struct stream *stream = sample_source_stream(source);
    struct planner planner = {.source = source,
                              .cuts = cuts,
                              .timescale = stream->timescale,
                              .is_video = stream->kind == TRACK_VIDEO};
    struct sample_timing timing;
    TRY(sample_timing_read(source, &timing, why));
    outcome result = plan(&planner, why);
    if (result == OK) result = sample_source_rewind(source, why);
    struct segment_plan made;
    if (result == OK) result = keep(arena, &planner, &made, why);
    free(planner.segments);
    if (result != OK) return result;
    made.rate = timing.rate;
    *out = made;
    return OK;
}
