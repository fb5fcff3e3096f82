// SPDX-License-Identifier: Apache-2.0
#include "media/lint_internal.h"

#include <math.h>
#include <string.h>

enum {
    TIMESCALE_US = 1000000,
    SEGMENT_TIMES_TOLD = 3, // faults of one kind told per rendition; the rest would say the same
};

double lint_seconds(const struct lint_media *media, uint64_t ticks)
{
    return (double)ticks / (double)media->init.stream.timescale;
}

uint64_t lint_media_ticks(const struct lint_media *media)
{
    uint64_t ticks = 0;
    for (size_t i = 0; i < media->count; i++)
        ticks += media->segments[i].duration;
    return ticks;
}

double lint_presented_seconds(const struct lint_media *media)
{
    const struct media_init *init = &media->init;
    const uint64_t ticks = lint_media_ticks(media);
    const bool skips = init->has_edit && init->stream.kind == TRACK_AUDIO &&
                       (uint64_t)init->edit_media_time < ticks;
    return lint_seconds(media, skips ? ticks - (uint64_t)init->edit_media_time : ticks);
}

const char *lint_place(struct lint *lint, const struct lint_media *media, size_t segment)
{
    const char *text = arena_format(lint->arena, "%s at %.3f s", media->name,
                                    lint_seconds(media, media->segments[segment].decode_time));
    if (text == NULL) lint->is_out_of_memory = true;
    return text == NULL ? "" : text;
}

const struct segment_entry *lint_entries(struct lint *lint, const struct lint_media *media)
{
    if (media == NULL || !media->is_whole || media->count == 0) return NULL;
    struct segment_entry *entries = arena_take_array(lint->arena, media->count, sizeof *entries);
    if (entries == NULL) lint->is_out_of_memory = true;
    for (size_t i = 0; entries != NULL && i < media->count; i++) {
        const struct scanned_segment *segment = &media->segments[i];
        if (segment->size > UINT32_MAX || segment->duration > UINT32_MAX) return NULL;
        entries[i].size = (uint32_t)segment->size;
        entries[i].duration = (uint32_t)segment->duration;
    }
    return entries;
}

static bool is_video(const struct lint_media *media)
{
    return media->init.handler == BOX_TYPE('v', 'i', 'd', 'e');
}

static bool is_audio(const struct lint_media *media)
{
    return media->init.handler == BOX_TYPE('s', 'o', 'u', 'n');
}

static void check_brand(struct lint *lint, const struct lint_media *media)
{
    static const uint32_t brands[] = {BOX_TYPE('c', 'm', 'f', 'c'), BOX_TYPE('c', 'm', 'f', '2')};
    for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++)
        if (media_init_has_brand(&media->init, brands[i])) return;
    lint_find(lint, RULE_CMAF_BRAND, media->name,
              "ftyp claims neither cmfc nor cmf2: players cannot rely on CMAF's rules");
}

static void check_tracks(struct lint *lint, const struct lint_media *media)
{
    if (media->init.track_count > 1)
        lint_find(lint, RULE_ONE_TRACK, media->name,
                  "it holds %zu tracks: audio cannot be chosen or cached apart from the picture",
                  media->init.track_count);
}

static void check_access(struct lint *lint, const struct lint_media *media)
{
    size_t told = 0;
    for (size_t i = 0; is_video(media) && i < media->count && told < SEGMENT_TIMES_TOLD; i++) {
        const struct scanned_segment *segment = &media->segments[i];
        const char *place = lint_place(lint, media, i);
        if (segment->access == ACCESS_NONE || segment->access == ACCESS_OPEN) {
            lint_find(lint, RULE_SAP, place,
                      "segment %zu begins with %s: a player cannot start or switch there", i,
                      segment->access == ACCESS_OPEN ? "an open GOP (CRA or BLA picture)"
                                                     : "a picture that is no IDR");
            told++;
        } else if (!segment->is_marked_sync) {
            lint_find(lint, RULE_SYNC_MARK, place,
                      "segment %zu begins with a sample that is not marked as sync sample", i);
            told++;
        }
    }
}

static void check_timeline(struct lint *lint, const struct lint_media *media)
{
    size_t told = 0;
    for (size_t i = 1; i < media->count && told < SEGMENT_TIMES_TOLD; i++) {
        const struct scanned_segment *before = &media->segments[i - 1];
        const uint64_t end = before->decode_time + before->duration;
        const uint64_t start = media->segments[i].decode_time;
        if (start == end) continue;
        lint_find(
            lint, RULE_TIMELINE, lint_place(lint, media, i),
            "segment %zu starts %.3f ms %s the end of the one before (tfdt %llu, expected %llu)", i,
            1000 * lint_seconds(media, start > end ? start - end : end - start),
            start > end ? "after" : "before", (unsigned long long)start, (unsigned long long)end);
        told++;
    }
}

// An audio segment far shorter than the others, where there are more of them than video has.
static void check_tail(struct lint *lint, const struct lint_media *media, size_t video_count)
{
    if (!is_audio(media) || media->count < 2 || video_count == 0 || media->count <= video_count)
        return;
    const uint64_t last = media->segments[media->count - 1].duration;
    const uint64_t usual = media->segments[0].duration;
    if (4 * last < usual)
        lint_find(lint, RULE_TAIL, lint_place(lint, media, media->count - 1),
                  "the last audio segment lasts %.0f ms and video has none for it: %zu requests "
                  "where %zu would do",
                  1000 * lint_seconds(media, last), media->count, video_count);
}

static void check_edit(struct lint *lint, const struct lint_media *media)
{
    const struct media_init *init = &media->init;
    if (media->count == 0) return;
    if (is_audio(media) && init->is_readable && init->stream.codec == CODEC_AAC && !init->has_edit)
        lint_find(lint, RULE_PRIMING, media->name,
                  "AAC without an edit list: the encoder's priming (21 ms at 1024 samples) is "
                  "played as sound");
    if (!init->has_edit) return;
    if (is_audio(media) && lint_seconds(media, (uint64_t)init->edit_media_time) > 0.5)
        lint_find(lint, RULE_EDIT, media->name,
                  "the edit list skips %.0f ms of audio: no encoder's priming is so long",
                  1000 * lint_seconds(media, (uint64_t)init->edit_media_time));
    const int64_t first = media->segments[0].earliest_time;
    if (is_video(media) && init->edit_media_time != first)
        lint_find(
            lint, RULE_EDIT, media->name,
            "the edit list begins at tick %lld, the first picture at %lld: it is shown %.1f ms %s",
            (long long)init->edit_media_time, (long long)first,
            1000 * fabs((double)(first - init->edit_media_time)) / init->stream.timescale,
            first > init->edit_media_time ? "late" : "early");
}

static void check_entry_aspect(struct lint *lint, const struct lint_media *media)
{
    if (!is_video(media) || !media->init.is_readable) return;
    const struct video_facts *facts = &media->init.stream.video.facts;
    if (facts->sar_width == 0 || facts->sar_height == 0) return;
    const double sar = (double)facts->sar_width / facts->sar_height;
    if (sar < 0.2 || sar > 5.0 || facts->sar_width == 65535)
        lint_find(lint, RULE_ASPECT, media->name,
                  "the sample entry says a sample aspect ratio of %u:%u", facts->sar_width,
                  facts->sar_height);
}

// Every video rendition against the first: the same number of cuts, at the same times.
static void check_alignment(struct lint *lint, const struct lint_media *first,
                            const struct lint_media *media)
{
    if (first->count != media->count) {
        lint_find(lint, RULE_ALIGNMENT, media->name, "it has %zu segments, %s has %zu",
                  media->count, first->name, first->count);
        return;
    }
    for (size_t i = 0; i < media->count; i++) {
        const struct media_time ours = {(int64_t)media->segments[i].decode_time,
                                        media->init.stream.timescale};
        const struct media_time theirs = {(int64_t)first->segments[i].decode_time,
                                          first->init.stream.timescale};
        if (media_time_compare(ours, theirs) == 0) continue;
        lint_find(
            lint, RULE_ALIGNMENT, lint_place(lint, media, i),
            "segment %zu starts at %.6f s, in %s at %.6f s: switching repeats or skips pictures", i,
            media_time_seconds(ours), first->name, media_time_seconds(theirs));
        return;
    }
}

static double frame_seconds(const struct lint_media *media)
{
    size_t samples = 0;
    for (size_t i = 0; i < media->count; i++)
        samples += media->segments[i].sample_count;
    return samples == 0 ? 0 : lint_seconds(media, lint_media_ticks(media)) / (double)samples;
}

// Lengths: pictures to the frame; sound to a frame of both.
static void check_length(struct lint *lint, const struct lint_media *first,
                         const struct lint_media *media)
{
    const double difference = fabs(lint_presented_seconds(media) - lint_presented_seconds(first));
    const double allowed =
        is_video(media) ? frame_seconds(first) : frame_seconds(first) + frame_seconds(media);
    if (difference > allowed * 1.001)
        lint_find(lint, RULE_DURATION, media->name, "it presents %.3f s, %s %.3f s: %.0f ms apart",
                  lint_presented_seconds(media), first->name, lint_presented_seconds(first),
                  1000 * difference);
}

static void check_one(struct lint *lint, const struct lint_media *media)
{
    check_brand(lint, media);
    check_tracks(lint, media);
    check_access(lint, media);
    check_timeline(lint, media);
    check_edit(lint, media);
    check_entry_aspect(lint, media);
}

void lint_check_media(struct lint *lint)
{
    const struct lint_media *first = NULL;
    for (size_t i = 0; i < lint->media_count && first == NULL; i++)
        if (lint->media[i]->is_whole && is_video(lint->media[i])) first = lint->media[i];
    for (size_t i = 0; i < lint->media_count; i++) {
        const struct lint_media *media = lint->media[i];
        if (media->init.stream.timescale == 0) continue; // could not be read: told already
        check_one(lint, media);
        lint_check_protection(lint, media);
        if (first == NULL || media == first || !media->is_whole) continue;
        if (is_video(media)) check_alignment(lint, first, media);
        check_length(lint, first, media);
        check_tail(lint, media, first->count);
    }
}
