// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/jobs.h"

#include "media/fragment_writer.h"

#include <assert.h>
#include <errno.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <string.h>
#include <sys/stat.h>

enum {
    OUTPUT_RATE = 48000,
    AAC_FRAME_SAMPLES = 1024,
    PRIMING_SAMPLES = 1024, // of libavcodec's AAC encoder: one frame
    BITRATE_BPS_MIN = 16000,
    BITRATE_BPS_MAX = 1024000,
    GAP_SAMPLES = OUTPUT_RATE * 3 / 100, // timestamps that stray further are gaps, not rounding
    SAMPLES_PER_WORD = 4 * OUTPUT_RATE,
};

// From decoded samples to AAC in fragments:
//
//     decoded, any rate --resample--> position on the title's timeline --1024 at a time--> AAC -->
//     file
struct audio_encode {
    const struct audio_job *job;
    struct stream_decoder decoder;
    struct SwrContext *resampler;
    AVCodecContext *aac;
    AVFrame *frame;    // being filled
    int filled;        // samples in it
    uint64_t position; // samples put so far: the title's time
    uint64_t total;    // that there must be
    uint64_t skip;     // resampled samples that lie before the title's start
    uint64_t silence;
    AVPacket *packet;
    uint64_t packets;
    uint64_t segment; // number of the next fragment cut
    struct fragment_writer *writer;
    const struct transcode_watch *watch;
    uint64_t told;
};

static void audio_encode_close(struct audio_encode *encode)
{
    stream_decoder_close(&encode->decoder);
    swr_free(&encode->resampler);
    avcodec_free_context(&encode->aac);
    av_frame_free(&encode->frame);
    av_packet_free(&encode->packet);
    fragment_writer_close(&encode->writer);
}

// When segment `index` of the video starts, in samples of the title.
static uint64_t segment_sample(const struct audio_job *job, uint64_t index)
{
    const struct frame_rate rate = job->facts->video.rate;
    const struct media_time start = {(int64_t)(index * job->segment_frames * rate.seconds),
                                     rate.frames};
    return (uint64_t)media_time_rescale(start, OUTPUT_RATE).ticks;
}

static outcome find_track(const struct source *source, uint32_t track, unsigned *out,
                          struct why *why)
{
    const AVFormatContext *container = source->container;
    if (track != AUDIO_TRACK_FIRST) {
        if (track >= container->nb_streams ||
            container->streams[track]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
            return fail(why, INVALID, "track %u is no audio track", track);
        *out = track;
        return OK;
    }
    for (unsigned i = 0; i < container->nb_streams; i++) {
        if (container->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
        *out = i;
        return OK;
    }
    return fail(why, INVALID, "the file has no audio track");
}

// Stereo, or 5.1 in the order that AAC has it.
static AVChannelLayout output_layout(const struct audio_job *job, int source_channels)
{
    const bool is_surround = job->channels == 6 || (job->channels == 0 && source_channels >= 6);
    return is_surround ? (AVChannelLayout)AV_CHANNEL_LAYOUT_5POINT1_BACK
                       : (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
}

static outcome open_aac(struct audio_encode *encode, struct why *why)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("aac");
    if (codec == NULL) return fail(why, UNSUPPORTED, "libavcodec here has no AAC encoder");
    encode->aac = avcodec_alloc_context3(codec);
    encode->packet = av_packet_alloc();
    encode->frame = av_frame_alloc();
    if (encode->aac == NULL || encode->packet == NULL || encode->frame == NULL)
        return fail(why, NO_MEMORY, "no memory for an AAC encoder");
    encode->aac->ch_layout =
        output_layout(encode->job, encode->decoder.stream->codecpar->ch_layout.nb_channels);
    encode->aac->sample_rate = OUTPUT_RATE;
    encode->aac->sample_fmt = AV_SAMPLE_FMT_FLTP;
    encode->aac->bit_rate = encode->job->bitrate_bps;
    encode->aac->time_base = (AVRational){1, OUTPUT_RATE};
    encode->aac->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    encode->aac->thread_count = 1;
    const int error = avcodec_open2(encode->aac, codec, NULL);
    if (error < 0)
        return av_fail(why, error, "AAC cannot be made at %u b/s", encode->job->bitrate_bps);
    assert(encode->aac->frame_size == AAC_FRAME_SAMPLES &&
           encode->aac->initial_padding == PRIMING_SAMPLES);
    return OK;
}

static outcome open_writer(struct audio_encode *encode, struct why *why)
{
    struct stream stream = {
        .kind = TRACK_AUDIO,
        .codec = CODEC_AAC,
        .config = {encode->aac->extradata, (size_t)encode->aac->extradata_size},
        .timescale = OUTPUT_RATE,
        .language = "und",
        .audio = {OUTPUT_RATE, (uint32_t)encode->aac->ch_layout.nb_channels, PRIMING_SAMPLES},
    };
    return fragment_writer_open(encode->job->output_fd, &stream, 0, &encode->writer, why);
}

static outcome new_frame(struct audio_encode *encode, struct why *why)
{
    av_frame_unref(encode->frame);
    encode->frame->format = AV_SAMPLE_FMT_FLTP;
    encode->frame->nb_samples = AAC_FRAME_SAMPLES;
    encode->frame->sample_rate = OUTPUT_RATE;
    encode->filled = 0;
    if (av_channel_layout_copy(&encode->frame->ch_layout, &encode->aac->ch_layout) < 0 ||
        av_frame_get_buffer(encode->frame, 0) < 0)
        return fail(why, NO_MEMORY, "no memory for samples");
    return OK;
}

static outcome write_packet(struct audio_encode *encode, struct why *why)
{
    const uint64_t start = encode->packets * AAC_FRAME_SAMPLES; // priming included
    const uint64_t end = encode->total + PRIMING_SAMPLES;
    if (start >= end) return OK; // behind the title
    // Cut before the frame whose middle lies past the segment's start.
    const uint64_t cut = segment_sample(encode->job, encode->segment) + PRIMING_SAMPLES;
    if (encode->packets > 0 && start + AAC_FRAME_SAMPLES / 2 > cut) {
        TRY(fragment_cut(encode->writer, why));
        encode->segment++;
    }
    const uint64_t left = end - start;
    const struct coded_sample sample = {
        .bytes = {encode->packet->data, (size_t)encode->packet->size},
        .duration_ticks = left < AAC_FRAME_SAMPLES ? (uint32_t)left : AAC_FRAME_SAMPLES,
        .is_sync = true,
    };
    encode->packets++;
    return fragment_put(encode->writer, &sample, why);
}

// Encodes the frame, or with `frame` NULL what the encoder holds back.
static outcome encode_frame(struct audio_encode *encode, AVFrame *frame, struct why *why)
{
    int error = avcodec_send_frame(encode->aac, frame);
    while (error >= 0) {
        error = avcodec_receive_packet(encode->aac, encode->packet);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return OK;
        if (error < 0) break;
        const outcome written = write_packet(encode, why);
        av_packet_unref(encode->packet);
        TRY(written);
    }
    return av_fail(why, error, "samples cannot be coded as AAC");
}

// Puts samples (planes NULL: silence) on the timeline, as far as the title reaches.
static outcome put_samples(struct audio_encode *encode, uint8_t *const *planes, uint64_t count,
                           struct why *why)
{
    uint64_t from = 0;
    if (count > encode->total - encode->position) count = encode->total - encode->position;
    while (from < count) {
        const uint64_t room = (uint64_t)(AAC_FRAME_SAMPLES - encode->filled);
        const int part = (int)(count - from < room ? count - from : room);
        for (int i = 0; i < encode->aac->ch_layout.nb_channels; i++) {
            float *to = (float *)(void *)encode->frame->extended_data[i] + encode->filled;
            if (planes == NULL)
                memset(to, 0, (size_t)part * sizeof(float));
            else
                memcpy(to, (const float *)(const void *)planes[i] + from,
                       (size_t)part * sizeof(float));
        }
        encode->filled += part;
        from += (uint64_t)part;
        encode->position += (uint64_t)part;
        if (encode->filled < AAC_FRAME_SAMPLES) continue;
        encode->frame->pts = (int64_t)(encode->position - AAC_FRAME_SAMPLES);
        TRY(encode_frame(encode, encode->frame, why));
        TRY(new_frame(encode, why));
    }
    if (encode->position - encode->told < SAMPLES_PER_WORD) return OK;
    encode->told = encode->position;
    return watch_tell(encode->watch, encode->position, encode->total, why);
}

static outcome put_silence(struct audio_encode *encode, uint64_t count, struct why *why)
{
    const uint64_t before = encode->position;
    TRY(put_samples(encode, NULL, count, why));
    encode->silence += encode->position - before;
    return OK;
}

// Resamples a decoded frame (NULL: what the resampler holds back) and puts what comes out.
static outcome put_decoded(struct audio_encode *encode, const AVFrame *in, struct why *why)
{
    const int room = swr_get_out_samples(encode->resampler, in == NULL ? 0 : in->nb_samples);
    if (room <= 0) return OK;
    uint8_t **planes = NULL;
    if (av_samples_alloc_array_and_samples(&planes, NULL, encode->aac->ch_layout.nb_channels, room,
                                           AV_SAMPLE_FMT_FLTP, 0) < 0)
        return fail(why, NO_MEMORY, "no memory for samples");
    const int count = swr_convert(encode->resampler, planes, room,
                                  in == NULL ? NULL : (const uint8_t **)(void *)in->extended_data,
                                  in == NULL ? 0 : in->nb_samples);
    outcome result = count < 0 ? av_fail(why, count, "samples cannot be resampled") : OK;
    if (result == OK) {
        const uint64_t skipped = encode->skip < (uint64_t)count ? encode->skip : (uint64_t)count;
        encode->skip -= skipped;
        for (int i = 0; i < encode->aac->ch_layout.nb_channels; i++)
            planes[i] += skipped * sizeof(float);
        uint8_t *first = planes[0] - skipped * sizeof(float); // what was allocated
        result = put_samples(encode, planes, (uint64_t)count - skipped, why);
        planes[0] = first;
    }
    av_freep(&planes[0]);
    av_freep(&planes);
    return result;
}

// (Re)opens the resampler for samples like `frame`'s, after taking what the old one still holds.
static outcome use_resampler(struct audio_encode *encode, const AVFrame *frame, AVFrame *like,
                             struct why *why)
{
    if (encode->resampler != NULL && like->format == frame->format &&
        like->sample_rate == frame->sample_rate &&
        av_channel_layout_compare(&like->ch_layout, &frame->ch_layout) == 0)
        return OK;
    if (encode->resampler != NULL) TRY(put_decoded(encode, NULL, why));
    AVChannelLayout layout = {0};
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, frame->ch_layout.nb_channels);
    else if (av_channel_layout_copy(&layout, &frame->ch_layout) < 0)
        return fail(why, NO_MEMORY, "no memory for a resampler");
    swr_free(&encode->resampler);
    int error = swr_alloc_set_opts2(&encode->resampler, &encode->aac->ch_layout, AV_SAMPLE_FMT_FLTP,
                                    OUTPUT_RATE, &layout, (enum AVSampleFormat)frame->format,
                                    frame->sample_rate, 0, NULL);
    av_channel_layout_uninit(&layout);
    if (error >= 0) error = swr_init(encode->resampler);
    if (error < 0)
        return av_fail(why, error, "%d channels at %d Hz cannot be brought to %d at %d Hz",
                       frame->ch_layout.nb_channels, frame->sample_rate,
                       encode->aac->ch_layout.nb_channels, OUTPUT_RATE);
    like->format = frame->format;
    like->sample_rate = frame->sample_rate;
    return av_channel_layout_copy(&like->ch_layout, &frame->ch_layout) < 0
               ? fail(why, NO_MEMORY, "no memory for a resampler")
               : OK;
}

// Fills the gap before a frame, or drops what overlaps, by its timestamp. The first frame is placed
// to the sample.
static outcome align(struct audio_encode *encode, const AVFrame *frame, bool is_first,
                     struct why *why)
{
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE) return OK;
    const struct media_time at = media_time_rescale(
        media_time_of(frame->best_effort_timestamp, encode->decoder.stream->time_base),
        OUTPUT_RATE);
    const struct media_time start = media_time_rescale(encode->job->start, OUTPUT_RATE);
    const int64_t expected = (int64_t)encode->position +
                             swr_get_delay(encode->resampler, OUTPUT_RATE) - (int64_t)encode->skip;
    const int64_t drift = at.ticks - start.ticks - expected;
    if (!is_first && drift <= GAP_SAMPLES && drift >= -GAP_SAMPLES) return OK;
    if (drift < 0) {
        encode->skip += (uint64_t)-drift;
        return OK;
    }
    TRY(put_decoded(encode, NULL, why));
    const uint64_t unskipped = (uint64_t)drift < encode->skip ? (uint64_t)drift : encode->skip;
    encode->skip -= unskipped;
    return put_silence(encode, (uint64_t)drift - unskipped, why);
}

static outcome decode_all(struct audio_encode *encode, struct why *why)
{
    AVFrame *decoded = av_frame_alloc(), *like = av_frame_alloc();
    outcome result =
        decoded == NULL || like == NULL ? fail(why, NO_MEMORY, "no memory for samples") : OK;
    uint64_t count = 0;
    for (; result == OK && encode->position < encode->total; count++) {
        result = stream_decoder_next(&encode->decoder, decoded, why);
        if (result == OK) result = use_resampler(encode, decoded, like, why);
        if (result == OK) result = align(encode, decoded, count == 0, why);
        if (result == OK) result = put_decoded(encode, decoded, why);
        if (decoded != NULL) av_frame_unref(decoded);
    }
    if (result == NOT_FOUND)
        result = count <= 1 ? fail(why, INVALID, "no sound of the track can be decoded")
                            : put_decoded(encode, NULL, why);
    av_frame_free(&decoded);
    av_frame_free(&like);
    return result;
}

static outcome run(struct audio_encode *encode, struct why *why)
{
    TRY(open_aac(encode, why));
    TRY(open_writer(encode, why));
    TRY(new_frame(encode, why));
    TRY(decode_all(encode, why));
    TRY(put_silence(encode, encode->total - encode->position, why));
    if (encode->filled > 0) {
        encode->frame->nb_samples = encode->filled;
        encode->frame->pts = (int64_t)(encode->position - (uint64_t)encode->filled);
        TRY(encode_frame(encode, encode->frame, why));
    }
    TRY(encode_frame(encode, NULL, why));
    return fragment_cut(encode->writer, why);
}

static outcome check_job(const struct audio_job *job, struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    if (job->bitrate_bps < BITRATE_BPS_MIN || job->bitrate_bps > BITRATE_BPS_MAX)
        return fail(why, INVALID, "%u b/s are outside %d to %d", job->bitrate_bps, BITRATE_BPS_MIN,
                    BITRATE_BPS_MAX);
    if (job->channels != 0 && job->channels != 2 && job->channels != 6)
        return fail(why, INVALID, "%u channels: 2 or 6 can be made, 0 takes what fits the source",
                    job->channels);
    if (job->segment_frames == 0 || job->segment_frames > GRID_SEGMENT_FRAMES_MAX ||
        job->start.timescale == 0)
        return fail(why, INVALID, "segments of %u frames from a time of 1/%u s make no sense",
                    job->segment_frames, job->start.timescale);
    return OK;
}

outcome audio_run(struct source *source, const struct audio_job *job,
                  const struct transcode_watch *watch, struct audio_result *out, struct why *why)
{
    TRY(check_job(job, why));
    unsigned track = 0;
    TRY(find_track(source, job->track, &track, why));
    const struct frame_rate rate = job->facts->video.rate;
    const struct media_time length = {(int64_t)(job->facts->video.frame_count * rate.seconds),
                                      rate.frames};
    struct audio_encode encode = {
        .job = job,
        .watch = watch,
        .segment = 1,
        .total = (uint64_t)media_time_rescale(length, OUTPUT_RATE).ticks,
    };
    outcome result = stream_decoder_open(source, track, 1, &encode.decoder, why);
    // From well before the title's start: decoders warm up, timestamps do the rest.
    if (result == OK)
        result = stream_decoder_seek(
            &encode.decoder,
            (struct media_time){job->start.ticks - (int64_t)job->start.timescale,
                                job->start.timescale},
            why);
    if (result == OK) result = run(&encode, why);
    struct stat info = {.st_size = 0};
    if (result == OK && fstat(job->output_fd, &info) != 0)
        result = fail_errno(why, errno, "cannot look at the audio file");
    if (result == OK)
        *out = (struct audio_result){
            .bytes = (uint64_t)info.st_size,
            .sample_rate = OUTPUT_RATE,
            .channels = (uint32_t)encode.aac->ch_layout.nb_channels,
            .samples = encode.total,
            .priming_samples = PRIMING_SAMPLES,
            .silence_samples = encode.silence,
        };
    audio_encode_close(&encode);
    return result;
}
