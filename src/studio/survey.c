// SPDX-License-Identifier: Apache-2.0
#include "studio/survey.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOOK_SIDE = 320, LOOK_CRF_TENTHS = 260 };

struct surveying {
    struct transcoder *transcoder;
    int master_fd;
    const struct master_facts *facts;
    const struct grid *grid;
    const struct ladder *ladder;
    const struct transcode_watch *watch;
    uint64_t done, total; // probes
    struct survey survey;
};

// While a probe runs, its frames are no news; that it may be stopped is.
static outcome still_there(void *context, uint64_t done, uint64_t total, struct why *why)
{
    const struct surveying *surveying = context;
    (void)done, (void)total;
    if (surveying->watch == NULL || surveying->watch->progressed == NULL) return OK;
    return surveying->watch->progressed(surveying->watch->context, surveying->done,
                                        surveying->total, why);
}

// Encodes a span with all renditions into memory.
static outcome probe(struct surveying *surveying, struct video_job *job,
                     struct rendition_job *renditions, struct video_result *out, struct why *why)
{
    const struct transcode_watch watch = {still_there, surveying};
    outcome result = OK;
    job->master_fd = surveying->master_fd;
    job->facts = surveying->facts;
    job->segment_frames = surveying->grid->segment_frames;
    job->renditions = renditions;
    size_t opened = 0;
    for (; opened < job->rendition_count && result == OK; opened++) {
        renditions[opened].output_fd = memfd_create("probe", MFD_CLOEXEC);
        if (renditions[opened].output_fd < 0)
            result = fail_errno(why, errno, "cannot make a file in memory");
    }
    if (result == OK) result = transcoder_video(surveying->transcoder, job, &watch, out, why);
    for (size_t i = 0; i < opened; i++)
        fd_close(&renditions[i].output_fd);
    surveying->done++;
    return result;
}

static uint64_t rate_bps(const struct surveying *surveying, struct frame_span frames,
                         uint64_t bytes)
{
    const struct frame_rate rate = surveying->grid->rate;
    const uint64_t bps = bytes * 8 * rate.frames / ((frames.end - frames.first) * rate.seconds);
    return bps < 1 ? 1 : bps;
}

// --- shots -----------------------------------------------------------------------------------

static outcome look(struct surveying *surveying, struct frame_span frames, struct survey_shot *out,
                    struct why *why)
{
    const struct rung *top = &surveying->ladder->rungs[0];
    const uint32_t longer = top->width > top->height ? top->width : top->height;
    struct rendition_job small = {.encoder = "x264",
                                  .preset = "ultrafast",
                                  .width = top->width,
                                  .height = top->height,
                                  .crf_tenths = LOOK_CRF_TENTHS};
    struct video_job job = {.frames = frames, .range = RANGE_SDR, .rendition_count = 1};
    struct video_result result;
    if (longer > LOOK_SIDE) {
        small.width = (top->width * LOOK_SIDE / longer + 1) & ~1u;
        small.height = (top->height * LOOK_SIDE / longer + 1) & ~1u;
    }
    TRY(probe(surveying, &job, &small, &result, why));
    *out = (struct survey_shot){
        .frames = frames, .complexity = rate_bps(surveying, frames, result.renditions[0].bytes)};
    return OK;
}

static int easier_first(const void *a, const void *b)
{
    const struct survey_shot *left = a, *right = b;
    if (left->complexity != right->complexity) return left->complexity < right->complexity ? -1 : 1;
    return left->frames.first < right->frames.first ? -1 : 1;
}

static outcome find_shots(struct surveying *surveying, struct survey_shot *seen, struct why *why)
{
    const uint64_t frame_count = surveying->facts->video.frame_count;
    const uint64_t segments = grid_segment_count(surveying->grid, frame_count);
    const uint64_t looks = segments < SURVEY_LOOKS_MAX ? segments : SURVEY_LOOKS_MAX;
    for (uint64_t i = 0; i < looks; i++)
        TRY(look(surveying,
                 grid_segment(surveying->grid, frame_count, (2 * i + 1) * segments / (2 * looks)),
                 &seen[i], why));
    qsort(seen, looks, sizeof *seen, easier_first);
    struct survey *survey = &surveying->survey;
    survey->shot_count = looks < SURVEY_SHOTS_MAX ? looks : SURVEY_SHOTS_MAX;
    const uint64_t chosen[SURVEY_SHOTS_MAX] = {looks / 6, looks / 2, looks - 1};
    for (size_t i = 0; i < survey->shot_count; i++)
        survey->shots[i] = seen[looks <= SURVEY_SHOTS_MAX ? i : chosen[i]];
    return OK;
}

// --- probes ----------------------------------------------------------------------------------

static outcome probe_rungs(struct surveying *surveying, struct survey_shot *shot,
                           enum rung_range range, size_t point, struct why *why)
{
    struct rendition_job renditions[LADDER_RUNGS_MAX];
    size_t rungs[LADDER_RUNGS_MAX];
    struct video_job job = {.frames = shot->frames,
                            .range = range == RUNG_HDR ? surveying->facts->video.range : RANGE_SDR,
                            .is_compared = true};
    for (size_t i = 0; i < surveying->ladder->count; i++) {
        const struct rung *rung = &surveying->ladder->rungs[i];
        if (rung->range != range) continue;
        struct rendition_job *rendition = &renditions[job.rendition_count];
        *rendition = (struct rendition_job){.width = rung->width,
                                            .height = rung->height,
                                            .crf_tenths = rung->crf_tenths + survey_offsets[point]};
        memcpy(rendition->encoder, rung->encoder, sizeof rendition->encoder);
        memcpy(rendition->preset, rung->preset, sizeof rendition->preset);
        rungs[job.rendition_count++] = i;
    }
    if (job.rendition_count == 0) return OK;
    struct video_result result;
    TRY(probe(surveying, &job, renditions, &result, why));
    for (size_t i = 0; i < job.rendition_count; i++)
        shot->points[rungs[i]][point] = (struct survey_point){
            rate_bps(surveying, shot->frames, result.renditions[i].bytes),
            {result.renditions[i].xpsnr_cdb, result.renditions[i].shown_ssim_cdb}};
    return OK;
}

outcome survey_make(struct transcoder *transcoder, int master_fd, const struct master_facts *facts,
                    const struct grid *grid, const struct ladder *ladder,
                    const struct transcode_watch *watch, struct survey *out, struct why *why)
{
    const bool is_hdr = facts->video.range != RANGE_SDR;
    struct surveying surveying = {.transcoder = transcoder,
                                  .master_fd = master_fd,
                                  .facts = facts,
                                  .grid = grid,
                                  .ladder = ladder,
                                  .watch = watch,
                                  .total = SURVEY_LOOKS_MAX +
                                           (is_hdr ? 2 : 1) * SURVEY_SHOTS_MAX * SURVEY_POINTS};
    struct survey_shot *seen = calloc(SURVEY_LOOKS_MAX, sizeof *seen);
    if (seen == NULL) return fail(why, NO_MEMORY, "no memory for a survey");
    outcome result = find_shots(&surveying, seen, why);
    for (size_t i = 0; i < surveying.survey.shot_count && result == OK; i++)
        for (size_t point = 0; point < SURVEY_POINTS && result == OK; point++)
            for (int range = 0; range < RUNG_RANGE_COUNT && result == OK; range++)
                result = probe_rungs(&surveying, &surveying.survey.shots[i], (enum rung_range)range,
                                     point, why);
    free(seen);
    if (result == OK) *out = surveying.survey;
    return result;
}
