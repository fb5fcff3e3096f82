// SPDX-License-Identifier: Apache-2.0
//
// Channels of several files side by side: each decoded in step with the others, woven into the
// order of a WAVE file.
//
//     film_L.wav   --decode--> fifo |#####   |--+
//     film_R.wav   --decode--> fifo |####    |--+--> as many frames as all have --> WAVE
//     film_C.wav   --decode--> fifo |######  |--+
#include "studio/transcode/jobs.h"

#include "media/source.h"
#include "media/wave.h"
#include "studio/channel_map.h"

#include <errno.h>
#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FRAMES_MAX = 4096,      // woven at a time
    END_SAMPLES_MAX = 4800, // that files may differ in length
    FRAMES_PER_WORD = 48000 * 8,
};

// One input: its decoder, and its samples as 32 bits in planes.
struct strand {
    struct source source;
    struct stream_decoder decoder;
    struct SwrContext *resampler;
    AVAudioFifo *fifo;
    int rate, channels;
    bool is_deep; // more than 24 bits
    bool is_over;
    uint64_t samples;
};

struct weaving {
    const struct join_job *job;
    struct strand strands[TRANSCODE_INPUTS_MAX];
    struct channel_map map;
    AVFrame *frame;
    int32_t *planes[CHANNEL_MAP_MAX]; // by channel of the inputs, in their order
    uint8_t *woven;
    struct wave_writer writer;
    uint64_t frames, told;
};

static void strand_close(struct strand *strand)
{
    stream_decoder_close(&strand->decoder);
    source_close(&strand->source);
    swr_free(&strand->resampler);
    if (strand->fifo != NULL) av_audio_fifo_free(strand->fifo);
}

static void weaving_close(struct weaving *weaving)
{
    for (size_t i = 0; i < weaving->job->input_count; i++)
        strand_close(&weaving->strands[i]);
    for (size_t i = 0; i < CHANNEL_MAP_MAX; i++)
        free(weaving->planes[i]);
    av_frame_free(&weaving->frame);
    free(weaving->woven);
    free(weaving);
}

static outcome strand_open(struct strand *strand, int fd, size_t number, struct why *why)
{
    TRY(source_open(fd, NULL, &strand->source, why));
    const AVFormatContext *container = strand->source.container;
    unsigned track = 0;
    while (track < container->nb_streams &&
           container->streams[track]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
        track++;
    if (track == container->nb_streams) return fail(why, INVALID, "file %zu has no sound", number);
    TRY(stream_decoder_open(&strand->source, track, 1, &strand->decoder, why));
    const AVCodecParameters *facts = container->streams[track]->codecpar;
    strand->rate = facts->sample_rate;
    strand->channels = facts->ch_layout.nb_channels;
    const enum AVSampleFormat format = av_get_packed_sample_fmt(strand->decoder.codec->sample_fmt);
    strand->is_deep =
        format == AV_SAMPLE_FMT_FLT || format == AV_SAMPLE_FMT_DBL ||
        (format == AV_SAMPLE_FMT_S32 && strand->decoder.codec->bits_per_raw_sample > 24);
    if (strand->rate < 8000 || strand->rate > 384000 || strand->channels < 1 ||
        strand->channels > CHANNEL_MAP_MAX)
        return fail(why, UNSUPPORTED, "file %zu has %d channels at %d Hz", number, strand->channels,
                    strand->rate);
    strand->fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_S32P, strand->channels, FRAMES_MAX);
    return strand->fifo == NULL ? fail(why, NO_MEMORY, "no memory to join sound") : OK;
}

static outcome strand_take(struct strand *strand, const AVFrame *frame, struct why *why)
{
    if (strand->resampler == NULL) {
        AVChannelLayout layout = frame->ch_layout; // taken without const, and copied
        const int error = swr_alloc_set_opts2(
            &strand->resampler, &layout, AV_SAMPLE_FMT_S32P, strand->rate, &layout,
            (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
        if (error < 0 || swr_init(strand->resampler) < 0)
            return fail(why, UNSUPPORTED, "samples cannot be read");
    }
    if (frame->ch_layout.nb_channels != strand->channels || frame->sample_rate != strand->rate)
        return fail(why, UNSUPPORTED, "the sound changes its channels or its rate midway");
    uint8_t **planes = NULL;
    if (av_samples_alloc_array_and_samples(&planes, NULL, strand->channels, frame->nb_samples,
                                           AV_SAMPLE_FMT_S32P, 0) < 0)
        return fail(why, NO_MEMORY, "no memory for samples");
    const int count =
        swr_convert(strand->resampler, planes, frame->nb_samples,
                    (const uint8_t **)(uintptr_t)frame->extended_data, frame->nb_samples);
    const int kept =
        count < 0 ? count : av_audio_fifo_write(strand->fifo, (void **)(void *)planes, count);
    av_freep(&planes[0]);
    av_freep(&planes);
    if (kept < 0) return av_fail(why, kept, "samples cannot be read");
    strand->samples += (uint64_t)count;
    return OK;
}

// Until it holds a frame or more, or is over.
static outcome strand_fill(struct weaving *weaving, struct strand *strand, struct why *why)
{
    while (!strand->is_over && av_audio_fifo_size(strand->fifo) < FRAMES_MAX) {
        const outcome next = stream_decoder_next(&strand->decoder, weaving->frame, why);
        if (next == NOT_FOUND) {
            strand->is_over = true;
            return OK;
        }
        TRY(next);
        const outcome taken = strand_take(strand, weaving->frame, why);
        av_frame_unref(weaving->frame);
        TRY(taken);
    }
    return OK;
}

// Frames that all strands have, or that the longest has when all are over.
static int ready(const struct weaving *weaving)
{
    int least = FRAMES_MAX, most = 0;
    bool is_over = true;
    for (size_t i = 0; i < weaving->job->input_count; i++) {
        const struct strand *strand = &weaving->strands[i];
        const int size = av_audio_fifo_size(strand->fifo);
        if (size > most) most = size;
        if (!strand->is_over && size < least) least = size;
        is_over = is_over && strand->is_over;
    }
    return is_over ? (most < FRAMES_MAX ? most : FRAMES_MAX) : least;
}

static outcome check_ends(const struct weaving *weaving, struct why *why)
{
    const struct strand *shortest = &weaving->strands[0], *longest = shortest;
    for (size_t i = 1; i < weaving->job->input_count; i++) {
        const struct strand *strand = &weaving->strands[i];
        if (strand->samples < shortest->samples) shortest = strand;
        if (strand->samples > longest->samples) longest = strand;
    }
    if (longest->samples - shortest->samples <= END_SAMPLES_MAX) return OK;
    return fail(why, INVALID, "its files differ in length: file %zu lasts %.3f s, file %zu %.3f s",
                (size_t)(shortest - weaving->strands) + 1,
                (double)shortest->samples / shortest->rate,
                (size_t)(longest - weaving->strands) + 1, (double)longest->samples / longest->rate);
}

static void weave(struct weaving *weaving, int count)
{
    const uint32_t bytes = weaving->writer.bits / 8;
    uint8_t *to = weaving->woven;
    for (int i = 0; i < count; i++)
        for (size_t channel = 0; channel < weaving->map.channel_count; channel++) {
            const uint32_t sample = (uint32_t)weaving->planes[weaving->map.from[channel]][i];
            for (uint32_t byte = 4 - bytes; byte < 4; byte++)
                *to++ = (uint8_t)(sample >> (8 * byte));
        }
}

static outcome weave_some(struct weaving *weaving, int count, struct why *why)
{
    size_t plane = 0;
    for (size_t i = 0; i < weaving->job->input_count; i++) {
        struct strand *strand = &weaving->strands[i];
        void *planes[CHANNEL_MAP_MAX];
        for (int channel = 0; channel < strand->channels; channel++)
            planes[channel] = weaving->planes[plane++];
        const int had = av_audio_fifo_read(strand->fifo, planes, count);
        if (had < 0) return av_fail(why, had, "samples cannot be read");
        for (int channel = 0; channel < strand->channels; channel++)
            memset((int32_t *)planes[channel] + had, 0, (size_t)(count - had) * sizeof(int32_t));
    }
    weave(weaving, count);
    const size_t frame = weaving->writer.channels * weaving->writer.bits / 8;
    weaving->frames += (uint64_t)count;
    return wave_put(&weaving->writer, (struct slice){weaving->woven, (size_t)count * frame}, why);
}

static outcome weave_all(struct weaving *weaving, const struct transcode_watch *watch,
                         struct why *why)
{
    for (;;) {
        for (size_t i = 0; i < weaving->job->input_count; i++)
            TRY(strand_fill(weaving, &weaving->strands[i], why));
        const int count = ready(weaving);
        if (count == 0) break;
        TRY(weave_some(weaving, count, why));
        if (weaving->frames - weaving->told < FRAMES_PER_WORD) continue;
        weaving->told = weaving->frames;
        TRY(watch_tell(watch, weaving->frames, 0, why));
    }
    TRY(check_ends(weaving, why));
    return wave_finish(&weaving->writer, why);
}

static outcome open_all(struct weaving *weaving, struct why *why)
{
    const struct join_job *job = weaving->job;
    size_t channels = 0;
    bool is_deep = false;
    for (size_t i = 0; i < job->input_count; i++) {
        struct strand *strand = &weaving->strands[i];
        TRY(strand_open(strand, job->input_fds[i], i + 1, why));
        if (strand->rate != weaving->strands[0].rate)
            return fail(why, INVALID, "its files have %d and %d Hz: bring them to one rate",
                        weaving->strands[0].rate, strand->rate);
        channels += (size_t)strand->channels;
        is_deep = is_deep || strand->is_deep;
    }
    TRY(channel_map_parse(job->channels, &weaving->map, why));
    if (channels != weaving->map.named_count)
        return fail(why, INVALID, "%zu channels are named, its files have %zu",
                    weaving->map.named_count, channels);
    for (size_t i = 0; i < channels; i++) {
        weaving->planes[i] = malloc(FRAMES_MAX * sizeof(int32_t));
        if (weaving->planes[i] == NULL) return fail(why, NO_MEMORY, "no memory to join sound");
    }
    weaving->frame = av_frame_alloc();
    weaving->woven = malloc((size_t)FRAMES_MAX * weaving->map.channel_count * 4);
    if (weaving->frame == NULL || weaving->woven == NULL)
        return fail(why, NO_MEMORY, "no memory to join sound");
    return wave_open(job->output_fd, (uint32_t)weaving->strands[0].rate,
                     (uint32_t)weaving->map.channel_count, weaving->map.mask, is_deep ? 32 : 24,
                     &weaving->writer, why);
}

outcome join_side_by_side(const struct join_job *job, const struct transcode_watch *watch,
                          struct join_result *out, struct why *why)
{
    struct weaving *weaving = calloc(1, sizeof *weaving);
    if (weaving == NULL) return fail(why, NO_MEMORY, "no memory to join sound");
    weaving->job = job;
    outcome result = open_all(weaving, why);
    if (result == OK) result = weave_all(weaving, watch, why);
    *out = (struct join_result){.units = weaving->frames};
    weaving_close(weaving);
    return result;
}

outcome join_run(const struct join_job *job, const struct transcode_watch *watch,
                 struct join_result *out, struct why *why)
{
    if (job->input_count == 0 || job->input_count > TRANSCODE_INPUTS_MAX)
        return fail(why, INVALID, "%zu files cannot be joined: 1 to %d can", job->input_count,
                    TRANSCODE_INPUTS_MAX);
    return job->channels[0] != '\0' ? join_side_by_side(job, watch, out, why)
                                    : join_end_to_end(job, watch, out, why);
}
