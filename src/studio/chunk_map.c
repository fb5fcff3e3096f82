// SPDX-License-Identifier: Apache-2.0
#include "studio/chunk_map.h"

#include "studio/outline.h"

#include <stdio.h>
#include <string.h>

struct mapping {
    struct arena *arena;
    struct chunk_map *map;
    size_t prefix_len; // of what comes before a track in ids and keys
};

// --- rows ------------------------------------------------------------------------------------

static outcome add_rows(struct mapping *mapping, const char **tracks, size_t count, size_t jobs,
                        struct why *why)
{
    struct chunk_map *map = mapping->map;
    for (size_t i = 0; i < count; i++) {
        struct chunk_row *row = &map->rows[map->row_count++];
        *row = (struct chunk_row){tracks[i], arena_take(mapping->arena, jobs + 1)};
        if (row->states == NULL)
            return fail(why, NO_MEMORY, "no memory for a map of %zu chunks", map->chunk_count);
        memset(row->states, CHUNK_HELD, jobs);
        row->states[jobs] = '\0';
    }
    return OK;
}

// The state of "v-1080p/000007..." that stands behind the prefix; NULL where the map has none.
static char *state_at(const struct mapping *mapping, const char *text)
{
    struct slice rest = slice_of(text + mapping->prefix_len), track;
    uint64_t number = 0;
    if (!slice_cut(&rest, '/', &track) || rest.len == 0) return NULL;
    const size_t digits = strspn((const char *)rest.at, "0123456789");
    if (slice_u64(slice_part(rest, 0, digits), UINT32_MAX, &number, NULL) != OK) return NULL;
    for (size_t i = 0; i < mapping->map->row_count; i++) {
        const struct chunk_row *row = &mapping->map->rows[i];
        if (slice_is(track, row->track))
            return number < strlen(row->states) ? &row->states[number] : NULL;
    }
    return NULL;
}

// A chunk that is encoded again counts as what its retake is.
static outcome see_job(void *context, const struct queue_view *view, struct why *why)
{
    static const char letters[] = {
        [QUEUE_READY] = CHUNK_READY, [QUEUE_LEASED] = CHUNK_LEASED, [QUEUE_PARKED] = CHUNK_PARKED};
    const struct mapping *mapping = context;
    (void)why;
    mapping->map->priority = view->priority;
    if (strchr(view->id, JOB_SECOND_MARK) != NULL) return OK;
    char *state = state_at(mapping, view->id);
    if (state != NULL) *state = letters[view->state];
    return OK;
}

// What has an output and is in no queue is done.
static outcome see_output(void *context, const char *key, struct why *why)
{
    char *state = state_at(context, key);
    (void)why;
    if (state != NULL && *state == CHUNK_HELD) *state = CHUNK_DONE;
    return OK;
}

outcome chunk_map_make(struct stores *stores, const char *title_id, struct arena *arena,
                       struct chunk_map *out, struct why *why)
{
    struct outline outline;
    struct chunk_map map = {.title_id = arena_copy(arena, slice_of(title_id))};
    struct mapping mapping = {arena, &map, 0};
    struct queue_store *queue = stores->queue;
    struct blob_store *blobs = stores->blobs;
    char prefix[PLAN_KEY_BYTES];
    TRY(outline_get(stores->tables, title_id, arena, &outline, why));
    map.plan = outline.plan;
    map.chunk_count = (size_t)outline.chunk_count;
    map.chunk_ms = outline.chunk_ms;
    map.rows = arena_take_array(arena, outline.rung_count + outline.other_count, sizeof *map.rows);
    if (map.title_id == NULL || map.rows == NULL)
        return fail(why, NO_MEMORY, "no memory for a map");
    TRY(add_rows(&mapping, outline.rungs, outline.rung_count, map.chunk_count, why));
    TRY(add_rows(&mapping, outline.others, outline.other_count, 1, why));
    mapping.prefix_len =
        (size_t)snprintf(prefix, sizeof prefix, "%.64s/%.16s/", title_id, map.plan);
    TRY(queue->ops->list(queue, PLAN_QUEUE, prefix, see_job, &mapping, why));
    mapping.prefix_len =
        (size_t)snprintf(prefix, sizeof prefix, "work/%.64s/%.16s/", title_id, map.plan);
    TRY(blobs->ops->list(blobs, prefix, see_output, &mapping, why));
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
