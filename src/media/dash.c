// SPDX-License-Identifier: Apache-2.0
#include "media/dash.h"

#include "media/presentation_rules.h"
#include "media/protection_dash.h"

#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#define DASH_NAMESPACE "urn:mpeg:dash:schema:mpd:2011"
#define DASH_PROFILES  "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:cmaf:2019"
#define ROLE_SCHEME    "urn:mpeg:dash:role:2011"
#define PURPOSE_SCHEME                                                                             \
    "urn:tva:metadata:cs:AudioPurposeCS:2007" // ETSI TS 103 285 (DVB-DASH) table 5
#define CHANNEL_SCHEME   "urn:mpeg:mpegB:cicp:ChannelConfiguration" // ISO/IEC 23091-3
#define TRANSFER_SCHEME  "urn:mpeg:mpegB:cicp:TransferCharacteristics"
#define PRIMARIES_SCHEME "urn:mpeg:mpegB:cicp:ColourPrimaries"
#define SWITCHING_SCHEME "urn:mpeg:dash:adaptation-set-switching:2016"
#define TILE_SCHEME      "http://dashif.org/guidelines/thumbnail_tile"

// libxml2 reports each write; the first that fails is remembered and ends the work, so that the
// writing reads as the MPD does.
struct writer {
    xmlTextWriterPtr xml;
    bool is_failed;
};

static const xmlChar *xml_text(const char *text)
{
    return (const xmlChar *)text;
}

static void open_element(struct writer *writer, const char *name)
{
    if (xmlTextWriterStartElement(writer->xml, xml_text(name)) < 0) writer->is_failed = true;
}

static void close_element(struct writer *writer)
{
    if (xmlTextWriterEndElement(writer->xml) < 0) writer->is_failed = true;
}

static void put_attribute(struct writer *writer, const char *name, const char *value)
{
    if (xmlTextWriterWriteAttribute(writer->xml, xml_text(name), xml_text(value)) < 0)
        writer->is_failed = true;
}

__attribute__((format(printf, 3, 4))) static void put_value(struct writer *writer, const char *name,
                                                            const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (xmlTextWriterWriteVFormatAttribute(writer->xml, xml_text(name), format, values) < 0)
        writer->is_failed = true;
    va_end(values);
}

static void put_element(struct writer *writer, const char *name, const char *text)
{
    if (xmlTextWriterWriteElement(writer->xml, xml_text(name), xml_text(text)) < 0)
        writer->is_failed = true;
}

static void put_descriptor(struct writer *writer, const char *name, const char *scheme,
                           const char *value)
{
    open_element(writer, name);
    put_attribute(writer, "schemeIdUri", scheme);
    put_attribute(writer, "value", value);
    close_element(writer);
}

// xs:duration with microseconds: "PT45.000000S" is exact enough for every frame rate and any
// length.
static void put_duration(struct writer *writer, const char *name, struct media_time time)
{
    const uint64_t us = (uint64_t)media_time_rescale(time, 1000000).ticks;
    put_value(writer, name, "PT%llu.%06lluS", (unsigned long long)(us / 1000000),
              (unsigned long long)(us % 1000000));
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void put_ratio(struct writer *writer, const char *name, uint64_t left, uint64_t right)
{
    const uint64_t divisor = greatest_common_divisor(left, right);
    put_value(writer, name, "%llu:%llu", (unsigned long long)(left / divisor),
              (unsigned long long)(right / divisor));
}

static void put_frame_rate(struct writer *writer, struct frame_rate rate)
{
    const uint64_t divisor = greatest_common_divisor(rate.frames, rate.seconds);
    const unsigned long long frames = rate.frames / divisor;
    const unsigned long long seconds = rate.seconds / divisor;
    if (seconds == 1)
        put_value(writer, "frameRate", "%llu", frames);
    else
        put_value(writer, "frameRate", "%llu/%llu", frames, seconds);
}

// The longest segment: @bandwidth is a peak over one segment, so that a client that holds one plays
// on (5.3.1.2).
static struct media_time longest_segment(const struct presentation *presentation)
{
    struct media_time longest = {1, 1};
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        for (size_t s = 0; s < track->segment_count; s++) {
            const struct media_time time = {track->segments[s].duration, track->timescale};
            if (media_time_compare(time, longest) > 0) longest = time;
        }
    }
    return longest;
}

static void put_segment_base(struct writer *writer, const struct track *track)
{
    open_element(writer, "SegmentBase");
    put_value(writer, "timescale", "%u", track->timescale);
    put_value(writer, "indexRange", "%llu-%llu", (unsigned long long)track->index.offset,
              (unsigned long long)(track->index.offset + track->index.size - 1));
    put_attribute(writer, "indexRangeExact", "true");
    open_element(writer, "Initialization");
    put_value(writer, "range", "%llu-%llu", (unsigned long long)track->init.offset,
              (unsigned long long)(track->init.offset + track->init.size - 1));
    close_element(writer);
    close_element(writer);
}

static void open_representation(struct writer *writer, const struct track *track)
{
    open_element(writer, "Representation");
    put_attribute(writer, "id", track->name);
    put_value(writer, "bandwidth", "%u", track->bandwidth_peak_bps);
}

static void put_video(struct writer *writer, const struct track *track)
{
    const struct video_facts *video = &track->video;
    open_representation(writer, track);
    put_attribute(writer, "codecs", track->codec);
    put_value(writer, "width", "%u", video->width);
    put_value(writer, "height", "%u", video->height);
    put_ratio(writer, "sar", video->sar_width, video->sar_height);
    put_frame_rate(writer, video->frame_rate);
    put_element(writer, "BaseURL", track->file);
    put_segment_base(writer, track);
    close_element(writer);
}

// ChannelConfiguration of ISO/IEC 23091-3 for the layouts that encoders make of so many channels;
// NULL for others.
static const char *channel_configuration(uint32_t channels)
{
    static const char *const values[] = {
        [1] = "1", [2] = "2", [3] = "3", [4] = "4", [5] = "5", [6] = "6", [8] = "12",
    };
    return channels < sizeof values / sizeof values[0] ? values[channels] : NULL;
}

static void put_audio(struct writer *writer, const struct track *track)
{
    open_representation(writer, track);
    put_attribute(writer, "codecs", track->codec);
    put_value(writer, "audioSamplingRate", "%u", track->audio.sample_rate);
    if (channel_configuration(track->audio.channels) != NULL)
        put_descriptor(writer, "AudioChannelConfiguration", CHANNEL_SCHEME,
                       channel_configuration(track->audio.channels));
    put_element(writer, "BaseURL", track->file);
    put_segment_base(writer, track);
    close_element(writer);
}

static void put_text(struct writer *writer, const struct track *track)
{
    open_representation(writer, track);
    put_element(writer, "BaseURL", track->file);
    close_element(writer);
}

static void put_image(struct writer *writer, const struct track *track)
{
    const struct image_facts *image = &track->image;
    char file[SHEET_FILE_BYTES];
    char layout[32];
    sheet_file(track, "$Number$", file);
    (void)snprintf(layout, sizeof layout, "%ux%u", image->columns, image->rows);
    open_representation(writer, track);
    put_value(writer, "width", "%llu", (unsigned long long)image->tile_width * image->columns);
    put_value(writer, "height", "%llu", (unsigned long long)image->tile_height * image->rows);
    put_descriptor(writer, "EssentialProperty", TILE_SCHEME, layout);
    open_element(writer, "SegmentTemplate");
    put_attribute(writer, "media", file);
    put_attribute(writer, "timescale", "1000");
    put_value(writer, "duration", "%llu",
              (unsigned long long)image->tile_ms * image->columns * image->rows);
    put_attribute(writer, "startNumber", "0");
    close_element(writer);
    close_element(writer);
}

// CICP code points (ISO/IEC 23091-2) that tell a player of the dynamic range before it has read the
// media.
static void put_video_range(struct writer *writer, enum video_range range)
{
    static const char *const transfer[] = {[RANGE_PQ] = "16", [RANGE_HLG] = "18"};
    if (range == RANGE_SDR) return;
    put_descriptor(writer, "EssentialProperty", PRIMARIES_SCHEME, "9");
    put_descriptor(writer, "EssentialProperty", TRANSFER_SCHEME, transfer[range]);
}

static void put_video_set(struct writer *writer, const struct track *first)
{
    const struct video_facts *video = &first->video;
    put_ratio(writer, "par", (uint64_t)video->width * video->sar_width,
              (uint64_t)video->height * video->sar_height);
}

// Attributes come before children in XML: the set's kind decides both.
static const struct {
    const char *mime;
    void (*set)(struct writer *, const struct track *);
    void (*representation)(struct writer *, const struct track *);
} kinds[TRACK_KIND_COUNT] = {
    [TRACK_VIDEO] = {"video/mp4", put_video_set, put_video},
    [TRACK_AUDIO] = {"audio/mp4", NULL, put_audio},
    [TRACK_TEXT] = {"text/vtt", NULL, put_text},
    [TRACK_IMAGE] = {"image/jpeg", NULL, put_image},
};

static void put_role(struct writer *writer, const struct track *track)
{
    if (track->kind == TRACK_IMAGE) return;
    if (track->role == ROLE_DESCRIPTION)
        put_descriptor(writer, "Accessibility", PURPOSE_SCHEME, "1"); // for the visually impaired
    if (track->role == ROLE_CAPTION)
        put_descriptor(writer, "Accessibility", PURPOSE_SCHEME, "2"); // for the hard of hearing
    if (track->role == ROLE_ENHANCED_DIALOGUE)
        put_descriptor(writer, "Accessibility", ROLE_SCHEME, track_role_word(track->role));
    const bool is_alternate = track->role == ROLE_ENHANCED_DIALOGUE;
    put_descriptor(writer, "Role", ROLE_SCHEME,
                   track_role_word(is_alternate ? ROLE_ALTERNATE : track->role));
}

static bool has_same_key(const struct track *a, const struct track *b)
{
    return a->protection.scheme == b->protection.scheme &&
           key_id_equal(&a->protection.key_id, &b->protection.key_id);
}

// All of a set have one key: a device that is refused that of HD keeps the set of SD.
static bool are_one_set(const struct track *a, const struct track *b)
{
    return tracks_are_switchable(a, b) && has_same_key(a, b);
}

static bool is_first_of_set(const struct presentation *presentation, const struct track *track)
{
    for (const struct track *other = presentation->tracks; other < track; other++)
        if (are_one_set(other, track)) return false;
    return true;
}

// Names the sets of other keys that players may switch to (5.3.3.5).
static void put_switching(struct writer *writer, const struct presentation *presentation,
                          const struct track *first)
{
    char ids[TRACKS_MAX * 4 + 1] = "";
    size_t len = 0, number = 0;
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *other = &presentation->tracks[i];
        if (!is_first_of_set(presentation, other)) continue;
        number++;
        if (!tracks_are_switchable(other, first) || has_same_key(other, first)) continue;
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%zu", len == 0 ? "" : ",", number);
    }
    if (len > 0) put_descriptor(writer, "SupplementalProperty", SWITCHING_SCHEME, ids);
}

static void put_set(struct writer *writer, const struct presentation *presentation, size_t at,
                    size_t number)
{
    const struct track *first = &presentation->tracks[at];
    open_element(writer, "AdaptationSet");
    put_value(writer, "id", "%zu", number);
    put_attribute(writer, "contentType", track_kind_word(first->kind));
    put_attribute(writer, "mimeType", kinds[first->kind].mime);
    if (first->language[0] != '\0') put_attribute(writer, "lang", first->language);
    if (first->segment_count > 0) {
        put_attribute(writer, "segmentAlignment", "true");
        put_attribute(writer, "subsegmentAlignment", "true");
        put_attribute(writer, "startWithSAP", "1");
        put_attribute(writer, "subsegmentStartsWithSAP", "1");
    }
    if (kinds[first->kind].set != NULL) kinds[first->kind].set(writer, first);
    if (dash_protection_put(writer->xml, presentation, first, NULL) != OK) writer->is_failed = true;
    if (first->kind == TRACK_VIDEO) put_video_range(writer, first->video.range);
    put_switching(writer, presentation, first);
    if (first->kind == TRACK_AUDIO || first->kind == TRACK_TEXT) {
        char label[LABEL_BYTES];
        track_label(first, label);
        put_element(writer, "Label", label);
    }
    put_role(writer, first);
    for (size_t i = at; i < presentation->track_count; i++)
        if (i == at || are_one_set(&presentation->tracks[i], first))
            kinds[first->kind].representation(writer, &presentation->tracks[i]);
    close_element(writer);
}

static void put_document(struct writer *writer, const struct presentation *presentation)
{
    if (xmlTextWriterStartDocument(writer->xml, "1.0", "UTF-8", NULL) < 0) writer->is_failed = true;
    open_element(writer, "MPD");
    put_attribute(writer, "xmlns", DASH_NAMESPACE);
    put_attribute(writer, "profiles", DASH_PROFILES);
    put_attribute(writer, "type", "static");
    put_duration(writer, "mediaPresentationDuration", presentation->duration);
    put_duration(writer, "minBufferTime", longest_segment(presentation));
    open_element(writer, "Period");
    put_attribute(writer, "id", "0");
    put_attribute(writer, "start", "PT0S");
    size_t number = 1;
    for (size_t i = 0; i < presentation->track_count; i++)
        if (is_first_of_set(presentation, &presentation->tracks[i]))
            put_set(writer, presentation, i, number++);
    if (xmlTextWriterEndDocument(writer->xml) < 0) writer->is_failed = true;
}

outcome dash_manifest(const struct presentation *presentation, struct buffer *out, struct why *why)
{
    TRY(presentation_check(presentation, why));
    xmlBufferPtr text = xmlBufferCreate();
    struct writer writer = {text == NULL ? NULL : xmlNewTextWriterMemory(text, 0), false};
    outcome result = OK;
    if (writer.xml == NULL) {
        result = fail(why, NO_MEMORY, "no memory to write the MPD");
    } else {
        (void)xmlTextWriterSetIndent(writer.xml, 1);
        (void)xmlTextWriterSetIndentString(writer.xml, xml_text("  "));
        put_document(&writer, presentation);
        xmlFreeTextWriter(writer.xml); // flushes into `text`
        if (writer.is_failed) result = fail(why, NO_MEMORY, "no memory to write the MPD");
    }
    if (result == OK) {
        const struct slice bytes = {xmlBufferContent(text), (size_t)xmlBufferLength(text)};
        result = buffer_put(out, bytes, why);
    }
    if (text != NULL) xmlBufferFree(text);
    return result;
}
