// SPDX-License-Identifier: Apache-2.0
#include "media/imsc.h"

#include "media/cue_class.h"
#include "media/cue_text.h"
#include "media/xml_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPEN_MAX = 64,          // spans at once: cue text nests 16 deep, a ruby base counts again
    REGIONS_MAX = CUES_MAX, // a cue asks for at most one
};

// --- regions ---------------------------------------------------------------------------------

// Places by content: open addressing in a table at most half full.
struct regions {
    struct cue_place *places; // in order of first use: region r<index>
    size_t count;
    uint32_t *slots;   // index + 1; 0: free
    size_t slot_count; // a power of two
};

static void regions_release(struct regions *regions)
{
    free(regions->places);
    free(regions->slots);
}

#define autoregions __attribute__((cleanup(regions_release))) struct regions

static size_t hash(const struct cue_place *place)
{
    const uint32_t fields[] = {
        place->is_given, place->x,      place->y,       place->width,       place->height,
        place->align,    place->anchor, place->writing, place->font_height, place->box_colour,
    };
    uint64_t value = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        value = (value ^ fields[i]) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

static size_t regions_put(struct regions *regions, const struct cue_place *place)
{
    size_t slot = hash(place) & (regions->slot_count - 1);
    while (regions->slots[slot] != 0) {
        const size_t index = regions->slots[slot] - 1;
        if (cue_place_equal(&regions->places[index], place)) return index;
        slot = (slot + 1) & (regions->slot_count - 1);
    }
    regions->places[regions->count] = *place;
    regions->slots[slot] = (uint32_t)++regions->count;
    return regions->count - 1;
}

static outcome regions_gather(const struct cue_list *list, struct regions *regions, struct why *why)
{
    size_t slot_count = 16;
    while (slot_count < 2 * list->count)
        slot_count *= 2;
    regions->slot_count = slot_count;
    regions->slots = calloc(slot_count, sizeof *regions->slots);
    regions->places = calloc(list->count + 1, sizeof *regions->places);
    if (regions->slots == NULL || regions->places == NULL)
        return fail(why, NO_MEMORY, "no memory for regions");
    for (size_t i = 0; i < list->count; i++)
        (void)regions_put(regions, &list->cues[i].place);
    return OK;
}

static void put_pair(struct xml_writer *xml, const char *name, unsigned a, unsigned b)
{
    xml_writer_attribute(xml, name, "%u.%02u%% %u.%02u%%", a / 100, a % 100, b / 100, b % 100);
}

static void put_region(struct xml_writer *xml, size_t index, const struct cue_place *given)
{
    static const char *const aligns[] = {"center", "start", "end", "left", "right"};
    static const char *const anchors[] = {"after", "before", "center"};
    static const char *const writings[] = {"lrtb", "tbrl", "tblr"};
    // Where a player puts a cue that says nothing: the safe area's bottom, centred.
    static const struct cue_place usual = {.x = 1000, .y = 1000, .width = 8000, .height = 8000};
    const struct cue_place *place = given->is_given ? given : &usual;
    xml_writer_start(xml, "region");
    xml_writer_attribute(xml, "xml:id", "r%zu", index);
    put_pair(xml, "tts:origin", place->x, place->y);
    put_pair(xml, "tts:extent", place->width, place->height);
    xml_writer_attribute(xml, "tts:displayAlign", "%s", anchors[place->anchor]);
    xml_writer_attribute(xml, "tts:textAlign", "%s", aligns[place->align]);
    if (place->writing != WRITING_HORIZONTAL)
        xml_writer_attribute(xml, "tts:writingMode", "%s", writings[place->writing]);
    if (place->font_height != 0)
        xml_writer_attribute(xml, "tts:fontSize", "%u.%02urh", place->font_height / 100u,
                             place->font_height % 100u);
    if ((place->box_colour & 0xff) != 0) {
        xml_writer_attribute(xml, "tts:backgroundColor", "#%08x", place->box_colour);
        xml_writer_attribute(xml, "tts:showBackground", "whenActive");
    }
    xml_writer_end(xml);
}

// --- text ------------------------------------------------------------------------------------

// One open tag of the cue text: the spans it stands for.
struct open_tag {
    bool is_ruby;
    bool has_base; // a ruby whose base span is open
};

struct speaker {
    struct xml_writer *xml;
    struct open_tag open[OPEN_MAX];
    size_t depth;
};

// Inside a ruby, text that is no annotation is the base, which has a span of its own.
static void set_base(struct speaker *speaker, bool is_wanted)
{
    if (speaker->depth == 0) return;
    struct open_tag *tag = &speaker->open[speaker->depth - 1];
    if (!tag->is_ruby || tag->has_base == is_wanted) return;
    tag->has_base = is_wanted;
    if (is_wanted) {
        xml_writer_start(speaker->xml, "span");
        xml_writer_attribute(speaker->xml, "tts:ruby", "base");
    } else {
        xml_writer_end(speaker->xml);
    }
}

static void put_class(struct xml_writer *xml, struct slice classes)
{
    struct cue_style style = {0};
    struct slice name;
    while (slice_cut(&classes, '.', &name))
        (void)cue_class_apply(name, &style);
    if (style.colour != 0) xml_writer_attribute(xml, "tts:color", "#%08x", style.colour);
    if ((style.background & 0xff) != 0)
        xml_writer_attribute(xml, "tts:backgroundColor", "#%08x", style.background);
    if (style.size_percent != 0)
        xml_writer_attribute(xml, "tts:fontSize", "%u%%", style.size_percent);
}

// What a BCP 47 tag is made of, which an attribute can carry as it stands.
static bool is_tag(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.at[i];
        const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!is_letter && byte != '-' && (byte < '0' || byte > '9')) return false;
    }
    return true;
}

// "<name.class.class annotation>" without its brackets.
static void open_tag(struct speaker *speaker, struct slice inside)
{
    static const struct {
        const char *name, *attribute, *value;
    } plain[] = {
        {"b", "tts:fontWeight", "bold"},
        {"i", "tts:fontStyle", "italic"},
        {"u", "tts:textDecoration", "underline"},
        {"ruby", "tts:ruby", "container"},
        {"rt", "tts:ruby", "text"},
    };
    if (speaker->depth == OPEN_MAX) return; // cleaned text does not get there
    struct slice annotation = inside, classes, name;
    (void)slice_cut(&annotation, ' ', &classes);
    (void)slice_cut(&classes, '.', &name);
    set_base(speaker, !slice_is(name, "rt"));
    xml_writer_start(speaker->xml, "span");
    speaker->open[speaker->depth++] = (struct open_tag){.is_ruby = slice_is(name, "ruby")};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (slice_is(name, plain[i].name))
            xml_writer_attribute(speaker->xml, plain[i].attribute, "%s", plain[i].value);
    if (slice_is(name, "lang") && is_tag(annotation))
        xml_writer_attribute(speaker->xml, "xml:lang", "%.*s", SLICE_ARG(annotation));
    put_class(speaker->xml, classes);
}

static void close_tag(struct speaker *speaker)
{
    if (speaker->depth == 0) return;
    set_base(speaker, false);
    speaker->depth--;
    xml_writer_end(speaker->xml);
}

static void put_letters(struct speaker *speaker, struct slice text)
{
    static const struct {
        const char *name;
        struct slice bytes;
    } references[] = {
        {"&amp;", {(const uint8_t *)"&", 1}},
        {"&lt;", {(const uint8_t *)"<", 1}},
        {"&gt;", {(const uint8_t *)">", 1}},
        {"&nbsp;", {(const uint8_t *)"\xc2\xa0", 2}},
        {"&lrm;", {(const uint8_t *)"\xe2\x80\x8e", 3}},
        {"&rlm;", {(const uint8_t *)"\xe2\x80\x8f", 3}},
    };
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.at[len] != '&')
            len++;
        xml_writer_text(speaker->xml, slice_part(text, 0, len));
        text = slice_part(text, len, text.len);
        size_t taken = 0;
        for (size_t i = 0; i < sizeof references / sizeof references[0] && taken == 0; i++) {
            if (!slice_starts(text, references[i].name)) continue;
            xml_writer_text(speaker->xml, references[i].bytes);
            taken = strlen(references[i].name);
        }
        if (taken == 0 && text.len > 0) {
            xml_writer_text(speaker->xml, slice_part(text, 0, 1));
            taken = 1;
        }
        text = slice_part(text, taken, text.len);
    }
}

static void put_plain(struct speaker *speaker, struct slice text)
{
    struct slice line;
    bool is_first = true;
    if (text.len > 0) set_base(speaker, true);
    while (slice_cut(&text, '\n', &line)) {
        if (!is_first) {
            xml_writer_start(speaker->xml, "br");
            xml_writer_end(speaker->xml);
        }
        put_letters(speaker, line);
        is_first = false;
    }
}

static void put_text(struct xml_writer *xml, struct slice text)
{
    struct speaker speaker = {.xml = xml};
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.at[len] != '<')
            len++;
        put_plain(&speaker, slice_part(text, 0, len));
        text = slice_part(text, len, text.len);
        if (text.len == 0) break;
        const uint8_t *end = memchr(text.at, '>', text.len);
        if (end == NULL) break; // cleaned text has none
        const struct slice inside = slice_part(text, 1, (size_t)(end - text.at) - 1);
        if (slice_starts(inside, "/"))
            close_tag(&speaker);
        else if (inside.len > 0 && (inside.at[0] < '0' || inside.at[0] > '9'))
            open_tag(&speaker, inside);
        text = slice_part(text, (size_t)(end - text.at) + 1, text.len);
    }
    while (speaker.depth > 0)
        close_tag(&speaker);
}

// --- the document ----------------------------------------------------------------------------

static void put_time(struct xml_writer *xml, const char *name, int64_t ms)
{
    xml_writer_attribute(xml, name, "%02lld:%02lld:%02lld.%03lld", (long long)(ms / 3600000),
                         (long long)(ms / 60000 % 60), (long long)(ms / 1000 % 60),
                         (long long)(ms % 1000));
}

static void put_head(struct xml_writer *xml, const struct regions *regions)
{
    xml_writer_start(xml, "head");
    xml_writer_start(xml, "layout");
    for (size_t i = 0; i < regions->count; i++)
        put_region(xml, i, &regions->places[i]);
    xml_writer_end(xml);
    xml_writer_end(xml);
}

static void put_body(struct xml_writer *xml, const struct cue_list *list, struct regions *regions)
{
    xml_writer_start(xml, "body");
    xml_writer_start(xml, "div");
    for (size_t i = 0; i < list->count; i++) {
        const struct cue *cue = &list->cues[i];
        xml_writer_start(xml, "p");
        put_time(xml, "begin", cue->start_ms);
        if (cue->end_ms < CUE_MS_MAX) put_time(xml, "end", cue->end_ms);
        xml_writer_attribute(xml, "region", "r%zu", regions_put(regions, &cue->place));
        put_text(xml, cue->text);
        xml_writer_end(xml);
    }
    xml_writer_end(xml);
    xml_writer_end(xml);
}

outcome imsc_format(const struct cue_list *list, struct buffer *out, struct why *why)
{
    autoregions regions = {.places = NULL};
    TRY(regions_gather(list, &regions, why));
    autoxmlwriter xml;
    TRY(xml_writer_open(&xml, why));
    xml_writer_start(&xml, "tt");
    xml_writer_attribute(&xml, "xmlns", "http://www.w3.org/ns/ttml");
    xml_writer_attribute(&xml, "xmlns:ttp", "http://www.w3.org/ns/ttml#parameter");
    xml_writer_attribute(&xml, "xmlns:tts", "http://www.w3.org/ns/ttml#styling");
    xml_writer_attribute(&xml, "ttp:contentProfiles",
                         "http://www.w3.org/ns/ttml/profile/imsc1.1/text");
    xml_writer_attribute(&xml, "ttp:timeBase", "media");
    const struct slice language = is_tag(list->language) ? list->language : slice_of("und");
    xml_writer_attribute(&xml, "xml:lang", "%.*s", SLICE_ARG(language));
    xml_writer_attribute(&xml, "xml:space", "preserve");
    put_head(&xml, &regions);
    put_body(&xml, list, &regions);
    xml_writer_end(&xml);
    return xml_writer_finish(&xml, out, why);
}
