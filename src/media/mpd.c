// SPDX-License-Identifier: Apache-2.0
#include "media/mpd.h"

#include "media/m3u8.h"

#include <string.h>

enum { DURATION_US_MAX_BITS = 53 };

static bool is_number_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == '.';
}

// Takes "12.5H" off the front: the number in microseconds of a second, and its letter.
static outcome take_part(struct slice *rest, uint64_t *us, char *unit, struct why *why)
{
    size_t len = 0;
    while (len < rest->len && is_number_byte(rest->at[len]))
        len++;
    if (len == 0 || len == rest->len) return fail(why, INVALID, "a duration is cut off");
    TRY(m3u8_seconds(slice_part(*rest, 0, len), us, why));
    *unit = (char)rest->at[len];
    *rest = slice_part(*rest, len + 1, rest->len);
    return OK;
}

outcome mpd_duration(struct slice text, int64_t *out_us, struct why *why)
{
    static const struct {
        char unit;
        bool is_time;
        uint64_t seconds;
    } units[] = {
        {'Y', false, 31536000}, {'M', false, 2592000}, {'D', false, 86400},
        {'H', true, 3600},      {'M', true, 60},       {'S', true, 1},
    };
    struct slice rest = text;
    if (!slice_starts(rest, "P") || rest.len < 3)
        return fail(why, INVALID, "\"%.*s\" is no duration: PT1H2M3.5S is one",
                    SLICE_ARG(slice_part(text, 0, 40)));
    rest = slice_part(rest, 1, rest.len);
    bool is_time = false;
    uint64_t sum = 0;
    while (rest.len > 0) {
        if (rest.at[0] == 'T' && !is_time) {
            is_time = true;
            rest = slice_part(rest, 1, rest.len);
            continue;
        }
        uint64_t value = 0;
        char unit = '\0';
        TRY(take_part(&rest, &value, &unit, why));
        uint64_t seconds = 0;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (units[i].unit == unit && units[i].is_time == is_time) seconds = units[i].seconds;
        if (seconds == 0 || value > (UINT64_C(1) << DURATION_US_MAX_BITS) / seconds)
            return fail(why, INVALID, "\"%.*s\" is no duration of a film",
                        SLICE_ARG(slice_part(text, 0, 40)));
        sum += value * seconds; // a text has too few parts to overflow
        if (sum > UINT64_C(1) << DURATION_US_MAX_BITS)
            return fail(why, INVALID, "\"%.*s\" is no duration of a film",
                        SLICE_ARG(slice_part(text, 0, 40)));
    }
    *out_us = (int64_t)sum;
    return OK;
}

static outcome parse_pair(struct slice text, char separator, uint32_t *left, uint32_t *right,
                          struct why *why)
{
    struct slice rest = text;
    struct slice first = {NULL, 0};
    uint64_t a = 0;
    uint64_t b = 1;
    (void)slice_cut(&rest, separator, &first);
    TRY(slice_u64(first, UINT32_MAX, &a, why));
    if (rest.at != NULL) TRY(slice_u64(rest, UINT32_MAX, &b, why));
    *left = (uint32_t)a;
    *right = (uint32_t)b;
    return OK;
}

outcome mpd_frame_rate(struct slice text, struct frame_rate *out, struct why *why)
{
    struct frame_rate rate;
    TRY(parse_pair(text, '/', &rate.frames, &rate.seconds, why));
    if (rate.frames == 0 || rate.seconds == 0)
        return fail(why, INVALID, "frame rate \"%.*s\" is none",
                    SLICE_ARG(slice_part(text, 0, 40)));
    *out = rate;
    return OK;
}

outcome mpd_ratio(struct slice text, uint32_t *left, uint32_t *right, struct why *why)
{
    return parse_pair(text, ':', left, right, why);
}

outcome mpd_byte_range(struct slice text, struct byte_range *out, struct why *why)
{
    struct slice last = text;
    struct slice first = {NULL, 0};
    uint64_t from;
    uint64_t to;
    (void)slice_cut(&last, '-', &first);
    TRY(slice_u64(first, INT64_MAX - 1, &from, why));
    if (last.len == 0) {
        *out = (struct byte_range){from, 0};
        return OK;
    }
    TRY(slice_u64(last, INT64_MAX - 1, &to, why));
    if (to < from)
        return fail(why, INVALID, "byte range \"%.*s\" ends before it starts",
                    SLICE_ARG(slice_part(text, 0, 40)));
    *out = (struct byte_range){from, to - from + 1};
    return OK;
}

struct segment_information segment_information_init(void)
{
    return (struct segment_information){
        .timescale = 1, .start_number = 1, .end_number = UINT64_MAX};
}

// <Initialization sourceURL range>
static outcome read_initialization(const xmlNode *node, struct arena *arena,
                                   struct segment_information *out, struct why *why)
{
    const char *range = NULL;
    out->has_init = true;
    out->init_range = (struct byte_range){0, 0};
    TRY(xml_attribute(node, "sourceURL", arena, &out->init_url, why));
    TRY(xml_attribute(node, "range", arena, &range, why));
    return range == NULL ? OK : mpd_byte_range(slice_of(range), &out->init_range, why);
}

static outcome read_form(const xmlNode *node, enum segment_form form, struct arena *arena,
                         struct segment_information *out, struct why *why)
{
    const char *index = NULL;
    out->form = form;
    TRY(xml_u64(node, "timescale", UINT32_MAX, &out->timescale, why));
    if (out->timescale == 0) return fail(why, INVALID, "a timescale is 0");
    TRY(xml_u64(node, "presentationTimeOffset", INT64_MAX / 8, &out->time_offset, why));
    TRY(xml_u64(node, "duration", UINT32_MAX, &out->duration, why));
    TRY(xml_u64(node, "startNumber", UINT32_MAX, &out->start_number, why));
    TRY(xml_u64(node, "endNumber", UINT32_MAX, &out->end_number, why));
    TRY(xml_attribute(node, "media", arena, &out->media, why));
    TRY(xml_attribute(node, "initialization", arena, &out->initialization, why));
    TRY(xml_attribute(node, "indexRange", arena, &index, why));
    if (index != NULL) TRY(mpd_byte_range(slice_of(index), &out->index, why));
    const xmlNode *init = xml_child(node, "Initialization");
    if (init != NULL) TRY(read_initialization(init, arena, out, why));
    const xmlNode *timeline = xml_child(node, "SegmentTimeline");
    if (timeline != NULL) out->timeline = timeline;
    if (form == FORM_LIST && xml_child(node, "SegmentURL") != NULL) out->list = node;
    return OK;
}

outcome segment_information_read(const xmlNode *element, struct arena *arena,
                                 struct segment_information *information, struct why *why)
{
    static const struct {
        const char *name;
        enum segment_form form;
    } forms[] = {
        {"SegmentBase", FORM_BASE},
        {"SegmentList", FORM_LIST},
        {"SegmentTemplate", FORM_TEMPLATE},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const xmlNode *node = xml_child(element, forms[i].name);
        if (node != NULL) TRY(read_form(node, forms[i].form, arena, information, why));
    }
    return OK;
}
