// SPDX-License-Identifier: Apache-2.0
#include "media/hls.h"

#include "media/bitrate.h"
#include "media/presentation_rules.h"
#include "media/protection_hls.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    AUDIO_GROUPS_MAX = 16, // codecs x channel layouts x rates; a title carries three or four
    GROUP_ID_BYTES = 32,
};

// One encoding of all the audio choices: "aac stereo", "E-AC-3 5.1".
//
//                   choice 0 (en main)   choice 1 (de dub)    choice 2 (en description)
//     mp4a-2        a-en                 a-de                 a-en-ad
//     ec-3-6        a-en-51              a-de-51              a-en-ad   <- stands in
struct audio_group {
    const struct track *model; // the first track that belongs to this group alone
    size_t rank; // among tracks of one choice that switch with each other: 0 is the first listed
    char id[GROUP_ID_BYTES];
    const struct track *members[TRACKS_MAX];
    size_t member_count;
};

struct groups {
    struct audio_group audio[AUDIO_GROUPS_MAX];
    size_t audio_count;
    const struct track *text[TRACKS_MAX];
    size_t text_count;
};

static bool same_encoding(const struct track *a, const struct track *b)
{
    return strcmp(a->codec, b->codec) == 0 && a->audio.channels == b->audio.channels;
}

static size_t track_rank(const struct presentation *presentation, const struct track *track)
{
    size_t rank = 0;
    for (const struct track *other = presentation->tracks; other < track; other++)
        rank += tracks_are_switchable(other, track);
    return rank;
}

static bool is_first_of_choice(const struct presentation *presentation, const struct track *track)
{
    for (const struct track *other = presentation->tracks; other < track; other++)
        if (tracks_are_one_choice(other, track)) return false;
    return true;
}

static bool has_group(const struct groups *groups, const struct track *track, size_t rank)
{
    for (size_t i = 0; i < groups->audio_count; i++)
        if (groups->audio[i].rank == rank && same_encoding(groups->audio[i].model, track))
            return true;
    return false;
}

static outcome collect_groups(const struct presentation *presentation, struct groups *groups,
                              struct why *why)
{
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind == TRACK_TEXT) groups->text[groups->text_count++] = track;
        if (track->kind != TRACK_AUDIO) continue;
        const size_t rank = track_rank(presentation, track);
        if (has_group(groups, track, rank)) continue;
        if (groups->audio_count == AUDIO_GROUPS_MAX)
            return fail(why, TOO_LARGE,
                        "the audio tracks need more than %d groups: unite codecs or layouts",
                        AUDIO_GROUPS_MAX);
        struct audio_group *group = &groups->audio[groups->audio_count++];
        group->model = track;
        group->rank = rank;
        (void)snprintf(group->id, sizeof group->id, "%.*s-%u", (int)strcspn(track->codec, "."),
                       track->codec, track->audio.channels);
        if (rank > 0) {
            const size_t len = strlen(group->id);
            (void)snprintf(group->id + len, sizeof group->id - len, "-%zu", rank + 1);
        }
    }
    return OK;
}

// The group's own track of the choice that `first` opens, or the first track of that choice.
static const struct track *member_of(const struct presentation *presentation,
                                     const struct audio_group *group, const struct track *first)
{
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (tracks_are_one_choice(track, first) && same_encoding(track, group->model) &&
            track_rank(presentation, track) == group->rank)
            return track;
    }
    return first;
}

static void fill_groups(const struct presentation *presentation, struct groups *groups)
{
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind != TRACK_AUDIO || !is_first_of_choice(presentation, track)) continue;
        for (size_t g = 0; g < groups->audio_count; g++) {
            struct audio_group *group = &groups->audio[g];
            group->members[group->member_count++] = member_of(presentation, group, track);
        }
    }
}

static const char *characteristics(const struct track *track)
{
    if (track->kind == TRACK_AUDIO && track->role == ROLE_DESCRIPTION)
        return "public.accessibility.describes-video";
    if (track->kind == TRACK_AUDIO && track->role == ROLE_ENHANCED_DIALOGUE)
        return "public.accessibility.enhances-speech-intelligibility";
    if (track->kind == TRACK_TEXT && track->role == ROLE_CAPTION)
        return "public.accessibility.transcribes-spoken-dialog,"
               "public.accessibility.describes-music-and-sound";
    return NULL;
}

// A player may choose by itself what the member's settings ask for; of renditions that look the
// same to it (language, forced, characteristics: 4.4.6.1) only the first, and never a commentary.
static bool is_autoselect(const struct track *const *members, size_t at)
{
    const struct track *track = members[at];
    if (track->role == ROLE_COMMENTARY) return false;
    for (size_t i = 0; i < at; i++) {
        const char *theirs = characteristics(members[i]);
        const char *ours = characteristics(track);
        if (members[i]->role != ROLE_COMMENTARY &&
            strcmp(members[i]->language, track->language) == 0 &&
            (members[i]->role == ROLE_FORCED) == (track->role == ROLE_FORCED) && theirs == ours)
            return false;
    }
    return true;
}

// The audio that plays when nobody chose: the first main one, else the first.
static size_t default_member(const struct track *const *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (members[i]->role == ROLE_MAIN) return i;
    return 0;
}

// Unique in its group, as 4.4.6.1.1 demands; a quoted string has no escape for a double quote.
static void unique_name(const struct track *const *members, size_t at, char *out)
{
    char label[LABEL_BYTES];
    size_t twins = 0;
    track_label(members[at], out);
    for (size_t i = 0; i < at; i++) {
        track_label(members[i], label);
        twins += strcmp(label, out) == 0;
    }
    if (twins > 0) {
        (void)snprintf(label, sizeof label, "%.*s (%zu)", LABEL_BYTES - 16, out, twins + 1);
        memcpy(out, label, sizeof label);
    }
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '"') *c = '\'';
        if ((unsigned char)*c < ' ') *c = ' ';
    }
}

static outcome put_rendition(const char *type, const char *group,
                             const struct track *const *members, size_t at, const char *is_default,
                             struct buffer *out, struct why *why)
{
    const struct track *track = members[at];
    char name[LABEL_BYTES];
    char uri[HLS_NAME_BYTES];
    unique_name(members, at, name);
    hls_media_name(track, uri);
    TRY(buffer_format(out, why,
                      "#EXT-X-MEDIA:TYPE=%s,GROUP-ID=\"%s\",NAME=\"%s\",LANGUAGE=\"%s\",DEFAULT=%s,"
                      "AUTOSELECT=%s",
                      type, group, name, track->language, is_default,
                      is_autoselect(members, at) ? "YES" : "NO"));
    if (track->kind == TRACK_TEXT)
        TRY(buffer_format(out, why, ",FORCED=%s", track->role == ROLE_FORCED ? "YES" : "NO"));
    if (characteristics(track) != NULL)
        TRY(buffer_format(out, why, ",CHARACTERISTICS=\"%s\"", characteristics(track)));
    if (track->kind == TRACK_AUDIO)
        TRY(buffer_format(out, why, ",CHANNELS=\"%u\"", track->audio.channels));
    return buffer_format(out, why, ",URI=\"%s\"\n", uri);
}

static outcome put_renditions(const struct groups *groups, struct buffer *out, struct why *why)
{
    for (size_t g = 0; g < groups->audio_count; g++) {
        const struct audio_group *group = &groups->audio[g];
        const size_t first = default_member(group->members, group->member_count);
        for (size_t i = 0; i < group->member_count; i++)
            TRY(put_rendition("AUDIO", group->id, group->members, i, i == first ? "YES" : "NO", out,
                              why));
    }
    for (size_t i = 0; i < groups->text_count; i++)
        TRY(put_rendition("SUBTITLES", "text", groups->text, i, "NO", out, why));
    return OK;
}

// The dearest member decides: a player may choose it.
struct rates {
    uint64_t peak_bps;
    uint64_t average_bps;
};

static struct rates dearest(const struct track *const *members, size_t count)
{
    struct rates most = {0, 0};
    for (size_t i = 0; i < count; i++) {
        if (members[i]->bandwidth_peak_bps > most.peak_bps)
            most.peak_bps = members[i]->bandwidth_peak_bps;
        if (members[i]->bandwidth_average_bps > most.average_bps)
            most.average_bps = members[i]->bandwidth_average_bps;
    }
    return most;
}

static const char *range_word(enum video_range range)
{
    static const char *const words[] = {
        [RANGE_SDR] = "SDR", [RANGE_PQ] = "PQ", [RANGE_HLG] = "HLG"};
    return words[range];
}

// CODECS="avc1.640028,mp4a.40.2": the video's (where there is one) and each different one of the
// group, once.
static outcome put_codecs(const struct track *video, const struct audio_group *group,
                          struct buffer *out, struct why *why)
{
    TRY(buffer_format(out, why, ",CODECS=\"%s", video == NULL ? "" : video->codec));
    bool is_first = video == NULL;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < i; j++)
            is_known = is_known || strcmp(group->members[j]->codec, group->members[i]->codec) == 0;
        if (is_known) continue;
        TRY(buffer_format(out, why, "%s%s", is_first ? "" : ",", group->members[i]->codec));
        is_first = false;
    }
    return buffer_put_text(out, "\"", why);
}

static outcome put_picture(const struct track *video, struct buffer *out, struct why *why)
{
    const struct picture_size shown = track_display_size(video);
    return buffer_format(out, why, ",RESOLUTION=%ux%u,VIDEO-RANGE=%s", shown.width, shown.height,
                         range_word(video->video.range));
}

static outcome put_frame_rate(const struct track *video, struct buffer *out, struct why *why)
{
    const struct frame_rate rate = video->video.frame_rate;
    const uint64_t thousandths = ((uint64_t)rate.frames * 1000 + rate.seconds / 2) / rate.seconds;
    return buffer_format(out, why, ",FRAME-RATE=%llu.%03llu",
                         (unsigned long long)(thousandths / 1000),
                         (unsigned long long)(thousandths % 1000));
}

// One variant: `video` with `group`; either may be NULL, not both.
static outcome put_variant(const struct groups *groups, const struct track *video,
                           const struct audio_group *group, struct buffer *out, struct why *why)
{
    assert(video != NULL || group != NULL);
    struct rates rates = dearest(groups->text, groups->text_count);
    if (group != NULL) {
        const struct rates audio = dearest(group->members, group->member_count);
        rates.peak_bps += audio.peak_bps;
        rates.average_bps += audio.average_bps;
    }
    if (video != NULL) {
        rates.peak_bps += video->bandwidth_peak_bps;
        rates.average_bps += video->bandwidth_average_bps;
    }
    TRY(buffer_format(out, why, "#EXT-X-STREAM-INF:BANDWIDTH=%llu,AVERAGE-BANDWIDTH=%llu",
                      (unsigned long long)rates.peak_bps, (unsigned long long)rates.average_bps));
    TRY(put_codecs(video, group, out, why));
    if (video != NULL) {
        TRY(put_picture(video, out, why));
        TRY(put_frame_rate(video, out, why));
    }
    if (group != NULL) TRY(buffer_format(out, why, ",AUDIO=\"%s\"", group->id));
    if (groups->text_count > 0) TRY(buffer_put_text(out, ",SUBTITLES=\"text\"", why));
    if (video != NULL) TRY(buffer_put_text(out, ",CLOSED-CAPTIONS=NONE", why));
    char uri[HLS_NAME_BYTES];
    hls_media_name(
        video != NULL ? video : group->members[default_member(group->members, group->member_count)],
        uri);
    return buffer_format(out, why, "\n%s\n", uri);
}

// Trick play fetches key pictures alone: bits of one over the time it stands for. A segment shorter
// than half a target duration is no measure of the peak (see media/bitrate.h).
static struct rates key_rates(const struct track *video)
{
    const uint64_t target =
        bitrate_target_ticks(video->segments, video->segment_count, video->timescale);
    struct rates rates = {0, 0};
    uint64_t bits = 0;
    uint64_t ticks = 0;
    for (size_t i = 0; i < video->segment_count; i++) {
        const struct segment_entry *segment = &video->segments[i];
        const uint64_t key_bits = (uint64_t)segment->key_size * 8;
        const uint64_t bps =
            (key_bits * video->timescale + segment->duration - 1) / segment->duration;
        if (2 * (uint64_t)segment->duration >= target && bps > rates.peak_bps) rates.peak_bps = bps;
        bits += key_bits;
        ticks += segment->duration;
    }
    rates.average_bps = (uint64_t)((double)bits * video->timescale / (double)ticks + 0.5);
    if (rates.peak_bps == 0) rates.peak_bps = rates.average_bps;
    return rates;
}

static outcome put_iframe_variant(const struct track *video, struct buffer *out, struct why *why)
{
    const struct rates rates = key_rates(video);
    char uri[HLS_NAME_BYTES];
    hls_iframe_name(video, uri);
    TRY(buffer_format(out, why, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%llu,AVERAGE-BANDWIDTH=%llu",
                      (unsigned long long)rates.peak_bps, (unsigned long long)rates.average_bps));
    TRY(put_codecs(video, NULL, out, why));
    TRY(put_picture(video, out, why));
    return buffer_format(out, why, ",URI=\"%s\"\n", uri);
}

static outcome put_image_variant(const struct track *image, struct buffer *out, struct why *why)
{
    char uri[HLS_NAME_BYTES];
    hls_media_name(image, uri);
    return buffer_format(
        out, why,
        "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=%u,RESOLUTION=%ux%u,CODECS=\"jpeg\",URI=\"%s\"\n",
        image->bandwidth_peak_bps, image->image.tile_width, image->image.tile_height, uri);
}

static outcome put_variants(const struct presentation *presentation, const struct groups *groups,
                            struct buffer *out, struct why *why)
{
    size_t videos = 0;
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind != TRACK_VIDEO) continue;
        videos++;
        if (groups->audio_count == 0) TRY(put_variant(groups, track, NULL, out, why));
        for (size_t g = 0; g < groups->audio_count; g++)
            TRY(put_variant(groups, track, &groups->audio[g], out, why));
    }
    for (size_t g = 0; videos == 0 && g < groups->audio_count; g++)
        TRY(put_variant(groups, NULL, &groups->audio[g], out, why));
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind == TRACK_VIDEO) TRY(put_iframe_variant(track, out, why));
        if (track->kind == TRACK_IMAGE) TRY(put_image_variant(track, out, why));
    }
    return OK;
}

outcome hls_multivariant(const struct presentation *presentation, struct buffer *out,
                         struct why *why)
{
    TRY(presentation_check(presentation, why));
    struct groups groups = {.audio_count = 0};
    TRY(collect_groups(presentation, &groups, why));
    fill_groups(presentation, &groups);
    const size_t len_before = out->len;
    outcome result =
        buffer_put_text(out, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n", why);
    if (result == OK) result = hls_session_keys_put(presentation, out, why);
    if (result == OK) result = put_renditions(&groups, out, why);
    if (result == OK) result = put_variants(presentation, &groups, out, why);
    if (result != OK) out->len = len_before;
    return result;
}
