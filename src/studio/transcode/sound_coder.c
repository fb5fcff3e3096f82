// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/sound_coder.h"

#include "media/fragment_writer.h"

#include <assert.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES_MAX = 64 };

struct sound_coder {
    const struct audio_job *job;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *woven; // interleaved, for encoders that want it so
    uint64_t total;
    uint64_t packets;
    uint64_t put;     // samples
    uint64_t segment; // number of the next fragment cut
    struct loudness loudness;
    uint8_t config[CONFIG_BYTES_MAX];
    size_t config_bytes;
    struct fragment_writer *writer;
};

static outcome config_aac(struct sound_coder *coder, struct why *why);
static outcome config_eac3(struct sound_coder *coder, struct why *why);
static outcome config_opus(struct sound_coder *coder, struct why *why);

static const struct {
    const char *encoder; // libavcodec's
    enum codec codec;
    enum AVSampleFormat format;
    int frame_samples;
    int priming;
    outcome (*config)(struct sound_coder *coder, struct why *why);
} codecs[SOUND_CODEC_COUNT] = {
    [SOUND_AAC] = {"aac", CODEC_AAC, AV_SAMPLE_FMT_FLTP, 1024, 1024, config_aac},
    [SOUND_EAC3] = {"eac3", CODEC_EAC3, AV_SAMPLE_FMT_FLTP, 1536, 256, config_eac3},
    [SOUND_OPUS] = {"libopus", CODEC_OPUS, AV_SAMPLE_FMT_FLT, 960, 312, config_opus},
};

int sound_coder_frame(enum sound_codec codec)
{
    return codecs[codec].frame_samples;
}

uint32_t sound_coder_priming(const struct sound_coder *coder)
{
    return (uint32_t)codecs[coder->job->codec].priming;
}

// --- configurations --------------------------------------------------------------------------

static outcome config_aac(struct sound_coder *coder, struct why *why)
{
    const size_t len = (size_t)coder->codec->extradata_size;
    if (len > CONFIG_BYTES_MAX) return fail(why, INVALID, "the AAC encoder's setup is too long");
    memcpy(coder->config, coder->codec->extradata, len);
    coder->config_bytes = len;
    return OK;
}

// One independent substream at 48 kHz, six blocks a frame, a complete main service.
static outcome config_eac3(struct sound_coder *coder, struct why *why)
{
    enum { BSID = 16, ACMOD_STEREO = 2, ACMOD_3_2 = 7 };
    const bool is_surround = coder->codec->ch_layout.nb_channels == 6;
    const uint64_t fields[][2] = {
        {13, coder->job->bitrate_bps / 1000},
        {3, 0}, // one independent substream
        {2, 0}, // 48 kHz
        {5, BSID},
        {1, 0},
        {1, 0}, // asvc
        {3, 0}, // bsmod: complete main
        {3, is_surround ? ACMOD_3_2 : ACMOD_STEREO},
        {1, is_surround}, // LFE
        {3, 0},
        {4, 0}, // no dependent substreams
        {1, 0},
    };
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        bits = bits << fields[i][0] | fields[i][1];
    for (size_t i = 0; i < 5; i++)
        coder->config[i] = (uint8_t)(bits >> (32 - 8 * i));
    coder->config_bytes = 5;
    (void)why;
    return OK;
}

// OpusHead (RFC 7845 clause 5.1) has the same fields with the other byte order, behind a mark.
static outcome config_opus(struct sound_coder *coder, struct why *why)
{
    enum { MARK = 8, HEAD = 19, BODY = 11 };
    const uint8_t *head = coder->codec->extradata;
    if (coder->codec->extradata_size != HEAD || memcmp(head, "OpusHead", MARK) != 0)
        return fail(why, INVALID, "the Opus encoder gave no plain OpusHead");
    const uint8_t body[BODY] = {0,        head[9],  head[11], head[10], head[15], head[14],
                                head[13], head[12], head[17], head[16], head[18]};
    memcpy(coder->config, body, BODY);
    coder->config_bytes = BODY;
    return OK;
}

// --- opening ---------------------------------------------------------------------------------

// dialnorm is the programme's loudness in whole dB below full scale, 1 to 31 (EBU Tech 3344).
static void set_dialnorm(struct sound_coder *coder)
{
    enum { QUIETEST = -31, LOUDEST = -1 };
    if (coder->job->codec != SOUND_EAC3 || !coder->loudness.is_measured) return;
    const int hundredths = coder->loudness.programme;
    const int level = (hundredths - 50) / 100; // both below zero: to the nearest
    const int dialnorm = level < QUIETEST ? QUIETEST : level > LOUDEST ? LOUDEST : level;
    (void)av_opt_set_int(coder->codec->priv_data, "dialnorm", dialnorm, 0);
}

static outcome open_codec(struct sound_coder *coder, const AVChannelLayout *layout, struct why *why)
{
    const struct audio_job *job = coder->job;
    const AVCodec *codec = avcodec_find_encoder_by_name(codecs[job->codec].encoder);
    if (codec == NULL)
        return fail(why, UNSUPPORTED, "libavcodec here has no encoder %s",
                    codecs[job->codec].encoder);
    coder->codec = avcodec_alloc_context3(codec);
    coder->packet = av_packet_alloc();
    coder->woven = av_frame_alloc();
    if (coder->codec == NULL || coder->packet == NULL || coder->woven == NULL ||
        av_channel_layout_copy(&coder->codec->ch_layout, layout) < 0)
        return fail(why, NO_MEMORY, "no memory for an encoder");
    coder->codec->sample_rate = SOUND_RATE;
    coder->codec->sample_fmt = codecs[job->codec].format;
    coder->codec->bit_rate = job->bitrate_bps;
    coder->codec->time_base = (AVRational){1, SOUND_RATE};
    coder->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    coder->codec->thread_count = 1;
    set_dialnorm(coder);
    const int error = avcodec_open2(coder->codec, codec, NULL);
    if (error < 0)
        return av_fail(why, error, "%s cannot be made of %d channels at %u b/s", codec->name,
                       layout->nb_channels, job->bitrate_bps);
    assert(coder->codec->frame_size == codecs[job->codec].frame_samples &&
           coder->codec->initial_padding == codecs[job->codec].priming);
    return codecs[job->codec].config(coder, why);
}

static outcome open_writer(struct sound_coder *coder, struct why *why)
{
    const struct stream stream = {
        .kind = TRACK_AUDIO,
        .codec = codecs[coder->job->codec].codec,
        .config = {coder->config, coder->config_bytes},
        .timescale = SOUND_RATE,
        .language = "und",
        .audio = {SOUND_RATE, (uint32_t)coder->codec->ch_layout.nb_channels,
                  sound_coder_priming(coder)},
        .loudness = coder->loudness,
    };
    return fragment_writer_open(coder->job->output_fd, &stream, 0, &coder->writer, why);
}

outcome sound_coder_open(const struct audio_job *job, const AVChannelLayout *layout, uint64_t total,
                         const struct loudness *loudness, struct sound_coder **out, struct why *why)
{
    struct sound_coder *coder = calloc(1, sizeof *coder);
    if (coder == NULL) return fail(why, NO_MEMORY, "no memory for an encoder");
    coder->job = job;
    coder->total = total;
    coder->segment = 1;
    coder->loudness = *loudness;
    outcome result = open_codec(coder, layout, why);
    if (result == OK) result = open_writer(coder, why);
    if (result == OK)
        *out = coder;
    else
        sound_coder_close(&coder);
    return result;
}

void sound_coder_close(struct sound_coder **coder)
{
    if (*coder == NULL) return;
    avcodec_free_context(&(*coder)->codec);
    av_packet_free(&(*coder)->packet);
    av_frame_free(&(*coder)->woven);
    fragment_writer_close(&(*coder)->writer);
    free(*coder);
    *coder = NULL;
}

// --- coding ----------------------------------------------------------------------------------

// When segment `index` of the video starts, in samples of the title.
static uint64_t segment_sample(const struct audio_job *job, uint64_t index)
{
    const struct frame_rate rate = job->facts->video.rate;
    const struct media_time start = {(int64_t)(index * job->segment_frames * rate.seconds),
                                     rate.frames};
    return (uint64_t)media_time_rescale(start, SOUND_RATE).ticks;
}

static outcome write_packet(struct sound_coder *coder, struct why *why)
{
    const uint64_t frame = (uint64_t)coder->codec->frame_size;
    const uint64_t priming = sound_coder_priming(coder);
    const uint64_t start = coder->packets * frame; // priming included
    const uint64_t end = coder->total + priming;
    if (start >= end) return OK; // behind the title
    // Cut before the frame whose middle lies past the segment's start.
    const uint64_t cut = segment_sample(coder->job, coder->segment) + priming;
    if (coder->packets > 0 && start + frame / 2 > cut) {
        TRY(fragment_cut(coder->writer, why));
        coder->segment++;
    }
    const uint64_t left = end - start;
    const struct coded_sample sample = {
        .bytes = {coder->packet->data, (size_t)coder->packet->size},
        .duration_ticks = (uint32_t)(left < frame ? left : frame),
        .is_sync = true,
    };
    coder->packets++;
    return fragment_put(coder->writer, &sample, why);
}

// Encodes the frame, or with `frame` NULL what the encoder holds back.
static outcome encode(struct sound_coder *coder, AVFrame *frame, struct why *why)
{
    int error = avcodec_send_frame(coder->codec, frame);
    while (error >= 0) {
        error = avcodec_receive_packet(coder->codec, coder->packet);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return OK;
        if (error < 0) break;
        const outcome written = write_packet(coder, why);
        av_packet_unref(coder->packet);
        TRY(written);
    }
    return av_fail(why, error, "samples cannot be coded by %s", coder->codec->codec->name);
}

static outcome weave(struct sound_coder *coder, const AVFrame *frame, struct why *why)
{
    AVFrame *woven = coder->woven;
    av_frame_unref(woven);
    woven->format = AV_SAMPLE_FMT_FLT;
    woven->nb_samples = frame->nb_samples;
    woven->sample_rate = SOUND_RATE;
    woven->pts = frame->pts;
    if (av_channel_layout_copy(&woven->ch_layout, &frame->ch_layout) < 0 ||
        av_frame_get_buffer(woven, 0) < 0)
        return fail(why, NO_MEMORY, "no memory for samples");
    float *to = (float *)(void *)woven->data[0];
    for (int i = 0; i < frame->nb_samples; i++)
        for (int channel = 0; channel < frame->ch_layout.nb_channels; channel++)
            *to++ = ((const float *)(const void *)frame->extended_data[channel])[i];
    return OK;
}

outcome sound_coder_put(struct sound_coder *coder, AVFrame *frame, struct why *why)
{
    coder->put += (uint64_t)frame->nb_samples;
    if (codecs[coder->job->codec].format == AV_SAMPLE_FMT_FLTP) return encode(coder, frame, why);
    TRY(weave(coder, frame, why));
    return encode(coder, coder->woven, why);
}

// An encoder without memory gives a packet for each frame: the priming shifts the last samples into
// one more, which is silent.
static outcome put_tail(struct sound_coder *coder, struct why *why)
{
    const uint64_t frame = (uint64_t)coder->codec->frame_size;
    if (coder->packets * frame >= coder->total + sound_coder_priming(coder)) return OK;
    AVFrame *tail = av_frame_alloc();
    if (tail == NULL) return fail(why, NO_MEMORY, "no memory for samples");
    tail->format = AV_SAMPLE_FMT_FLTP;
    tail->nb_samples = coder->codec->frame_size;
    tail->sample_rate = SOUND_RATE;
    tail->pts = (int64_t)(coder->packets * frame);
    outcome result = av_channel_layout_copy(&tail->ch_layout, &coder->codec->ch_layout) < 0 ||
                             av_frame_get_buffer(tail, 0) < 0
                         ? fail(why, NO_MEMORY, "no memory for samples")
                         : OK;
    for (int i = 0; result == OK && i < tail->ch_layout.nb_channels; i++)
        memset(tail->extended_data[i], 0, (size_t)tail->nb_samples * sizeof(float));
    if (result == OK) result = encode(coder, tail, why);
    av_frame_free(&tail);
    return result;
}

outcome sound_coder_finish(struct sound_coder *coder, struct why *why)
{
    if ((coder->codec->codec->capabilities & AV_CODEC_CAP_DELAY) == 0) TRY(put_tail(coder, why));
    TRY(encode(coder, NULL, why));
    return fragment_cut(coder->writer, why);
}
