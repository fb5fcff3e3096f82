// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/jobs.h"

#include "base/file.h"
#include "media/cue_text.h"
#include "media/webvtt.h"
#include "studio/transcode/line21.h"

#include <string.h>

enum {
    CUE_ARENA_BYTES = 64 * 1024 * 1024, // CUES_MAX cues of a screen's text
    ASS_FIELDS_BEFORE_TEXT = 8, // ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text
};

// SubRip and WebVTT packets are the text itself, with whatever line ends.
static outcome plain_text(struct slice packet, struct buffer *out, struct why *why)
{
    struct slice line;
    while (caption_line(&packet, &line)) {
        TRY(buffer_put(out, line, why));
        TRY(buffer_put_u8(out, '\n', why));
    }
    return OK;
}

// 3GPP timed text: a length of 16 bits, the text, then style boxes, which are left.
static outcome mov_text(struct slice packet, struct buffer *out, struct why *why)
{
    if (packet.len < 2) return OK;
    return plain_text(slice_part(packet, 2, read_u16be(packet.at)), out, why);
}

// Override tags with a counterpart in WebVTT; cleaning drops the others.
static outcome ass_override(struct slice tag, struct buffer *out, struct why *why)
{
    static const struct {
        const char *from, *to;
    } tags[] = {
        {"\\i1", "<i>"},  {"\\i0", "</i>"}, {"\\b1", "<b>"},
        {"\\b0", "</b>"}, {"\\u1", "<u>"},  {"\\u0", "</u>"},
    };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (slice_is(tag, tags[i].from)) return buffer_put_text(out, tags[i].to, why);
    return OK;
}

// A Matroska event of Advanced SubStation Alpha: eight fields, then the text with \N for a new
// line.
static outcome ass_text(struct slice packet, struct buffer *out, struct why *why)
{
    struct slice field;
    for (int i = 0; i < ASS_FIELDS_BEFORE_TEXT; i++)
        if (!slice_cut(&packet, ',', &field)) return OK;
    for (size_t i = 0; i < packet.len; i++) {
        const struct slice rest = slice_part(packet, i, packet.len);
        if (slice_starts(rest, "\\N") || slice_starts(rest, "\\n")) {
            TRY(buffer_put_u8(out, '\n', why));
            i++;
        } else if (slice_starts(rest, "\\h")) {
            TRY(buffer_put_u8(out, ' ', why));
            i++;
        } else if (rest.at[0] == '{' && memchr(rest.at, '}', rest.len) != NULL) {
            const size_t end = (size_t)((const uint8_t *)memchr(rest.at, '}', rest.len) - rest.at);
            TRY(ass_override(slice_part(rest, 1, end - 1), out, why));
            i += end;
        } else {
            TRY(buffer_put_u8(out, rest.at[0], why));
        }
    }
    return OK;
}

static const struct text_reader {
    enum AVCodecID codec;
    outcome (*read)(struct slice packet, struct buffer *out, struct why *why);
} text_readers[] = {
    {AV_CODEC_ID_SUBRIP, plain_text}, {AV_CODEC_ID_TEXT, plain_text},
    {AV_CODEC_ID_WEBVTT, plain_text}, {AV_CODEC_ID_MOV_TEXT, mov_text},
    {AV_CODEC_ID_ASS, ass_text},      {AV_CODEC_ID_SSA, ass_text},
};

static outcome find_reader(const AVStream *stream, const struct text_reader **out, struct why *why)
{
    for (size_t i = 0; i < sizeof text_readers / sizeof text_readers[0]; i++) {
        if (text_readers[i].codec != stream->codecpar->codec_id) continue;
        *out = &text_readers[i];
        return OK;
    }
    return fail(
        why, UNSUPPORTED,
        "track %d is %s, which cannot be read as text: SRT, mov_text, SSA/ASS and WebVTT can; "
        "send others as a sidecar",
        stream->index, avcodec_get_name(stream->codecpar->codec_id));
}

// One packet as a cue of the title. Those outside of it, or empty, are left out.
static outcome add_cue(struct cue_builder *builder, const struct text_reader *reader,
                       const struct text_job *job, const AVPacket *packet, AVRational base,
                       struct why *why)
{
    if (packet->pts == AV_NOPTS_VALUE || packet->duration <= 0 || packet->size <= 0) return OK;
    const int64_t zero_ms = media_time_rescale(job->facts->video.start, 1000).ticks;
    const int64_t end_of_title_ms = media_time_rescale(job->facts->duration, 1000).ticks;
    int64_t start_ms = media_time_rescale(media_time_of(packet->pts, base), 1000).ticks - zero_ms;
    int64_t end_ms =
        media_time_rescale(media_time_of(packet->pts + packet->duration, base), 1000).ticks -
        zero_ms;
    if (start_ms < 0) start_ms = 0;
    if (end_ms > end_of_title_ms) end_ms = end_of_title_ms;
    if (end_ms <= start_ms || end_ms > CUE_MS_MAX) return OK;

    autobuffer raw = buffer_init(CUE_TEXT_BYTES_MAX), clean = buffer_init(2 * CUE_TEXT_BYTES_MAX);
    TRY(reader->read((struct slice){packet->data, (size_t)packet->size}, &raw, why));
    TRY(cue_text_clean(slice_trim(buffer_slice(&raw)), &clean, why));
    const struct slice text = slice_trim(buffer_slice(&clean));
    if (text.len == 0) return OK;
    const char *kept = arena_copy(builder->arena, text);
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for captions");
    return cues_add(builder,
                    (struct cue){.start_ms = start_ms,
                                 .end_ms = end_ms,
                                 .text = {(const uint8_t *)kept, text.len}},
                    why);
}

static outcome read_cues(struct source *source, const struct text_job *job,
                         struct cue_builder *builder, const struct transcode_watch *watch,
                         struct why *why)
{
    AVFormatContext *container = source->container;
    if (job->track >= container->nb_streams)
        return fail(why, INVALID, "the master has no track %u", job->track);
    const AVStream *stream = container->streams[job->track];
    const struct text_reader *reader = NULL;
    TRY(find_reader(stream, &reader, why));
    for (unsigned i = 0; i < container->nb_streams; i++)
        container->streams[i]->discard = i == job->track ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    TRY(source_rewind(source, why));
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL) return fail(why, NO_MEMORY, "no memory for a packet");
    outcome result = OK;
    while (result == OK) {
        result = source_packet(source, packet, why);
        if (result == OK && packet->stream_index == stream->index)
            result = add_cue(builder, reader, job, packet, stream->time_base, why);
        if (result == OK)
            result =
                watch_tell(watch, (uint64_t)avio_tell(source->io), job->facts->size_bytes, why);
    }
    av_packet_free(&packet);
    return result == NOT_FOUND ? OK : result;
}

outcome text_run(struct source *source, const struct text_job *job,
                 const struct transcode_watch *watch, struct text_result *out, struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    autoarena arena = arena_init(CUE_ARENA_BYTES);
    struct cue_builder builder = {.arena = &arena};
    struct cue_list list;
    const bool is_line21 =
        job->captions > 0 || (job->track < source->container->nb_streams &&
                              line21_is_track(source->container->streams[job->track]));
    TRY(is_line21 ? line21_read(source, job, &builder, watch, why)
                  : read_cues(source, job, &builder, watch, why));
    TRY(cues_finish(&builder, &list, why));
    const int64_t end_ms = media_time_rescale(job->facts->duration, 1000).ticks;
    if (is_line21) TRY(cues_clip(&arena, &list, 0, end_ms, why));
    autobuffer text = buffer_init(CAPTION_FILE_BYTES_MAX);
    TRY(webvtt_format(&list, &text, why));
    TRY(fd_write(job->output_fd, buffer_slice(&text), why));
    *out = (struct text_result){text.len, list.count};
    return OK;
}
