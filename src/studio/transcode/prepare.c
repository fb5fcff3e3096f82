// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/prepare.h"

#include "base/buffer.h"
#include "media/av.h"

#include <assert.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRAPH_TEXT_BYTES = 4096,
    SD_HEIGHT_MAX =
        576, // without a word on colour, pictures up to this size are BT.601 (as broadcast has it)
};

// Code points of ISO/IEC 23091-2 that decide a path.
enum {
    MATRIX_RGB = 0,
    MATRIX_BT709 = 1,
    UNSPECIFIED = 2,
    MATRIX_BT470BG = 5,
    MATRIX_SMPTE170M = 6,
    PRIMARIES_BT709 = 1,
    PRIMARIES_BT470BG = 5,
    PRIMARIES_SMPTE170M = 6,
    PRIMARIES_BT2020 = 9,
    MATRIX_BT2020 = 9,
    TRANSFER_BT709 = 1,
};

// The geometry that a graph or a scaler was made for: a stream may change it midway.
struct geometry {
    int width, height, format;
};

struct prepare {
    const struct master_video *video;
    AVRational time_base;
    struct prepared wanted;
    int width, height;    // of it
    struct colour colour; // of the source, with the unspecified resolved
    bool has_filters;
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
    struct geometry graph_of;
    AVFrame *waiting; // without filters: the picture that was put
    bool has_waiting;
    struct SwsContext *scaler;
    struct geometry scaler_of;
};

static struct geometry geometry_of(const AVFrame *frame)
{
    return (struct geometry){frame->width, frame->height, frame->format};
}

static bool geometry_is(struct geometry a, struct geometry b)
{
    return a.width == b.width && a.height == b.height && a.format == b.format;
}

// What the source means where it does not say.
static struct colour resolve_colour(const struct master_video *video)
{
    const bool is_sd = video->height <= SD_HEIGHT_MAX && video->width <= 1024;
    const bool is_50hz = video->height == 576;
    struct colour colour = video->colour;
    if (colour.primaries == UNSPECIFIED || colour.primaries == 0)
        colour.primaries = colour.matrix == MATRIX_BT2020            ? PRIMARIES_BT2020
                           : !is_sd || colour.matrix == MATRIX_BT709 ? PRIMARIES_BT709
                           : is_50hz                                 ? PRIMARIES_BT470BG
                                                                     : PRIMARIES_SMPTE170M;
    if (colour.transfer == UNSPECIFIED || colour.transfer == 0) colour.transfer = TRANSFER_BT709;
    if (colour.matrix == UNSPECIFIED)
        colour.matrix = colour.primaries == PRIMARIES_BT2020  ? MATRIX_BT2020
                        : colour.primaries == PRIMARIES_BT709 ? MATRIX_BT709
                                                              : MATRIX_SMPTE170M;
    return colour;
}

// True when the numbers already mean what is wanted, so that bits and subsampling alone change: HDR
// of BT.2020, or BT.709; in limited range. 601 and 709 share their transfer curve; SD primaries are
// close enough to leave.
static bool is_ready(const struct prepare *prepare, const AVPixFmtDescriptor *format)
{
    const struct colour *colour = &prepare->colour;
    const bool is_hdr = prepare->wanted.range != RANGE_SDR;
    const bool is_wide = colour->matrix == MATRIX_BT2020 && colour->primaries == PRIMARIES_BT2020;
    const bool is_narrow = colour->matrix == MATRIX_BT709 && colour->primaries != PRIMARIES_BT2020;
    return prepare->video->range == prepare->wanted.range && (is_hdr ? is_wide : is_narrow) &&
           !colour->full_range && (format->flags & AV_PIX_FMT_FLAG_RGB) == 0 &&
           strncmp(format->name, "yuvj", 4) != 0 && strcmp(format->name, "xyz12le") != 0;
}

uint32_t prepared_depth(enum video_range range)
{
    return range == RANGE_SDR ? 8 : 10;
}

enum AVPixelFormat prepared_format(enum video_range range)
{
    return range == RANGE_SDR ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV420P10LE;
}

outcome picture_make(const struct prepared *wanted, AVFrame **out, struct why *why)
{
    AVFrame *picture = av_frame_alloc();
    if (picture != NULL) {
        picture->width = (int)wanted->width;
        picture->height = (int)wanted->height;
        picture->format = prepared_format(wanted->range);
        if (av_frame_get_buffer(picture, 0) < 0) av_frame_free(&picture);
    }
    if (picture == NULL)
        return fail(why, NO_MEMORY, "no memory for a picture of %ux%u", wanted->width,
                    wanted->height);
    *out = picture;
    return OK;
}

outcome prepare_open(const struct master_video *video, AVRational time_base,
                     const struct prepared *wanted, struct prepare **out, struct why *why)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(av_get_pix_fmt(video->pixel_format));
    if (format == NULL) return fail(why, INVALID, "\"%s\" is no pixel format", video->pixel_format);
    struct prepare *prepare = calloc(1, sizeof *prepare);
    if (prepare != NULL) prepare->waiting = av_frame_alloc();
    if (prepare == NULL || prepare->waiting == NULL) {
        free(prepare);
        return fail(why, NO_MEMORY, "no memory to prepare pictures");
    }
    prepare->video = video;
    prepare->time_base = time_base;
    prepare->wanted = *wanted;
    prepare->width = (int)wanted->width;
    prepare->height = (int)wanted->height;
    prepare->colour = resolve_colour(video);
    prepare->has_filters = video->fields == FIELDS_TOP_FIRST ||
                           video->fields == FIELDS_BOTTOM_FIRST || video->rotation_degrees != 0 ||
                           video->mirrored || !is_ready(prepare, format);
    *out = prepare;
    return OK;
}

void prepare_close(struct prepare **prepare)
{
    if (*prepare == NULL) return;
    avfilter_graph_free(&(*prepare)->graph);
    av_frame_free(&(*prepare)->waiting);
    sws_freeContext((*prepare)->scaler);
    free(*prepare);
    *prepare = NULL;
}

// The peak of an HDR master in units of reference white (100 cd/m2): mastering display, else
// MaxCLL, else 1000 cd/m2.
static double peak_of(const struct master_video *video)
{
    const double display = video->mastering.luminance_max / 10000.0;
    const bool is_display =
        display >= 100; // less is a unit mistaken, as files in the field have it
    const double peak = is_display ? display : video->max_cll > 0 ? video->max_cll : 1000;
    return peak < 100 ? 1 : peak / 100;
}

static outcome describe_colour(const struct prepare *prepare, const AVFrame *frame,
                               struct buffer *text, struct why *why)
{
    const struct colour *colour = &prepare->colour;
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    const bool is_rgb = (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    if (is_ready(prepare, format)) return OK;
    const char *transfer =
        av_color_transfer_name((enum AVColorTransferCharacteristic)colour->transfer);
    const char *primaries = av_color_primaries_name((enum AVColorPrimaries)colour->primaries);
    const char *matrix =
        av_color_space_name((enum AVColorSpace)(is_rgb ? MATRIX_RGB : colour->matrix));
    if (transfer == NULL || primaries == NULL || matrix == NULL)
        return fail(why, UNSUPPORTED, "colour of primaries %u, transfer %u, matrix %u is not known",
                    colour->primaries, colour->transfer, colour->matrix);
    // zscale wants planes; a deep planar RGB holds whatever packed form came.
    if (is_rgb) TRY(buffer_put_text(text, ",format=gbrp|gbrp10le|gbrp12le|gbrp16le", why));
    TRY(buffer_format(
        text, why, ",zscale=w=%d:h=%d:f=bicubic:pin=%s:tin=%s:min=%s:rin=%s",
        prepare->video->rotation_degrees % 180 == 0 ? prepare->width : prepare->height,
        prepare->video->rotation_degrees % 180 == 0 ? prepare->height : prepare->width, primaries,
        transfer, is_rgb ? "gbr" : matrix, is_rgb || colour->full_range ? "full" : "limited"));
    if (prepare->wanted.range != RANGE_SDR)
        return buffer_format(text, why,
                             ":p=2020:t=%s:m=2020_ncl:r=limited:d=error_diffusion,"
                             "format=yuv420p10le",
                             prepare->wanted.range == RANGE_PQ ? "smpte2084" : "arib-std-b67");
    if (prepare->video->range != RANGE_SDR)
        return buffer_format(text, why,
                             ":t=linear:npl=100,format=gbrpf32le,zscale=p=709,"
                             "tonemap=hable:desat=0:peak=%.3f,zscale=t=709:m=709:r=limited:"
                             "d=error_diffusion,format=yuv420p",
                             peak_of(prepare->video));
    return buffer_put_text(text, ":p=709:t=709:m=709:r=limited,format=yuv420p", why);
}

// "null" keeps the list's commas right whatever follows.
static outcome describe_graph(const struct prepare *prepare, const AVFrame *frame,
                              struct buffer *text, struct why *why)
{
    static const char *const turns[4] = {"", ",transpose=clock", ",hflip,vflip",
                                         ",transpose=cclock"};
    const struct master_video *video = prepare->video;
    TRY(buffer_put_text(text, "null", why));
    if (video->fields == FIELDS_TOP_FIRST || video->fields == FIELDS_BOTTOM_FIRST)
        TRY(buffer_format(text, why, ",bwdif=mode=send_frame:parity=%s:deint=all",
                          video->fields == FIELDS_TOP_FIRST ? "tff" : "bff"));
    TRY(describe_colour(prepare, frame, text, why));
    if (video->mirrored) TRY(buffer_put_text(text, ",hflip", why));
    return buffer_put_text(text, turns[video->rotation_degrees / 90 % 4], why);
}

static outcome link_graph(struct prepare *prepare, const AVFrame *frame, const char *text,
                          struct why *why)
{
    char arguments[256];
    (void)snprintf(arguments, sizeof arguments,
                   "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1", frame->width,
                   frame->height, frame->format, prepare->time_base.num, prepare->time_base.den);
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    int error = outputs == NULL || inputs == NULL ? AVERROR(ENOMEM) : 0;
    if (error >= 0)
        error = avfilter_graph_create_filter(&prepare->source, avfilter_get_by_name("buffer"), "in",
                                             arguments, NULL, prepare->graph);
    if (error >= 0)
        error = avfilter_graph_create_filter(&prepare->sink, avfilter_get_by_name("buffersink"),
                                             "out", NULL, NULL, prepare->graph);
    if (error >= 0) {
        outputs->name = av_strdup("in");
        outputs->filter_ctx = prepare->source;
        inputs->name = av_strdup("out");
        inputs->filter_ctx = prepare->sink;
        error = avfilter_graph_parse_ptr(prepare->graph, text, &inputs, &outputs, NULL);
    }
    if (error >= 0) error = avfilter_graph_config(prepare->graph, NULL);
    avfilter_inout_free(&outputs);
    avfilter_inout_free(&inputs);
    return error < 0 ? av_fail(why, error, "pictures cannot be filtered by \"%.120s\"", text) : OK;
}

static outcome make_graph(struct prepare *prepare, const AVFrame *frame, struct why *why)
{
    avfilter_graph_free(&prepare->graph);
    prepare->graph = avfilter_graph_alloc();
    if (prepare->graph == NULL) return fail(why, NO_MEMORY, "no memory for a filter graph");
    prepare->graph->nb_threads = 1;
    autobuffer text = buffer_init(GRAPH_TEXT_BYTES);
    TRY(describe_graph(prepare, frame, &text, why));
    const char *description = buffer_text(&text);
    if (description == NULL) return fail(why, NO_MEMORY, "no memory for a filter graph");
    TRY(link_graph(prepare, frame, description, why));
    prepare->graph_of = geometry_of(frame);
    return OK;
}

outcome prepare_put(struct prepare *prepare, AVFrame *frame, struct why *why)
{
    if (!prepare->has_filters) {
        if (frame == NULL) return OK;
        av_frame_unref(prepare->waiting);
        av_frame_move_ref(prepare->waiting, frame);
        prepare->has_waiting = true;
        return OK;
    }
    if (frame == NULL && prepare->graph == NULL) return OK;
    if (frame != NULL &&
        (prepare->graph == NULL || !geometry_is(prepare->graph_of, geometry_of(frame))))
        TRY(make_graph(prepare, frame, why));
    if (frame != NULL) frame->pts = frame->best_effort_timestamp;
    const int error = av_buffersrc_add_frame_flags(prepare->source, frame, AV_BUFFERSRC_FLAG_PUSH);
    return error < 0 ? av_fail(why, error, "a picture cannot be filtered") : OK;
}

outcome prepare_take(struct prepare *prepare, AVFrame *frame, struct why *why)
{
    if (!prepare->has_filters) {
        if (!prepare->has_waiting) return NOT_FOUND;
        av_frame_move_ref(frame, prepare->waiting);
        prepare->has_waiting = false;
        return OK;
    }
    if (prepare->graph == NULL) return NOT_FOUND;
    const int error = av_buffersink_get_frame(prepare->sink, frame);
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return NOT_FOUND;
    if (error < 0) return av_fail(why, error, "a picture cannot be filtered");
    frame->best_effort_timestamp =
        av_rescale_q(frame->pts, av_buffersink_get_time_base(prepare->sink), prepare->time_base);
    return OK;
}

static outcome make_scaler(struct prepare *prepare, const AVFrame *frame, struct why *why)
{
    sws_freeContext(prepare->scaler);
    const bool same_size = frame->width == prepare->width && frame->height == prepare->height;
    prepare->scaler =
        sws_getContext(frame->width, frame->height, (enum AVPixelFormat)frame->format,
                       prepare->width, prepare->height, prepared_format(prepare->wanted.range),
                       same_size ? SWS_BILINEAR : SWS_BICUBIC, NULL, NULL, NULL);
    if (prepare->scaler == NULL)
        return fail(why, UNSUPPORTED, "pictures of %dx%d cannot be scaled to %dx%d", frame->width,
                    frame->height, prepare->width, prepare->height);
    prepare->scaler_of = geometry_of(frame);
    return OK;
}

outcome prepare_convert(struct prepare *prepare, const AVFrame *frame, AVFrame *scratch,
                        const AVFrame **out, struct why *why)
{
    assert(scratch->width == prepare->width && scratch->height == prepare->height);
    if (frame->format == prepared_format(prepare->wanted.range) && frame->width == prepare->width &&
        frame->height == prepare->height) {
        *out = frame; // what an encoder takes as it is
        return OK;
    }
    if (prepare->scaler == NULL || !geometry_is(prepare->scaler_of, geometry_of(frame)))
        TRY(make_scaler(prepare, frame, why));
    const int lines =
        sws_scale(prepare->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                  frame->height, scratch->data, scratch->linesize);
    if (lines != prepare->height) return fail(why, UNSUPPORTED, "a picture cannot be scaled");
    *out = scratch;
    return OK;
}
