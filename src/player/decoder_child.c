// SPDX-License-Identifier: Apache-2.0
//
// primrose-decode, the child's side of player/decoder.h: locks itself in, demuxes and decodes run
// after run, counts, and exits when the pipe ends.
#include "base/file.h"
#include "base/sandbox.h"
#include "player/decoder_internal.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    AVIO_BYTES = 64 * 1024,
    PROBE_BYTES_MAX = 1024 * 1024,
};

static const struct sandbox_limits limits = {
    .memory_bytes_max = (uint64_t)2 << 30, // 4K pictures with their references
    .file_bytes_max = 0,
    .descriptors_max = 16,
};

// The bytes of one run: an init and its media, up to the next init or the end.
struct run {
    struct decoder_record current; // being read; size 0 when used up
    bool has_next;                 // `next` begins the run after this
    struct decoder_record next;
    bool is_over; // the pipe has ended
};

static bool read_record(struct decoder_record *out)
{
    size_t got = 0;
    while (got < sizeof *out) {
        const ssize_t more = read(DECODER_RECORDS_FD, (uint8_t *)out + got, sizeof *out - got);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) return false;
        got += (size_t)more;
    }
    return true;
}

static int read_run(void *context, uint8_t *out, int room)
{
    struct run *run = context;
    while (run->current.size == 0) {
        if (run->has_next || run->is_over) return AVERROR_EOF;
        struct decoder_record record;
        if (!read_record(&record)) {
            run->is_over = true;
        } else if (record.part == DECODER_INIT) {
            run->has_next = true;
            run->next = record;
        } else {
            run->current = record;
        }
    }
    const size_t want =
        run->current.size < (uint64_t)room ? (size_t)run->current.size : (size_t)room;
    const ssize_t got = pread(DECODER_BYTES_FD, out, want, (off_t)run->current.offset);
    if (got <= 0) return AVERROR(EIO);
    // The memory behind bytes that were read is given back.
    (void)fallocate(DECODER_BYTES_FD, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t)run->current.offset, got);
    run->current.offset += (uint64_t)got;
    run->current.size -= (uint64_t)got;
    return (int)got;
}

static void count_frames(AVCodecContext *codec, AVFrame *frame, struct decoder_counts *counts)
{
    while (avcodec_receive_frame(codec, frame) == 0) {
        if (counts->frames == 0) {
            const ssize_t told = write(DECODER_FIRST_FD, "f", 1);
            (void)told; // the player may not be waiting for it
        }
        counts->frames++;
        if (frame->decode_error_flags != 0) counts->errors++;
        av_frame_unref(frame);
    }
}

static AVCodecContext *open_codec(const AVFormatContext *format, int stream)
{
    const AVCodecParameters *parameters = format->streams[stream]->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    AVCodecContext *context = codec == NULL ? NULL : avcodec_alloc_context3(codec);
    if (context == NULL) return NULL;
    context->thread_count = 1;
    if (avcodec_parameters_to_context(context, parameters) < 0 ||
        avcodec_open2(context, codec, NULL) < 0)
        avcodec_free_context(&context);
    return context;
}

static void decode_packets(AVFormatContext *format, int stream, struct decoder_counts *counts)
{
    AVCodecContext *codec = open_codec(format, stream);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    if (codec == NULL || packet == NULL || frame == NULL) counts->errors++;
    while (codec != NULL && packet != NULL && frame != NULL && av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == stream) {
            if (avcodec_send_packet(codec, packet) < 0) counts->errors++;
            count_frames(codec, frame, counts);
        }
        av_packet_unref(packet);
    }
    if (codec != NULL && frame != NULL && avcodec_send_packet(codec, NULL) >= 0)
        count_frames(codec, frame, counts);
    avcodec_free_context(&codec);
    av_packet_free(&packet);
    av_frame_free(&frame);
}

static void decode_run(struct run *run, struct decoder_counts *counts)
{
    uint8_t *bytes = av_malloc(AVIO_BYTES);
    AVIOContext *io =
        bytes == NULL ? NULL : avio_alloc_context(bytes, AVIO_BYTES, 0, run, read_run, NULL, NULL);
    AVFormatContext *format = io == NULL ? NULL : avformat_alloc_context();
    if (format == NULL) _exit(DECODER_EXIT_SETUP);
    format->pb = io;
    format->probesize = PROBE_BYTES_MAX;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;

    if (avformat_open_input(&format, NULL, NULL, NULL) < 0 ||
        avformat_find_stream_info(format, NULL) < 0) {
        counts->errors++;
    } else {
        int stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
        if (stream < 0) stream = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
        if (stream < 0)
            counts->errors++;
        else
            decode_packets(format, stream, counts);
    }
    avformat_close_input(&format);
    av_freep(&io->buffer);
    avio_context_free(&io);

    // What the demuxer left unread of a broken run must not become part of the next.
    uint8_t rest[4096];
    while (read_run(run, rest, sizeof rest) > 0)
        continue;
}

int main(void)
{
    struct why why;
    struct decoder_counts *counts =
        mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, DECODER_COUNTS_FD, 0);
    av_log_set_level(AV_LOG_QUIET);
    if (counts == MAP_FAILED || sandbox_close_others(DECODER_FIRST_FD, &why) != OK ||
        sandbox_enter(&limits, &why) != OK)
        return DECODER_EXIT_SETUP;

    struct run run = {.is_over = false};
    while (read_record(&run.next)) {
        do {
            run = (struct run){.current = run.next};
            decode_run(&run, counts);
        } while (run.has_next);
        if (run.is_over) break;
    }
    _exit(0); // what libraries do at exit, they may not do in the sandbox
}
