// SPDX-License-Identifier: Apache-2.0
#include "app/call_internal.h"

#include <stdio.h>
#include <string.h>

enum { PROBLEM_BYTES_MAX = 16 * 1024, KEPT_BYTES_MAX = 64 * 1024 };

static const char *const outcome_titles[OUTCOME_COUNT] = {
#define OUTCOME_TITLE(name, http, exit_status, retry, code, meaning) [name] = meaning,
    OUTCOMES(OUTCOME_TITLE)
#undef OUTCOME_TITLE
};

// --- problems ---------------------------------------------------------------------------

static json_t *problem_json(const struct call *call, int status, const char *code,
                            const char *title, const struct why *why)
{
    const struct slice path = slice_part(call->exchange->request->path, 0, 512);
    json_t *instance = json_stringn((const char *)path.at, path.len);
    json_t *json = json_pack("{s:s+, s:s, s:i, s:s, s:o*}", "type", "/problems/", code, "title",
                             title, "status", status, "detail", why->text, "instance", instance);
    if (json != NULL && status == 422 && call->fault.pointer[0] != '\0')
        (void)json_object_set_new(
            json, "errors",
            json_pack("[{s:s, s:s}]", "pointer", call->fault.pointer, "detail", why->text));
    if (json != NULL && call->extra != NULL) (void)json_object_update(json, call->extra);
    return json;
}

void call_reply_problem(struct call *call, outcome result, const struct why *why)
{
    struct http_exchange *exchange = call->exchange;
    const bool is_own = call->problem != PROBLEM_NONE;
    const int status = is_own ? problem_status(call->problem) : outcome_http(result);
    const char *code = is_own ? problem_code(call->problem) : outcome_code(result);
    const char *title = is_own ? problem_title(call->problem) : outcome_titles[result];
    autobuffer text = buffer_init(PROBLEM_BYTES_MAX);
    autojson *json = problem_json(call, status, code, title, why);
    const bool is_made = json != NULL && json_format(json, &text, NULL) == OK;
    const char *kept = is_made ? arena_copy(&exchange->arena, buffer_slice(&text)) : NULL;
    if (kept == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    exchange->reply.status = 0; // a problem may replace an answer that was begun
    exchange->reply.run_count = 0;
    http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
    http_reply_bytes(exchange, status, "application/problem+json",
                     (struct slice){(const uint8_t *)kept, text.len});
    if (status == 401) http_reply_run(exchange, slice_of("WWW-Authenticate: Bearer\r\n"));
    if (call->problem == PROBLEM_KEY_IN_FLIGHT || (!is_own && outcome_is_retriable(result)))
        http_reply_run(exchange, slice_of("Retry-After: 1\r\n"));
}

void exchange_refuse(struct http_exchange *exchange, enum problem problem)
{
    struct call call = {.exchange = exchange, .problem = problem};
    struct why why;
    (void)snprintf(why.text, sizeof why.text, "%s", problem_title(problem));
    call_reply_problem(&call, DENIED, &why);
}

// --- Idempotency-Key --------------------------------------------------------------------

// The answer as bytes: status, length of the lines, lines, body.
static outcome keep_answer(struct call *call, struct why *why)
{
    const struct http_reply *reply = &call->exchange->reply;
    autobuffer bytes = buffer_init(KEPT_BYTES_MAX);
    uint32_t lines = 0;
    for (size_t i = 0; i < reply->run_count; i++)
        lines += (uint32_t)reply->runs[i].len;
    TRY(buffer_put_u16be(&bytes, (uint16_t)reply->status, why));
    TRY(buffer_put_u32be(&bytes, lines, why));
    for (size_t i = 0; i < reply->run_count; i++)
        TRY(buffer_put(&bytes, reply->runs[i], why));
    if (reply->kind == BODY_BYTES) TRY(buffer_put(&bytes, reply->bytes, why));
    return once_finish(call->accounts, call->once, buffer_slice(&bytes), why);
}

static outcome give_kept(struct call *call, struct slice answer, struct why *why)
{
    struct http_exchange *exchange = call->exchange;
    const char *kept = arena_copy(&exchange->arena, answer);
    if (kept == NULL || answer.len < 6) return fail(why, NO_MEMORY, "no memory for the answer");
    const struct slice bytes = {(const uint8_t *)kept, answer.len};
    const size_t lines = read_u32be(bytes.at + 2);
    const struct slice body = slice_part(bytes, 6 + lines, bytes.len);
    http_reply_run(exchange, slice_part(bytes, 6, lines));
    http_reply_run(exchange, slice_of("Idempotency-Replayed: true\r\n"));
    if (body.len > 0)
        http_reply_bytes(exchange, read_u16be(bytes.at), NULL, body);
    else
        http_reply_empty(exchange, read_u16be(bytes.at));
    return OK;
}

// `*is_done`: the answer was given from what was kept.
static outcome claim_key(struct call *call, enum auth_class auth, struct slice key,
                         struct once *once, bool *is_done, struct why *why)
{
    const struct http_request *request = call->exchange->request;
    autobuffer answer = buffer_init(2 * KEPT_BYTES_MAX);
    enum once_verdict verdict;
    const struct once_request named = {
        // Who claims a house or signs in is somebody else when he tries again.
        .caller = auth == AUTH_PUBLIC ? "" : call->caller.id,
        .key = key,
        .method = slice_of(http_method_word(request->method)),
        .path = request->path,
        .body = call->exchange->body,
    };
    *is_done = false;
    TRY(once_begin(call->accounts, &named, once, &verdict, &answer, why));
    if (verdict == ONCE_BUSY)
        return call_refuse(call, PROBLEM_KEY_IN_FLIGHT, why,
                           "the request with this key has not been answered yet");
    if (verdict == ONCE_OTHER)
        return call_refuse(call, PROBLEM_KEY_REUSED, why,
                           "this key was used for another request: make a new one");
    *is_done = verdict == ONCE_ANSWERED;
    if (*is_done) return give_kept(call, buffer_slice(&answer), why);
    call->once = once;
    return OK;
}

// --- titles -----------------------------------------------------------------------------

struct held_title {
    const struct title *title;
    struct held_title *next;
};

outcome call_title(struct call *call, const char *id, struct title *out, struct why *why)
{
    struct held_title *held = ARENA_NEW(&call->exchange->arena, struct held_title);
    if (held == NULL) return fail(why, NO_MEMORY, "no memory for a title");
    TRY(title_shelf_take(call->service->titles, id, &held->title, why));
    held->next = call->titles;
    call->titles = held;
    *out = *held->title;
    return OK;
}

static outcome load_for_call(void *context, const char *id, struct title *out, struct why *why)
{
    return call_title(context, id, out, why);
}

struct title_source call_titles(struct call *call)
{
    return (struct title_source){call->accounts->tables, load_for_call, call};
}

static void call_release(struct call *call)
{
    for (struct held_title *held = call->titles; held != NULL; held = held->next)
        title_shelf_give(call->service->titles, held->title);
    json_decref(call->body);
    json_decref(call->extra);
}

// --- the frame --------------------------------------------------------------------------

static bool is_json_type(const struct http_request *request)
{
    struct slice type, rest;
    if (!http_request_find(request, FIELD_CONTENT_TYPE, &rest)) return false;
    return slice_cut(&rest, ';', &type) && slice_is_nocase(slice_trim(type), "application/json");
}

static outcome read_body(struct call *call, struct why *why)
{
    if (!is_json_type(call->exchange->request))
        return fail(why, UNSUPPORTED, "send the request as Content-Type: application/json");
    return json_parse(call->exchange->body, "the request", &call->body, why);
}

static outcome check_caller(struct call *call, enum auth_class auth, struct why *why)
{
    struct gate *gate = &call->service->door;
    const struct http_request *request = call->exchange->request;
    call->credential = gate_credential(request, &call->is_by_cookie);
    TRY(gate_caller(gate, request, &call->caller, why));
    const enum problem problem = gate_check(auth, &call->caller);
    if (problem != PROBLEM_NONE)
        return call_refuse(call, problem, why, "%s", problem_title(problem));
    if (auth != AUTH_PUBLIC && gate_is_cross_site(request))
        return call_refuse(call, PROBLEM_CROSS_SITE, why,
                           "the page that asks is of another origin");
    return OK;
}

static outcome run_call(struct call *call, const struct route_about *about, struct why *why)
{
    struct once once;
    bool is_done = false;
    const struct http_request *request = call->exchange->request;
    TRY(check_caller(call, about->auth, why));
    const struct slice key = gate_field(request, "idempotency-key");
    if (about->has_body) TRY(read_body(call, why));
    if (key.at != NULL && request->method == METHOD_POST)
        TRY(claim_key(call, about->auth, key, &once, &is_done, why));
    if (is_done) return OK;
    const outcome result = about->operation->answer(call, why);
    if (call->once == NULL) return result;
    if (result != OK) {
        once_abandon(call->accounts, call->once);
        return result;
    }
    const outcome kept = keep_answer(call, NULL);
    (void)kept; // the next try does the work again and ends in the same
    return OK;
}

void call_on_pool(void *context, struct http_exchange *exchange)
{
    const struct route_about *about = http_route_about(exchange);
    struct service *service = context;
    struct call call = {
        .service = service, .accounts = &service->door.accounts, .exchange = exchange};
    struct why why = {""};
    const outcome result = run_call(&call, about, &why);
    if (result != OK) {
        if (result == INVALID && call.fault.pointer[0] == '\0')
            input_pointer_of(why.text, &call.fault);
        call_reply_problem(&call, result, &why);
    }
    call_release(&call);
}

void call_guarded_on_pool(void *context, struct http_exchange *exchange)
{
    const struct route_about *about = http_route_about(exchange);
    struct service *service = context;
    struct call call = {
        .service = service, .accounts = &service->door.accounts, .exchange = exchange};
    struct why why = {""};
    const outcome result = check_caller(&call, about->auth, &why);
    if (result != OK)
        call_reply_problem(&call, result, &why);
    else
        about->operation->handle(context, exchange);
    call_release(&call);
}
