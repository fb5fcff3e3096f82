// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/jobs.h"

#include "base/file.h"
#include "media/ts_scan.h"
#include "studio/transcode/listen.h"
#include "studio/transcode/look.h"

#include <stdlib.h>
#include <string.h>

enum {
    PACKETS_PER_WORD = 64,
    GAP_MS_MIN = 500,      // timestamps that jump so far over nothing
    DAMAGE_JOIN_MS = 1000, // damage so near is one span
    STREAMS_MAX = SOURCE_STREAMS_MAX,
};

// One stream that is decoded: its decoder, and what looks or listens.
struct sense {
    const AVStream *stream;
    AVCodecContext *codec;
    struct look look;
    struct listen *listen;
    int64_t end_ms; // of its last packet
    bool has_end;
    struct measure_span damage; // that grows; count 0: none
};

struct measuring {
    struct source *source;
    const struct measure_job *job;
    struct measurement *out;
    struct sense senses[STREAMS_MAX];
    AVFrame *frame;
    AVPacket *packet;
    int64_t zero_ms; // of the title's frame 0 in the file's time
};

static void sense_close(struct sense *sense)
{
    avcodec_free_context(&sense->codec);
    look_close(&sense->look);
    listen_close(&sense->listen);
}

static int64_t title_ms(const struct measuring *measuring, const AVStream *stream, int64_t ticks)
{
    return av_rescale_q(ticks, stream->time_base, (AVRational){1, 1000}) - measuring->zero_ms;
}

static outcome open_codec(struct sense *sense, const AVCodec *codec, uint32_t threads,
                          struct why *why)
{
    sense->codec = avcodec_alloc_context3(codec);
    if (sense->codec == NULL) return fail(why, NO_MEMORY, "no memory for a decoder");
    int error = avcodec_parameters_to_context(sense->codec, sense->stream->codecpar);
    sense->codec->pkt_timebase = sense->stream->time_base;
    sense->codec->thread_count = (int)threads;
    sense->codec->max_pixels = PICTURE_PIXELS_MAX;
    // Damage shall be told, not hidden; what deblocking would smooth does not matter to the eye of
    // a measurement.
    sense->codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
    sense->codec->skip_loop_filter = AVDISCARD_ALL;
    // Wavelet pictures are decoded at a quarter of their size.
    if (sense->stream->codecpar->codec_id == AV_CODEC_ID_JPEG2000 && codec->max_lowres >= 2 &&
        sense->stream->codecpar->width >= 1920)
        sense->codec->lowres = 2;
    if (error >= 0) error = avcodec_open2(sense->codec, codec, NULL);
    return error < 0 ? av_fail(why, error, "%s cannot be decoded", codec->name) : OK;
}

static outcome open_sense(struct measuring *measuring, unsigned index, uint32_t threads,
                          struct why *why)
{
    struct sense *sense = &measuring->senses[index];
    const struct master_video *video = &measuring->job->facts->video;
    AVStream *stream = measuring->source->container->streams[index];
    const enum AVMediaType type = stream->codecpar->codec_type;
    const bool is_video = index == video->track && !measuring->job->is_sidecar;
    stream->discard = AVDISCARD_ALL;
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (codec == NULL || (!is_video && type != AVMEDIA_TYPE_AUDIO)) return OK;
    stream->discard = AVDISCARD_DEFAULT;
    sense->stream = stream;
    TRY(open_codec(sense, codec, is_video ? threads : 1, why));
    if (is_video)
        return look_open(&measuring->job->limits, measuring->out, index,
                         1000 * (int64_t)video->rate.seconds / video->rate.frames, &sense->look,
                         why);
    return listen_open(&measuring->job->limits, measuring->out, index, &sense->listen, why);
}

// --- damage and gaps -------------------------------------------------------------------------

static void end_damage(struct measuring *measuring, struct sense *sense)
{
    if (sense->damage.count > 0) measure_add(measuring->out, sense->damage);
    sense->damage.count = 0;
}

static void add_damage(struct measuring *measuring, struct sense *sense, int64_t ms)
{
    if (sense->damage.count > 0 && ms > sense->damage.end_ms + DAMAGE_JOIN_MS)
        end_damage(measuring, sense);
    if (sense->damage.count == 0)
        sense->damage = (struct measure_span){.kind = SPAN_DAMAGE,
                                              .track = (uint32_t)sense->stream->index,
                                              .start_ms = ms,
                                              .end_ms = ms};
    if (ms > sense->damage.end_ms) sense->damage.end_ms = ms;
    sense->damage.count++;
}

static void note_gap(struct measuring *measuring, struct sense *sense)
{
    const AVPacket *packet = measuring->packet;
    const int64_t at = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    if (at == AV_NOPTS_VALUE) return;
    const int64_t ms = title_ms(measuring, sense->stream, at);
    if (sense->has_end && ms > sense->end_ms + GAP_MS_MIN)
        measure_add(measuring->out, (struct measure_span){.kind = SPAN_GAP,
                                                          .track = (uint32_t)sense->stream->index,
                                                          .start_ms = sense->end_ms,
                                                          .end_ms = ms});
    const int64_t end_ms = title_ms(measuring, sense->stream, at + packet->duration);
    sense->end_ms = end_ms;
    sense->has_end = packet->duration > 0;
}

// --- decoding --------------------------------------------------------------------------------

static int64_t frame_time(const struct measuring *measuring, const struct sense *sense)
{
    const int64_t at = measuring->frame->best_effort_timestamp;
    return at == AV_NOPTS_VALUE ? sense->end_ms : title_ms(measuring, sense->stream, at);
}

static outcome use_frame(struct measuring *measuring, struct sense *sense, struct why *why)
{
    const int64_t ms = frame_time(measuring, sense);
    const bool is_damaged = measuring->frame->decode_error_flags != 0 ||
                            (measuring->frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
    if (is_damaged) add_damage(measuring, sense, ms);
    if (sense->listen != NULL) return listen_to(sense->listen, measuring->frame, ms, why);
    look_at(&sense->look, measuring->frame, ms);
    return OK;
}

static outcome drain(struct measuring *measuring, struct sense *sense, struct why *why)
{
    for (;;) {
        const int error = avcodec_receive_frame(sense->codec, measuring->frame);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return OK;
        if (error == AVERROR(ENOMEM)) return fail(why, NO_MEMORY, "no memory to decode with");
        if (error < 0) {
            add_damage(measuring, sense, sense->end_ms);
            return OK;
        }
        const outcome used = use_frame(measuring, sense, why);
        av_frame_unref(measuring->frame);
        TRY(used);
    }
}

static outcome feed(struct measuring *measuring, struct sense *sense, const AVPacket *packet,
                    struct why *why)
{
    if (packet != NULL) {
        note_gap(measuring, sense);
        if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) add_damage(measuring, sense, sense->end_ms);
    }
    const int error = avcodec_send_packet(sense->codec, packet);
    if (error == AVERROR(ENOMEM)) return fail(why, NO_MEMORY, "no memory to decode with");
    if (error < 0 && error != AVERROR_EOF) add_damage(measuring, sense, sense->end_ms);
    return drain(measuring, sense, why);
}

static outcome read_all(struct measuring *measuring, const struct transcode_watch *watch,
                        struct why *why)
{
    struct why fault = {""};
    TRY(source_rewind(measuring->source, why));
    for (uint64_t count = 0;; count++) {
        const outcome result = source_packet(measuring->source, measuring->packet, &fault);
        if (result == NO_MEMORY) return fail(why, result, "%s", fault.text);
        if (result != OK) break; // the probe has judged whether this is the end
        const int index = measuring->packet->stream_index;
        struct sense *sense = index < STREAMS_MAX ? &measuring->senses[index] : NULL;
        if (sense != NULL && sense->codec != NULL)
            TRY(feed(measuring, sense, measuring->packet, why));
        if (count % PACKETS_PER_WORD == 0)
            TRY(watch_tell(watch, (uint64_t)avio_tell(measuring->source->io),
                           measuring->job->facts->size_bytes, why));
    }
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct sense *sense = &measuring->senses[i];
        if (sense->codec == NULL) continue;
        TRY(feed(measuring, sense, NULL, why));
        end_damage(measuring, sense);
        if (sense->listen != NULL)
            listen_finish(sense->listen);
        else
            look_finish(&sense->look);
    }
    return OK;
}

static outcome scan_transport(const struct measuring *measuring, struct why *why)
{
    struct measurement *out = measuring->out;
    struct ts_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL) return fail(why, NO_MEMORY, "no memory to scan a transport stream");
    const outcome result = ts_scan_file(measuring->source->file, scan, &out->is_transport, why);
    out->continuity_errors = scan->continuity_errors + scan->sync_losses;
    out->scrambled = scan->scrambled;
    out->is_cut = scan->tail_bytes > 0 || scan->pes_cut > 0;
    free(scan);
    return result;
}

static outcome measure(struct measuring *measuring, uint32_t threads,
                       const struct transcode_watch *watch, struct why *why)
{
    const AVFormatContext *container = measuring->source->container;
    measuring->frame = av_frame_alloc();
    measuring->packet = av_packet_alloc();
    if (measuring->frame == NULL || measuring->packet == NULL)
        return fail(why, NO_MEMORY, "no memory to decode with");
    if (strcmp(measuring->job->facts->container, "mpegts") == 0 && !measuring->job->is_sidecar)
        TRY(scan_transport(measuring, why));
    for (unsigned i = 0; i < container->nb_streams && i < STREAMS_MAX; i++)
        TRY(open_sense(measuring, i, threads, why));
    return read_all(measuring, watch, why);
}

static outcome write_out(const struct measurement *measurement, int fd, uint64_t *bytes,
                         struct why *why)
{
    autojson *json = NULL;
    autobuffer text = buffer_init(MEASURE_BYTES_MAX);
    TRY(measurement_format(measurement, &json, why));
    TRY(json_format(json, &text, why));
    TRY(fd_write(fd, buffer_slice(&text), why));
    *bytes = text.len;
    return OK;
}

outcome measure_run(struct source *source, const struct measure_job *job, uint32_t threads,
                    const struct transcode_watch *watch, struct measure_result *out,
                    struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    struct measuring *measuring = calloc(1, sizeof *measuring);
    struct measurement *measurement = calloc(1, sizeof *measurement);
    outcome result = OK;
    if (measuring == NULL || measurement == NULL) {
        result = fail(why, NO_MEMORY, "no memory to measure with");
    } else {
        measuring->source = source;
        measuring->job = job;
        measuring->out = measurement;
        measuring->zero_ms =
            job->is_sidecar ? 0 : media_time_rescale(job->facts->video.start, 1000).ticks;
        result = measure(measuring, threads, watch, why);
        for (size_t i = 0; i < STREAMS_MAX; i++)
            sense_close(&measuring->senses[i]);
        av_frame_free(&measuring->frame);
        av_packet_free(&measuring->packet);
        if (result == OK) result = write_out(measurement, job->output_fd, &out->bytes, why);
    }
    free(measuring);
    free(measurement);
    return result;
}
