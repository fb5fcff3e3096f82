// SPDX-License-Identifier: Apache-2.0
#include "media/probe.h"

#include "media/box_signs.h"
#include "media/cadence.h"
#include "media/probe_facts.h"
#include "media/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    TICKS_ROOM_FIRST = 4096,
    PACKETS_PER_WORD = 2000,  // between two progress words: milliseconds
    LAST_PICTURES_MAX = 5000, // decoded behind the last key picture: longer groups are cut short
};

// A found fault of the master: not a failure of the probe.
__attribute__((format(printf, 3, 4))) static void
refuse(struct master_report *report, enum master_refusal refusal, const char *format, ...)
{
    if (report->refusal != MASTER_ACCEPTED) return; // the first word counts
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(report->reason.text, sizeof report->reason.text, format, arguments);
    va_end(arguments);
    report->refusal = refusal;
}

// Timestamps of the video track, as they come.
struct tick_list {
    int64_t *at;
    size_t count, room;
};

static void tick_list_release(struct tick_list *list)
{
    free(list->at);
}

static outcome tick_list_put(struct tick_list *list, int64_t ticks, struct why *why)
{
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? TICKS_ROOM_FIRST : list->room * 2;
        int64_t *grown = realloc(list->at, room * sizeof *grown);
        if (grown == NULL) return fail(why, NO_MEMORY, "no memory for %zu timestamps", room);
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = ticks;
    return OK;
}

static int compare_ticks(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

// What one pass over the packets finds of a stream.
struct stream_scan {
    uint64_t packets, keys;
    int64_t first, end; // earliest timestamp, latest end
    int64_t dts;        // of the packet before
    int64_t last_duration;
    bool has_times, has_dts, goes_back;
    int64_t back_from, back_to; // the first step back
};

struct scan {
    struct source *source;
    struct stream_scan streams[MASTER_TRACKS_MAX];
    struct tick_list ticks;
    unsigned video;
};

static void scan_dts(struct stream_scan *scan, const AVPacket *packet, AVRational base)
{
    if (packet->dts == AV_NOPTS_VALUE) return;
    // Half a frame of slack: some muxers round decode times.
    const int64_t slack = av_rescale_q(1, (AVRational){1, 200}, base);
    if (scan->has_dts && packet->dts < scan->dts - slack && !scan->goes_back) {
        scan->goes_back = true;
        scan->back_from = scan->dts;
        scan->back_to = packet->dts;
    }
    scan->dts = packet->dts;
    scan->has_dts = true;
}

static outcome scan_packet(struct scan *scan, const AVPacket *packet, struct why *why)
{
    const unsigned stream = (unsigned)packet->stream_index;
    if (stream >= MASTER_TRACKS_MAX) return OK;
    struct stream_scan *found = &scan->streams[stream];
    const AVRational base = scan->source->container->streams[stream]->time_base;
    scan_dts(found, packet, base);
    if ((packet->flags & AV_PKT_FLAG_DISCARD) != 0) return OK; // outside the edit list
    found->packets++;
    found->keys += (packet->flags & AV_PKT_FLAG_KEY) != 0;
    const int64_t at = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (at == AV_NOPTS_VALUE) return OK;
    const int64_t duration = packet->duration > 0 ? packet->duration : 0;
    if (!found->has_times || at < found->first) found->first = at;
    if (!found->has_times || at + duration >= found->end) {
        found->end = at + duration;
        found->last_duration = duration;
    }
    found->has_times = true;
    if (stream != scan->video) return OK;
    if (scan->ticks.count == MASTER_FRAMES_MAX)
        return fail(why, TOO_LARGE, "more than %d pictures", MASTER_FRAMES_MAX);
    return tick_list_put(&scan->ticks, at, why);
}

static outcome scan_all(struct scan *scan, const struct probe_watch *watch,
                        struct master_report *report, struct why *why)
{
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL) return fail(why, NO_MEMORY, "no memory for a packet");
    struct why fault = {""};
    outcome result = OK, heard = OK;
    for (uint64_t count = 0; result == OK && heard == OK; count++) {
        result = source_packet(scan->source, packet, &fault);
        if (result == OK) result = scan_packet(scan, packet, &fault);
        if (count % PACKETS_PER_WORD == 0 && watch != NULL && watch->progressed != NULL)
            heard = watch->progressed(watch->context, (uint64_t)avio_tell(scan->source->io),
                                      report->facts.size_bytes, why);
    }
    av_packet_free(&packet);
    if (heard != OK) return heard;
    if (result == INVALID)
        refuse(report, MASTER_TRUNCATED,
               "the file breaks off or is damaged: %.300s; make a new copy from its source",
               fault.text);
    else if (result == TOO_LARGE)
        refuse(report, MASTER_TOO_LARGE, "the master has %.300s", fault.text);
    else if (result != NOT_FOUND)
        return fail(why, result, "%s", fault.text);
    return OK;
}

static double seconds_of(int64_t ticks, AVRational base)
{
    return (double)ticks * av_q2d(base);
}

// Timestamps of a stream that go back, or that end long before the container says.
static void judge_stream(const struct scan *scan, unsigned stream, struct master_report *report)
{
    const struct stream_scan *found = &scan->streams[stream];
    const AVFormatContext *container = scan->source->container;
    const AVStream *av = container->streams[stream];
    const enum AVMediaType type = av->codecpar->codec_type;
    if (type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO) return;
    if (found->goes_back)
        refuse(
            report, MASTER_TIMESTAMPS,
            "timestamps of track %u (%s) go back from %.3f s to %.3f s: files joined end to end? "
            "Remux the master with continuous timestamps",
            stream, av_get_media_type_string(type), seconds_of(found->back_from, av->time_base),
            seconds_of(found->back_to, av->time_base));
}

// A header that promises more than the file holds. Only for containers whose header is written when
// all is known.
static void judge_length(const struct scan *scan, struct master_report *report)
{
    enum { SLACK_S = 1 };
    const AVFormatContext *container = scan->source->container;
    if (container->duration_estimation_method != AVFMT_DURATION_FROM_STREAM ||
        container->duration <= 0 || strcmp(report->facts.container, "mpegts") == 0)
        return;
    const double declared_s = (double)container->duration / AV_TIME_BASE;
    double first_s = 1e18, end_s = -1e18;
    for (unsigned i = 0; i < container->nb_streams && i < MASTER_TRACKS_MAX; i++) {
        const struct stream_scan *found = &scan->streams[i];
        const AVRational base = container->streams[i]->time_base;
        if (!found->has_times) continue;
        if (seconds_of(found->first, base) < first_s) first_s = seconds_of(found->first, base);
        if (seconds_of(found->end, base) > end_s) end_s = seconds_of(found->end, base);
    }
    const double found_s = end_s < first_s ? 0 : end_s - (first_s > 0 ? 0 : first_s);
    if (found_s < declared_s - SLACK_S - declared_s / 50)
        refuse(report, MASTER_TRUNCATED,
               "the header promises %.1f s, the file holds %.1f s: the copy is incomplete, make a "
               "new one",
               declared_s, found_s);
}

static void fill_tracks(const struct scan *scan, struct master_report *report)
{
    const AVFormatContext *container = scan->source->container;
    for (unsigned i = 0; i < container->nb_streams && i < MASTER_TRACKS_MAX; i++) {
        struct master_track *track = &report->facts.tracks[i];
        const struct stream_scan *found = &scan->streams[i];
        const AVRational base = container->streams[i]->time_base;
        track->packets = found->packets;
        if (!found->has_times) continue;
        track->start = media_time_of(found->first, base);
        track->duration = media_time_of(found->end - found->first, base);
    }
}

static void fill_rate(struct scan *scan, struct master_report *report)
{
    struct master_video *video = &report->facts.video;
    const AVStream *stream = scan->source->container->streams[scan->video];
    const struct stream_scan *found = &scan->streams[scan->video];
    if (scan->ticks.count == 0 || found->end <= found->first) {
        refuse(report, MASTER_ZERO_DURATION,
               "the video track has no duration: %llu pictures, no time between them",
               (unsigned long long)found->packets);
        return;
    }
    qsort(scan->ticks.at, scan->ticks.count, sizeof *scan->ticks.at, compare_ticks);
    // A time base of more than one tick per unit (1001/24000) is counted in units of 1/den.
    for (size_t i = 0; i < scan->ticks.count; i++)
        scan->ticks.at[i] = media_time_of(scan->ticks.at[i], stream->time_base).ticks;
    const AVRational guess = av_guess_frame_rate(
        scan->source->container, scan->source->container->streams[scan->video], NULL);
    const struct frame_rate declared = {guess.num > 0 ? (uint32_t)guess.num : 0,
                                        guess.den > 0 ? (uint32_t)guess.den : 0};
    const struct cadence cadence =
        cadence_find(scan->ticks.at, scan->ticks.count, (uint32_t)stream->time_base.den,
                     found->last_duration * stream->time_base.num, declared);
    video->rate = cadence.rate;
    video->frame_count = cadence.frame_count;
    video->frames_repeated = cadence.repeated;
    video->frames_dropped = cadence.dropped;
    video->variable_rate = cadence.is_variable;
    video->packets = found->packets;
    video->intra_only = found->keys == found->packets;
    video->start = media_time_of(found->first, stream->time_base);
    report->facts.duration = (struct media_time){
        (int64_t)(cadence.frame_count * cadence.rate.seconds), cadence.rate.frames};
}

// Decodes to the end from the last key picture, or from one earlier: without an index a seek may
// land behind it.
static outcome decode_last(struct stream_decoder *decoder, AVFrame *frame, const struct scan *scan,
                           bool *found, bool *has_captions, struct why *why)
{
    const struct stream_scan *video = &scan->streams[scan->video];
    const AVRational base = decoder->stream->time_base;
    int64_t back = 0;
    *found = false;
    while (!*found) {
        const bool is_start = video->end - back <= video->first;
        TRY(is_start ? stream_decoder_rewind(decoder, why)
                     : stream_decoder_seek(decoder, media_time_of(video->end - back, base), why));
        outcome result = OK;
        for (int i = 0; result == OK && i < LAST_PICTURES_MAX; i++) {
            result = stream_decoder_next(decoder, frame, why);
            if (result == OK) *found = true;
            if (result == OK && picture_has_captions(frame)) *has_captions = true;
            av_frame_unref(frame);
        }
        if (result != OK && result != NOT_FOUND) return result;
        if (is_start) return OK;
        back = back == 0 ? av_rescale_q(1, (AVRational){1, 1}, base) : back * 4;
    }
    return OK;
}

static outcome judge_pictures(struct source *source, const struct scan *scan, AVFrame *frame,
                              struct master_report *report, struct why *why)
{
    autodecoder decoder = {.source = NULL};
    struct why fault = {""};
    outcome result = stream_decoder_open(source, scan->video, 1, &decoder, &fault);
    if (result == NO_MEMORY) return fail(why, result, "%s", fault.text);
    if (result != OK) {
        refuse(report, MASTER_CODEC, "%.390s", fault.text);
        return OK;
    }
    av_note_clear();
    result = stream_decoder_next(&decoder, frame, &fault);
    if (result == NO_MEMORY) return fail(why, result, "%s", fault.text);
    if (result != OK) {
        char said[160];
        av_note(said, sizeof said);
        refuse(report, MASTER_UNDECODABLE, "no picture of the %s video can be decoded: %s",
               decoder.codec->codec->name, said);
        return OK;
    }
    if (!picture_facts(source->container, decoder.stream, frame, &report->facts.video))
        refuse(report, MASTER_PIXEL_FORMAT,
               "pictures in the pixel format %s cannot be read: convert the master, for example to "
               "ProRes 422 HQ",
               report->facts.video.pixel_format);
    report->facts.video.has_captions = picture_has_captions(frame);
    av_frame_unref(frame);
    bool has_last = true;
    if (report->refusal == MASTER_ACCEPTED)
        TRY(decode_last(&decoder, frame, scan, &has_last, &report->facts.video.has_captions, why));
    if (!has_last)
        refuse(report, MASTER_UNDECODABLE,
               "the last pictures of the video cannot be decoded: is the copy complete?");
    return OK;
}

static outcome probe_streams(struct source *source, const struct probe_watch *watch,
                             struct master_report *report, struct why *why)
{
    const int best = av_find_best_stream(source->container, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    const bool has_video = best >= 0 && (source->container->streams[best]->disposition &
                                         AV_DISPOSITION_ATTACHED_PIC) == 0;
    if (!has_video)
        refuse(report, MASTER_NO_VIDEO,
               "there is no video track, only %u other: audio alone is added to a title as a "
               "sidecar",
               source->container->nb_streams);
    struct scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL) return fail(why, NO_MEMORY, "no memory to scan a master");
    scan->source = source;
    scan->video = has_video ? (unsigned)best : UINT32_MAX;
    AVFrame *frame = av_frame_alloc();
    outcome result = frame == NULL ? fail(why, NO_MEMORY, "no memory for a picture") : OK;
    if (result == OK) result = scan_all(scan, watch, report, why);
    if (result == OK) {
        fill_tracks(scan, report);
        for (unsigned i = 0; i < source->container->nb_streams && i < MASTER_TRACKS_MAX; i++)
            judge_stream(scan, i, report);
        judge_length(scan, report);
        if (has_video) fill_rate(scan, report);
    }
    report->facts.video.track = has_video ? (uint32_t)best : 0;
    if (result == OK && has_video && report->refusal == MASTER_ACCEPTED)
        result = source_rewind(source, why);
    if (result == OK && has_video && report->refusal == MASTER_ACCEPTED)
        result = judge_pictures(source, scan, frame, report, why);
    av_frame_free(&frame);
    tick_list_release(&scan->ticks);
    free(scan);
    return result;
}

// Why no demuxer took it, as well as the boxes tell.
static void refuse_unopened(const struct box_signs *signs, const struct why *fault,
                            struct master_report *report)
{
    if (report->facts.size_bytes == 0)
        refuse(report, MASTER_NOT_MEDIA, "the file is empty");
    else if (signs->is_iso && signs->is_cut)
        refuse(report, MASTER_TRUNCATED,
               "the file breaks off before its media can be read: make a new copy from its source");
    else
        refuse(report, MASTER_NOT_MEDIA, "%.390s", fault->text);
}

outcome probe_master(int fd, const struct seal *seal, const struct probe_watch *watch,
                     struct master_report *out, struct why *why)
{
    autosealed *file = NULL;
    TRY(sealed_file_open(fd, seal, &file, why));
    struct master_report *report = calloc(1, sizeof *report);
    if (report == NULL) return fail(why, NO_MEMORY, "no memory for a report");
    report->facts.size_bytes = sealed_file_size(file);

    struct box_signs signs = {.is_iso = false};
    outcome result = box_signs_read(file, &signs, why);
    report->facts.faststart = signs.is_faststart;
    report->facts.fragmented = signs.is_fragmented;
    if (signs.is_encrypted)
        refuse(report, MASTER_ENCRYPTED,
               "the file is already encrypted (common encryption): a master must be in the clear");

    autosource source = {.io = NULL};
    struct why fault = {""};
    if (result == OK) {
        const outcome opened = source_open(fd, seal, &source, &fault);
        if (opened == NO_MEMORY) result = fail(why, opened, "%s", fault.text);
        if (opened != OK) refuse_unopened(&signs, &fault, report);
        if (opened == OK) {
            container_facts(source.container, &report->facts);
            if (streams_are_encrypted(source.container))
                refuse(report, MASTER_ENCRYPTED,
                       "a track is already encrypted: a master must be in the clear");
            if (signs.is_cut)
                refuse(report, MASTER_TRUNCATED,
                       "the file breaks off: its last box is larger than what is left of the file. "
                       "Make a new copy from its source");
            result = report->refusal == MASTER_ENCRYPTED
                         ? OK
                         : probe_streams(&source, watch, report, why);
        }
    }
    if (result == OK) *out = *report;
    free(report);
    return result;
}
