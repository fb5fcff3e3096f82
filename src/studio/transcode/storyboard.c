// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/jobs.h"

#include "media/cadence.h"
#include "studio/transcode/conform.h"
#include "studio/transcode/sheet.h"

#include <assert.h>

enum {
    QUALITY_DEFAULT = 75,
    POSTER_PLACES = 12, // looked at when none is named
};

// The picture of a frame, or a key picture up to `slack` before it, at `out`'s size. A fresh reader
// each time: for far places the seek is what costs.
static outcome take_picture(struct source *source, const struct master_video *video, uint64_t frame,
                            uint64_t slack, AVFrame *out, struct why *why)
{
    autoconform conform = {.video = NULL};
    const struct prepared wanted = {(uint32_t)out->width, (uint32_t)out->height, RANGE_SDR};
    TRY(conform_open(source, video, frame, &wanted, 1, &conform, why));
    const AVFrame *picture = NULL;
    TRY(conform_near(&conform, frame, slack, &picture, why));
    const AVFrame *ready = NULL;
    TRY(prepare_convert(conform.prepare, picture, out, &ready, why));
    if (ready == out || av_frame_copy(out, ready) >= 0) return OK;
    return fail(why, NO_MEMORY, "no memory for a picture");
}

// The grid frame on screen at `ms`.
static uint64_t frame_at(const struct master_video *video, uint64_t ms)
{
    const uint64_t frame = ms * video->rate.frames / ((uint64_t)video->rate.seconds * 1000);
    return frame < video->frame_count ? frame : video->frame_count - 1;
}

static outcome write_sheet(const struct storyboard_job *job, struct sheet *sheet, size_t number,
                           struct storyboard_result *result, struct why *why)
{
    uint64_t bytes = 0;
    TRY(sheet_write(sheet, job->output_fds[number],
                    job->quality == 0 ? QUALITY_DEFAULT : job->quality, &bytes, why));
    result->bytes += bytes;
    return OK;
}

static outcome fill_sheets(struct source *source, const struct storyboard_job *job, AVFrame *tile,
                           const struct transcode_watch *watch, struct storyboard_result *result,
                           struct why *why)
{
    const struct master_video *video = &job->facts->video;
    const uint64_t length_ms = (uint64_t)media_time_rescale(job->facts->duration, 1000).ticks;
    const uint64_t total = (length_ms + job->interval_ms - 1) / job->interval_ms;
    const uint32_t per_sheet = job->columns * job->rows;
    const uint64_t slack = frame_at(video, job->interval_ms / 2); // still nearer than the next one
    for (size_t number = 0; number < job->output_count; number++) {
        autosheet sheet = {.picture = NULL};
        TRY(sheet_init(&sheet, job->columns, job->rows, job->tile_width, job->tile_height, why));
        for (uint32_t i = 0; i < per_sheet && result->tiles < total; i++) {
            const uint64_t frame = frame_at(video, result->tiles * job->interval_ms);
            TRY(take_picture(source, video, frame, slack, tile, why));
            sheet_put(&sheet, i, tile);
            result->tiles++;
            TRY(watch_tell(watch, result->tiles, total, why));
        }
        TRY(write_sheet(job, &sheet, number, result, why));
    }
    return OK;
}

outcome storyboard_run(struct source *source, const struct storyboard_job *job,
                       const struct transcode_watch *watch, struct storyboard_result *out,
                       struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    const size_t sheets = storyboard_sheet_count(job);
    if (sheets == 0 || sheets != job->output_count)
        return fail(why, INVALID, "the storyboard needs %zu sheets, %zu outputs are given", sheets,
                    job->output_count);
    struct storyboard_result result = {.tiles = 0};
    AVFrame *tile = NULL;
    TRY(picture_make(&(struct prepared){job->tile_width, job->tile_height, RANGE_SDR}, &tile, why));
    const outcome done = fill_sheets(source, job, tile, watch, &result, why);
    av_frame_free(&tile);
    if (done == OK) *out = result;
    return done;
}

// How much there is to see: the spread of luma over the picture. Black, white and titles on black
// have little.
static double richness(const AVFrame *picture)
{
    double sum = 0, squares = 0;
    const double count = (double)picture->width * picture->height;
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *row = picture->data[0] + (ptrdiff_t)y * picture->linesize[0];
        for (int x = 0; x < picture->width; x++) {
            sum += row[x];
            squares += (double)row[x] * row[x];
        }
    }
    const double mean = sum / count;
    return squares / count - mean * mean;
}

// Looks at places from a tenth to nine tenths of the title; the earliest of equals wins.
static outcome choose_frame(struct source *source, const struct poster_job *job, AVFrame *picture,
                            const struct transcode_watch *watch, uint64_t *out, struct why *why)
{
    const uint64_t count = job->facts->video.frame_count;
    double best = -1;
    for (uint64_t i = 0; i < POSTER_PLACES; i++) {
        const uint64_t frame = count / 10 + i * (count * 8 / 10) / POSTER_PLACES;
        TRY(take_picture(source, &job->facts->video, frame, 0, picture, why));
        const double rich = richness(picture);
        if (rich > best) {
            best = rich;
            *out = frame;
        }
        TRY(watch_tell(watch, i + 1, POSTER_PLACES, why));
    }
    return OK;
}

static outcome write_poster(struct source *source, const struct poster_job *job, AVFrame *picture,
                            const struct transcode_watch *watch, struct poster_result *out,
                            struct why *why)
{
    autosheet sheet = {.picture = NULL};
    TRY(sheet_init(&sheet, 1, 1, job->width, job->height, why));
    struct poster_result result = {.frame = job->frame};
    if (job->frame == POSTER_ANY)
        TRY(choose_frame(source, job, picture, watch, &result.frame, why));
    TRY(take_picture(source, &job->facts->video, result.frame, 0, picture, why));
    sheet_put(&sheet, 0, picture);
    TRY(sheet_write(&sheet, job->output_fd, job->quality == 0 ? QUALITY_DEFAULT : job->quality,
                    &result.bytes, why));
    *out = result;
    return OK;
}

outcome poster_run(struct source *source, const struct poster_job *job,
                   const struct transcode_watch *watch, struct poster_result *out, struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    if (job->frame != POSTER_ANY && job->frame >= job->facts->video.frame_count)
        return fail(why, INVALID, "the title has no frame %llu", (unsigned long long)job->frame);
    AVFrame *picture = NULL;
    TRY(picture_make(&(struct prepared){job->width, job->height, RANGE_SDR}, &picture, why));
    const outcome done = write_poster(source, job, picture, watch, out, why);
    av_frame_free(&picture);
    return done;
}
