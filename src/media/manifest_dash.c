// SPDX-License-Identifier: Apache-2.0
#include "media/mpd.h"

#include <stdio.h>
#include <string.h>

enum { PERIODS_MAX = 512 };

// What an element hands down to those inside it.
struct scope {
    const char *base;
    struct segment_information segments;
    struct period_span period;
    uint32_t period_number;
    struct rendition set; // facts of the AdaptationSet, each Representation's beginning
};

struct reader {
    struct arena *arena;
    struct manifest *manifest;
};

// The first BaseURL of `element` (further ones are alternatives) onto scope->base.
static outcome enter_base(struct reader *reader, const xmlNode *element, struct scope *scope,
                          struct why *why)
{
    const xmlNode *node = xml_child(element, "BaseURL");
    if (node == NULL) return OK;
    const char *text;
    TRY(xml_text(node, reader->arena, &text, why));
    return manifest_resolve(reader->arena, scope->base, slice_of(text), &scope->base, why);
}

static outcome duration_attribute(struct reader *reader, const xmlNode *node, const char *name,
                                  int64_t *out_us, struct why *why)
{
    const char *text = NULL;
    TRY(xml_attribute(node, name, reader->arena, &text, why));
    return text == NULL ? OK : mpd_duration(slice_of(text), out_us, why);
}

static outcome number_attribute(const xmlNode *node, const char *name, uint32_t *out,
                                struct why *why)
{
    uint64_t value = *out;
    TRY(xml_u64(node, name, UINT32_MAX, &value, why));
    *out = (uint32_t)value;
    return OK;
}

// "48000", or a range "32000 48000" whose first number will do.
static outcome read_sampling(struct reader *reader, const xmlNode *node, uint32_t *out,
                             struct why *why)
{
    const char *text = NULL;
    TRY(xml_attribute(node, "audioSamplingRate", reader->arena, &text, why));
    if (text == NULL) return OK;
    struct slice rest = slice_of(text);
    struct slice first = {NULL, 0};
    uint64_t value = 0;
    (void)slice_cut(&rest, ' ', &first);
    TRY(slice_u64(first, UINT32_MAX, &value, why));
    *out = (uint32_t)value;
    return OK;
}

// Attributes that AdaptationSet and Representation have in common (5.3.7).
static outcome read_common(struct reader *reader, const xmlNode *node, struct rendition *out,
                           struct why *why)
{
    const char *rate = NULL;
    const char *ratio = NULL;
    TRY(xml_attribute(node, "mimeType", reader->arena, &out->mime, why));
    TRY(xml_attribute(node, "codecs", reader->arena, &out->codecs, why));
    TRY(number_attribute(node, "width", &out->video.width, why));
    TRY(number_attribute(node, "height", &out->video.height, why));
    TRY(xml_attribute(node, "frameRate", reader->arena, &rate, why));
    if (rate != NULL) TRY(mpd_frame_rate(slice_of(rate), &out->video.frame_rate, why));
    TRY(xml_attribute(node, "sar", reader->arena, &ratio, why));
    if (ratio != NULL)
        TRY(mpd_ratio(slice_of(ratio), &out->video.sar_width, &out->video.sar_height, why));
    return read_sampling(reader, node, &out->sample_rate, why);
}

struct descriptor {
    const char *scheme;
    const char *value;
};

static outcome read_descriptor(struct reader *reader, const xmlNode *node, struct descriptor *out,
                               struct why *why)
{
    *out = (struct descriptor){"", ""};
    TRY(xml_attribute(node, "schemeIdUri", reader->arena, &out->scheme, why));
    return xml_attribute(node, "value", reader->arena, &out->value, why);
}

static bool is_scheme(const struct descriptor *descriptor, const char *scheme)
{
    return strcmp(descriptor->scheme, scheme) == 0;
}

static outcome take_channels(const struct descriptor *descriptor, struct rendition *out,
                             bool *is_usable, struct why *why)
{
    // ISO/IEC 23091-3 layouts as channel counts; the older MPEG scheme counts by itself.
    static const uint8_t counts[] = {0, 1, 2,  3, 4,  5,  6,  8,  2,  3, 4,
                                     7, 8, 24, 8, 12, 10, 12, 14, 12, 14};
    uint64_t value;
    if (slice_u64(slice_of(descriptor->value), UINT32_MAX, &value, NULL) != OK) return OK;
    if (is_scheme(descriptor, "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"))
        out->channels = (uint32_t)value;
    if (is_scheme(descriptor, "urn:mpeg:mpegB:cicp:ChannelConfiguration") && value < sizeof counts)
        out->channels = counts[value];
    return OK;
}

static outcome take_tiles(struct slice layout, struct rendition *out, struct why *why)
{
    struct slice rows = layout;
    struct slice columns = {NULL, 0};
    uint64_t sizes[2];
    (void)slice_cut(&rows, 'x', &columns);
    TRY(slice_u64(columns, 65535, &sizes[0], why));
    TRY(slice_u64(rows, 65535, &sizes[1], why));
    out->image.columns = (uint32_t)sizes[0];
    out->image.rows = (uint32_t)sizes[1];
    return OK;
}

// What a client must understand or leave the element alone (5.8.4.8).
static outcome take_essential(const struct descriptor *descriptor, struct rendition *out,
                              bool *is_usable, struct why *why)
{
    if (is_scheme(descriptor, "http://dashif.org/guidelines/thumbnail_tile") ||
        is_scheme(descriptor, "http://dashif.org/thumbnail_tile"))
        return take_tiles(slice_of(descriptor->value), out, why);
    if (is_scheme(descriptor, "http://dashif.org/guidelines/trickmode"))
        out->is_trick_play = true;
    else if (is_scheme(descriptor, "urn:mpeg:mpegB:cicp:TransferCharacteristics"))
        out->video.range = strcmp(descriptor->value, "16") == 0   ? RANGE_PQ
                           : strcmp(descriptor->value, "18") == 0 ? RANGE_HLG
                                                                  : RANGE_SDR;
    else if (strncmp(descriptor->scheme, "urn:mpeg:mpegB:cicp:", 20) != 0)
        *is_usable = false;
    return OK;
}

static outcome take_supplemental(const struct descriptor *descriptor, struct rendition *out,
                                 bool *is_usable, struct why *why)
{
    bool ignored = true;
    if (strncmp(descriptor->scheme, "urn:mpeg:mpegB:cicp:", 20) == 0)
        return take_essential(descriptor, out, &ignored, why);
    return OK;
}

static outcome take_role(const struct descriptor *descriptor, struct rendition *out,
                         bool *is_usable, struct why *why)
{
    enum track_role role;
    if (is_scheme(descriptor, "urn:mpeg:dash:role:2011") &&
        track_role_parse(descriptor->value, &role, NULL) == OK && out->role == ROLE_MAIN)
        out->role = role;
    return OK;
}

static outcome take_accessibility(const struct descriptor *descriptor, struct rendition *out,
                                  bool *is_usable, struct why *why)
{
    if (is_scheme(descriptor, "urn:tva:metadata:cs:AudioPurposeCS:2007")) {
        if (strcmp(descriptor->value, "1") == 0) out->role = ROLE_DESCRIPTION;
        if (strcmp(descriptor->value, "2") == 0) out->role = ROLE_CAPTION;
    }
    return take_role(descriptor, out, is_usable, why);
}

static outcome take_protection(const struct descriptor *descriptor, struct rendition *out,
                               bool *is_usable, struct why *why)
{
    const bool is_mp4 = is_scheme(descriptor, "urn:mpeg:dash:mp4protection:2011");
    if (out->protection == NULL || is_mp4)
        out->protection = is_mp4 ? descriptor->value : descriptor->scheme;
    return OK;
}

static outcome read_descriptors(struct reader *reader, const xmlNode *node, struct rendition *out,
                                bool *is_usable, struct why *why)
{
    static const struct {
        const char *element;
        outcome (*take)(const struct descriptor *, struct rendition *, bool *, struct why *);
    } takers[] = {
        {"AudioChannelConfiguration", take_channels},
        {"EssentialProperty", take_essential},
        {"SupplementalProperty", take_supplemental},
        {"Accessibility", take_accessibility},
        {"Role", take_role},
        {"ContentProtection", take_protection},
    };
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++) {
        const char *name = takers[i].element;
        for (const xmlNode *at = xml_child(node, name); at != NULL; at = xml_next(at, name)) {
            struct descriptor descriptor;
            TRY(read_descriptor(reader, at, &descriptor, why));
            TRY(takers[i].take(&descriptor, out, is_usable, why));
        }
    }
    return OK;
}

// contentType, else what the MIME type and codecs tell.
static bool find_kind(const char *content, const struct rendition *facts, enum track_kind *out)
{
    static const struct {
        const char *starts;
        enum track_kind kind;
    } types[] = {
        {"video", TRACK_VIDEO}, {"audio", TRACK_AUDIO},           {"text", TRACK_TEXT},
        {"image", TRACK_IMAGE}, {"application/ttml", TRACK_TEXT},
    };
    if (strncmp(facts->codecs, "stpp", 4) == 0 || strncmp(facts->codecs, "wvtt", 4) == 0)
        content = "text";
    const char *word = content[0] != '\0' ? content : facts->mime;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strncmp(word, types[i].starts, strlen(types[i].starts)) != 0) continue;
        *out = types[i].kind;
        return true;
    }
    return false;
}

static outcome read_representation(struct reader *reader, const xmlNode *node, struct scope scope,
                                   const char *content, struct why *why)
{
    bool is_usable = true;
    struct rendition facts = scope.set;
    TRY(enter_base(reader, node, &scope, why));
    TRY(segment_information_read(node, reader->arena, &scope.segments, why));
    TRY(read_common(reader, node, &facts, why));
    TRY(read_descriptors(reader, node, &facts, &is_usable, why));
    TRY(xml_attribute(node, "id", reader->arena, &facts.id, why));
    TRY(xml_u64(node, "bandwidth", UINT32_MAX, &facts.bandwidth_bps, why));
    if (!is_usable || !find_kind(content, &facts, &facts.kind)) return OK;
    facts.period = scope.period_number;
    facts.addressing = (struct segment_template){
        .base = scope.base, .id = facts.id, .bandwidth = facts.bandwidth_bps};
    if (facts.kind == TRACK_IMAGE) {
        facts.image.tile_width =
            facts.image.columns > 0 ? facts.video.width / facts.image.columns : 0;
        facts.image.tile_height = facts.image.rows > 0 ? facts.video.height / facts.image.rows : 0;
    }
    TRY(mpd_segments(reader->arena, &scope.segments, scope.period, &facts, why));
    struct rendition *rendition;
    TRY(manifest_rendition(reader->arena, reader->manifest, &rendition, why));
    facts.is_live = reader->manifest->is_live;
    *rendition = facts;
    return OK;
}

static outcome read_set(struct reader *reader, const xmlNode *node, struct scope scope,
                        size_t number, struct why *why)
{
    bool is_usable = true;
    const char *content = "";
    const xmlNode *label = xml_child(node, "Label");
    struct rendition *set = &scope.set;
    *set = (struct rendition){
        .id = "", .group = "", .language = "", .label = "", .codecs = "", .mime = ""};
    TRY(enter_base(reader, node, &scope, why));
    TRY(segment_information_read(node, reader->arena, &scope.segments, why));
    TRY(read_common(reader, node, set, why));
    TRY(read_descriptors(reader, node, set, &is_usable, why));
    if (!is_usable) return OK;
    TRY(xml_attribute(node, "contentType", reader->arena, &content, why));
    TRY(xml_attribute(node, "lang", reader->arena, &set->language, why));
    if (label != NULL) TRY(xml_text(label, reader->arena, &set->label, why));
    set->group = arena_format(reader->arena, "%u.%zu", scope.period_number, number);
    if (set->group == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    set->is_default = set->role == ROLE_MAIN;
    set->is_autoselect = true;
    const char *name = "Representation";
    for (const xmlNode *at = xml_child(node, name); at != NULL; at = xml_next(at, name))
        TRY(read_representation(reader, at, scope, content, why));
    return OK;
}

static outcome read_period(struct reader *reader, const xmlNode *node, struct scope scope,
                           struct why *why)
{
    size_t number = 0;
    if (xmlHasNsProp(node, (const xmlChar *)"href",
                     (const xmlChar *)"http://www.w3.org/1999/xlink"))
        return fail(why, UNSUPPORTED, "line %d: periods kept elsewhere (xlink) are not fetched",
                    (int)xmlGetLineNo(node));
    TRY(enter_base(reader, node, &scope, why));
    TRY(segment_information_read(node, reader->arena, &scope.segments, why));
    const char *name = "AdaptationSet";
    for (const xmlNode *at = xml_child(node, name); at != NULL; at = xml_next(at, name))
        TRY(read_set(reader, at, scope, number++, why));
    return OK;
}

// Start and duration of each period: told, or up to the next one, or to the end of all (5.3.2.1).
static outcome read_spans(struct reader *reader, const xmlNode *root, struct period_span *spans,
                          struct why *why)
{
    size_t count = 0;
    int64_t next_us = 0;
    for (const xmlNode *at = xml_child(root, "Period"); at != NULL; at = xml_next(at, "Period")) {
        if (count == PERIODS_MAX)
            return fail(why, TOO_LARGE, "the MPD has more than %d periods", PERIODS_MAX);
        struct period_span *span = &spans[count++];
        *span = (struct period_span){next_us, 0};
        TRY(duration_attribute(reader, at, "start", &span->start_us, why));
        TRY(duration_attribute(reader, at, "duration", &span->duration_us, why));
        if (count > 1 && spans[count - 2].duration_us == 0 &&
            span->start_us > spans[count - 2].start_us)
            spans[count - 2].duration_us = span->start_us - spans[count - 2].start_us;
        next_us = span->start_us + span->duration_us;
    }
    struct manifest *manifest = reader->manifest;
    if (count > 0 && spans[count - 1].duration_us == 0 &&
        manifest->duration_us > spans[count - 1].start_us)
        spans[count - 1].duration_us = manifest->duration_us - spans[count - 1].start_us;
    if (manifest->duration_us == 0 && count > 0 && spans[count - 1].duration_us > 0)
        manifest->duration_us = spans[count - 1].start_us + spans[count - 1].duration_us;
    manifest->period_count = (uint32_t)count;
    return OK;
}

static outcome read_mpd(struct reader *reader, const xmlNode *root, struct why *why)
{
    struct period_span spans[PERIODS_MAX];
    const char *type = "static";
    struct manifest *manifest = reader->manifest;
    if (!xml_is(root, "MPD"))
        return fail(why, INVALID, "the XML is no MPD: its root is <%.40s>",
                    (const char *)root->name);
    TRY(xml_attribute(root, "type", reader->arena, &type, why));
    manifest->is_live = strcmp(type, "dynamic") == 0;
    TRY(duration_attribute(reader, root, "mediaPresentationDuration", &manifest->duration_us, why));
    TRY(duration_attribute(reader, root, "minBufferTime", &manifest->min_buffer_us, why));
    TRY(read_spans(reader, root, spans, why));
    struct scope scope = {.base = manifest->url, .segments = segment_information_init()};
    TRY(enter_base(reader, root, &scope, why));
    for (const xmlNode *at = xml_child(root, "Period"); at != NULL; at = xml_next(at, "Period")) {
        scope.period = spans[scope.period_number];
        TRY(read_period(reader, at, scope, why));
        scope.period_number++;
    }
    if (manifest->rendition_count == 0)
        return fail(why, INVALID, "the MPD has no representation that can be played");
    return OK;
}

outcome manifest_parse_dash(struct arena *arena, struct slice text, struct manifest *manifest,
                            struct why *why)
{
    struct xml_document *document = NULL;
    TRY(xml_open(text, &document, why));
    struct reader reader = {arena, manifest};
    const outcome result = read_mpd(&reader, xml_root(document), why);
    xml_close(&document);
    return result;
}
