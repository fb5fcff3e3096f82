// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/listen.h"

#include "media/av.h"
#include "studio/transcode/speech.h"

#include <ebur128.h>
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHANNELS_MAX = 16,
    BLOCKS_A_SECOND = 100, // silence is found to 10 ms
    CLIP_JOIN_MS = 1000,   // clips so near are one span
    HOPS = SPEECH_WINDOW / SPEECH_HOP_LEVELS,
};

#define FULL_SCALE (32766.5F / 32768.0F)

struct listen {
    const struct measure_limits *limits;
    struct measurement *out;
    struct SwrContext *resampler;
    ebur128_state *whole, *dialogue; // all of it, and while somebody speaks
    uint32_t track;
    int rate, channels, centre_channel; // -1: none
    float *samples;                     // interleaved
    int room;
    uint64_t heard;
    // Dialogue.
    struct speech speech;
    struct hop {
        float *samples; // interleaved
        int filled;
        bool speaks; // the second that ends with it does
    } hops[HOPS];    // a ring; of the last second
    size_t hop;      // that is being filled
    int hop_room;
    uint64_t spoken; // samples
    // Silence.
    float silence_level;
    float block_peak;
    int block_filled;
    int64_t silence_ms; // since when; -1: it sounds
    int64_t now_ms;
    // Clipping: samples at full scale in a row by channel, and the span that grows.
    uint32_t runs[CHANNELS_MAX];
    int64_t clip_ms, clip_end_ms; // -1: none
    uint64_t clips;
};

outcome listen_open(const struct measure_limits *limits, struct measurement *out, uint32_t track,
                    struct listen **listen, struct why *why)
{
    struct listen *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory to listen");
    made->limits = limits;
    made->out = out;
    made->track = track;
    made->silence_level = powf(10.0F, -(float)limits->silence_db / 20.0F);
    made->silence_ms = -1;
    made->clip_ms = -1;
    made->centre_channel = -1;
    *listen = made;
    return OK;
}

void listen_close(struct listen **listen)
{
    if (*listen == NULL) return;
    swr_free(&(*listen)->resampler);
    if ((*listen)->whole != NULL) ebur128_destroy(&(*listen)->whole);
    if ((*listen)->dialogue != NULL) ebur128_destroy(&(*listen)->dialogue);
    free((*listen)->samples);
    for (size_t i = 0; i < HOPS; i++)
        free((*listen)->hops[i].samples);
    free(*listen);
    *listen = NULL;
}

// BS.1770 weighs the surrounds more and leaves the LFE out; libebur128 wants to be told which is
// which.
static int weight_of(enum AVChannel channel)
{
    switch (channel) {
    case AV_CHAN_FRONT_LEFT: return EBUR128_LEFT;
    case AV_CHAN_FRONT_RIGHT: return EBUR128_RIGHT;
    case AV_CHAN_FRONT_CENTER: return EBUR128_CENTER;
    case AV_CHAN_BACK_LEFT:
    case AV_CHAN_SIDE_LEFT: return EBUR128_LEFT_SURROUND;
    case AV_CHAN_BACK_RIGHT:
    case AV_CHAN_SIDE_RIGHT: return EBUR128_RIGHT_SURROUND;
    case AV_CHAN_LOW_FREQUENCY:
    case AV_CHAN_LOW_FREQUENCY_2: return EBUR128_UNUSED;
    default: return EBUR128_LEFT; // any other counts once
    }
}

static outcome open_meters(struct listen *listen, const AVFrame *frame, struct why *why)
{
    const unsigned channels = (unsigned)listen->channels;
    const int modes = EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM;
    listen->whole = ebur128_init(channels, (unsigned long)listen->rate,
                                 modes | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK);
    listen->dialogue = ebur128_init(channels, (unsigned long)listen->rate, modes);
    listen->hop_room = listen->rate / SPEECH_LEVELS_A_SECOND * SPEECH_HOP_LEVELS;
    bool has_hops = true;
    for (size_t i = 0; i < HOPS; i++) {
        listen->hops[i].samples = malloc((size_t)listen->hop_room * channels * sizeof(float));
        has_hops = has_hops && listen->hops[i].samples != NULL;
    }
    if (listen->whole == NULL || listen->dialogue == NULL || !has_hops)
        return fail(why, NO_MEMORY, "no memory to measure loudness");
    listen->speech = speech_init(listen->rate);
    for (unsigned i = 0; channels > 2 && i < channels; i++) {
        const enum AVChannel channel = av_channel_layout_channel_from_index(&frame->ch_layout, i);
        (void)ebur128_set_channel(listen->whole, i, weight_of(channel));
        (void)ebur128_set_channel(listen->dialogue, i, weight_of(channel));
        if (channel == AV_CHAN_FRONT_CENTER) listen->centre_channel = (int)i;
    }
    return OK;
}

static outcome start(struct listen *listen, const AVFrame *frame, struct why *why)
{
    listen->rate = frame->sample_rate;
    listen->channels = frame->ch_layout.nb_channels;
    if (listen->channels < 1 || listen->channels > CHANNELS_MAX || listen->rate < 8000 ||
        listen->rate > 384000)
        return fail(why, UNSUPPORTED, "%d channels at %d Hz cannot be measured", listen->channels,
                    listen->rate);
    AVChannelLayout layout = frame->ch_layout; // FFmpeg 5.1 takes it without const, and copies it
    const int error =
        swr_alloc_set_opts2(&listen->resampler, &layout, AV_SAMPLE_FMT_FLT, listen->rate, &layout,
                            (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    if (error < 0 || swr_init(listen->resampler) < 0)
        return fail(why, UNSUPPORTED, "the samples of track %u cannot be read", listen->track);
    return open_meters(listen, frame, why);
}

static outcome make_room(struct listen *listen, int samples, struct why *why)
{
    if (samples <= listen->room) return OK;
    const size_t count = (size_t)samples * (size_t)listen->channels;
    float *whole = realloc(listen->samples, count * sizeof *whole);
    if (whole == NULL) return fail(why, NO_MEMORY, "no memory for samples");
    listen->samples = whole;
    listen->room = samples;
    return OK;
}

// --- silence and clipping --------------------------------------------------------------------

static void end_silence(struct listen *listen, int64_t ms)
{
    if (listen->silence_ms >= 0 && ms - listen->silence_ms >= listen->limits->silence_ms_min)
        measure_add(listen->out, (struct measure_span){.kind = SPAN_SILENCE,
                                                       .track = listen->track,
                                                       .start_ms = listen->silence_ms,
                                                       .end_ms = ms});
    listen->silence_ms = -1;
}

static void end_clip(struct listen *listen)
{
    if (listen->clip_ms >= 0)
        measure_add(listen->out, (struct measure_span){.kind = SPAN_CLIPPING,
                                                       .track = listen->track,
                                                       .start_ms = listen->clip_ms,
                                                       .end_ms = listen->clip_end_ms,
                                                       .count = listen->clips});
    listen->clip_ms = -1;
}

static void clip_at(struct listen *listen, int64_t ms)
{
    if (listen->clip_ms >= 0 && ms > listen->clip_end_ms + CLIP_JOIN_MS) end_clip(listen);
    if (listen->clip_ms < 0) {
        listen->clip_ms = ms;
        listen->clips = 0;
    }
    listen->clip_end_ms = ms + 1;
    listen->clips++;
}

static void end_block(struct listen *listen, int64_t ms)
{
    const int64_t block_ms = 1000 / BLOCKS_A_SECOND;
    if (listen->block_peak >= listen->silence_level)
        end_silence(listen, ms);
    else if (listen->silence_ms < 0)
        listen->silence_ms = ms - block_ms > 0 ? ms - block_ms : 0;
    listen->block_peak = 0;
    listen->block_filled = 0;
}

static void walk(struct listen *listen, int count, int64_t ms)
{
    const int block = listen->rate / BLOCKS_A_SECOND;
    const float *at = listen->samples;
    for (int i = 0; i < count; i++) {
        for (int channel = 0; channel < listen->channels; channel++, at++) {
            const float level = fabsf(*at);
            if (level > listen->block_peak) listen->block_peak = level;
            if (level < FULL_SCALE)
                listen->runs[channel] = 0;
            else if (++listen->runs[channel] == listen->limits->clip_samples)
                clip_at(listen, ms + (int64_t)i * 1000 / listen->rate);
        }
        if (++listen->block_filled == block)
            end_block(listen, ms + (int64_t)(i + 1) * 1000 / listen->rate);
    }
}

// --- dialogue --------------------------------------------------------------------------------

// A tenth of a second counts when both the second that it ends and the one that it begins are
// speech: so what is loud before and behind a sentence does not.
static void end_hop(struct listen *listen, bool speaks)
{
    struct hop *newest = &listen->hops[listen->hop];
    newest->speaks = speaks;
    listen->hop = (listen->hop + 1) % HOPS;
    struct hop *oldest = &listen->hops[listen->hop];
    if (speaks && oldest->speaks) {
        (void)ebur128_add_frames_float(listen->dialogue, oldest->samples, (size_t)oldest->filled);
        listen->spoken += (uint64_t)oldest->filled;
    }
    oldest->filled = 0;
    oldest->speaks = false;
}

// Speech is looked for in the centre channel, else in what left and right have in common; its
// loudness is that of the whole mix while it lasts.
static void hear_dialogue(struct listen *listen, int count)
{
    const size_t channels = (size_t)listen->channels;
    for (int i = 0; i < count; i++) {
        const float *frame = listen->samples + (size_t)i * channels;
        const float common = listen->centre_channel >= 0 ? frame[listen->centre_channel]
                             : channels >= 2             ? (frame[0] + frame[1]) / 2
                                                         : frame[0];
        struct hop *hop = &listen->hops[listen->hop];
        bool speaks = false;
        if (hop->filled < listen->hop_room)
            memcpy(hop->samples + (size_t)hop->filled++ * channels, frame,
                   channels * sizeof *frame);
        if (speech_put(&listen->speech, common, &speaks)) end_hop(listen, speaks);
    }
}

outcome listen_to(struct listen *listen, const AVFrame *frame, int64_t ms, struct why *why)
{
    if (frame->nb_samples <= 0) return OK;
    if (listen->whole == NULL) TRY(start(listen, frame, why));
    if (frame->ch_layout.nb_channels != listen->channels ||
        frame->sample_rate != listen->rate) // a stream that changes: only its first form is heard
        return OK;
    TRY(make_room(listen, frame->nb_samples, why));
    uint8_t *out = (uint8_t *)(void *)listen->samples;
    const int count =
        swr_convert(listen->resampler, &out, frame->nb_samples,
                    (const uint8_t **)(uintptr_t)frame->extended_data, frame->nb_samples);
    if (count < 0) return av_fail(why, count, "samples cannot be read");
    walk(listen, count, ms);
    if (ebur128_add_frames_float(listen->whole, listen->samples, (size_t)count) != EBUR128_SUCCESS)
        return fail(why, NO_MEMORY, "no memory to measure loudness");
    hear_dialogue(listen, count);
    listen->heard += (uint64_t)count;
    listen->now_ms = ms + (int64_t)count * 1000 / listen->rate;
    return OK;
}

static int64_t hundredths(double value)
{
    return isfinite(value) && value > -70 ? (int64_t)lround(value * 100) : MEASURE_SILENT;
}

void listen_finish(struct listen *listen)
{
    struct measurement *out = listen->out;
    end_silence(listen, listen->now_ms);
    end_clip(listen);
    if (listen->whole == NULL || out->audio_count == MEASURE_AUDIO_MAX) return;
    double integrated = -HUGE_VAL, range = 0, dialogue = -HUGE_VAL, peak = 0;
    (void)ebur128_loudness_global(listen->whole, &integrated);
    (void)ebur128_loudness_range(listen->whole, &range);
    for (unsigned i = 0; i < (unsigned)listen->channels; i++) {
        double level = 0;
        if (ebur128_true_peak(listen->whole, i, &level) == EBUR128_SUCCESS && level > peak)
            peak = level;
    }
    (void)ebur128_loudness_global(listen->dialogue, &dialogue);
    out->audio[out->audio_count++] = (struct measure_audio){
        .track = listen->track,
        .samples = listen->heard,
        .integrated = hundredths(integrated),
        .range = isfinite(range) ? (int64_t)lround(range * 100) : 0,
        .true_peak = hundredths(peak > 0 ? 20 * log10(peak) : -HUGE_VAL),
        .dialogue = hundredths(dialogue),
        .spoken_ms = listen->spoken * 1000 / (uint64_t)listen->rate,
    };
}
