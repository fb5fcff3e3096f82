// SPDX-License-Identifier: Apache-2.0
#include "media/presentation_rules.h"

#include "media/language.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    CODEC_FAMILY_BYTES = 4, // "avc1" of "avc1.640028"
    DISPLAY_PIXELS_MAX = 65535,
};

static bool is_plain_name(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t len = strlen(text);
    return len > 0 && text[0] != '.' && strspn(text, allowed) == len;
}

// BCP 47 as far as a writer needs it: letters, digits and '-', a letter first (RFC 5646
// section 2.1).
static bool is_language_tag(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    const size_t len = strlen(text);
    return len >= 2 && strspn(text, allowed) == len && (text[0] | 0x20) >= 'a' &&
           text[len - 1] != '-';
}

static outcome check_video(const struct track *track, struct why *why)
{
    const struct video_facts *video = &track->video;
    if (video->width == 0 || video->height == 0 || video->sar_width == 0 || video->sar_height == 0)
        return fail(why, INVALID, "track %s has no picture size or sample aspect ratio",
                    track->name);
    const struct picture_size shown = track_display_size(track);
    if (shown.width == 0 || shown.width > DISPLAY_PIXELS_MAX)
        return fail(
            why, INVALID,
            "track %s is shown %u pixels wide: its sample aspect ratio %u:%u cannot be meant",
            track->name, shown.width, video->sar_width, video->sar_height);
    if (video->frame_rate.frames == 0 || video->frame_rate.seconds == 0)
        return fail(why, INVALID, "track %s has no frame rate", track->name);
    return OK;
}

static outcome check_audio(const struct track *track, struct why *why)
{
    if (track->audio.channels == 0 || track->audio.sample_rate == 0)
        return fail(why, INVALID, "track %s has no channels or no sample rate", track->name);
    return OK;
}

static outcome check_image(const struct track *track, struct why *why)
{
    const struct image_facts *image = &track->image;
    if (image->tile_width == 0 || image->tile_height == 0 || image->columns == 0 ||
        image->rows == 0 || image->tile_ms == 0 || image->sheet_count == 0)
        return fail(why, INVALID, "storyboard %s needs tile size, layout, tile time and sheets",
                    track->name);
    return OK;
}

static outcome check_segments(const struct track *track, struct why *why)
{
    if (track->segment_count == 0 || track->segment_count > SEGMENTS_MAX)
        return fail(why, INVALID, "track %s has %zu segments: 1 to %d can be described",
                    track->name, track->segment_count, SEGMENTS_MAX);
    if (track->init.size == 0 || track->index.size == 0)
        return fail(why, INVALID, "track %s has no init segment or no sidx", track->name);
    uint64_t position = 0;
    for (size_t i = 0; i < track->segment_count; i++) {
        const struct segment_entry *segment = &track->segments[i];
        if (segment->size == 0 || segment->offset > track->file_size ||
            segment->size > track->file_size - segment->offset)
            return fail(why, INVALID, "segment %zu of track %s lies outside %s", i, track->name,
                        track->file);
        const uint64_t start = segment_presented_at(track, position);
        position += segment->duration;
        if (segment_presented_at(track, position) <= start)
            return fail(why, INVALID, "segment %zu of track %s presents nothing", i, track->name);
        if (track->kind == TRACK_VIDEO &&
            (segment->key_size == 0 || segment->key_size > segment->size))
            return fail(why, INVALID, "segment %zu of track %s has no key picture inside it", i,
                        track->name);
    }
    return OK;
}

static bool is_file_plain(const struct track *track)
{
    char file[SHEET_FILE_BYTES];
    if (track->kind != TRACK_IMAGE) return is_plain_name(track->file);
    if (strstr(track->file, "%d") == NULL) return false;
    sheet_file(track, "0", file);
    return is_plain_name(file);
}

static outcome check_track(const struct track *track, struct why *why)
{
    static outcome (*const facts[TRACK_KIND_COUNT])(const struct track *, struct why *) = {
        [TRACK_VIDEO] = check_video,
        [TRACK_AUDIO] = check_audio,
        [TRACK_IMAGE] = check_image,
    };
    if (!is_plain_name(track->name) || !is_file_plain(track))
        return fail(
            why, INVALID,
            "track \"%s\" in \"%s\": use letters, digits, '.', '_' and '-' (storyboards: one %%d)",
            track->name, track->file);
    const bool is_spoken = track->kind == TRACK_AUDIO || track->kind == TRACK_TEXT;
    if (is_spoken && !is_language_tag(track->language))
        return fail(
            why, INVALID,
            "track %s has language \"%s\": give a BCP 47 tag, \"und\" where it is not known",
            track->name, track->language);
    const bool has_segments = track->kind == TRACK_VIDEO || track->kind == TRACK_AUDIO;
    if (has_segments && !is_plain_name(track->codec))
        return fail(why, INVALID, "track %s has no RFC 6381 codec string", track->name);
    if (has_segments && (track->timescale == 0 || track->duration == 0))
        return fail(why, INVALID, "track %s has no duration", track->name);
    if (facts[track->kind] != NULL) TRY(facts[track->kind](track, why));
    return has_segments ? check_segments(track, why) : OK;
}

outcome presentation_check(const struct presentation *presentation, struct why *why)
{
    size_t playable = 0;
    if (presentation->track_count > TRACKS_MAX)
        return fail(why, TOO_LARGE, "a presentation has at most %d tracks, not %zu", TRACKS_MAX,
                    presentation->track_count);
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        TRY(check_track(track, why));
        playable += track->kind == TRACK_VIDEO || track->kind == TRACK_AUDIO;
        for (size_t j = 0; j < i; j++)
            if (strcmp(track->name, presentation->tracks[j].name) == 0)
                return fail(why, INVALID, "two tracks are named %s", track->name);
    }
    if (playable == 0) return fail(why, INVALID, "there is no video and no audio track to play");
    if (presentation->duration.ticks <= 0 || presentation->duration.timescale == 0)
        return fail(why, INVALID, "the presentation has no duration");
    return OK;
}

bool tracks_are_one_choice(const struct track *a, const struct track *b)
{
    return a->kind == b->kind && a->role == b->role && strcmp(a->language, b->language) == 0 &&
           strcmp(a->label, b->label) == 0;
}

bool tracks_are_switchable(const struct track *a, const struct track *b)
{
    if (!tracks_are_one_choice(a, b)) return false;
    switch (a->kind) {
    case TRACK_VIDEO:
        return strncmp(a->codec, b->codec, CODEC_FAMILY_BYTES) == 0 &&
               a->video.range == b->video.range;
    case TRACK_AUDIO:
        return strcmp(a->codec, b->codec) == 0 && a->audio.channels == b->audio.channels;
    case TRACK_IMAGE: return true;
    case TRACK_TEXT:
    case TRACK_KIND_COUNT: break;
    }
    return false; // each text track is a file that stands alone
}

void track_label(const struct track *track, char *out)
{
    static const char *const remarks[TRACK_ROLE_COUNT] = {
        [ROLE_DESCRIPTION] = " [Audio Description]",
        [ROLE_COMMENTARY] = " [Commentary]",
        [ROLE_CAPTION] = " [CC]",
        [ROLE_FORCED] = " [Forced]",
        [ROLE_ENHANCED_DIALOGUE] = " [Dialogue Boost]",
    };
    if (track->label[0] != '\0') {
        (void)snprintf(out, LABEL_BYTES, "%s", track->label);
        return;
    }
    const char *remark = remarks[track->role];
    (void)snprintf(out, LABEL_BYTES, "%s%s", language_name(track->language),
                   remark == NULL ? "" : remark);
}

struct picture_size track_display_size(const struct track *track)
{
    assert(track->kind == TRACK_VIDEO);
    const struct video_facts *video = &track->video;
    const uint64_t width =
        ((uint64_t)video->width * video->sar_width + video->sar_height / 2) / video->sar_height;
    return (struct picture_size){width > UINT32_MAX ? UINT32_MAX : (uint32_t)width, video->height};
}

uint64_t segment_presented_at(const struct track *track, uint64_t media_ticks)
{
    const uint64_t priming = track->kind == TRACK_AUDIO ? track->audio.priming_ticks : 0;
    const uint64_t presented = media_ticks > priming ? media_ticks - priming : 0;
    return presented < track->duration ? presented : track->duration;
}

void sheet_file(const struct track *track, const char *word, char *out)
{
    const char *mark = strstr(track->file, "%d");
    assert(mark != NULL);
    (void)snprintf(out, SHEET_FILE_BYTES, "%.*s%s%s", (int)(mark - track->file), track->file, word,
                   mark + 2);
}
