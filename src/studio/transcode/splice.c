// SPDX-License-Identifier: Apache-2.0
//
// Parts of files end to end: pictures as they are coded, sound as its samples. What an IMF
// composition plays becomes one file.
//
//     reel1.mxf [....|=====|..]  entry 4, duration 5  --+
//     reel2.mxf [==|..........]  entry 0, duration 2    +--> [=====][==][==]
//                                played twice           --+
#include "studio/transcode/jobs.h"

#include "media/picture_file.h"
#include "media/probe_facts.h"
#include "media/source.h"
#include "media/wave.h"

#include <errno.h>
#include <libswresample/swresample.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNITS_PER_WORD = 24 };

struct splicing {
    const struct join_job *job;
    const struct transcode_watch *watch;
    struct source source; // of the part that is read
    const struct join_part *part;
    unsigned track;
    uint64_t units;
    // Pictures.
    struct picture_file *pictures;
    struct master_video video; // of the first part; others must be the same
    // Sound.
    struct wave_writer wave;
    bool has_wave;
    int rate, channels;
};

static outcome find_track(struct splicing *splicing, enum AVMediaType type)
{
    const AVFormatContext *container = splicing->source.container;
    for (splicing->track = 0; splicing->track < container->nb_streams; splicing->track++)
        if (container->streams[splicing->track]->codecpar->codec_type == type) return OK;
    return NOT_FOUND;
}

// --- pictures --------------------------------------------------------------------------------

// Codings whose every picture stands alone, as QuickTime calls them.
static bool picture_type(const AVCodecParameters *facts, char *out)
{
    static const char *const prores[] = {"apco", "apcs", "apcn", "apch", "ap4h", "ap4x"};
    const char *type = NULL;
    if (facts->codec_id == AV_CODEC_ID_JPEG2000) type = "mjp2";
    if (facts->codec_id == AV_CODEC_ID_PRORES && facts->profile >= 0 && facts->profile < 6)
        type = prores[facts->profile];
    if (type != NULL) memcpy(out, type, 5);
    return type != NULL;
}

// What the first picture of the open source looks like.
static outcome look(struct source *source, unsigned track, struct master_video *out,
                    struct why *why)
{
    autodecoder decoder = {.source = NULL};
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL) return fail(why, NO_MEMORY, "no memory for a picture");
    outcome result = stream_decoder_open(source, track, 1, &decoder, why);
    if (result == OK) result = stream_decoder_next(&decoder, frame, why);
    if (result == NOT_FOUND) result = fail(why, INVALID, "a part has no picture");
    if (result == OK && !picture_facts(source->container, decoder.stream, frame, out))
        result = fail(why, UNSUPPORTED, "pictures in %s cannot be read", out->pixel_format);
    av_frame_free(&frame);
    if (result == OK) result = source_rewind(source, why);
    return result;
}

static outcome start_pictures(struct splicing *splicing, struct why *why)
{
    const AVStream *stream = splicing->source.container->streams[splicing->track];
    const struct master_video *video = &splicing->video;
    struct picture_stream pictures = {.width = video->width,
                                      .height = video->height,
                                      .rate = splicing->part->rate,
                                      .colour = video->colour,
                                      .mastering = video->mastering,
                                      .max_cll = video->max_cll,
                                      .max_fall = video->max_fall};
    if (!picture_type(stream->codecpar, pictures.type))
        return fail(why, UNSUPPORTED,
                    "parts of %s cannot be put together: JPEG 2000 and ProRes can, others have to "
                    "be flattened to one file",
                    avcodec_get_name(stream->codecpar->codec_id));
    return picture_file_open(splicing->job->output_fd, &pictures, &splicing->pictures, why);
}

static outcome put_pictures(struct splicing *splicing, struct why *why)
{
    const struct join_part *part = splicing->part;
    struct master_video video = {.width = 0};
    TRY(look(&splicing->source, splicing->track, &video, why));
    if (splicing->pictures == NULL) {
        splicing->video = video;
        TRY(start_pictures(splicing, why));
    }
    if (video.width != splicing->video.width || video.height != splicing->video.height ||
        strcmp(video.pixel_format, splicing->video.pixel_format) != 0)
        return fail(why, UNSUPPORTED, "its parts have pictures of %ux%u %s and of %ux%u %s",
                    splicing->video.width, splicing->video.height, splicing->video.pixel_format,
                    video.width, video.height, video.pixel_format);
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL) return fail(why, NO_MEMORY, "no memory for a picture");
    outcome result = OK;
    for (uint64_t at = 0; result == OK && at < part->entry + part->duration;) {
        result = source_packet(&splicing->source, packet, why);
        if (result == NOT_FOUND)
            result =
                fail(why, INVALID, "a part ends after %llu of %llu pictures",
                     (unsigned long long)at, (unsigned long long)(part->entry + part->duration));
        if (result != OK || packet->stream_index != (int)splicing->track) continue;
        if (at++ < part->entry) continue;
        result = picture_file_put(splicing->pictures,
                                  (struct slice){packet->data, (size_t)packet->size}, why);
        if (result == OK && ++splicing->units % UNITS_PER_WORD == 0)
            result = watch_tell(splicing->watch, splicing->units, 0, why);
    }
    av_packet_free(&packet);
    return result;
}

// JPEG 2000 does not say whether its three components are RGB: read back, the pictures must be what
// they were in their own container.
static outcome check_written(struct splicing *splicing, struct why *why)
{
    autosource source = {.io = NULL};
    struct master_video found = {.width = 0};
    TRY(source_open(splicing->job->output_fd, NULL, &source, why));
    TRY(look(&source, 0, &found, why));
    if (strcmp(found.pixel_format, splicing->video.pixel_format) == 0) return OK;
    return fail(why, UNSUPPORTED,
                "its pictures are %s only by the word of their MXF files: flatten the composition "
                "to one file",
                splicing->video.pixel_format);
}

// --- sound -----------------------------------------------------------------------------------

static uint64_t samples_of(const struct splicing *splicing, uint64_t units)
{
    const struct frame_rate rate = splicing->part->rate;
    return (uint64_t)av_rescale((int64_t)units, (int64_t)rate.seconds * splicing->rate,
                                rate.frames);
}

static outcome start_sound(struct splicing *splicing, const AVFrame *frame, struct why *why)
{
    const uint64_t mask =
        frame->ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? frame->ch_layout.u.mask : 0;
    if (splicing->has_wave)
        return frame->sample_rate == splicing->rate &&
                       frame->ch_layout.nb_channels == splicing->channels
                   ? OK
                   : fail(why, UNSUPPORTED, "its parts have other channels, or another rate");
    splicing->rate = frame->sample_rate;
    splicing->channels = frame->ch_layout.nb_channels;
    splicing->has_wave = true;
    return wave_open(splicing->job->output_fd, (uint32_t)splicing->rate,
                     (uint32_t)splicing->channels, mask > UINT32_MAX ? 0 : (uint32_t)mask, 32,
                     &splicing->wave, why);
}

// Those of the frame's samples that lie in the part, as 32 bits.
static outcome put_samples(struct splicing *splicing, const AVFrame *frame, uint64_t at,
                           struct why *why)
{
    const uint64_t first = samples_of(splicing, splicing->part->entry);
    const uint64_t end = samples_of(splicing, splicing->part->entry + splicing->part->duration);
    const uint64_t count = (uint64_t)frame->nb_samples;
    const uint64_t from = at < first ? first - at : 0;
    const uint64_t to = at + count > end ? (end > at ? end - at : 0) : count;
    if (from >= to) return OK;
    struct SwrContext *resampler = NULL;
    AVChannelLayout layout = frame->ch_layout; // taken without const, and copied
    uint8_t *out = NULL;
    int error =
        swr_alloc_set_opts2(&resampler, &layout, AV_SAMPLE_FMT_S32, frame->sample_rate, &layout,
                            (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    if (error >= 0) error = swr_init(resampler);
    if (error >= 0)
        error = av_samples_alloc(&out, NULL, splicing->channels, frame->nb_samples,
                                 AV_SAMPLE_FMT_S32, 0);
    if (error >= 0)
        error = swr_convert(resampler, &out, frame->nb_samples,
                            (const uint8_t **)(uintptr_t)frame->extended_data, frame->nb_samples);
    outcome result = error < 0 ? av_fail(why, error, "samples cannot be read") : OK;
    const size_t step = (size_t)splicing->channels * 4;
    if (result == OK)
        result = wave_put(&splicing->wave,
                          (struct slice){out + from * step, (size_t)(to - from) * step}, why);
    splicing->units += to - from;
    av_freep(&out);
    swr_free(&resampler);
    return result;
}

static outcome put_sound(struct splicing *splicing, struct why *why)
{
    autodecoder decoder = {.source = NULL};
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL) return fail(why, NO_MEMORY, "no memory for samples");
    outcome result = stream_decoder_open(&splicing->source, splicing->track, 1, &decoder, why);
    uint64_t at = 0, end = UINT64_MAX;
    while (result == OK && at < end) {
        result = stream_decoder_next(&decoder, frame, why);
        if (result == OK) result = start_sound(splicing, frame, why);
        if (result != OK) break;
        end = samples_of(splicing, splicing->part->entry + splicing->part->duration);
        result = put_samples(splicing, frame, at, why);
        at += (uint64_t)frame->nb_samples;
        av_frame_unref(frame);
    }
    if (result == NOT_FOUND)
        result = fail(why, INVALID, "a part ends after %llu of %llu samples",
                      (unsigned long long)at, (unsigned long long)end);
    av_frame_free(&frame);
    return result;
}

// --- the whole -------------------------------------------------------------------------------

static outcome put_part(struct splicing *splicing, struct why *why)
{
    const struct join_part *part = splicing->part;
    if (part->input >= splicing->job->input_count || part->repeat == 0 || part->duration == 0 ||
        part->rate.frames == 0 || part->rate.seconds == 0 || part->entry > INT32_MAX * 1000ULL ||
        part->duration > INT32_MAX * 1000ULL)
        return fail(why, INVALID, "a part of file %u makes no sense", part->input);
    TRY(source_open(splicing->job->input_fds[part->input], NULL, &splicing->source, why));
    const bool is_picture = find_track(splicing, AVMEDIA_TYPE_VIDEO) == OK;
    outcome result = is_picture || find_track(splicing, AVMEDIA_TYPE_AUDIO) == OK
                         ? OK
                         : fail(why, INVALID, "a part has neither picture nor sound");
    if (result == OK) result = is_picture ? put_pictures(splicing, why) : put_sound(splicing, why);
    source_close(&splicing->source);
    return result;
}

static outcome put_parts(struct splicing *splicing, struct why *why)
{
    const struct join_job *job = splicing->job;
    for (size_t i = 0; i < job->part_count; i++) {
        splicing->part = &job->parts[i];
        for (uint32_t turn = 0; turn < splicing->part->repeat; turn++)
            TRY(put_part(splicing, why));
    }
    if (splicing->pictures != NULL && splicing->has_wave)
        return fail(why, INVALID, "parts of picture and of sound are mixed");
    if (splicing->has_wave) return wave_finish(&splicing->wave, why);
    if (splicing->pictures == NULL) return fail(why, INVALID, "there are no parts");
    TRY(picture_file_finish(splicing->pictures, why));
    return check_written(splicing, why);
}

outcome join_end_to_end(const struct join_job *job, const struct transcode_watch *watch,
                        struct join_result *out, struct why *why)
{
    struct splicing splicing = {.job = job, .watch = watch};
    const outcome result = put_parts(&splicing, why);
    *out = (struct join_result){.units = splicing.units};
    picture_file_close(&splicing.pictures);
    return result;
}
