// SPDX-License-Identifier: Apache-2.0
#include "media/master.h"

#include "base/record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

const char *master_refusal_code(enum master_refusal refusal)
{
    static const char *const codes[MASTER_REFUSAL_COUNT] = {
#define REFUSAL_CODE(name, code, result) code,
        MASTER_REFUSALS(REFUSAL_CODE)
#undef REFUSAL_CODE
    };
    assert(refusal < MASTER_REFUSAL_COUNT);
    return codes[refusal];
}

outcome master_refusal_outcome(enum master_refusal refusal)
{
    static const outcome outcomes[MASTER_REFUSAL_COUNT] = {
#define REFUSAL_OUTCOME(name, code, result) result,
        MASTER_REFUSALS(REFUSAL_OUTCOME)
#undef REFUSAL_OUTCOME
    };
    assert(refusal < MASTER_REFUSAL_COUNT);
    return outcomes[refusal];
}

outcome master_accept(const struct master_report *report, struct why *why)
{
    if (report->refusal == MASTER_ACCEPTED) return OK;
    return fail(why, master_refusal_outcome(report->refusal), "%s", report->reason.text);
}

outcome master_facts_check(const struct master_facts *facts, struct why *why)
{
    const struct master_video *video = &facts->video;
    if (video->rate.frames == 0 || video->rate.seconds == 0 || video->start.timescale == 0 ||
        video->frame_count == 0 || video->width == 0 || video->height == 0 ||
        facts->track_count > MASTER_TRACKS_MAX || video->track >= facts->track_count)
        return fail(why, INVALID, "these are not the facts of an accepted master: probe it first");
    return OK;
}

// `value` * `ratio` / `divisor` to the nearest even number, at least 2.
static uint32_t scale_even(uint64_t value, uint64_t ratio, uint64_t divisor)
{
    const uint64_t half = (value * ratio + divisor) / (2 * divisor);
    return half == 0 ? 2 : half > UINT32_MAX / 2 ? UINT32_MAX - 1 : (uint32_t)(2 * half);
}

void master_display_size(const struct master_video *video, uint32_t *width, uint32_t *height)
{
    const uint32_t across = video->sar_width == 0 ? 1 : video->sar_width;
    const uint32_t down = video->sar_height == 0 ? 1 : video->sar_height;
    const uint32_t wide =
        across > down ? scale_even(video->width, across, down) : scale_even(video->width, 1, 1);
    const uint32_t high =
        across < down ? scale_even(video->height, down, across) : scale_even(video->height, 1, 1);
    const bool is_turned = video->rotation_degrees == 90 || video->rotation_degrees == 270;
    *width = is_turned ? high : wide;
    *height = is_turned ? wide : high;
}

static const char *const field_words[FIELD_ORDER_COUNT] = {"unknown", "progressive", "top-first",
                                                           "bottom-first"};
static const char *const range_words[] = {"SDR", "PQ", "HLG"};
static const char *const kind_words[TRACK_KIND_COUNT] = {"video", "audio", "text", "image"};
static const char *const role_words[TRACK_ROLE_COUNT] = {
#define ROLE_WORD(name, word) word,
    TRACK_ROLES(ROLE_WORD)
#undef ROLE_WORD
};
static const char *const refusal_words[MASTER_REFUSAL_COUNT] = {
#define REFUSAL_WORD(name, code, result) code,
    MASTER_REFUSALS(REFUSAL_WORD)
#undef REFUSAL_WORD
};

static const struct record_member video_members[] = {
    RECORD_U32(struct master_video, track),
    RECORD_U32(struct master_video, rate.frames),
    RECORD_U32(struct master_video, rate.seconds),
    RECORD_U64(struct master_video, frame_count),
    RECORD_I64(struct master_video, start.ticks),
    RECORD_U32(struct master_video, start.timescale),
    RECORD_U64(struct master_video, packets),
    RECORD_U64(struct master_video, frames_repeated),
    RECORD_U64(struct master_video, frames_dropped),
    RECORD_BOOL(struct master_video, variable_rate),
    RECORD_BOOL(struct master_video, intra_only),
    RECORD_U32(struct master_video, width),
    RECORD_U32(struct master_video, height),
    RECORD_U32(struct master_video, sar_width),
    RECORD_U32(struct master_video, sar_height),
    RECORD_U32(struct master_video, rotation_degrees),
    RECORD_BOOL(struct master_video, mirrored),
    RECORD_WORD(struct master_video, fields, field_words),
    RECORD_TEXT(struct master_video, pixel_format),
    RECORD_U32(struct master_video, bit_depth),
    RECORD_U8(struct master_video, colour.primaries),
    RECORD_U8(struct master_video, colour.transfer),
    RECORD_U8(struct master_video, colour.matrix),
    RECORD_BOOL(struct master_video, colour.full_range),
    RECORD_WORD(struct master_video, range, range_words),
    RECORD_U16(struct master_video, mastering.red[0]),
    RECORD_U16(struct master_video, mastering.red[1]),
    RECORD_U16(struct master_video, mastering.green[0]),
    RECORD_U16(struct master_video, mastering.green[1]),
    RECORD_U16(struct master_video, mastering.blue[0]),
    RECORD_U16(struct master_video, mastering.blue[1]),
    RECORD_U16(struct master_video, mastering.white[0]),
    RECORD_U16(struct master_video, mastering.white[1]),
    RECORD_U32(struct master_video, mastering.luminance_max),
    RECORD_U32(struct master_video, mastering.luminance_min),
    RECORD_U16(struct master_video, max_cll),
    RECORD_U16(struct master_video, max_fall),
    RECORD_BOOL(struct master_video, has_captions),
};

static const struct record_member track_members[] = {
    RECORD_WORD(struct master_track, kind, kind_words),
    RECORD_BOOL(struct master_track, data),
    RECORD_TEXT(struct master_track, codec),
    RECORD_TEXT(struct master_track, profile),
    RECORD_TEXT(struct master_track, language),
    RECORD_TEXT(struct master_track, title),
    RECORD_WORD(struct master_track, role, role_words),
    RECORD_BOOL(struct master_track, is_default),
    RECORD_I64(struct master_track, start.ticks),
    RECORD_U32(struct master_track, start.timescale),
    RECORD_I64(struct master_track, duration.ticks),
    RECORD_U32(struct master_track, duration.timescale),
    RECORD_U64(struct master_track, packets),
    RECORD_U32(struct master_track, sample_rate),
    RECORD_U32(struct master_track, channels),
    RECORD_BOOL(struct master_track, has_centre),
    RECORD_BOOL(struct master_track, decodable),
};

static const struct record_member facts_members[] = {
    RECORD_TEXT(struct master_facts, container),
    RECORD_U64(struct master_facts, size_bytes),
    RECORD_I64(struct master_facts, duration.ticks),
    RECORD_U32(struct master_facts, duration.timescale),
    RECORD_BOOL(struct master_facts, faststart),
    RECORD_BOOL(struct master_facts, fragmented),
};

static const struct record_member report_members[] = {
    RECORD_WORD(struct master_report, refusal, refusal_words),
    RECORD_TEXT(struct master_report, reason.text),
};

static const struct record video_record = RECORD("facts of video", video_members);
static const struct record track_record = RECORD("facts of a track", track_members);
static const struct record facts_record = RECORD("facts of a master", facts_members);
static const struct record report_record = RECORD("report on a master", report_members);

outcome master_facts_format(const struct master_facts *facts, json_t **out, struct why *why)
{
    autojson *object = json_object(), *video = json_object(), *tracks = json_array();
    TRY(record_format(&facts_record, facts, object, why));
    TRY(record_format(&video_record, &facts->video, video, why));
    bool is_whole = true;
    for (size_t i = 0; is_whole && i < facts->track_count; i++) {
        autojson *track = json_object();
        TRY(record_format(&track_record, &facts->tracks[i], track, why));
        is_whole = json_array_append(tracks, track) == 0;
    }
    is_whole = is_whole && json_object_set(object, "video", video) == 0 &&
               json_object_set(object, "tracks", tracks) == 0;
    if (!is_whole) return fail(why, NO_MEMORY, "no memory for the facts of a master");
    *out = json_incref(object);
    return OK;
}

outcome master_facts_parse(const json_t *json, struct master_facts *out, struct why *why)
{
    struct master_facts facts = {.track_count = 0};
    TRY(record_parse(&facts_record, json, &facts, why));
    TRY(record_parse(&video_record, json_object_get(json, "video"), &facts.video, why));
    json_t *tracks = NULL;
    TRY(json_array_of(json, facts_record.what, "tracks", &tracks, why));
    facts.track_count = json_array_size(tracks);
    if (facts.track_count > MASTER_TRACKS_MAX)
        return fail(why, INVALID, "%zu tracks exceed the limit of %d", facts.track_count,
                    MASTER_TRACKS_MAX);
    for (size_t i = 0; i < facts.track_count; i++)
        TRY(record_parse(&track_record, json_array_get(tracks, i), &facts.tracks[i], why));
    *out = facts;
    return OK;
}

outcome master_report_format(const struct master_report *report, json_t **out, struct why *why)
{
    autojson *object = json_object();
    autojson *facts = NULL;
    TRY(record_format(&report_record, report, object, why));
    TRY(master_facts_format(&report->facts, &facts, why));
    if (json_object_set(object, "facts", facts) != 0)
        return fail(why, NO_MEMORY, "no memory for the report on a master");
    *out = json_incref(object);
    return OK;
}

outcome master_report_parse(const json_t *json, struct master_report *out, struct why *why)
{
    struct master_report report = {.refusal = MASTER_ACCEPTED};
    TRY(record_parse(&report_record, json, &report, why));
    TRY(master_facts_parse(json_object_get(json, "facts"), &report.facts, why));
    *out = report;
    return OK;
}
