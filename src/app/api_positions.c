// SPDX-License-Identifier: Apache-2.0
//
// POST /v1/positions: where a profile is, every 30 s and on pause, seek, stop and page hide. Begun
// and ended on the loop; the store is asked on the pool only when who asks is not known at this
// moment, or the session's stream is due to be kept.
#include "app/api.h"

#include "app/call_internal.h"
#include "app/position_desk.h"
#include "playback/play.h"

#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 2048, BEAT_MS = 60000 }; // a stream's lease is 150 s

struct report {
    struct caller caller;
    struct position position;
    char session[ID_BYTES], event[16];
};

static const struct input_field report_fields[] = {
    INPUT_FIELD(struct report, position.title, "title_id", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct report, position.position_ms, "position_ms", INPUT_I64, INPUT_REQUIRED, 0,
                864000000),
    INPUT_FIELD(struct report, position.duration_ms, "duration_ms", INPUT_I64, INPUT_OPTIONAL, 0,
                864000000),
    INPUT_FIELD(struct report, position.at_ms, "at_ms", INPUT_I64, INPUT_OPTIONAL, 0, INT64_MAX),
    INPUT_FIELD(struct report, position.device, "device_id", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
    INPUT_FIELD(struct report, session, "session_id", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
    INPUT_FIELD(struct report, event, "event", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

static outcome check_pass(struct call *call, struct report *report, struct why *why)
{
    const enum problem problem = gate_check(AUTH_PROFILE, &report->caller);
    if (problem != PROBLEM_NONE)
        return call_refuse(call, problem, why, "%s", problem_title(problem));
    if (gate_is_cross_site(call->exchange->request))
        return call_refuse(call, PROBLEM_CROSS_SITE, why,
                           "the page that asks is of another origin");
    return OK;
}

// A beacon of a page that closes may say text/plain: the origin has been checked, and nothing but
// an object with these members is taken.
static outcome read_report(struct call *call, struct report *report, struct why *why)
{
    const struct slice body = call->exchange->body;
    autojson *json = NULL;
    if (body.len > BODY_BYTES_MAX)
        return fail(why, TOO_LARGE, "a position has at most %d bytes", BODY_BYTES_MAX);
    TRY(json_parse(body, "the request", &json, why));
    TRY(input_read(json, report_fields, INPUT_COUNT(report_fields), report, &call->fault, why));
    if (report->caller.kind != CALLER_GUEST || report->position.device[0] == '\0')
        (void)snprintf(report->position.device, sizeof report->position.device, "%s",
                       report->caller.device);
    return OK;
}

static void beat_key(const struct report *report, char *out)
{
    (void)snprintf(out, CACHE_KEY_BYTES, "beat:%s:%s", report->caller.id, report->session);
}

static bool is_beat_due(const struct call *call, const struct report *report)
{
    char key[CACHE_KEY_BYTES];
    autobuffer kept = buffer_init(16);
    struct cache_store *cache = call->accounts->cache;
    if (report->session[0] == '\0') return false;
    beat_key(report, key);
    return cache->ops->get(cache, key, &kept, NULL) != OK;
}

static outcome beat(struct call *call, const struct report *report, struct why *why)
{
    char key[CACHE_KEY_BYTES];
    struct cache_store *cache = call->accounts->cache;
    if (!is_beat_due(call, report)) return OK;
    const outcome beaten = play_beat(call->accounts, report->caller.id, report->session, why);
    if (beaten == NOT_FOUND)
        return call_refuse(call, PROBLEM_STREAM_OVER, why, "the session has ended");
    TRY(beaten);
    beat_key(report, key);
    return cache->ops->put(cache, key, slice_of("1"), BEAT_MS, why);
}

void api_positions_forget(const struct accounts *accounts, const char *member, const char *session)
{
    struct report report = {.session = ""};
    char key[CACHE_KEY_BYTES];
    (void)snprintf(report.caller.id, sizeof report.caller.id, "%s", member);
    (void)snprintf(report.session, sizeof report.session, "%s", session);
    beat_key(&report, key);
    const outcome dropped = accounts->cache->ops->drop(accounts->cache, key, NULL);
    (void)dropped; // it lives for a minute at most
}

static struct call call_of(struct service *service, struct http_exchange *exchange)
{
    return (struct call){
        .service = service, .accounts = &service->door.accounts, .exchange = exchange};
}

static void take(struct call *call, const struct report *report)
{
    struct why why = {""};
    const outcome taken = position_desk_take(call->service->positions, call->exchange,
                                             report->caller.profile, &report->position, &why);
    if (taken != OK) call_reply_problem(call, taken, &why);
}

static outcome ask(struct call *call, struct report *report, struct why *why)
{
    TRY(gate_caller(&call->service->door, call->exchange->request, &report->caller, why));
    TRY(check_pass(call, report, why));
    TRY(read_report(call, report, why));
    return beat(call, report, why);
}

static void ask_on_pool(void *context, struct http_exchange *exchange)
{
    struct call call = call_of(context, exchange);
    struct why why = {"no memory for a position"};
    struct report *report = ARENA_NEW(&exchange->arena, struct report);
    exchange->opened = report;
    const outcome asked = report == NULL ? NO_MEMORY : ask(&call, report, &why);
    if (asked != OK) call_reply_problem(&call, asked, &why);
}

static void take_asked(void *context, struct http_exchange *exchange)
{
    struct call call = call_of(context, exchange);
    const struct report *report = exchange->opened;
    exchange->opened = NULL;
    if (exchange->reply.status == 0 && exchange->connection != NULL) take(&call, report);
}

void api_position(void *context, struct http_exchange *exchange)
{
    struct call call = call_of(context, exchange);
    struct report report = {.session = ""};
    struct why why = {""};
    if (!gate_caller_known(&call.service->door, exchange->request, &report.caller)) {
        http_exchange_offload(exchange, ask_on_pool, take_asked, context);
        return;
    }
    outcome result = check_pass(&call, &report, &why);
    if (result == OK) result = read_report(&call, &report, &why);
    if (result != OK)
        call_reply_problem(&call, result, &why);
    else if (is_beat_due(&call, &report))
        http_exchange_offload(exchange, ask_on_pool, take_asked, context);
    else
        take(&call, &report);
}
