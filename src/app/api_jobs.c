// SPDX-License-Identifier: Apache-2.0
//
// What the studio works on, for those who keep the house.
#include "account/event.h"
#include "app/api.h"

#include "studio/chunk_map.h"
#include "studio/overview.h"

#include <stdio.h>
#include <string.h>

enum {
    PRIORITY_MAX = 1000,
    TRACK_BYTES = 64,
    CHUNK_MAX = 1000000,
    REPORT_BYTES_MAX = 1 << 20,
};

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
    char detail[32];
    (void)snprintf(detail, sizeof detail, "priority=%d", (int)input.priority);
    TRY(event_write(call->accounts, call_deed(call), "ingest.prioritized", title, detail, why));
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
    TRY(event_write(call->accounts, call_deed(call), "ingest.retried", title, id, why));
    TRY(overview_retry(stores, id, why));
    return call_reply_empty(call);
}

outcome api_ingest_cancel(struct call *call, struct why *why)
{
    struct stores *stores = &call->service->stores;
    const char *title;
    TRY(title_of(call, &title, why));
    TRY(event_write(call->accounts, call_deed(call), "ingest.cancelled", title, "", why));
    TRY(board_cancel(stores->tables, call->service->clock, title, why));
    return call_reply_empty(call);
}

// --- reports ---------------------------------------------------------------------------------

// What is published under the id: a version and a name, "" where nothing is.
static outcome load_published(struct call *call, const char *title_id, struct title *out,
                              struct why *why)
{
    const outcome loaded =
        title_load(call->accounts->tables, title_id, &call->exchange->arena, out, why);
    if (loaded == NOT_FOUND) *out = (struct title){.version = "", .title = ""};
    return loaded == NOT_FOUND ? OK : loaded;
}

outcome api_report(struct call *call, struct why *why)
{
    char key[160];
    const char *title, *version;
    struct title published;
    autojson *report = NULL;
    autobuffer text = buffer_init(REPORT_BYTES_MAX);
    TRY(title_of(call, &title, why));
    TRY(call_query(call, "version", &version, why));
    TRY(load_published(call, title, &published, why));
    if (version[0] == '\0') version = published.version;
    if (!id_is_valid(version)) return fail(why, NOT_FOUND, "there is no such version");
    (void)snprintf(key, sizeof key, "reports/%.64s/%.64s.json", title, version);
    const outcome got = blob_get(call->service->stores.blobs, key, &text, why);
    if (got == NOT_FOUND)
        return fail(why, NOT_FOUND, "version %s of %s was ingested without a check", version,
                    title);
    TRY(got);
    TRY(json_parse(buffer_slice(&text), key, &report, why));
    return call_reply(call, 200,
                      json_pack("{s:s, s:s, s:s, s:b, s:O}", "title_id", title, "title",
                                published.title, "version", version, "is_published",
                                (int)(strcmp(version, published.version) == 0), "report", report),
                      why);
}
