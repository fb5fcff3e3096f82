// SPDX-License-Identifier: Apache-2.0
//
// What the studio works on, for those who keep the house.
#include "app/api.h"

#include "studio/chunk_map.h"
#include "studio/overview.h"

#include <stdio.h>
#include <string.h>

enum { PRIORITY_MAX = 1000, TRACK_BYTES = 64, CHUNK_MAX = 1000000 };

outcome api_jobs(struct call *call, struct why *why)
{
    autoarena arena = arena_init(OVERVIEW_ARENA_BYTES);
    struct overview overview;
    TRY(overview_make(&call->service->stores, call->service->clock, &arena, &overview, why));
    return call_reply(call, 200, overview_json(&overview), why);
}

// A path may hold anything; ids of titles are what the queue's ids begin with.
static outcome title_of(struct call *call, const char **out, struct why *why)
{
    *out = call->exchange->params[0];
    if (!id_is_valid(*out)) return fail(why, NOT_FOUND, "there is no title by that id");
    return OK;
}

outcome api_title_jobs(struct call *call, struct why *why)
{
    autoarena arena = arena_init(CHUNK_MAP_ARENA_BYTES);
    struct chunk_map map;
    const char *title;
    TRY(title_of(call, &title, why));
    TRY(chunk_map_make(&call->service->stores, title, &arena, &map, why));
    return call_reply(call, 200, chunk_map_json(&map), why);
}

struct priority_input {
    int64_t priority;
};
static const struct input_field priority_fields[] = {
    INPUT_FIELD(struct priority_input, priority, "priority", INPUT_I64, INPUT_REQUIRED,
                -PRIORITY_MAX, PRIORITY_MAX),
};

outcome api_title_jobs_edit(struct call *call, struct why *why)
{
    struct priority_input input = {0};
    const char *title;
    TRY(title_of(call, &title, why));
    TRY(call_read(call, priority_fields, INPUT_COUNT(priority_fields), &input, why));
    TRY(overview_prioritize(&call->service->stores, title, (int32_t)input.priority, why));
    return call_reply_empty(call);
}

struct retry_input {
    char track[TRACK_BYTES];
    uint32_t chunk;
};
static const struct input_field retry_fields[] = {
    INPUT_FIELD(struct retry_input, track, "track", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct retry_input, chunk, "chunk", INPUT_U32, INPUT_REQUIRED, 0, CHUNK_MAX),
};

outcome api_job_retry(struct call *call, struct why *why)
{
    struct retry_input input = {.chunk = 0};
    struct stores *stores = &call->service->stores;
    char plan[32], id[QUEUE_ID_BYTES + 1];
    int32_t priority;
    const char *title;
    TRY(title_of(call, &title, why));
    TRY(call_read(call, retry_fields, INPUT_COUNT(retry_fields), &input, why));
    TRY(overview_plan(stores, title, plan, &priority, why));
    (void)snprintf(id, sizeof id, "%.64s/%s/%.50s/%06u", title, plan, input.track, input.chunk);
    TRY(overview_retry(stores, id, why));
    return call_reply_empty(call);
}
