// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/ladder.h"

#include "media/encoder.h"
#include "media/fragment_writer.h"
#include "media/leaky_bucket.h"
#include "studio/transcode/meter.h"
#include "studio/transcode/prepare.h"

#include <assert.h>
#include <errno.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct rung {
    const struct rendition_job *job;
    size_t number; // in the job
    struct encoder *encoder;
    struct fragment_writer *writer;
    struct SwsContext *scaler; // NULL where the picture above has the same size
    AVFrame *picture;          // of its own size; NULL where it shares the one above
    uint64_t samples;
    uint64_t psnr_cdb, ssim_ppm; // of all samples together
    bool is_done;
    uint64_t scale_us, encode_us;
};

struct ladder {
    const struct video_job *job;
    uint32_t ticks_per_frame;
    uint32_t width, height;
    struct rung rungs[TRANSCODE_RENDITIONS_MAX]; // from the largest down
    size_t count;
    const AVFrame *top; // the last picture put
    uint64_t next;      // frame to be put
    AVFrame *kept;      // a copy of it, so that NULL can mean "again"
};

// Rates such as 24/1 count in thousandths of a frame, so that a player's clock has something to
// work with.
static uint32_t video_timescale(struct frame_rate rate, uint32_t *ticks_per_frame)
{
    const uint32_t factor = rate.frames < 1000 ? 1000 : 1;
    *ticks_per_frame = rate.seconds * factor;
    return rate.frames * factor;
}

static int larger_first(const void *a, const void *b)
{
    const struct rung *left = a, *right = b;
    const uint64_t left_area = (uint64_t)left->job->width * left->job->height;
    const uint64_t right_area = (uint64_t)right->job->width * right->job->height;
    if (left_area != right_area) return left_area < right_area ? 1 : -1;
    return (left->number > right->number) - (left->number < right->number);
}

// BT.709; BT.2100 in PQ and HLG. Code points of ISO/IEC 23091-2.
static const struct colour colours[] = {
    [RANGE_SDR] = {1, 1, 1, false},
    [RANGE_PQ] = {9, 16, 9, false},
    [RANGE_HLG] = {9, 18, 9, false},
};

static outcome open_encoder(const struct ladder *ladder, struct rung *rung, uint32_t threads,
                            struct why *why)
{
    const struct video_job *job = ladder->job;
    const bool is_hdr = job->range != RANGE_SDR;
    const struct master_video *video = &job->facts->video;
    const struct frame_rate rate = ladder->job->facts->video.rate;
    const struct encoder_ops *ops = NULL;
    TRY(encoder_find(rung->job->encoder, &ops, why));
    const struct encoder_settings settings = {
        .width = rung->job->width,
        .height = rung->job->height,
        .depth = prepared_depth(job->range),
        .rate = rate,
        .segment_frames = ladder->job->segment_frames,
        .preset = rung->job->preset,
        .crf_tenths = rung->job->crf_tenths,
        .maxrate_bps = rung->job->maxrate_bps,
        .bufsize_bits = rung->job->bufsize_bits,
        .start_permille =
            rung->job->start_permille == 0 ? BUCKET_START_PERMILLE : rung->job->start_permille,
        .threads = threads,
        .colour = colours[job->range],
        .mastering = is_hdr ? video->mastering : (struct mastering_display){.luminance_max = 0},
        .max_cll = is_hdr ? video->max_cll : 0,
        .max_fall = is_hdr ? video->max_fall : 0,
    };
    TRY(ops->open(&settings, &rung->encoder, why));
    struct stream stream = {
        .kind = TRACK_VIDEO,
        .codec = ops->codec,
        .config = rung->encoder->config,
        .language = "und",
        .video = {.facts = {settings.width, settings.height, 1, 1, rate, job->range},
                  .colour = settings.colour,
                  .mastering = settings.mastering,
                  .max_cll = settings.max_cll,
                  .max_fall = settings.max_fall},
    };
    uint32_t ticks_per_frame = 0;
    stream.timescale = video_timescale(rate, &ticks_per_frame);
    return fragment_writer_open(rung->job->output_fd, &stream,
                                ladder->job->frames.first * ticks_per_frame, &rung->writer, why);
}

// Each rung's picture comes from the one above it, unless that is smaller in some direction.
static outcome open_scaler(struct ladder *ladder, size_t index, struct why *why)
{
    struct rung *rung = &ladder->rungs[index];
    const uint32_t width = index == 0 ? ladder->width : ladder->rungs[index - 1].job->width;
    const uint32_t height = index == 0 ? ladder->height : ladder->rungs[index - 1].job->height;
    if (width == rung->job->width && height == rung->job->height) return OK;
    const struct prepared wanted = {rung->job->width, rung->job->height, ladder->job->range};
    const enum AVPixelFormat format = prepared_format(wanted.range);
    TRY(picture_make(&wanted, &rung->picture, why));
    rung->scaler = sws_getContext((int)width, (int)height, format, (int)wanted.width,
                                  (int)wanted.height, format, SWS_BICUBIC, NULL, NULL, NULL);
    return rung->scaler == NULL ? fail(why, NO_MEMORY, "no memory for a scaler") : OK;
}

outcome ladder_open(const struct video_job *job, uint32_t threads, struct ladder **out,
                    struct why *why)
{
    assert(job->rendition_count >= 1 && job->rendition_count <= TRANSCODE_RENDITIONS_MAX);
    struct ladder *ladder = calloc(1, sizeof *ladder);
    if (ladder == NULL) return fail(why, NO_MEMORY, "no memory for a ladder");
    ladder->job = job;
    ladder->count = job->rendition_count;
    ladder->next = job->frames.first;
    (void)video_timescale(job->facts->video.rate, &ladder->ticks_per_frame);
    for (size_t i = 0; i < ladder->count; i++) {
        ladder->rungs[i].job = &job->renditions[i];
        ladder->rungs[i].number = i;
        if (job->renditions[i].width > ladder->width) ladder->width = job->renditions[i].width;
        if (job->renditions[i].height > ladder->height) ladder->height = job->renditions[i].height;
    }
    qsort(ladder->rungs, ladder->count, sizeof ladder->rungs[0], larger_first);
    outcome result = OK;
    for (size_t i = 0; result == OK && i < ladder->count; i++) {
        ladder->rungs[i].is_done = ladder->rungs[i].job->encoder[0] == '\0';
        if (!ladder->rungs[i].is_done)
            result = open_encoder(ladder, &ladder->rungs[i], threads, why);
        if (result == OK) result = open_scaler(ladder, i, why);
    }
    if (result != OK) {
        ladder_close(&ladder);
        return result;
    }
    *out = ladder;
    return OK;
}

void ladder_close(struct ladder **ladder)
{
    if (*ladder == NULL) return;
    for (size_t i = 0; i < (*ladder)->count; i++) {
        struct rung *rung = &(*ladder)->rungs[i];
        encoder_close(&rung->encoder);
        fragment_writer_close(&rung->writer);
        sws_freeContext(rung->scaler);
        av_frame_free(&rung->picture);
    }
    av_frame_free(&(*ladder)->kept);
    free(*ladder);
    *ladder = NULL;
}

void ladder_size(const struct ladder *ladder, uint32_t *width, uint32_t *height)
{
    *width = ladder->width;
    *height = ladder->height;
}

static outcome write_sample(const struct ladder *ladder, struct rung *rung,
                            const struct encoded_sample *sample, struct why *why)
{
    const struct frame_span span = ladder->job->frames;
    if (sample->frame >=
        span.end) { // lookahead: the IDR at `end` is never passed by a picture before it
        rung->is_done = true;
        return OK;
    }
    const bool is_segment_start = sample->frame % ladder->job->segment_frames == 0;
    if (is_segment_start && rung->samples > 0) TRY(fragment_cut(rung->writer, why));
    assert(!is_segment_start || sample->is_sync);
    const int64_t shift = (int64_t)(sample->frame - span.first) - (int64_t)rung->samples;
    TRY(fragment_put(rung->writer,
                     &(struct coded_sample){sample->bytes, ladder->ticks_per_frame,
                                            (int32_t)(shift * (int64_t)ladder->ticks_per_frame),
                                            sample->is_sync},
                     why));
    rung->samples++;
    rung->psnr_cdb += sample->quality.psnr_cdb;
    rung->ssim_ppm += sample->quality.ssim_ppm;
    rung->is_done = rung->samples == span.end - span.first;
    return OK;
}

static outcome encode(const struct ladder *ladder, struct rung *rung, uint64_t frame,
                      const AVFrame *picture, struct why *why)
{
    const struct encoder_picture in = {
        .planes = {picture->data[0], picture->data[1], picture->data[2]},
        .strides = {picture->linesize[0], picture->linesize[1], picture->linesize[2]},
        .frame = frame,
        .kind = frame % ladder->job->segment_frames == 0 ? PICTURE_SEGMENT_START : PICTURE_ANY,
    };
    struct encoded_sample sample;
    bool has_sample = false;
    TRY(rung->encoder->ops->encode(rung->encoder, &in, &sample, &has_sample, why));
    return has_sample ? write_sample(ladder, rung, &sample, why) : OK;
}

// Whether a picture means anything to a rung: those past the job's end do where its encoder looks
// ahead of a segment.
static bool wants(const struct ladder *ladder, const struct rung *rung, uint64_t frame)
{
    return frame < ladder->job->frames.end || !rung->encoder->is_closed_by_segments;
}

outcome ladder_put(struct ladder *ladder, uint64_t frame, const AVFrame *picture, struct why *why)
{
    const AVFrame *above = picture == NULL ? ladder->top : picture;
    assert(above != NULL);
    ladder->top = above;
    ladder->next = frame + 1;
    for (size_t i = 0; i < ladder->count; i++) {
        struct rung *rung = &ladder->rungs[i];
        const uint64_t start_us = meter_cpu_us();
        if (rung->scaler != NULL) {
            if (picture != NULL)
                (void)sws_scale(rung->scaler, (const uint8_t *const *)above->data, above->linesize,
                                0, above->height, rung->picture->data, rung->picture->linesize);
            above = rung->picture;
        }
        const uint64_t scaled_us = meter_cpu_us();
        rung->scale_us += scaled_us - start_us;
        if (!rung->is_done && wants(ladder, rung, frame))
            TRY(encode(ladder, rung, frame, above, why));
        rung->encode_us += meter_cpu_us() - scaled_us;
    }
    return OK;
}

bool ladder_is_done(const struct ladder *ladder)
{
    for (size_t i = 0; i < ladder->count; i++)
        if (!ladder->rungs[i].is_done && wants(ladder, &ladder->rungs[i], ladder->next))
            return false;
    return true;
}

static outcome finish_rung(const struct ladder *ladder, struct rung *rung, struct why *why)
{
    while (!rung->is_done) {
        struct encoded_sample sample;
        bool has_sample = false;
        TRY(rung->encoder->ops->encode(rung->encoder, NULL, &sample, &has_sample, why));
        if (!has_sample)
            return fail(why, UNAVAILABLE, "the encoder ended %llu samples early",
                        (unsigned long long)(ladder->job->frames.end - ladder->job->frames.first -
                                             rung->samples));
        TRY(write_sample(ladder, rung, &sample, why));
    }
    return fragment_cut(rung->writer, why);
}

outcome ladder_finish(struct ladder *ladder, struct rendition_result *results, struct why *why)
{
    for (size_t i = 0; i < ladder->count; i++) {
        struct rung *rung = &ladder->rungs[i];
        const uint64_t start_us = meter_cpu_us();
        if (rung->encoder == NULL) {
            results[rung->number] = (struct rendition_result){.scale_us = rung->scale_us};
            continue;
        }
        TRY(finish_rung(ladder, rung, why));
        struct stat info;
        if (fstat(rung->job->output_fd, &info) != 0)
            return fail_errno(why, errno, "cannot look at the chunk of rendition %zu",
                              rung->number);
        results[rung->number] = (struct rendition_result){
            .bytes = (uint64_t)info.st_size,
            .psnr_cdb = (uint32_t)(rung->psnr_cdb / rung->samples),
            .ssim_ppm = (uint32_t)(rung->ssim_ppm / rung->samples),
            .scale_us = rung->scale_us,
            .encode_us = rung->encode_us + meter_cpu_us() - start_us,
        };
    }
    return OK;
}
