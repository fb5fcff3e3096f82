// SPDX-License-Identifier: Apache-2.0
#include "media/mpd.h"

#include "media/segment_address.h"

#include "base/url.h"

enum { MICROSECONDS = 1000000, REPEAT_MAX = SEGMENTS_MAX };

// Limits that leave room for the sums: a time, a shift and a duration together stay below 2^63.
#define TIME_MAX     (INT64_MAX / 2)
#define SHIFT_MAX    (INT64_MAX / 8)
#define DURATION_MAX (INT64_MAX / 8)

// The segments of one representation as they are worked out.
struct expansion {
    const struct segment_information *information;
    struct segment_list segments;
    struct period_span period;
    const xmlNode *url; // the SegmentURL that comes next; NULL without a list
    int64_t shift;      // from media time to presentation time, ticks
    uint64_t number;
};

static int64_t us_to_ticks(int64_t us, uint64_t timescale)
{
    return media_time_rescale((struct media_time){us, MICROSECONDS}, (uint32_t)timescale).ticks;
}

// The end of the period in media time; UINT64_MAX when it is open.
static uint64_t media_end(const struct expansion *expansion)
{
    const struct segment_information *information = expansion->information;
    if (expansion->period.duration_us == 0) return UINT64_MAX;
    return information->time_offset +
           (uint64_t)us_to_ticks(expansion->period.duration_us, information->timescale);
}

// What SegmentURL says of the next segment of a list.
static outcome take_list_url(struct expansion *expansion, struct media_segment *segment,
                             struct why *why)
{
    const char *range = NULL;
    struct arena *arena = expansion->segments.arena;
    segment->uri = "";
    TRY(xml_attribute(expansion->url, "media", arena, &segment->uri, why));
    TRY(xml_attribute(expansion->url, "mediaRange", arena, &range, why));
    if (range != NULL) TRY(mpd_byte_range(slice_of(range), &segment->range, why));
    expansion->url = xml_next(expansion->url, "SegmentURL");
    return OK;
}

static outcome add_segment(struct expansion *expansion, uint64_t time, uint64_t duration,
                           struct why *why)
{
    if (time > TIME_MAX || duration > DURATION_MAX)
        return fail(why, INVALID, "a segment lies at an impossible time");
    struct media_segment segment = {
        .start_ticks = (int64_t)time + expansion->shift,
        .duration_ticks = duration,
        .number = expansion->number++,
        .time = time,
    };
    if (expansion->url != NULL) TRY(take_list_url(expansion, &segment, why));
    return segment_list_add(&expansion->segments, segment, why);
}

static bool has_more(const struct expansion *expansion)
{
    if (expansion->information->form == FORM_LIST) return expansion->url != NULL;
    return expansion->number <= expansion->information->end_number;
}

// S@r of -1: up to the next S, or to the end of the period.
static outcome repeat_count(const struct expansion *expansion, const xmlNode *s, uint64_t time,
                            uint64_t duration, uint64_t *out, struct why *why)
{
    const xmlNode *next = xml_next(s, "S");
    uint64_t end = media_end(expansion);
    if (next != NULL) TRY(xml_u64(next, "t", INT64_MAX, &end, why));
    if (end == UINT64_MAX)
        return fail(why, UNSUPPORTED, "the last S repeats without end in an open period");
    const uint64_t count = end <= time ? 1 : (end - time + duration - 1) / duration;
    *out = count > REPEAT_MAX ? REPEAT_MAX : count;
    return OK;
}

static outcome expand_timeline(struct expansion *expansion, struct why *why)
{
    uint64_t time = 0;
    const xmlNode *timeline = expansion->information->timeline;
    for (const xmlNode *s = xml_child(timeline, "S"); s != NULL; s = xml_next(s, "S")) {
        uint64_t duration = 0;
        uint64_t count = 0;
        const char *repeat = "0";
        TRY(xml_u64(s, "t", INT64_MAX, &time, why));
        TRY(xml_u64(s, "d", DURATION_MAX, &duration, why));
        TRY(xml_u64(s, "n", UINT32_MAX, &expansion->number, why));
        if (duration == 0) return fail(why, INVALID, "S in a SegmentTimeline has no duration");
        TRY(xml_attribute(s, "r", expansion->segments.arena, &repeat, why));
        if (repeat[0] == '-') {
            TRY(repeat_count(expansion, s, time, duration, &count, why));
        } else {
            TRY(slice_u64(slice_of(repeat), REPEAT_MAX, &count, why));
            count++;
        }
        for (uint64_t i = 0; i < count && has_more(expansion); i++) {
            TRY(add_segment(expansion, time, duration, why));
            time += duration;
        }
    }
    return OK;
}

static outcome expand_duration(struct expansion *expansion, struct why *why)
{
    const struct segment_information *information = expansion->information;
    const uint64_t end = media_end(expansion);
    if (end == UINT64_MAX && information->form == FORM_TEMPLATE &&
        information->end_number == UINT64_MAX)
        return fail(why, UNSUPPORTED,
                    "numbered segments of an open period (live without SegmentTimeline) are not "
                    "understood here");
    uint64_t time = information->time_offset;
    while (time < end && has_more(expansion)) {
        const uint64_t left = end - time;
        TRY(add_segment(expansion, time,
                        left < information->duration ? left : information->duration, why));
        time += information->duration;
    }
    return OK;
}

// One file that is the whole representation: WebVTT beside the media, or SegmentBase without index.
static outcome expand_whole(struct expansion *expansion, struct why *why)
{
    const struct segment_information *information = expansion->information;
    const uint64_t end = media_end(expansion);
    TRY(add_segment(expansion, information->time_offset,
                    end == UINT64_MAX ? 0 : end - information->time_offset, why));
    struct media_segment *whole = &expansion->segments.items[expansion->segments.count - 1];
    if (whole->uri == NULL) whole->uri = "";
    return OK;
}

// The init segment: a template, a source URL, a range of the file itself.
static outcome set_init(struct arena *arena, const struct segment_information *information,
                        struct rendition *rendition, struct why *why)
{
    const struct segment_template *addressing = &rendition->addressing;
    struct resource init = {NULL, {0, 0}};
    if (information->initialization != NULL) {
        autobuffer url = buffer_init(2 * URL_BYTES_MAX);
        TRY(segment_address(addressing, information->initialization, 0, 0, &url, why));
        TRY(manifest_text(arena, buffer_slice(&url), &init.url, why));
    } else if (information->has_init) {
        const char *reference = information->init_url == NULL ? "" : information->init_url;
        TRY(manifest_resolve(arena, addressing->base, slice_of(reference), &init.url, why));
        init.range = information->init_range;
    } else {
        return OK;
    }
    rendition->inits = ARENA_NEW(arena, struct resource);
    if (rendition->inits == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    rendition->inits[0] = init;
    rendition->init_count = 1;
    return OK;
}

static outcome expand(struct expansion *expansion, struct why *why)
{
    const struct segment_information *information = expansion->information;
    if (information->timeline != NULL) return expand_timeline(expansion, why);
    if (information->duration > 0) return expand_duration(expansion, why);
    if (information->form == FORM_TEMPLATE)
        return fail(why, INVALID, "a SegmentTemplate has neither duration nor SegmentTimeline");
    return expand_whole(expansion, why);
}

outcome mpd_segments(struct arena *arena, const struct segment_information *information,
                     struct period_span period, struct rendition *rendition, struct why *why)
{
    TRY(set_init(arena, information, rendition, why));
    rendition->start_us = period.start_us;
    if (information->form == FORM_BASE && information->index.size > 0) {
        rendition->need = NEED_INDEX;
        rendition->needed = (struct resource){rendition->addressing.base, information->index};
        return OK;
    }
    if (information->form == FORM_TEMPLATE && information->media == NULL)
        return fail(why, INVALID, "a SegmentTemplate has no media address");
    const int64_t start = us_to_ticks(period.start_us, information->timescale);
    if (start > SHIFT_MAX) return fail(why, INVALID, "a period starts at an impossible time");
    struct expansion expansion = {
        .information = information,
        .segments = {.arena = arena},
        .period = period,
        .url = information->list == NULL ? NULL : xml_child(information->list, "SegmentURL"),
        .shift = start - (int64_t)information->time_offset,
        .number = information->start_number,
    };
    TRY(expand(&expansion, why));
    rendition->addressing.media = information->media;
    rendition->timescale = (uint32_t)information->timescale;
    rendition->segments = expansion.segments.items;
    rendition->segment_count = expansion.segments.count;
    return OK;
}
