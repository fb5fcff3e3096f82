// SPDX-License-Identifier: Apache-2.0
#include "media/m3u8.h"
#include "media/manifest_internal.h"

#include <string.h>

// Faults carry their line.
static outcome at_line(uint32_t line, outcome result, const struct why *cause, struct why *why)
{
    return fail(why, result, "line %u of the playlist: %s", line, cause->text);
}

static outcome attribute_u64(struct slice list, const char *name, uint64_t *out, struct why *why)
{
    const struct slice value = m3u8_find(list, name);
    return value.at == NULL ? OK : slice_u64(value, UINT32_MAX, out, why);
}

static outcome attribute_text(struct arena *arena, struct slice list, const char *name,
                              const char **out, struct why *why)
{
    return manifest_text(arena, m3u8_find(list, name), out, why);
}

// "1920x1080"
static outcome parse_size(struct slice text, uint32_t *width, uint32_t *height, struct why *why)
{
    struct slice rest = text;
    struct slice left = {NULL, 0};
    uint64_t w;
    uint64_t h;
    if (!slice_cut(&rest, 'x', &left)) return OK;
    TRY(slice_u64(left, 65535, &w, why));
    TRY(slice_u64(rest, 65535, &h, why));
    *width = (uint32_t)w;
    *height = (uint32_t)h;
    return OK;
}

// "23.976" is 24000/1001 to everybody; others become thousandths.
static outcome parse_rate(struct slice text, struct frame_rate *out, struct why *why)
{
    if (text.at == NULL) return OK;
    static const struct {
        uint32_t thousandths;
        struct frame_rate rate;
    } known[] = {{23976, {24000, 1001}}, {29970, {30000, 1001}}, {59940, {60000, 1001}}};
    uint64_t us;
    TRY(m3u8_seconds(text, &us, why));
    const uint64_t thousandths = us / 1000;
    if (thousandths == 0 || thousandths > 1000000)
        return fail(why, INVALID, "FRAME-RATE=%.*s is none", SLICE_ARG(slice_part(text, 0, 20)));
    *out = (struct frame_rate){(uint32_t)thousandths, 1000};
    if (thousandths % 1000 == 0) *out = (struct frame_rate){(uint32_t)(thousandths / 1000), 1};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (thousandths == known[i].thousandths) *out = known[i].rate;
    return OK;
}

static enum video_range parse_range(struct slice text)
{
    return slice_is(text, "PQ") ? RANGE_PQ : slice_is(text, "HLG") ? RANGE_HLG : RANGE_SDR;
}

static outcome parse_picture(struct slice list, struct video_facts *out, struct why *why)
{
    TRY(parse_size(m3u8_find(list, "RESOLUTION"), &out->width, &out->height, why));
    TRY(parse_rate(m3u8_find(list, "FRAME-RATE"), &out->frame_rate, why));
    out->range = parse_range(m3u8_find(list, "VIDEO-RANGE"));
    return OK;
}

static enum track_role media_role(enum track_kind kind, struct slice list)
{
    const struct slice words = m3u8_find(list, "CHARACTERISTICS");
    const bool is_default = slice_is(m3u8_find(list, "DEFAULT"), "YES");
    struct slice rest = words;
    struct slice word = {NULL, 0};
    while (words.at != NULL && slice_cut(&rest, ',', &word)) {
        if (slice_is(word, "public.accessibility.describes-video")) return ROLE_DESCRIPTION;
        if (slice_is(word, "public.accessibility.transcribes-spoken-dialog")) return ROLE_CAPTION;
        if (slice_is(word, "public.accessibility.enhances-speech-intelligibility"))
            return ROLE_ENHANCED_DIALOGUE;
    }
    if (kind == TRACK_TEXT)
        return slice_is(m3u8_find(list, "FORCED"), "YES") ? ROLE_FORCED : ROLE_SUBTITLE;
    return is_default ? ROLE_MAIN : ROLE_ALTERNATE;
}

static outcome need_playlist(struct arena *arena, const struct manifest *manifest,
                             struct rendition *rendition, struct slice uri, struct why *why)
{
    if (uri.len == 0) return fail(why, INVALID, "the URI is missing");
    rendition->need = NEED_PLAYLIST;
    TRY(manifest_resolve(arena, manifest->url, uri, &rendition->needed.url, why));
    rendition->addressing.base = rendition->needed.url;
    return OK;
}

// EXT-X-MEDIA with a URI; one without is inside the variant's own stream.
static outcome parse_media(struct arena *arena, struct manifest *manifest, struct slice list,
                           struct why *why)
{
    static const struct {
        const char *type;
        enum track_kind kind;
    } types[] = {{"AUDIO", TRACK_AUDIO}, {"SUBTITLES", TRACK_TEXT}, {"VIDEO", TRACK_VIDEO}};
    const struct slice type = m3u8_find(list, "TYPE");
    const struct slice uri = m3u8_find(list, "URI");
    for (size_t i = 0; uri.len > 0 && i < sizeof types / sizeof types[0]; i++) {
        if (!slice_is(type, types[i].type)) continue;
        struct rendition *rendition;
        uint64_t channels = 0;
        TRY(manifest_rendition(arena, manifest, &rendition, why));
        rendition->kind = types[i].kind;
        rendition->role = media_role(rendition->kind, list);
        rendition->is_default = slice_is(m3u8_find(list, "DEFAULT"), "YES");
        rendition->is_autoselect = slice_is(m3u8_find(list, "AUTOSELECT"), "YES");
        TRY(attribute_text(arena, list, "GROUP-ID", &rendition->group, why));
        TRY(attribute_text(arena, list, "NAME", &rendition->label, why));
        TRY(attribute_text(arena, list, "LANGUAGE", &rendition->language, why));
        rendition->id = rendition->label;
        struct slice rest = m3u8_find(list, "CHANNELS");
        struct slice count = {NULL, 0};
        if (slice_cut(&rest, '/', &count)) TRY(slice_u64(count, 255, &channels, why));
        rendition->channels = (uint32_t)channels;
        return need_playlist(arena, manifest, rendition, uri, why);
    }
    return OK;
}

static struct rendition *find_playlist(struct manifest *manifest, const char *url)
{
    for (size_t i = 0; i < manifest->rendition_count; i++)
        if (strcmp(manifest->renditions[i].needed.url, url) == 0) return &manifest->renditions[i];
    return NULL;
}

static bool names_audio(const char *codecs)
{
    static const char *const audio[] = {"mp4a", "ac-3", "ec-3", "ac-4", "opus", "Opus", "fLaC"};
    for (size_t i = 0; i < sizeof audio / sizeof audio[0]; i++)
        if (strstr(codecs, audio[i]) != NULL) return true;
    return false;
}

static bool names_video(const char *codecs)
{
    static const char *const video[] = {"avc", "hvc1", "hev1", "av01",
                                        "vp0", "dvh",  "dav1", "mp4v"};
    for (size_t i = 0; i < sizeof video / sizeof video[0]; i++)
        if (strstr(codecs, video[i]) != NULL) return true;
    return codecs[0] == '\0';
}

// The rendition behind a variant's URI: a new one, or the one that an earlier variant or an
// EXT-X-MEDIA brought.
static outcome variant_rendition(struct arena *arena, struct manifest *manifest,
                                 const struct variant *variant, struct slice uri,
                                 struct rendition **out, struct why *why)
{
    const char *url;
    TRY(manifest_resolve(arena, manifest->url, uri, &url, why));
    struct rendition *known = find_playlist(manifest, url);
    if (known != NULL && known->kind == TRACK_VIDEO &&
        variant->bandwidth_bps < known->bandwidth_bps) {
        known->bandwidth_bps = variant->bandwidth_bps;
        known->average_bps = variant->average_bps;
    }
    if (known == NULL) {
        TRY(manifest_rendition(arena, manifest, &known, why));
        TRY(need_playlist(arena, manifest, known, uri, why));
        TRY(manifest_text(arena, uri, &known->id, why));
        known->kind =
            names_video(variant->codecs) || variant->video.width > 0 ? TRACK_VIDEO : TRACK_AUDIO;
        known->codecs = variant->codecs;
        known->video = variant->video;
        known->bandwidth_bps = variant->bandwidth_bps;
        known->average_bps = variant->average_bps;
        known->is_muxed = known->kind == TRACK_VIDEO && variant->audio_group[0] == '\0' &&
                          names_audio(variant->codecs);
    }
    *out = known;
    return OK;
}

static outcome parse_variant(struct arena *arena, struct manifest *manifest, struct slice list,
                             struct slice uri, struct why *why)
{
    if (manifest->variants == NULL) {
        manifest->variants = arena_take_array(arena, VARIANTS_MAX, sizeof(struct variant));
        if (manifest->variants == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    }
    if (manifest->variant_count == VARIANTS_MAX)
        return fail(why, TOO_LARGE, "the playlist has more than %d variants", VARIANTS_MAX);
    struct variant *variant = &manifest->variants[manifest->variant_count];
    TRY(attribute_u64(list, "BANDWIDTH", &variant->bandwidth_bps, why));
    TRY(attribute_u64(list, "AVERAGE-BANDWIDTH", &variant->average_bps, why));
    TRY(attribute_text(arena, list, "CODECS", &variant->codecs, why));
    TRY(attribute_text(arena, list, "AUDIO", &variant->audio_group, why));
    TRY(attribute_text(arena, list, "SUBTITLES", &variant->text_group, why));
    TRY(parse_picture(list, &variant->video, why));
    struct rendition *rendition;
    TRY(variant_rendition(arena, manifest, variant, uri, &rendition, why));
    variant->rendition = (size_t)(rendition - manifest->renditions);
    manifest->variant_count++;
    return OK;
}

// EXT-X-I-FRAME-STREAM-INF and EXT-X-IMAGE-STREAM-INF: attributes alone, the URI among them.
static outcome parse_trick_variant(struct arena *arena, struct manifest *manifest,
                                   enum track_kind kind, struct slice list, struct why *why)
{
    struct rendition *rendition;
    const struct slice uri = m3u8_find(list, "URI");
    TRY(manifest_rendition(arena, manifest, &rendition, why));
    rendition->kind = kind;
    rendition->is_trick_play = true;
    TRY(manifest_text(arena, uri, &rendition->id, why));
    TRY(attribute_text(arena, list, "CODECS", &rendition->codecs, why));
    TRY(attribute_u64(list, "BANDWIDTH", &rendition->bandwidth_bps, why));
    TRY(attribute_u64(list, "AVERAGE-BANDWIDTH", &rendition->average_bps, why));
    TRY(parse_picture(list, &rendition->video, why));
    return need_playlist(arena, manifest, rendition, uri, why);
}

struct multivariant {
    struct slice variant; // attributes of the EXT-X-STREAM-INF that waits for its URI
    bool is_waiting;
};

static outcome multivariant_line(struct arena *arena, struct manifest *manifest,
                                 struct multivariant *state, const struct m3u8_line *line,
                                 struct why *why)
{
    if (!line->is_tag) {
        if (!state->is_waiting) return OK; // a stray URI means nothing here
        state->is_waiting = false;
        return parse_variant(arena, manifest, state->variant, line->value, why);
    }
    if (slice_is(line->name, "EXT-X-STREAM-INF")) {
        *state = (struct multivariant){line->value, true};
        return OK;
    }
    if (slice_is(line->name, "EXT-X-MEDIA")) return parse_media(arena, manifest, line->value, why);
    if (slice_is(line->name, "EXT-X-I-FRAME-STREAM-INF"))
        return parse_trick_variant(arena, manifest, TRACK_VIDEO, line->value, why);
    if (slice_is(line->name, "EXT-X-IMAGE-STREAM-INF"))
        return parse_trick_variant(arena, manifest, TRACK_IMAGE, line->value, why);
    if (slice_is(line->name, "EXT-X-DEFINE"))
        return fail(why, UNSUPPORTED, "variables (EXT-X-DEFINE) are not understood here");
    return OK;
}

static bool is_media_playlist(struct slice text)
{
    struct m3u8_reader reader;
    struct m3u8_line line;
    if (m3u8_open(text, &reader, NULL) != OK) return false;
    while (m3u8_next(&reader, &line))
        if (line.is_tag &&
            (slice_is(line.name, "EXTINF") || slice_is(line.name, "EXT-X-TARGETDURATION")))
            return true;
    return false;
}

static outcome parse_single(struct arena *arena, struct slice text, struct manifest *manifest,
                            struct why *why)
{
    struct rendition *rendition;
    TRY(manifest_rendition(arena, manifest, &rendition, why));
    rendition->kind = TRACK_VIDEO; // most likely, and muxed; only its media can tell
    rendition->is_muxed = true;
    rendition->need = NEED_PLAYLIST;
    rendition->needed.url = manifest->url;
    TRY(manifest_fill_playlist(arena, rendition, text, manifest->url, why));
    manifest->is_live = rendition->is_live;
    if (rendition->segment_count > 0)
        manifest->duration_us = segment_end(rendition, rendition->segment_count - 1).ticks;
    return OK;
}

outcome manifest_parse_hls(struct arena *arena, struct slice text, struct manifest *manifest,
                           struct why *why)
{
    struct m3u8_reader reader;
    struct m3u8_line line;
    struct multivariant state = {.is_waiting = false};
    manifest->period_count = 1;
    TRY(m3u8_open(text, &reader, why));
    if (is_media_playlist(text)) return parse_single(arena, text, manifest, why);
    while (m3u8_next(&reader, &line)) {
        struct why cause = {""};
        const outcome result = multivariant_line(arena, manifest, &state, &line, &cause);
        if (result != OK) return at_line(line.number, result, &cause, why);
    }
    if (manifest->variant_count == 0)
        return fail(why, INVALID, "the playlist lists neither variants nor segments");
    return OK;
}
