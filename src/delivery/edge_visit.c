// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/url.h"
#include "delivery/access.h"
#include "delivery/cache_control.h"
#include "net/cmcd.h"

#include <assert.h>
#include <string.h>

// What is to be done when the lock has been given back.
enum step { STEP_WAIT, STEP_SERVE, STEP_PASS, STEP_FAIL, STEP_LACKING, STEP_NO_MEMORY };

struct decision {
    enum step step;
    struct fetch *start; // a fetch to set going as well
    int status;          // STEP_FAIL
};

static void let_go(struct visit *visit)
{
    struct cache *cache = visit->home->edge->cache;
    if (visit->slice != NULL && visit->holds_ram) slice_drop_ram(cache, visit->slice);
    if (visit->slice != NULL && !visit->holds_ram) slice_drop(cache, visit->slice);
    visit->slice = NULL;
    struct cache_object *object = visit->object;
    visit->object = NULL;
    visit->is_owner = false;
    if (object == NULL) return;
    struct fetch *fetch = object->fetch;
    const uint32_t others = object->state == OBJECT_GONE ? 1 : 2; // the fetch's hold, the index's
    const bool is_orphan = fetch != NULL && object->holds <= others + 1;
    object_drop(cache, object);
    if (is_orphan) fetch_orphaned(fetch);
}

void visit_close(struct visit *visit)
{
    struct cache *cache = visit->home->edge->cache;
    struct fetch *fetch = visit->fetch;
    visit->fetch = NULL;
    if (fetch != NULL) fetch_disown(fetch);
    cache_lock(cache);
    if (visit->waiter != NULL) waiter_close(visit->waiter);
    visit->waiter = NULL;
    visit_await_no_more(visit);
    let_go(visit);
    cache_unlock(cache);
    head_drop(visit->head);
    visit->head = NULL;
}

static void cancelled(struct http_exchange *exchange)
{
    struct visit *visit = exchange->opened;
    visit->exchange = NULL;
    visit_close(visit);
}

static void stream_closed(struct http_stream *stream)
{
    visit_close(CONTAINER_OF(stream, struct visit, stream));
}

void visit_fail(struct visit *visit, int status)
{
    struct http_exchange *exchange = visit->exchange;
    edge_count(&visit->home->edge->counts.errors);
    const bool was_parked = visit->is_parked;
    visit->is_parked = false;
    visit_close(visit);
    http_reply_problem(exchange, status, status == 504 ? "upstream-timeout" : "upstream-failed",
                       "the server behind this one does not answer",
                       status == 504 ? "it took too long: try again in a moment"
                                     : "it is out of reach or its answer was malformed: try again "
                                       "in a moment");
    http_reply_field(exchange, "Cache-Status", "primrose; fwd=miss; detail=failed");
    edge_log_answer(visit->home->edge, exchange, "failed", &visit->said);
    if (was_parked) http_exchange_finish(exchange);
}

// A waiter for the visit, on `list`. Without memory it waits for its deadline.
void visit_wait(struct visit *visit, struct cache_waiter **list)
{
    if (visit->waiter == NULL)
        visit->waiter = waiter_make(visit->home->edge->cache, visit->home->loop, visit_wake, visit);
    if (visit->waiter != NULL) waiter_join(list, visit->waiter);
}

static bool is_get(const struct visit *visit)
{
    return visit->exchange->request->method == METHOD_GET;
}

static void hold_object(struct visit *visit, struct cache_object *object)
{
    assert(visit->object == NULL);
    visit->object = object;
}

static void hold_head(struct visit *visit)
{
    head_drop(visit->head);
    visit->head = head_hold(visit->object->head);
}

// A fetch for the visit's object, owned by it unless it goes on behind its back.
static struct fetch *begin_fetch(struct visit *visit, struct visit *owner)
{
    struct fetch *fetch = fetch_make(visit->home, FETCH_ANSWER, visit->object, visit);
    if (fetch == NULL) return NULL;
    fetch->owner = owner;
    if (owner != NULL) {
        owner->fetch = fetch;
        owner->is_owner = true;
    }
    visit->object->fetch = fetch;
    visit->object->result = RESULT_NONE;
    return fetch;
}

static struct decision decide_stale(struct visit *visit, enum use use, int64_t now_ms)
{
    struct cache_object *object = visit->object;
    struct edge_counts *counts = &visit->home->edge->counts;
    struct decision decision = {.step = STEP_SERVE};
    if (use == USE_STALE || now_ms < object->covered_until_ms) {
        visit->status = "primrose; hit; detail=stale";
        edge_count(&counts->stale_hits);
        hold_head(visit);
        if (object->fetch == NULL && now_ms >= object->covered_until_ms)
            decision.start = begin_fetch(visit, NULL);
        return decision;
    }
    if (!is_get(visit)) return (struct decision){.step = STEP_PASS};
    if (object->fetch == NULL) {
        edge_count(&counts->revalidations);
        visit->status = "primrose; fwd=stale";
        decision.start = begin_fetch(visit, visit);
        if (decision.start == NULL) return (struct decision){.step = STEP_NO_MEMORY};
    } else if (object->head->freshness.is_checked_always) {
        return (struct decision){.step = STEP_PASS}; // each asker checks for itself
    } else {
        edge_count(&counts->collapsed);
        visit->status = "primrose; fwd=stale; collapsed";
    }
    visit_wait(visit, &object->waiters);
    decision.step = STEP_WAIT;
    return decision;
}

// The first byte that the visit wants and that is not here. SIZE_UNKNOWN: there is none. Under the
// lock.
static uint64_t first_gap(const struct visit *visit, const struct cache_object *object)
{
    const struct http_request *request = visit->exchange->request;
    struct slice value;
    if (!object->has_size) return 0;
    struct http_span span = {0, object->size};
    if (http_request_find(request, FIELD_RANGE, &value) &&
        http_range_parse(value, object->size, &span) == HTTP_RANGE_REFUSED)
        return SIZE_UNKNOWN;
    uint64_t at = span.offset;
    while (at < span.offset + span.size) {
        const uint32_t index = (uint32_t)(at / CACHE_SLICE_BYTES);
        const struct cache_slice *slice = slice_find(object, index);
        const uint64_t begin = (uint64_t)index * CACHE_SLICE_BYTES;
        if (slice == NULL || at < begin + slice->first || at >= begin + slice->first + slice->len)
            return at;
        at = begin + slice->first + slice->len;
    }
    return SIZE_UNKNOWN;
}

// The same when nobody could bring it: the object is a part that cannot be put together with
// others.
static uint64_t first_missing(const struct visit *visit, const struct cache_object *object)
{
    if (object->head->is_strong || object->fetch != NULL || !is_get(visit) ||
        object->head->status != 200 || object->size == 0)
        return SIZE_UNKNOWN;
    return first_gap(visit, object);
}

// RFC 9111 section 5.2.1.7: an edge asks its peers so for what it might get from them.
static bool is_lacking(const struct visit *visit, const struct cache_object *object, int64_t now_ms)
{
    if (!visit->is_cached_only) return false;
    return object == NULL || object->state != OBJECT_KEPT ||
           freshness_use(&object->head->freshness, now_ms) != USE_FRESH ||
           first_gap(visit, object) != SIZE_UNKNOWN;
}

static struct decision decide_new(struct visit *visit, uint64_t from)
{
    struct cache *cache = visit->home->edge->cache;
    if (!is_get(visit)) return (struct decision){.step = STEP_PASS};
    struct cache_object *object = object_add(cache, visit->hash, visit->key);
    if (object == NULL) return (struct decision){.step = STEP_NO_MEMORY};
    hold_object(visit, object);
    edge_count(&visit->home->edge->counts.misses);
    visit->status = "primrose; fwd=uri-miss; stored";
    struct fetch *fetch = begin_fetch(visit, visit);
    if (fetch == NULL) {
        object_remove(cache, object);
        return (struct decision){.step = STEP_NO_MEMORY};
    }
    if (from > 0 && !fetch->has_range) { // the rest may be all that is needed
        fetch->has_range = fetch->is_open_ended = true;
        fetch->range_first = from;
    }
    visit_wait(visit, &object->waiters);
    return (struct decision){.step = STEP_WAIT, .start = fetch};
}

// Bytes that lie on disk since before the start are looked at before anything is promised.
static bool waits_for_check(struct visit *visit, struct cache_object *object)
{
    uint64_t first, end, suffix;
    if (!is_get(visit) || visit->was_checked || !object->has_size) return false;
    if (!request_range(visit->exchange->request, &first, &end, &suffix)) first = suffix = 0;
    if (suffix > 0) first = suffix < object->size ? object->size - suffix : 0;
    struct cache_slice *slice = slice_find(object, (uint32_t)(first / CACHE_SLICE_BYTES));
    if (slice == NULL || slice->is_checked || !slice->is_complete) return false;
    if (!slice_check(visit->home->edge->cache, slice)) return false;
    visit->was_checked = visit->is_checking = true;
    visit_wait(visit, &slice->waiters);
    return true;
}

// Under the lock.
static struct decision decide(struct visit *visit)
{
    struct edge *edge = visit->home->edge;
    const int64_t now_ms = edge_wall_ms(visit->home);
    struct cache_object *object =
        object_find(edge->cache, visit->hash, visit->key, visit->exchange->request, now_ms);
    if (object != NULL) hold_object(visit, object);
    if (is_lacking(visit, object, now_ms)) return (struct decision){.step = STEP_LACKING};
    if (object == NULL) return decide_new(visit, 0);
    if (object->state == OBJECT_PASSED) return (struct decision){.step = STEP_PASS};
    if (object->state == OBJECT_ASKED) {
        if (!is_get(visit)) return (struct decision){.step = STEP_PASS};
        edge_count(&edge->counts.collapsed);
        visit->status = "primrose; fwd=uri-miss; collapsed";
        visit_wait(visit, &object->waiters);
        return (struct decision){.step = STEP_WAIT};
    }
    enum use use = freshness_use(&object->head->freshness, now_ms);
    const bool is_new = object->fetch != NULL && object->result == RESULT_HEAD; // and coming still
    if (use == USE_REVALIDATE && is_new && !object->head->freshness.is_checked_always)
        use = USE_FRESH;
    if (use != USE_FRESH) return decide_stale(visit, use, now_ms);
    const uint64_t missing = first_missing(visit, object);
    if (missing != SIZE_UNKNOWN) {
        let_go(visit);
        object_remove(edge->cache, object);
        return decide_new(visit, missing);
    }
    if (waits_for_check(visit, object)) return (struct decision){.step = STEP_WAIT};
    visit->status = "primrose; hit";
    edge_count(&edge->counts.hits);
    hold_head(visit);
    return (struct decision){.step = STEP_SERVE};
}

// What the fetch that was waited for means for this visit. Under the lock.
static struct decision decide_woken(struct visit *visit)
{
    struct cache_object *object = visit->object;
    const struct http_request *request = visit->exchange->request;
    const bool is_owner = visit->is_owner;
    if (visit->is_checking) {
        visit->is_checking = false;
        let_go(visit);
        return decide(visit);
    }
    if (object->result == RESULT_FAILED)
        return (struct decision){.step = STEP_FAIL, .status = object->failed_status};
    if (object->result == RESULT_HEAD || object->result == RESULT_COVERED) {
        const struct cache_head *head = object->head;
        const bool is_ours =
            is_owner || (!head->freshness.is_checked_always && head->is_selectable &&
                         object_is_selected(object, request));
        if (is_ours) {
            if (object->result == RESULT_COVERED) visit->status = "primrose; hit; detail=stale";
            hold_head(visit);
            return (struct decision){.step = STEP_SERVE};
        }
    } else if (object->result == RESULT_NONE && object->state != OBJECT_GONE) {
        visit_wait(visit, &object->waiters); // woken for something else
        return (struct decision){.step = STEP_WAIT};
    }
    const bool is_private = object->result == RESULT_PASSED || object->result == RESULT_HEAD;
    let_go(visit);
    if (is_private || ++visit->rounds > VISIT_ROUNDS_MAX)
        return (struct decision){.step = STEP_PASS};
    return decide(visit);
}

static void pass(struct visit *visit)
{
    struct edge *edge = visit->home->edge;
    edge_count(&edge->counts.passes);
    cache_lock(edge->cache);
    if (visit->waiter != NULL) waiter_close(visit->waiter);
    visit->waiter = NULL;
    let_go(visit);
    cache_unlock(edge->cache);
    visit->status = "primrose; fwd=bypass";
    struct fetch *fetch = fetch_make(visit->home, FETCH_PASS, NULL, visit);
    if (fetch == NULL) {
        visit_fail(visit, 503);
        return;
    }
    fetch->owner = visit;
    visit->fetch = fetch;
    fetch_start(fetch);
}

static void refuse_lacking(struct visit *visit)
{
    struct http_exchange *exchange = visit->exchange;
    const bool was_parked = visit->is_parked;
    visit->is_parked = false;
    visit_close(visit);
    http_reply_problem(exchange, 504, "not-cached", "it is not here",
                       "only-if-cached keeps this cache from asking for it: leave that out");
    http_reply_field(exchange, "Cache-Status", "primrose; detail=lacking");
    edge_log_answer(visit->home->edge, exchange, "lacking", &visit->said);
    if (was_parked) http_exchange_finish(exchange);
}

static void park(struct visit *visit)
{
    if (visit->is_parked) return;
    visit->is_parked = true;
    visit->exchange->opened = visit;
    http_exchange_park(visit->exchange, cancelled);
}

static void act(struct visit *visit, const struct decision *decision)
{
    struct http_exchange *exchange = visit->exchange;
    switch (decision->step) {
    case STEP_SERVE: {
        const bool was_parked = visit->is_parked;
        visit->is_parked = false;
        visit_serve(visit);
        edge_log_answer(visit->home->edge, exchange, visit->status, &visit->said);
        if (was_parked) http_exchange_finish(exchange);
        break;
    }
    case STEP_WAIT: park(visit); break;
    case STEP_PASS:
        pass(visit);
        if (exchange->reply.status == 0) park(visit); // else it has failed at once
        break;
    case STEP_FAIL: visit_fail(visit, decision->status); break;
    case STEP_LACKING: refuse_lacking(visit); break;
    case STEP_NO_MEMORY: visit_fail(visit, 503); break;
    }
    if (decision->start != NULL) fetch_start(decision->start);
}

void visit_wake(void *context)
{
    struct visit *visit = context;
    if (!visit->is_parked) {
        if (visit->exchange != NULL) http_exchange_resume(visit->exchange);
        return;
    }
    if (visit->object == NULL) return; // its fetch is its own by now
    cache_lock(visit->home->edge->cache);
    const struct decision decision = decide_woken(visit);
    cache_unlock(visit->home->edge->cache);
    act(visit, &decision);
}

void visit_take_pass(struct visit *visit, const struct http_response *response)
{
    struct edge *edge = visit->home->edge;
    cache_lock(edge->cache);
    if (visit->waiter != NULL) waiter_close(visit->waiter);
    visit->waiter = NULL;
    let_go(visit);
    cache_unlock(edge->cache);
    visit->is_parked = false;
    visit->is_passing = true;
    visit_serve_pass(visit, response);
    edge_log_answer(edge, visit->exchange, visit->status, &visit->said);
    http_exchange_finish(visit->exchange);
}

static void copy_key(struct visit *visit)
{
    const struct http_request *request = visit->exchange->request;
    const bool is_signed = visit->home->edge->options.gate != NULL;
    const struct slice path = is_signed ? access_clean_path(request->path) : request->path;
    struct slice query = request->query;
    if (parents_are_signed(visit->home->edge->parents)) query.at = NULL; // it would be nothing's
    autobuffer clean = buffer_init(URL_BYTES_MAX);
    if (is_signed && query.at != NULL) { // tokens are the viewer's, not the file's
        if (access_clean_query(query, &clean, NULL) != OK) return;
        query = clean.len > 0 ? buffer_slice(&clean) : (struct slice){NULL, 0};
    }
    autobuffer plain = buffer_init(URL_BYTES_MAX);
    if (visit->said.is_here && query.at != NULL) { // nor is what a player says of itself
        if (cmcd_clean_query(query, &plain) != OK) return;
        query = plain.len > 0 ? buffer_slice(&plain) : (struct slice){NULL, 0};
    }
    const size_t query_len = query.at == NULL ? 0 : query.len + 1;
    uint8_t *at = arena_take(&visit->exchange->arena, path.len + query_len);
    if (at == NULL) return;
    memcpy(at, path.at, path.len);
    if (query_len > 0) {
        at[path.len] = '?';
        if (query.len > 0) memcpy(at + path.len + 1, query.at, query.len);
    }
    visit->key = (struct slice){at, path.len + query_len};
}

static bool is_only_if_cached(const struct http_request *request)
{
    struct cache_control control = cache_control_none();
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_is_nocase(request->fields[i].name, "Cache-Control"))
            cache_control_read(request->fields[i].value, &control);
    return control.only_if_cached;
}

void visit_begin(struct edge_loop *home, struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    struct visit *visit = ARENA_NEW(&exchange->arena, struct visit);
    if (visit == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    visit->home = home;
    visit->exchange = exchange;
    visit->stream = (struct http_stream){.pull = visit_pull, .close = stream_closed};
    visit->end = SIZE_UNKNOWN;
    visit->said = cmcd_read(exchange);
    if (visit->said.is_here) edge_count(&home->edge->counts.reports);
    if (visit->said.is_starved) edge_count(&home->edge->counts.starved);
    copy_key(visit);
    if (visit->key.at == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    visit->hash = cache_hash(home->edge->cache, visit->key);
    visit->is_cached_only = is_only_if_cached(request);
    // Preconditions on the state of the origin are the origin's to judge (RFC 9111 section 4.3.2).
    const bool is_read = (request->method == METHOD_GET || request->method == METHOD_HEAD) &&
                         request->first[FIELD_IF_MATCH] == 0 &&
                         request->first[FIELD_IF_UNMODIFIED_SINCE] == 0;
    struct decision decision = {.step = STEP_PASS};
    if (is_read && exchange->body.len == 0) {
        cache_lock(home->edge->cache);
        decision = decide(visit);
        cache_unlock(home->edge->cache);
    }
    act(visit, &decision);
    cmcd_fetch_ahead(home, exchange, visit->key, &visit->said);
}
