// SPDX-License-Identifier: Apache-2.0
#include "studio/outline.h"

#include "catalog/shape.h"

#define TABLE     "progress"
#define PARTITION "outline"

enum {
    OTHERS_MAX = 2 * PLAN_TRACKS_MAX + 2, // and storyboard and poster
    CHUNKS_MAX = 10000000,
    NAMES_BYTES = (LADDER_RUNGS_MAX + OTHERS_MAX) * (TRACK_NAME_BYTES + 16),
};

static const struct shape_field outline_fields[] = {
    SHAPE_FIELD_TEXT(struct outline, plan, "plan", SHAPE_REQUIRED, 1, PLAN_ID_BYTES - 1, NULL),
    SHAPE_FIELD_INTEGER(struct outline, job_count, "jobs", SHAPE_REQUIRED, 0, INT32_MAX),
    SHAPE_FIELD_INTEGER(struct outline, chunk_count, "chunks", SHAPE_REQUIRED, 0, CHUNKS_MAX),
    SHAPE_FIELD_INTEGER(struct outline, chunk_ms, "chunk_ms", SHAPE_REQUIRED, 0, INT32_MAX),
    SHAPE_FIELD_TEXTS(struct outline, rungs, rung_count, "rungs", LADDER_RUNGS_MAX, NULL),
    SHAPE_FIELD_TEXTS(struct outline, others, other_count, "others", OTHERS_MAX, NULL),
};
static const struct shape outline_shape = {
    outline_fields, sizeof outline_fields / sizeof outline_fields[0], sizeof(struct outline), NULL};

static int64_t chunk_ms(const struct plan *plan)
{
    const struct frame_rate rate = plan->facts.video.rate;
    return (int64_t)plan->grid.segment_frames * plan->grid.chunk_segments * 1000 * rate.seconds /
           rate.frames;
}

static outcome name_tracks(const struct plan *plan, size_t first, size_t count, struct arena *arena,
                           const char ***out, struct why *why)
{
    const char **names = arena_take_array(arena, count, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++) {
        const struct job job = plan_job_at(plan, first + i);
        char name[TRACK_NAME_BYTES];
        plan_track_name(plan, &job, name);
        names[i] = arena_copy(arena, slice_of(name));
        if (names[i] == NULL) return fail(why, NO_MEMORY, "no memory for the names of tracks");
    }
    *out = names;
    return names == NULL ? fail(why, NO_MEMORY, "no memory for the names of tracks") : OK;
}

outcome outline_put(struct table_store *tables, const struct plan *plan, struct why *why)
{
    const size_t videos = plan_chunk_count(plan) * plan->ladder.count;
    struct outline outline = {.plan = plan->id,
                              .job_count = (int64_t)plan_job_count(plan),
                              .chunk_count = (int64_t)plan_chunk_count(plan),
                              .chunk_ms = chunk_ms(plan),
                              .rung_count = plan->ladder.count,
                              .other_count = plan_first_job_count(plan) - videos};
    autoarena arena = arena_init(NAMES_BYTES);
    autojson *json = NULL;
    autobuffer text = buffer_init(TABLE_VALUE_BYTES);
    // The first chunk's jobs are one of each rung.
    TRY(name_tracks(plan, 0, outline.rung_count, &arena, &outline.rungs, why));
    TRY(name_tracks(plan, videos, outline.other_count, &arena, &outline.others, why));
    TRY(shape_write(&outline_shape, &outline, &json, why));
    TRY(json_format(json, &text, why));
    const struct table_write write = {
        .item = {.partition = PARTITION, .sort = plan->title_id, .value = buffer_slice(&text)},
        .condition = TABLE_ALWAYS};
    return tables->ops->put(tables, TABLE, &write, NULL, why);
}

outcome outline_get(struct table_store *tables, const char *title_id, struct arena *arena,
                    struct outline *out, struct why *why)
{
    struct table_item item;
    autojson *json = NULL;
    const outcome got = tables->ops->get(tables, TABLE, PARTITION, title_id, arena, &item, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "no work on %.64s has begun", title_id);
    TRY(got);
    outcome read = json_parse(item.value, "an outline", &json, why);
    if (read == OK)
        read =
            shape_read(&outline_shape, json, "an outline", SHAPE_PASS_STRANGERS, arena, out, why);
    return read == INVALID ? CORRUPT : read;
}

outcome outline_drop(struct table_store *tables, const char *title_id, struct why *why)
{
    return tables->ops->drop(tables, TABLE, PARTITION, title_id, 0, why);
}
