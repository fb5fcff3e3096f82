// SPDX-License-Identifier: Apache-2.0
#include "media/source.h"

#include <assert.h>
#include <errno.h>
#include <libavutil/avstring.h>
#include <string.h>
#include <sys/stat.h>

// Demuxers that see media in what is none: text art, single pictures, and lists that name other
// files.
static bool is_media_format(const AVInputFormat *format)
{
    static const char *const refused[] = {
        "tty",        "bin",   "xbin",        "adf",      "idf",  "image2", "image2pipe",
        "concat",     "hls",   "dash",        "imf",      "sdp",  "rtsp",   "rtp",
        "ffmetadata", "lavfi", "vapoursynth", "avisynth", "data",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (av_match_name(refused[i], format->name)) return false;
    const size_t len = strlen(format->name);
    return len < 5 || strcmp(format->name + len - 5, "_pipe") != 0 ||
           strcmp(format->name, "yuv4mpegpipe") == 0;
}

// References to other files are not followed: whoever wrote this one must not choose what we read.
static int refuse_open(AVFormatContext *container, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options)
{
    (void)container, (void)io, (void)url, (void)flags, (void)options;
    return AVERROR(EACCES);
}

static outcome open_container(struct source *source, struct why *why)
{
    av_note_clear();
    const AVInputFormat *format = NULL;
    const int score = av_probe_input_buffer2(source->io, &format, "", NULL, 0, 0);
    if (score <= AVPROBE_SCORE_RETRY || format == NULL || !is_media_format(format))
        return fail(why, UNSUPPORTED, "this is no media file that can be read");

    source->container = avformat_alloc_context();
    if (source->container == NULL) return fail(why, NO_MEMORY, "no memory to open a container");
    source->container->pb = source->io;
    source->container->io_open = refuse_open;
    source->container->max_streams = SOURCE_STREAMS_MAX;
    int error = avformat_open_input(&source->container, "", format, NULL);
    if (error < 0) return av_fail(why, error, "the %s container cannot be read", format->name);
    error = avformat_find_stream_info(source->container, NULL);
    if (error < 0) return av_fail(why, error, "no streams in the %s container", format->name);
    return OK;
}

outcome source_open(int fd, const struct seal *seal, struct source *out, struct why *why)
{
    autosource source = {0};
    TRY(sealed_file_open(fd, seal, &source.file, why));
    TRY(av_reader_open(source.file, &source.io, why));
    TRY(open_container(&source, why));
    *out = source;
    source = (struct source){0};
    return OK;
}

void source_close(struct source *source)
{
    avformat_close_input(&source->container); // leaves our own io alone
    av_reader_close(&source->io);
    sealed_file_close(&source->file);
}

outcome source_packet(struct source *source, AVPacket *packet, struct why *why)
{
    av_packet_unref(packet);
    const int error = av_read_frame(source->container, packet);
    if (error == AVERROR_EOF) return NOT_FOUND;
    return error < 0 ? av_fail(why, error, "the master cannot be read on") : OK;
}

outcome source_seek(struct source *source, unsigned stream, struct media_time at, struct why *why)
{
    const AVRational base = source->container->streams[stream]->time_base;
    const int64_t target = av_rescale_q_rnd(at.ticks, (AVRational){1, (int)at.timescale}, base,
                                            AV_ROUND_DOWN | AV_ROUND_PASS_MINMAX);
    if (av_seek_frame(source->container, (int)stream, target, AVSEEK_FLAG_BACKWARD) >= 0) return OK;
    return source_rewind(source, why); // before the first key packet
}

outcome source_rewind(struct source *source, struct why *why)
{
    // Transport and programme streams have no index: a search by time may miss the first key
    // packet.
    int error = AVERROR(ENOSYS);
    if ((source->container->iformat->flags & AVFMT_TS_DISCONT) != 0)
        error = av_seek_frame(source->container, -1, 0, AVSEEK_FLAG_BYTE);
    if (error < 0)
        error = avformat_seek_file(source->container, -1, INT64_MIN, INT64_MIN, INT64_MAX, 0);
    return error < 0 ? av_fail(why, error, "cannot go to the start of the master") : OK;
}

outcome stream_decoder_open(struct source *source, unsigned stream, uint32_t threads,
                            struct stream_decoder *out, struct why *why)
{
    assert(stream < source->container->nb_streams);
    autodecoder decoder = {.source = source, .stream = source->container->streams[stream]};
    const AVCodecParameters *parameters = decoder.stream->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    if (codec == NULL)
        return fail(why, UNSUPPORTED, "there is no decoder for track %u (%s)", stream,
                    avcodec_get_name(parameters->codec_id));
    decoder.codec = avcodec_alloc_context3(codec);
    decoder.packet = av_packet_alloc();
    if (decoder.codec == NULL || decoder.packet == NULL)
        return fail(why, NO_MEMORY, "no memory for a decoder");
    int error = avcodec_parameters_to_context(decoder.codec, parameters);
    decoder.codec->pkt_timebase = decoder.stream->time_base;
    decoder.codec->thread_count = (int)threads;
    decoder.codec->max_pixels = PICTURE_PIXELS_MAX;
    if (error >= 0) error = avcodec_open2(decoder.codec, codec, NULL);
    if (error < 0)
        return av_fail(why, error, "track %u (%s) cannot be decoded", stream, codec->name);
    for (unsigned i = 0; i < source->container->nb_streams; i++)
        source->container->streams[i]->discard = i == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    *out = decoder;
    decoder = (struct stream_decoder){0};
    return OK;
}

void stream_decoder_close(struct stream_decoder *decoder)
{
    avcodec_free_context(&decoder->codec);
    av_packet_free(&decoder->packet);
}

// Gives the decoder one more packet, or the news that there are none.
static outcome feed(struct stream_decoder *decoder, struct why *why)
{
    outcome result;
    do
        result = source_packet(decoder->source, decoder->packet, why);
    while (result == OK && decoder->packet->stream_index != decoder->stream->index);
    if (result != OK && result != NOT_FOUND) return result;

    decoder->draining = result == NOT_FOUND;
    const int error =
        avcodec_send_packet(decoder->codec, decoder->draining ? NULL : decoder->packet);
    if (error == AVERROR(ENOMEM)) return fail(why, NO_MEMORY, "no memory to decode with");
    if (error < 0 && error != AVERROR_EOF) decoder->errors++;
    return OK;
}

outcome stream_decoder_next(struct stream_decoder *decoder, AVFrame *frame, struct why *why)
{
    for (;;) {
        const int error = avcodec_receive_frame(decoder->codec, frame);
        if (error >= 0) return OK;
        if (error == AVERROR_EOF || (error == AVERROR(EAGAIN) && decoder->draining))
            return NOT_FOUND;
        if (error == AVERROR(ENOMEM)) return fail(why, NO_MEMORY, "no memory to decode with");
        if (error != AVERROR(EAGAIN)) decoder->errors++;
        if (decoder->draining) return NOT_FOUND;
        TRY(feed(decoder, why));
    }
}

outcome stream_decoder_rewind(struct stream_decoder *decoder, struct why *why)
{
    avcodec_flush_buffers(decoder->codec);
    decoder->draining = false;
    return source_rewind(decoder->source, why);
}

outcome stream_decoder_seek(struct stream_decoder *decoder, struct media_time at, struct why *why)
{
    avcodec_flush_buffers(decoder->codec);
    decoder->draining = false;
    return source_seek(decoder->source, (unsigned)decoder->stream->index, at, why);
}
