// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/compare.h"

#include "media/ssim.h"
#include "studio/transcode/conform.h"

#include <libswscale/swscale.h>
#include <stdlib.h>

// A rendition being shown.
struct viewer {
    struct source source;
    struct stream_decoder decoder;
    AVFrame *decoded, *enlarged; // enlarged: NULL where the size is right
    struct SwsContext *scaler;
    uint64_t distortion, ssim_ppm; // sums over what was compared
};

struct comparing {
    const struct video_job *job;
    struct prepared wanted; // the reference
    struct viewer viewers[TRANSCODE_RENDITIONS_MAX];
    struct xpsnr *xpsnr;
    uint64_t compared;
};

static outcome viewer_open(struct viewer *viewer, const struct rendition_job *rendition,
                           const struct prepared *wanted, struct why *why)
{
    TRY(source_open(rendition->output_fd, NULL, &viewer->source, why));
    TRY(stream_decoder_open(&viewer->source, 0, 1, &viewer->decoder, why));
    viewer->decoded = av_frame_alloc();
    if (viewer->decoded == NULL) return fail(why, NO_MEMORY, "no memory to look at a chunk");
    if (rendition->width == wanted->width && rendition->height == wanted->height) return OK;
    return picture_make(wanted, &viewer->enlarged, why);
}

static void viewer_close(struct viewer *viewer)
{
    stream_decoder_close(&viewer->decoder);
    source_close(&viewer->source);
    av_frame_free(&viewer->decoded);
    av_frame_free(&viewer->enlarged);
    sws_freeContext(viewer->scaler);
}

static struct xpsnr_plane luma_of(const AVFrame *picture)
{
    return (struct xpsnr_plane){picture->data[0], (size_t)picture->linesize[0]};
}

// Its next picture; compared with the reference, if there is one. An encoder's depth may be greater
// than what it was given.
static outcome view(struct comparing *comparing, struct viewer *viewer, const AVFrame *reference,
                    struct why *why)
{
    const enum AVPixelFormat format = prepared_format(comparing->wanted.range);
    AVFrame *decoded = viewer->decoded;
    if (stream_decoder_next(&viewer->decoder, decoded, why) != OK)
        return fail(why, INVALID, "a chunk that was just encoded cannot be decoded");
    if (reference == NULL) return OK;
    if (decoded->format != format && viewer->enlarged == NULL)
        TRY(picture_make(&comparing->wanted, &viewer->enlarged, why));
    const AVFrame *shown = decoded;
    if (viewer->enlarged != NULL) {
        // bit-exact whatever the processor: a plan hangs on these numbers
        viewer->scaler = sws_getCachedContext(
            viewer->scaler, decoded->width, decoded->height, (enum AVPixelFormat)decoded->format,
            (int)comparing->wanted.width, (int)comparing->wanted.height, format,
            SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
        if (viewer->scaler == NULL) return fail(why, NO_MEMORY, "no memory for a scaler");
        (void)sws_scale(viewer->scaler, (const uint8_t *const *)decoded->data, decoded->linesize, 0,
                        decoded->height, viewer->enlarged->data, viewer->enlarged->linesize);
        shown = viewer->enlarged;
    }
    viewer->distortion += xpsnr_distortion(comparing->xpsnr, luma_of(shown));
    viewer->ssim_ppm +=
        ssim_ppm(comparing->wanted.width, comparing->wanted.height,
                 prepared_depth(comparing->wanted.range), luma_of(reference), luma_of(shown));
    return OK;
}

static outcome look_at_all(struct comparing *comparing, struct conform *conform, AVFrame *scratch,
                           struct why *why)
{
    const struct video_job *job = comparing->job;
    const AVFrame *reference = NULL;
    for (uint64_t frame = job->frames.first; frame < job->frames.end; frame++) {
        const AVFrame *picture = NULL;
        bool is_new = false;
        const bool is_due = (frame - job->frames.first) % COMPARE_EVERY == 0;
        TRY(conform_frame(conform, frame, &picture, &is_new, why));
        if (is_new) TRY(prepare_convert(conform->prepare, picture, scratch, &reference, why));
        if (is_due) xpsnr_reference(comparing->xpsnr, luma_of(reference));
        for (size_t i = 0; i < job->rendition_count; i++)
            TRY(view(comparing, &comparing->viewers[i], is_due ? reference : NULL, why));
        comparing->compared += is_due;
    }
    return OK;
}

static outcome compare(struct comparing *comparing, struct source *source, uint32_t threads,
                       struct why *why)
{
    const struct video_job *job = comparing->job;
    const struct prepared *wanted = &comparing->wanted;
    autoconform conform = {.video = NULL};
    for (size_t i = 0; i < job->rendition_count; i++)
        TRY(viewer_open(&comparing->viewers[i], &job->renditions[i], wanted, why));
    TRY(xpsnr_open(wanted->width, wanted->height, prepared_depth(job->range), &comparing->xpsnr,
                   why));
    TRY(conform_open(source, &job->facts->video, job->frames.first, wanted, threads, &conform,
                     why));
    AVFrame *scratch = NULL;
    TRY(picture_make(wanted, &scratch, why));
    const outcome result = look_at_all(comparing, &conform, scratch, why);
    av_frame_free(&scratch);
    return result;
}

outcome compare_run(struct source *source, const struct video_job *job, uint32_t threads,
                    struct rendition_result *results, struct why *why)
{
    struct comparing *comparing = calloc(1, sizeof *comparing);
    if (comparing == NULL) return fail(why, NO_MEMORY, "no memory to compare renditions");
    comparing->job = job;
    comparing->wanted.range = job->range;
    for (size_t i = 0; i < job->rendition_count; i++) {
        const struct rendition_job *rendition = &job->renditions[i];
        if (rendition->width > comparing->wanted.width) comparing->wanted.width = rendition->width;
        if (rendition->height > comparing->wanted.height)
            comparing->wanted.height = rendition->height;
    }
    const outcome result = compare(comparing, source, threads, why);
    for (size_t i = 0; i < job->rendition_count; i++) {
        if (result == OK)
            results[i].shown_ssim_cdb =
                ssim_cdb((uint32_t)(comparing->viewers[i].ssim_ppm / comparing->compared));
        if (result == OK)
            results[i].xpsnr_cdb =
                xpsnr_cdb(comparing->xpsnr, comparing->viewers[i].distortion, comparing->compared);
        viewer_close(&comparing->viewers[i]);
    }
    xpsnr_close(&comparing->xpsnr);
    free(comparing);
    return result;
}
