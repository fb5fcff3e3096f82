// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/line21.h"

#include "media/cea608.h"

#include <string.h>

enum { TRIPLET = 3, PICTURES_PER_WORD = 64 };

struct line21 {
    const struct text_job *job;
    struct cea608 decoder;
    unsigned field; // 0 or 1
    int64_t ms;     // never falls
    int64_t zero_ms;
};

bool line21_is_track(const AVStream *stream)
{
    return stream->codecpar->codec_id == AV_CODEC_ID_EIA_608;
}

// Pairs of one moment of the stream's time. Those before the title count for what they show at its
// start.
static outcome take_pairs(struct line21 *line21, const uint8_t *bytes, size_t len, int64_t at_ms,
                          struct why *why)
{
    const int64_t ms = at_ms - line21->zero_ms;
    if (ms > line21->ms) line21->ms = ms;
    for (size_t i = 0; i + TRIPLET <= len; i += TRIPLET) {
        const bool is_valid = (bytes[i] & 4u) != 0;
        if (!is_valid || (bytes[i] & 3u) != line21->field) continue;
        TRY(cea608_pair(&line21->decoder, bytes[i + 1], bytes[i + 2], line21->ms, why));
    }
    return OK;
}

static int64_t ms_of(int64_t ticks, AVRational base)
{
    return media_time_rescale(media_time_of(ticks, base), 1000).ticks;
}

static outcome read_track(struct source *source, struct line21 *line21,
                          const struct transcode_watch *watch, struct why *why)
{
    const AVFormatContext *container = source->container;
    const AVStream *stream = container->streams[line21->job->track];
    for (unsigned i = 0; i < container->nb_streams; i++)
        container->streams[i]->discard =
            i == line21->job->track ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    TRY(source_rewind(source, why));
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL) return fail(why, NO_MEMORY, "no memory for a packet");
    outcome result = OK;
    while (result == OK) {
        result = source_packet(source, packet, why);
        if (result != OK) break;
        if (packet->stream_index == stream->index && packet->size > 0 &&
            packet->pts != AV_NOPTS_VALUE)
            result = take_pairs(line21, packet->data, (size_t)packet->size,
                                ms_of(packet->pts, stream->time_base), why);
        if (result == OK)
            result = watch_tell(watch, (uint64_t)avio_tell(source->io),
                                line21->job->facts->size_bytes, why);
    }
    av_packet_free(&packet);
    return result == NOT_FOUND ? OK : result;
}

// Decodes for the order of the pictures and what hangs on them; what they look like does not
// matter.
static outcome read_pictures(struct source *source, struct line21 *line21,
                             const struct transcode_watch *watch, struct why *why)
{
    autodecoder decoder = {.source = NULL};
    TRY(source_rewind(source, why));
    TRY(stream_decoder_open(source, line21->job->track, 1, &decoder, why));
    decoder.codec->skip_loop_filter = AVDISCARD_ALL;
    decoder.codec->skip_idct = AVDISCARD_ALL;
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL) return fail(why, NO_MEMORY, "no memory for a picture");
    outcome result = OK;
    for (uint64_t count = 0; result == OK; count++) {
        result = stream_decoder_next(&decoder, frame, why);
        if (result != OK) break;
        const AVFrameSideData *side = av_frame_get_side_data(frame, AV_FRAME_DATA_A53_CC);
        if (side != NULL && frame->best_effort_timestamp != AV_NOPTS_VALUE)
            result =
                take_pairs(line21, side->data, side->size,
                           ms_of(frame->best_effort_timestamp, decoder.stream->time_base), why);
        av_frame_unref(frame);
        if (result == OK && count % PICTURES_PER_WORD == 0)
            result = watch_tell(watch, count, line21->job->facts->video.frame_count, why);
    }
    av_frame_free(&frame);
    return result == NOT_FOUND ? OK : result;
}

outcome line21_read(struct source *source, const struct text_job *job, struct cue_builder *builder,
                    const struct transcode_watch *watch, struct why *why)
{
    const AVFormatContext *container = source->container;
    const uint32_t channel = job->captions == 0 ? 0 : job->captions - 1;
    if (job->track >= container->nb_streams || channel > 3)
        return fail(why, INVALID, "the master has no track %u with captions CC%u", job->track,
                    job->captions);
    struct line21 line21 = {
        .job = job,
        .decoder = cea608_init(builder, channel % 2),
        .field = channel / 2,
        .zero_ms = media_time_rescale(job->facts->video.start, 1000).ticks,
    };
    TRY(line21_is_track(container->streams[job->track])
            ? read_track(source, &line21, watch, why)
            : read_pictures(source, &line21, watch, why));
    const int64_t end_ms = media_time_rescale(job->facts->duration, 1000).ticks;
    return cea608_finish(&line21.decoder, end_ms > line21.ms ? end_ms : line21.ms + 1, why);
}
