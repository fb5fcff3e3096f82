// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/sound_line.h"

#include <assert.h>
#include <libswresample/swresample.h>
#include <string.h>

enum {
    GAP_SAMPLES = SOUND_RATE * 3 / 100, // timestamps that stray further are gaps, not rounding
    SAMPLES_PER_WORD = 4 * SOUND_RATE,
    CHANNELS_MAX = 64,
};

struct state {
    const struct sound_line *line;
    struct stream_decoder decoder;
    struct SwrContext *resampler;
    AVFrame *frame;    // being filled
    int filled;        // samples in it
    uint64_t position; // samples put so far: the title's time
    uint64_t skip;     // resampled samples that lie before the title's start
    uint64_t silence;
    uint64_t told;
    bool is_mixed;
};

static void state_close(struct state *state)
{
    stream_decoder_close(&state->decoder);
    swr_free(&state->resampler);
    av_frame_free(&state->frame);
}

AVChannelLayout sound_layout(const struct audio_job *job, int source_channels)
{
    const bool is_surround = job->channels == 6 || (job->channels == 0 && source_channels >= 6);
    return is_surround ? (AVChannelLayout)AV_CHANNEL_LAYOUT_5POINT1_BACK
                       : (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
}

static outcome new_frame(struct state *state, struct why *why)
{
    av_frame_unref(state->frame);
    state->frame->format = AV_SAMPLE_FMT_FLTP;
    state->frame->nb_samples = state->line->frame_samples;
    state->frame->sample_rate = SOUND_RATE;
    state->filled = 0;
    if (av_channel_layout_copy(&state->frame->ch_layout, &state->line->layout) < 0 ||
        av_frame_get_buffer(state->frame, 0) < 0)
        return fail(why, NO_MEMORY, "no memory for samples");
    return OK;
}

static outcome put_frame(struct state *state, struct why *why)
{
    state->frame->nb_samples = state->filled;
    state->frame->pts = (int64_t)(state->position - (uint64_t)state->filled);
    TRY(state->line->put(state->line->context, state->frame, why));
    return new_frame(state, why);
}

static void copy_part(float *to, const float *from, int count, float gain)
{
    for (int i = 0; i < count; i++)
        to[i] = from[i] * gain;
}

// Puts samples (planes NULL: silence) on the timeline, as far as the title reaches.
static outcome put_samples(struct state *state, uint8_t *const *planes, uint64_t count,
                           struct why *why)
{
    const struct sound_line *line = state->line;
    uint64_t from = 0;
    if (count > line->total - state->position) count = line->total - state->position;
    while (from < count) {
        const uint64_t room = (uint64_t)(line->frame_samples - state->filled);
        const int part = (int)(count - from < room ? count - from : room);
        for (int i = 0; i < line->layout.nb_channels; i++) {
            float *to = (float *)(void *)state->frame->extended_data[i] + state->filled;
            if (planes == NULL)
                memset(to, 0, (size_t)part * sizeof(float));
            else
                copy_part(to, (const float *)(const void *)planes[i] + from, part, line->gain);
        }
        state->filled += part;
        from += (uint64_t)part;
        state->position += (uint64_t)part;
        if (state->filled == line->frame_samples) TRY(put_frame(state, why));
    }
    if (state->position - state->told < SAMPLES_PER_WORD) return OK;
    state->told = state->position;
    return watch_tell(line->watch, line->watch_from + state->position, line->watch_total, why);
}

static outcome put_silence(struct state *state, uint64_t count, struct why *why)
{
    const uint64_t before = state->position;
    TRY(put_samples(state, NULL, count, why));
    state->silence += state->position - before;
    return OK;
}

// Resamples a decoded frame (NULL: what the resampler holds back) and puts what comes out.
static outcome put_decoded(struct state *state, const AVFrame *in, struct why *why)
{
    const int channels = state->line->layout.nb_channels;
    const int room = swr_get_out_samples(state->resampler, in == NULL ? 0 : in->nb_samples);
    if (room <= 0) return OK;
    uint8_t **planes = NULL;
    if (av_samples_alloc_array_and_samples(&planes, NULL, channels, room, AV_SAMPLE_FMT_FLTP, 0) <
        0)
        return fail(why, NO_MEMORY, "no memory for samples");
    const int count = swr_convert(state->resampler, planes, room,
                                  in == NULL ? NULL : (const uint8_t **)(void *)in->extended_data,
                                  in == NULL ? 0 : in->nb_samples);
    outcome result = count < 0 ? av_fail(why, count, "samples cannot be resampled") : OK;
    if (result == OK) {
        const uint64_t skipped = state->skip < (uint64_t)count ? state->skip : (uint64_t)count;
        state->skip -= skipped;
        for (int i = 0; i < channels; i++)
            planes[i] += skipped * sizeof(float);
        uint8_t *first = planes[0] - skipped * sizeof(float); // what was allocated
        result = put_samples(state, planes, (uint64_t)count - skipped, why);
        planes[0] = first;
    }
    av_freep(&planes[0]);
    av_freep(&planes);
    return result;
}

// --- the mix ---------------------------------------------------------------------------------

// What of a channel goes to the left (the right is its mirror) when dialogue comes first. Sides as
// ITU-R BS.775 has them, 6 dB lower; the centre 3 dB above its place there.
static double dialogue_share(enum AVChannel channel, bool is_left)
{
    enum { LEFT, RIGHT, BOTH, CENTRE, NONE };
    static const struct {
        enum AVChannel channel;
        int side;
        double level;
    } shares[] = {
        {AV_CHAN_FRONT_LEFT, LEFT, 0.5},    {AV_CHAN_FRONT_RIGHT, RIGHT, 0.5},
        {AV_CHAN_BACK_LEFT, LEFT, 0.3536},  {AV_CHAN_BACK_RIGHT, RIGHT, 0.3536},
        {AV_CHAN_SIDE_LEFT, LEFT, 0.3536},  {AV_CHAN_SIDE_RIGHT, RIGHT, 0.3536},
        {AV_CHAN_BACK_CENTER, BOTH, 0.25},  {AV_CHAN_FRONT_CENTER, CENTRE, 1},
        {AV_CHAN_LOW_FREQUENCY, NONE, 0},   {AV_CHAN_FRONT_LEFT_OF_CENTER, LEFT, 0.5},
        {AV_CHAN_LOW_FREQUENCY_2, NONE, 0}, {AV_CHAN_FRONT_RIGHT_OF_CENTER, RIGHT, 0.5},
    };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (shares[i].channel != channel) continue;
        const bool is_heard = shares[i].side == BOTH || shares[i].side == CENTRE ||
                              (shares[i].side == LEFT) == is_left;
        return is_heard ? shares[i].level : 0;
    }
    return 0.25; // heights and others
}

static outcome set_dialogue_mix(struct state *state, const AVChannelLayout *layout, struct why *why)
{
    double matrix[2 * CHANNELS_MAX] = {0};
    const int count = layout->nb_channels;
    if (count > CHANNELS_MAX ||
        av_channel_layout_index_from_channel(layout, AV_CHAN_FRONT_CENTER) < 0 || count < 3)
        return fail(why, INVALID,
                    "the sound has no centre channel (%d channels): its dialogue cannot be raised",
                    count);
    for (int i = 0; i < count; i++) {
        const enum AVChannel channel = av_channel_layout_channel_from_index(layout, (unsigned)i);
        matrix[i] = dialogue_share(channel, true);
        matrix[count + i] = dialogue_share(channel, false);
    }
    if (swr_set_matrix(state->resampler, matrix, count) < 0)
        return fail(why, NO_MEMORY, "no memory for a mix");
    return OK;
}

static outcome open_resampler(struct state *state, const AVFrame *frame,
                              const AVChannelLayout *layout, struct why *why)
{
    const struct sound_line *line = state->line;
    AVChannelLayout wanted = line->layout, given = *layout; // taken without const, and copied
    swr_free(&state->resampler);
    int error =
        swr_alloc_set_opts2(&state->resampler, &wanted, AV_SAMPLE_FMT_FLTP, SOUND_RATE, &given,
                            (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    if (error >= 0 && line->job->mix == MIX_DIALOGUE) TRY(set_dialogue_mix(state, layout, why));
    if (error >= 0) error = swr_init(state->resampler);
    if (error < 0)
        return av_fail(why, error, "%d channels at %d Hz cannot be brought to %d at %d Hz",
                       layout->nb_channels, frame->sample_rate, line->layout.nb_channels,
                       SOUND_RATE);
    state->is_mixed = state->is_mixed || line->job->mix != MIX_PLAIN ||
                      layout->nb_channels > line->layout.nb_channels;
    return OK;
}

// (Re)opens the resampler for samples like `frame`'s, after taking what the old one still holds.
static outcome use_resampler(struct state *state, const AVFrame *frame, AVFrame *like,
                             struct why *why)
{
    if (state->resampler != NULL && like->format == frame->format &&
        like->sample_rate == frame->sample_rate &&
        av_channel_layout_compare(&like->ch_layout, &frame->ch_layout) == 0)
        return OK;
    if (state->resampler != NULL) TRY(put_decoded(state, NULL, why));
    AVChannelLayout layout = {0};
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, frame->ch_layout.nb_channels);
    else if (av_channel_layout_copy(&layout, &frame->ch_layout) < 0)
        return fail(why, NO_MEMORY, "no memory for a resampler");
    const outcome opened = open_resampler(state, frame, &layout, why);
    av_channel_layout_uninit(&layout);
    TRY(opened);
    like->format = frame->format;
    like->sample_rate = frame->sample_rate;
    return av_channel_layout_copy(&like->ch_layout, &frame->ch_layout) < 0
               ? fail(why, NO_MEMORY, "no memory for a resampler")
               : OK;
}

// --- the timeline ----------------------------------------------------------------------------

// Fills the gap before a frame, or drops what overlaps, by its timestamp. The first frame is placed
// to the sample.
static outcome align(struct state *state, const AVFrame *frame, bool is_first, struct why *why)
{
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE) return OK;
    const struct media_time at = media_time_rescale(
        media_time_of(frame->best_effort_timestamp, state->decoder.stream->time_base), SOUND_RATE);
    const struct media_time start = media_time_rescale(state->line->job->start, SOUND_RATE);
    const int64_t expected = (int64_t)state->position +
                             swr_get_delay(state->resampler, SOUND_RATE) - (int64_t)state->skip;
    const int64_t drift = at.ticks - start.ticks - expected;
    if (!is_first && drift <= GAP_SAMPLES && drift >= -GAP_SAMPLES) return OK;
    if (drift < 0) {
        state->skip += (uint64_t)-drift;
        return OK;
    }
    TRY(put_decoded(state, NULL, why));
    const uint64_t unskipped = (uint64_t)drift < state->skip ? (uint64_t)drift : state->skip;
    state->skip -= unskipped;
    return put_silence(state, (uint64_t)drift - unskipped, why);
}

static outcome decode_all(struct state *state, struct why *why)
{
    AVFrame *decoded = av_frame_alloc(), *like = av_frame_alloc();
    outcome result =
        decoded == NULL || like == NULL ? fail(why, NO_MEMORY, "no memory for samples") : OK;
    uint64_t count = 0;
    for (; result == OK && state->position < state->line->total; count++) {
        result = stream_decoder_next(&state->decoder, decoded, why);
        if (result == OK) result = use_resampler(state, decoded, like, why);
        if (result == OK) result = align(state, decoded, count == 0, why);
        if (result == OK) result = put_decoded(state, decoded, why);
        if (decoded != NULL) av_frame_unref(decoded);
    }
    if (result == NOT_FOUND)
        result = count <= 1 ? fail(why, INVALID, "no sound of the track can be decoded")
                            : put_decoded(state, NULL, why);
    av_frame_free(&decoded);
    av_frame_free(&like);
    return result;
}

static outcome run(struct state *state, struct source *source, struct why *why)
{
    const struct sound_line *line = state->line;
    const struct media_time start = line->job->start;
    state->frame = av_frame_alloc();
    if (state->frame == NULL) return fail(why, NO_MEMORY, "no memory for samples");
    TRY(stream_decoder_open(source, line->track, 1, &state->decoder, why));
    // From well before the title's start: decoders warm up, timestamps do the rest.
    TRY(stream_decoder_seek(
        &state->decoder,
        (struct media_time){start.ticks - (int64_t)start.timescale, start.timescale}, why));
    TRY(new_frame(state, why));
    TRY(decode_all(state, why));
    TRY(put_silence(state, line->total - state->position, why));
    return state->filled > 0 ? put_frame(state, why) : OK;
}

outcome sound_line_run(struct source *source, const struct sound_line *line,
                       struct sound_line_result *out, struct why *why)
{
    struct state state = {.line = line};
    const outcome result = run(&state, source, why);
    *out = (struct sound_line_result){state.silence, state.is_mixed};
    state_close(&state);
    return result;
}
