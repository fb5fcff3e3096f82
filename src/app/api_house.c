// SPDX-License-Identifier: Apache-2.0
//
// Plans, keys of machines, the event log, and the pages about problems.
#include "account/api_key.h"
#include "account/event.h"
#include "account/plan.h"
#include "app/api.h"

#include <stdio.h>
#include <string.h>

// --- plans --------------------------------------------------------------------------------

json_t *api_plan_json(const struct plan *plan)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:s, s:i, s:b}", "id", plan->id, "name", plan->name,
                     "streams", (int)plan->streams, "streams_per_title",
                     (int)plan->streams_per_title, "highest", picture_class_word(plan->highest),
                     "downloads", (int)plan->downloads, "has_catalogue", plan->has_catalogue);
}

outcome api_plans(struct call *call, struct why *why)
{
    struct plan plans[PLANS_MAX];
    size_t count;
    TRY(plan_list(call->accounts, plans, &count, why));
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(items, api_plan_json(&plans[i]));
    return call_reply_page(call, items, "", why);
}

outcome api_plan(struct call *call, struct why *why)
{
    struct plan plan;
    TRY(plan_load(call->accounts, call->exchange->params[0], &plan, why));
    return call_reply_version(call, 200, api_plan_json(&plan), plan.version, why);
}

struct plan_input {
    struct plan plan;
    char highest[8];
};

#define PLAN_FIELD(member, of_kind, least, most)                                                   \
    INPUT_FIELD(struct plan_input, plan.member, #member, of_kind, INPUT_REQUIRED, least, most)

static const struct input_field plan_fields[] = {
    PLAN_FIELD(name, INPUT_TEXT, 1, 0),
    PLAN_FIELD(streams, INPUT_U32, 1, PLAN_STREAMS_MAX),
    PLAN_FIELD(streams_per_title, INPUT_U32, 1, PLAN_STREAMS_MAX),
    PLAN_FIELD(downloads, INPUT_U32, 0, PLAN_DOWNLOADS_MAX),
    PLAN_FIELD(has_catalogue, INPUT_BOOL, 0, 0),
    INPUT_FIELD(struct plan_input, highest, "highest", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
};

static outcome parse_class(struct call *call, const char *word, enum picture_class *out,
                           struct why *why)
{
    for (unsigned i = 0; i < PICTURE_CLASSES; i++) {
        if (strcmp(word, picture_class_word((enum picture_class)i)) != 0) continue;
        *out = (enum picture_class)i;
        return OK;
    }
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/highest");
    return fail(why, INVALID, "highest is \"%s\": take sd, hd or uhd", word);
}

outcome api_plan_save(struct call *call, struct why *why)
{
    struct plan_input input = {.highest = ""};
    struct plan present;
    const char *id = call->exchange->params[0];
    const outcome loaded = plan_load(call->accounts, id, &present, why);
    if (loaded != OK && loaded != NOT_FOUND) return loaded;
    const uint64_t version = loaded == OK ? present.version : 0;
    TRY(call_match(call, version, why));
    TRY(call_read(call, plan_fields, INPUT_COUNT(plan_fields), &input, why));
    TRY(parse_class(call, input.highest, &input.plan.highest, why));
    if (strlen(id) >= sizeof input.plan.id)
        return fail(why, INVALID, "a plan's id has 1 to 31 letters");
    (void)snprintf(input.plan.id, sizeof input.plan.id, "%s", id);
    input.plan.version = version;
    TRY(plan_save(call->accounts, call_deed(call), &input.plan, why));
    return call_reply_version(call, 200, api_plan_json(&input.plan), input.plan.version, why);
}

// --- keys ---------------------------------------------------------------------------------

static json_t *key_json(const struct api_key *key)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", key->id, "name", key->name, "role",
                     member_role_word(key->role), "made_by", key->made_by, "created_at",
                     json_time(key->created_ms));
}

outcome api_keys(struct call *call, struct why *why)
{
    struct api_key *keys = arena_take_array(&call->exchange->arena, API_KEYS_MAX, sizeof *keys);
    size_t count;
    if (keys == NULL) return fail(why, NO_MEMORY, "no memory for the keys");
    TRY(api_key_list(call->accounts, keys, &count, why));
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(items, key_json(&keys[i]));
    return call_reply_page(call, items, "", why);
}

struct key_input {
    char name[API_KEY_NAME_BYTES], role[16];
};
static const struct input_field key_fields[] = {
    INPUT_FIELD(struct key_input, name, "name", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct key_input, role, "role", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
};

outcome api_key_add(struct call *call, struct why *why)
{
    struct key_input input;
    struct api_key key;
    enum member_role role;
    char id[ID_BYTES], text[SECRET_TOKEN_BYTES];
    TRY(call_read(call, key_fields, INPUT_COUNT(key_fields), &input, why));
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/role");
    TRY(member_role_parse(input.role, &role, why));
    call_id(call, "key", id);
    TRY(api_key_make(call->accounts, call_deed(call), id, input.name, role, &key, text, why));
    json_t *json = key_json(&key);
    if (json != NULL) (void)json_object_set_new(json, "key", json_string(text));
    return call_reply(call, 201, json, why);
}

outcome api_key_drop(struct call *call, struct why *why)
{
    TRY(api_key_revoke(call->accounts, call_deed(call), call->exchange->params[0], why));
    return call_reply_empty(call);
}

// --- the log ------------------------------------------------------------------------------

outcome api_events(struct call *call, struct why *why)
{
    const char *cursor;
    size_t limit;
    struct event_page page;
    TRY(call_cursor(call, &cursor, why));
    TRY(call_limit(call, 50, EVENT_PAGE_MAX, &limit, why));
    TRY(event_list(call->accounts, cursor, limit, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++) {
        const struct event *event = &page.events[i];
        (void)json_array_append_new(items, json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o}", "id",
                                                     event->id, "at", json_time(event->at_ms),
                                                     "actor", event->actor, "action", event->action,
                                                     "subject", event->subject, "reason",
                                                     json_text_or_null(event->reason), "detail",
                                                     json_text_or_null(event->detail)));
    }
    return call_reply_page(call, items, page.next, why);
}

// --- problems -----------------------------------------------------------------------------

outcome api_problem(struct call *call, struct why *why)
{
    autobuffer page = buffer_init(16 * 1024);
    TRY(problem_page(call->exchange->params[0], &page, why));
    const char *kept = arena_copy(&call->exchange->arena, buffer_slice(&page));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for the page");
    http_reply_field(call->exchange, "Cache-Control", "public, max-age=86400");
    http_reply_bytes(call->exchange, 200, "text/markdown; charset=utf-8",
                     (struct slice){(const uint8_t *)kept, page.len});
    return OK;
}
