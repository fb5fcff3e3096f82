// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"
#include "base/record.h"
#include "studio/plan.h"

#include <string.h>

static const char *const role_words[] = {
#define ROLE_WORD(name, word) word,
    TRACK_ROLES(ROLE_WORD)
#undef ROLE_WORD
};

static const struct record_member plan_members[] = {
    RECORD_TEXT(struct plan, title_id),
    RECORD_TEXT(struct plan, id),
    RECORD_TEXT(struct plan, master),
    RECORD_U32(struct plan, grid.rate.frames),
    RECORD_U32(struct plan, grid.rate.seconds),
    RECORD_U32(struct plan, grid.segment_frames),
    RECORD_U32(struct plan, grid.chunk_segments),
    RECORD_U32(struct plan, images.tile_width),
    RECORD_U32(struct plan, images.tile_height),
    RECORD_U32(struct plan, images.columns),
    RECORD_U32(struct plan, images.rows),
    RECORD_U32(struct plan, images.interval_ms),
    RECORD_U32(struct plan, images.sheet_count),
    RECORD_U32(struct plan, images.poster_width),
    RECORD_U32(struct plan, images.poster_height),
    RECORD_TEXT(struct plan, images.poster),
};
static const struct record plan_record = RECORD("plan", plan_members);

static const char *const range_words[] = {
#define RANGE_WORD(name, word) word,
    RUNG_RANGES(RANGE_WORD)
#undef RANGE_WORD
};

static const struct record_member rung_members[] = {
    RECORD_TEXT(struct rung, name),
    RECORD_U32(struct rung, width),
    RECORD_U32(struct rung, height),
    RECORD_TEXT(struct rung, encoder),
    RECORD_TEXT(struct rung, preset),
    RECORD_U32(struct rung, crf_tenths),
    RECORD_U32(struct rung, maxrate_bps),
    RECORD_U32(struct rung, bufsize_bits),
    RECORD_WORD(struct rung, range, range_words),
};
static const struct record rung_record = RECORD("rung", rung_members);

static const char *const sound_codec_words[] = {
#define CODEC_WORD(name, word) word,
    SOUND_CODECS(CODEC_WORD)
#undef CODEC_WORD
};
static const char *const sound_mix_words[] = {
#define MIX_WORD(name, word) word,
    SOUND_MIXES(MIX_WORD)
#undef MIX_WORD
};

static const struct record_member track_members[] = {
    RECORD_TEXT(struct plan_track, name),
    RECORD_TEXT(struct plan_track, source),
    RECORD_BOOL(struct plan_track, is_sidecar),
    RECORD_U32(struct plan_track, stream),
    RECORD_TEXT(struct plan_track, language),
    RECORD_WORD(struct plan_track, role, role_words),
    RECORD_TEXT(struct plan_track, label),
    RECORD_U32(struct plan_track, bitrate_bps),
    RECORD_U32(struct plan_track, channels),
    RECORD_WORD(struct plan_track, codec, sound_codec_words),
    RECORD_WORD(struct plan_track, mix, sound_mix_words),
};
static const struct record track_record = RECORD("track", track_members);

static const char *const reason_words[] = {
#define REASON_WORD(name, word) word,
    RETAKE_REASONS(REASON_WORD)
#undef REASON_WORD
};

static const struct record_member retake_members[] = {
    RECORD_U32(struct retake, rung),       RECORD_U32(struct retake, chunk),
    RECORD_U32(struct retake, take),       RECORD_WORD(struct retake, reason, reason_words),
    RECORD_U32(struct retake, crf_tenths), RECORD_U32(struct retake, start_permille),
};
static const struct record retake_record = RECORD("retake", retake_members);

static outcome put_list(json_t *json, const char *key, const struct record *record,
                        const void *items, size_t count, size_t bytes, struct why *why)
{
    json_t *list = json_array();
    if (json_object_set_new(json, key, list) != 0)
        return fail(why, NO_MEMORY, "no memory to write a plan");
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        if (json_array_append_new(list, item) != 0)
            return fail(why, NO_MEMORY, "no memory to write a plan");
        TRY(record_format(record, (const uint8_t *)items + i * bytes, item, why));
    }
    return OK;
}

outcome plan_format(const struct plan *plan, struct buffer *out, struct why *why)
{
    autojson *json = json_object();
    json_t *facts = NULL;
    if (json == NULL) return fail(why, NO_MEMORY, "no memory to write a plan");
    TRY(record_format(&plan_record, plan, json, why));
    TRY(master_facts_format(&plan->facts, &facts, why));
    if (json_object_set_new(json, "facts", facts) != 0)
        return fail(why, NO_MEMORY, "no memory to write a plan");
    TRY(put_list(json, "rungs", &rung_record, plan->ladder.rungs, plan->ladder.count,
                 sizeof(struct rung), why));
    TRY(put_list(json, "audio", &track_record, plan->audio, plan->audio_count,
                 sizeof(struct plan_track), why));
    TRY(put_list(json, "text", &track_record, plan->text, plan->text_count,
                 sizeof(struct plan_track), why));
    if (plan->retake_count > 0)
        TRY(put_list(json, "retakes", &retake_record, plan->retakes, plan->retake_count,
                     sizeof(struct retake), why));
    return json_format(json, out, why);
}

static outcome get_list(const json_t *json, const char *key, const struct record *record,
                        void *items, size_t max, size_t bytes, size_t *out_count, struct why *why)
{
    json_t *list = NULL;
    TRY(json_array_of(json, "plan", key, &list, why));
    const size_t count = json_array_size(list);
    if (count > max) return fail(why, INVALID, "plan: %zu %s, at most %zu fit", count, key, max);
    for (size_t i = 0; i < count; i++)
        TRY(record_parse(record, json_array_get(list, i), (uint8_t *)items + i * bytes, why));
    *out_count = count;
    return OK;
}

// What later code takes for granted.
static outcome check_plan(const struct plan *plan, struct why *why)
{
    const struct grid *grid = &plan->grid;
    if (!id_is_valid(plan->title_id) || !id_is_valid(plan->id))
        return fail(why, INVALID, "plan: its ids are none");
    if (grid->segment_frames < 1 || grid->segment_frames > GRID_SEGMENT_FRAMES_MAX ||
        grid->chunk_segments < 1 || grid->chunk_segments > GRID_CHUNK_SEGMENTS_MAX ||
        grid->rate.frames < 1 || grid->rate.seconds < 1)
        return fail(why, INVALID, "plan: its grid is none");
    if (plan->facts.video.frame_count < 1 || plan->facts.video.frame_count > MASTER_FRAMES_MAX)
        return fail(why, INVALID, "plan: its title has no length");
    if (plan->ladder.count < 1 || plan->images.sheet_count > PLAN_SHEETS_MAX)
        return fail(why, INVALID, "plan: no rungs, or too many sheets");
    for (size_t i = 0; i < plan->ladder.count; i++)
        if (!id_is_valid(plan->ladder.rungs[i].name))
            return fail(why, INVALID, "plan: rung %zu has no name", i);
    for (size_t i = 0; i < plan->retake_count; i++)
        if (plan->retakes[i].rung >= plan->ladder.count || plan->retakes[i].take == 0 ||
            plan->retakes[i].chunk >= plan_chunk_count(plan))
            return fail(why, INVALID, "plan: retake %zu is of no chunk", i);
    for (size_t i = 0; i < plan->audio_count; i++)
        if (!id_is_valid(plan->audio[i].name))
            return fail(why, INVALID, "plan: audio track %zu has no name", i);
    for (size_t i = 0; i < plan->text_count; i++)
        if (!id_is_valid(plan->text[i].name))
            return fail(why, INVALID, "plan: text track %zu has no name", i);
    return OK;
}

outcome plan_parse(struct slice text, struct plan *out, struct why *why)
{
    autojson *json = NULL;
    TRY(json_parse(text, "plan", &json, why));
    memset(out, 0, sizeof *out);
    TRY(record_parse(&plan_record, json, out, why));
    TRY(master_facts_parse(json_object_get(json, "facts"), &out->facts, why));
    TRY(get_list(json, "rungs", &rung_record, out->ladder.rungs, LADDER_RUNGS_MAX,
                 sizeof(struct rung), &out->ladder.count, why));
    TRY(get_list(json, "audio", &track_record, out->audio, PLAN_TRACKS_MAX,
                 sizeof(struct plan_track), &out->audio_count, why));
    TRY(get_list(json, "text", &track_record, out->text, PLAN_TRACKS_MAX, sizeof(struct plan_track),
                 &out->text_count, why));
    if (json_object_get(json, "retakes") != NULL)
        TRY(get_list(json, "retakes", &retake_record, out->retakes, PLAN_RETAKES_MAX,
                     sizeof(struct retake), &out->retake_count, why));
    return check_plan(out, why);
}
