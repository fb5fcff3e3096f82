// SPDX-License-Identifier: Apache-2.0
#include "studio/chunk_map.h"

#include "studio/overview.h"
#include "studio/plan.h"

#include <stdio.h>
#include <string.h>

struct mapping {
    struct arena *arena;
    struct plan *plan;
    struct chunk_map *map;
    const char *prefix; // of one rung's outputs
    size_t row;
};

// --- the plan --------------------------------------------------------------------------------

static outcome load_plan(struct stores *stores, const char *title_id, const char *plan_id,
                         struct plan *out, struct why *why)
{
    char key[PLAN_KEY_BYTES];
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    (void)snprintf(key, sizeof key, "work/%.64s/%.16s/plan.json", title_id, plan_id);
    TRY(blob_get(stores->blobs, key, &text, why));
    return plan_parse(buffer_slice(&text), out, why);
}

// --- rows ------------------------------------------------------------------------------------

// Rungs first, then the tracks in the order of plan_job_at().
static size_t row_of(const struct plan *plan, const struct job *job)
{
    const size_t videos = plan_chunk_count(plan) * plan->ladder.count;
    return job->kind == JOB_VIDEO ? job->track
                                  : plan->ladder.count + plan_job_index(plan, job) - videos;
}

static outcome make_rows(struct mapping *mapping, struct why *why)
{
    const struct plan *plan = mapping->plan;
    struct chunk_map *map = mapping->map;
    const size_t videos = map->chunk_count * plan->ladder.count;
    map->row_count = plan->ladder.count + plan_first_job_count(plan) - videos;
    map->rows = arena_take_array(mapping->arena, map->row_count, sizeof *map->rows);
    for (size_t i = 0; map->rows != NULL && i < map->row_count; i++) {
        const bool is_video = i < plan->ladder.count;
        const struct job job = is_video ? (struct job){JOB_VIDEO, (uint32_t)i, 0, 0}
                                        : plan_job_at(plan, videos + i - plan->ladder.count);
        const size_t len = is_video ? map->chunk_count : 1;
        char name[TRACK_NAME_BYTES];
        plan_track_name(plan, &job, name);
        map->rows[i].track = arena_copy(mapping->arena, slice_of(name));
        map->rows[i].states = arena_take(mapping->arena, len + 1);
        if (map->rows[i].track == NULL || map->rows[i].states == NULL)
            return fail(why, NO_MEMORY, "no memory for a map of %zu chunks", map->chunk_count);
        memset(map->rows[i].states, CHUNK_HELD, len);
        map->rows[i].states[len] = '\0';
    }
    return map->rows == NULL ? fail(why, NO_MEMORY, "no memory for a map") : OK;
}

static outcome see_job(void *context, const struct queue_view *view, struct why *why)
{
    static const char letters[] = {
        [QUEUE_READY] = CHUNK_READY, [QUEUE_LEASED] = CHUNK_LEASED, [QUEUE_PARKED] = CHUNK_PARKED};
    struct mapping *mapping = context;
    struct job job;
    if (strchr(view->id, JOB_SECOND_MARK) != NULL) return OK;
    TRY(job_parse(mapping->plan, view->id, &job, why));
    mapping->map->rows[row_of(mapping->plan, &job)].states[job.chunk] = letters[view->state];
    return OK;
}

// "work/film-1/3f9c.../v-1080p/000007.mp4"
static outcome see_output(void *context, const char *key, struct why *why)
{
    struct mapping *mapping = context;
    struct slice rest = slice_of(key + strlen(mapping->prefix)), number;
    uint64_t chunk = 0;
    (void)why;
    (void)slice_cut(&rest, '.', &number);
    if (slice_u64(number, mapping->map->chunk_count - 1, &chunk, NULL) != OK) return OK;
    char *state = &mapping->map->rows[mapping->row].states[chunk];
    if (*state == CHUNK_HELD) *state = CHUNK_DONE;
    return OK;
}

static outcome see_outputs(struct stores *stores, struct mapping *mapping, struct why *why)
{
    const struct plan *plan = mapping->plan;
    char work[PLAN_KEY_BYTES], prefix[PLAN_KEY_BYTES + TRACK_NAME_BYTES];
    plan_work(plan, work);
    mapping->prefix = prefix;
    for (mapping->row = 0; mapping->row < plan->ladder.count; mapping->row++) {
        (void)snprintf(prefix, sizeof prefix, "%s%s/", work,
                       mapping->map->rows[mapping->row].track);
        TRY(stores->blobs->ops->list(stores->blobs, prefix, see_output, mapping, why));
    }
    const size_t videos = mapping->map->chunk_count * plan->ladder.count;
    for (size_t i = videos; i < plan_first_job_count(plan); i++) {
        const struct job job = plan_job_at(plan, i);
        char *state = mapping->map->rows[row_of(plan, &job)].states;
        bool is_done = false;
        if (*state != CHUNK_HELD) continue;
        TRY(job_is_done(stores->blobs, plan, &job, &is_done, why));
        if (is_done) *state = CHUNK_DONE;
    }
    return OK;
}

outcome chunk_map_make(struct stores *stores, const char *title_id, struct arena *arena,
                       struct chunk_map *out, struct why *why)
{
    char plan_id[PLAN_ID_BYTES];
    struct chunk_map map = {.title_id = arena_copy(arena, slice_of(title_id))};
    struct mapping mapping = {arena, arena_take(arena, sizeof *mapping.plan), &map, "", 0};
    struct queue_store *queue = stores->queue;
    char prefix[PLAN_KEY_BYTES];
    if (map.title_id == NULL || mapping.plan == NULL)
        return fail(why, NO_MEMORY, "no memory for a map");
    TRY(overview_plan(stores, title_id, plan_id, &map.priority, why));
    TRY(load_plan(stores, title_id, plan_id, mapping.plan, why));
    map.plan = mapping.plan->id;
    map.chunk_count = plan_chunk_count(mapping.plan);
    map.chunk_ms = (int64_t)mapping.plan->grid.segment_frames * mapping.plan->grid.chunk_segments *
                   1000 * mapping.plan->facts.video.rate.seconds /
                   mapping.plan->facts.video.rate.frames;
    TRY(make_rows(&mapping, why));
    plan_prefix(mapping.plan, prefix);
    TRY(queue->ops->list(queue, PLAN_QUEUE, prefix, see_job, &mapping, why));
    TRY(see_outputs(stores, &mapping, why));
    *out = map;
    return OK;
}

json_t *chunk_map_json(const struct chunk_map *map)
{
    autojson *rows = json_array();
    int failed = 0;
    for (size_t i = 0; i < map->row_count; i++)
        failed |= json_array_append_new(rows, json_pack("{s:s, s:s}", "track", map->rows[i].track,
                                                        "states", map->rows[i].states));
    if (failed != 0) return NULL;
    return json_pack("{s:s, s:s, s:i, s:I, s:I, s:O}", "title_id", map->title_id, "plan", map->plan,
                     "priority", (int)map->priority, "chunk_ms", (json_int_t)map->chunk_ms,
                     "chunks", (json_int_t)map->chunk_count, "tracks", rows);
}
