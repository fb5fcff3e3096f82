// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/jobs.h"

#include "studio/transcode/compare.h"
#include "studio/transcode/conform.h"
#include "studio/transcode/ladder.h"
#include "studio/transcode/meter.h"

enum { FRAMES_PER_WORD = 8 }; // a third of a second of film; about as long to encode

outcome watch_tell(const struct transcode_watch *watch, uint64_t done, uint64_t total,
                   struct why *why)
{
    if (watch == NULL || watch->progressed == NULL) return OK;
    return watch->progressed(watch->context, done, total, why);
}

static outcome check_job(const struct video_job *job, struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    const uint64_t frame_count = job->facts->video.frame_count;
    if (job->segment_frames == 0 || job->segment_frames > GRID_SEGMENT_FRAMES_MAX)
        return fail(why, INVALID, "segments of %u frames are outside 1 to %d", job->segment_frames,
                    GRID_SEGMENT_FRAMES_MAX);
    if (job->frames.first >= job->frames.end || job->frames.end > frame_count ||
        job->frames.first % job->segment_frames != 0 ||
        (job->frames.end % job->segment_frames != 0 && job->frames.end != frame_count))
        return fail(why, INVALID,
                    "frames %llu to %llu are no span of whole segments of %u in a title of %llu",
                    (unsigned long long)job->frames.first, (unsigned long long)job->frames.end,
                    job->segment_frames, (unsigned long long)frame_count);
    if (job->range != RANGE_SDR && job->range != job->facts->video.range)
        return fail(why, INVALID, "the master is not in the range that its renditions are to have");
    if (job->rendition_count == 0 || job->rendition_count > TRANSCODE_RENDITIONS_MAX)
        return fail(why, INVALID, "%zu renditions are outside 1 to %d", job->rendition_count,
                    TRANSCODE_RENDITIONS_MAX);
    return OK;
}

static outcome run_frames(struct conform *conform, struct ladder *ladder, AVFrame *base,
                          const struct video_job *job, const struct transcode_watch *watch,
                          struct video_result *result, struct why *why)
{
    const uint64_t frame_count = job->facts->video.frame_count;
    const uint64_t total = job->frames.end - job->frames.first;
    uint64_t frame = job->frames.first;
    for (; frame < frame_count && !ladder_is_done(ladder); frame++) {
        const uint64_t start_us = meter_cpu_us();
        const AVFrame *picture = NULL;
        bool is_new = false;
        TRY(conform_frame(conform, frame, &picture, &is_new, why));
        const uint64_t decoded_us = meter_cpu_us();
        const AVFrame *ready = NULL;
        if (is_new) TRY(prepare_convert(conform->prepare, picture, base, &ready, why));
        result->decode_us += decoded_us - start_us;
        result->convert_us += meter_cpu_us() - decoded_us;
        TRY(ladder_put(ladder, frame, ready, why));
        const uint64_t done = frame - job->frames.first;
        if (done % FRAMES_PER_WORD == 0)
            TRY(watch_tell(watch, done < total ? done : total, total, why));
    }
    result->lookahead = frame > job->frames.end ? frame - job->frames.end : 0;
    return OK;
}

outcome video_run(struct source *source, const struct video_job *job, uint32_t threads,
                  const struct transcode_watch *watch, struct video_result *out, struct why *why)
{
    TRY(check_job(job, why));
    struct video_result result = {.decoded = 0};
    struct ladder *ladder = NULL;
    TRY(ladder_open(job, threads, &ladder, why));
    uint32_t width = 0, height = 0;
    ladder_size(ladder, &width, &height);

    autoconform conform = {.video = NULL};
    AVFrame *base = NULL;
    const uint64_t start_us = meter_cpu_us();
    outcome done =
        conform_open(source, &job->facts->video, job->frames.first,
                     &(struct prepared){width, height, job->range}, threads, &conform, why);
    result.decode_us = meter_cpu_us() - start_us;
    if (done == OK) done = picture_make(&(struct prepared){width, height, job->range}, &base, why);
    if (done == OK) done = run_frames(&conform, ladder, base, job, watch, &result, why);
    if (done == OK) done = ladder_finish(ladder, result.renditions, why);
    result.decoded = conform.decoded_count;
    result.decode_errors = conform.decoder.errors;
    if (done == OK && job->is_compared) {
        conform_close(&conform); // one decoder at a time reads the source
        conform = (struct conform){.video = NULL};
        done = compare_run(source, job, threads, result.renditions, why);
    }
    if (done == OK) *out = result;
    av_frame_free(&base);
    ladder_close(&ladder);
    return done;
}
