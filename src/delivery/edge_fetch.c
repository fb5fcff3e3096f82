// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_BYTES_MAX = 48 * 1024, HEAD_BYTES_MAX = 64 * 1024 };

static void run_post(struct loop_post *post);

static void interim(struct http_call *call, const struct http_response *response)
{
    struct fetch *fetch = CONTAINER_OF(call, struct fetch, call);
    if (fetch->owner == NULL || !fetch->owner->is_parked) return;
    autobuffer lines = buffer_init(HEAD_LINES_BYTES_MAX);
    for (size_t i = 0; i < response->field_count; i++) {
        if (rules_is_hop(response->fields[i].name)) continue;
        if (buffer_put(&lines, response->fields[i].name, NULL) != OK ||
            buffer_put_text(&lines, ": ", NULL) != OK ||
            buffer_put(&lines, response->fields[i].value, NULL) != OK ||
            buffer_put_text(&lines, "\r\n", NULL) != OK)
            return;
    }
    http_exchange_interim(fetch->owner->exchange, response->status, buffer_slice(&lines));
}

// How much of the representation to ask for, when the viewer wants a part of what is not here:
// whole slices, and a few ahead of one who will want more.
static void choose_range(struct fetch *fetch, const struct http_request *request)
{
    uint64_t first, end, suffix;
    if (!request_range(request, &first, &end, &suffix)) return;
    fetch->has_range = true;
    fetch->suffix = suffix;
    fetch->range_first = first / CACHE_SLICE_BYTES * CACHE_SLICE_BYTES;
    uint64_t slices = FETCH_OPEN_SLICES;
    if (end != SIZE_UNKNOWN)
        slices = (end - fetch->range_first + CACHE_SLICE_BYTES - 1) / CACHE_SLICE_BYTES;
    if (slices > FETCH_AHEAD_SLICES) slices = FETCH_AHEAD_SLICES;
    fetch->range_end = fetch->range_first + slices * CACHE_SLICE_BYTES;
}

// For the filler: enough to know the file's size by, and no more than its other fetches.
static void choose_first_slices(struct fetch *fetch)
{
    fetch->has_range = true;
    fetch->range_end = (uint64_t)FETCH_OPEN_SLICES * CACHE_SLICE_BYTES;
}

static struct slice keep(uint8_t **at, struct slice bytes)
{
    const struct slice kept = {*at, bytes.len};
    if (bytes.len > 0) memcpy(*at, bytes.at, bytes.len);
    *at += bytes.len;
    return kept;
}

struct fetch *fetch_make(struct edge_loop *home, enum fetch_kind kind, struct cache_object *object,
                         const struct visit *visit)
{
    const struct http_exchange *exchange = visit->exchange;
    // A visit that is being sent to has no request any more, only what it kept of it; the filler
    // never had one.
    const bool has_request = kind != FETCH_SLICE && !visit->is_filling;
    const struct http_request *request = has_request ? exchange->request : NULL;
    const bool is_pass = kind == FETCH_PASS;
    const struct slice word = is_pass ? request->method_word : slice_of("GET");
    const struct slice body = is_pass ? exchange->body : (struct slice){NULL, 0};
    struct fetch *fetch = calloc(1, sizeof *fetch + visit->key.len + word.len + body.len);
    if (fetch == NULL) return NULL;
    uint8_t *at = (uint8_t *)(fetch + 1);
    fetch->home = home;
    fetch->kind = kind;
    fetch->key = keep(&at, visit->key);
    fetch->method_word = keep(&at, word);
    fetch->body = keep(&at, body);
    fetch->method = is_pass ? request->method : METHOD_GET;
    fetch->has_authorization = request != NULL && request->first[FIELD_AUTHORIZATION] != 0;
    fetch->fields = buffer_init(FIELDS_BYTES_MAX);
    fetch->head = buffer_init(HEAD_BYTES_MAX);
    fetch->end = SIZE_UNKNOWN;
    fetch->post.run = run_post;
    const outcome put = request == NULL ? buffer_put(&fetch->fields, visit->kept_fields, NULL)
                                        : request_fields(home->edge, exchange,
                                                         is_pass ? CONDITIONS_ITS : CONDITIONS_OURS,
                                                         &fetch->fields);
    if (put != OK) {
        buffer_release(&fetch->fields);
        free(fetch);
        return NULL;
    }
    fetch->next = home->fetches;
    fetch->link = &home->fetches;
    if (home->fetches != NULL) home->fetches->link = &fetch->next;
    home->fetches = fetch;
    fetch->is_filling = fetch->asks_peers = visit->is_filling;
    if (object == NULL) return fetch;
    const struct placement *placement = home->edge->placement;
    object->worth = placement == NULL ? WORTH_COMMON : placement_worth(placement, visit->key);
    fetch->object = object_hold(object);
    if (object->head != NULL) fetch->stored = head_hold(object->head);
    if (kind != FETCH_ANSWER) return fetch;
    if (fetch->stored == NULL && request != NULL)
        choose_range(fetch, request);
    else if (fetch->stored == NULL)
        choose_first_slices(fetch);
    else
        fetch->is_conditional =
            fetch->stored->validators.etag.at != NULL || fetch->stored->validators.modified_s >= 0;
    return fetch;
}

static void release_parent(struct fetch *fetch, enum parent_answer answer)
{
    if (!fetch->has_parent) return;
    fetch->has_parent = false;
    parent_done(fetch->home->edge->parents, fetch->parent.index, answer,
                loop_now_us(fetch->home->loop));
}

static void fetch_free(struct fetch *fetch)
{
    *fetch->link = fetch->next;
    if (fetch->next != NULL) fetch->next->link = fetch->link;
    buffer_release(&fetch->fields);
    buffer_release(&fetch->head);
    free(fetch->pass);
    free(fetch);
}

void fetch_over(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    http_call_cancel(&fetch->call);
    timer_drop(&fetch->timer);
    release_parent(fetch, PARENT_UNASKED);
    if (fetch->owner != NULL) fetch->owner->fetch = NULL;
    fetch->owner = NULL;
    if (fetch->is_filling) edge_filler_ended(fetch->home, fetch->has_failed);
    cache_lock(cache);
    struct cache_object *object = fetch->object;
    fetch->object = NULL;
    if (fetch->slice != NULL) slice_drop(cache, fetch->slice);
    fetch->slice = NULL;
    if (object != NULL && object->fetch == fetch) {
        object->fetch = NULL;
        waiters_wake(&object->waiters);
    }
    if (object != NULL && fetch->kind == FETCH_SLICE) {
        object->ended_fetches++;
        waiters_wake(&object->waiters);
    }
    if (object != NULL) object_drop(cache, object);
    fetch->is_over = true;
    const bool is_posted = fetch->is_posted;
    cache_unlock(cache);
    head_drop(fetch->stored);
    fetch->stored = NULL;
    if (!is_posted) fetch_free(fetch);
}

static void ended(struct http_call *call, outcome result, const struct why *why)
{
    (void)why;
    struct fetch *fetch = CONTAINER_OF(call, struct fetch, call);
    if (result == OK) {
        release_parent(fetch, PARENT_ANSWERED);
        fill_finish(fetch);
        return;
    }
    release_parent(fetch, PARENT_FAILED);
    if (fetch->is_pass) {
        fill_break_off(fetch);
        return;
    }
    if (!fetch->is_answered) {
        const bool is_safe = fetch->method == METHOD_GET || fetch->method == METHOD_HEAD;
        if (is_safe)
            fetch_restart(fetch);
        else
            fetch_fail(fetch, result == TIMED_OUT ? 504 : 502);
        return;
    }
    cache_lock(fetch->home->edge->cache);
    const bool is_resumable = fill_is_resumable(fetch);
    cache_unlock(fetch->home->edge->cache);
    if (is_resumable)
        fetch_restart(fetch);
    else
        fill_break_off(fetch);
}

static bool try_parent(struct fetch *fetch)
{
    struct edge *edge = fetch->home->edge;
    const int64_t now_us = loop_now_us(fetch->home->loop);
    const uint64_t group = fetch->at / ((uint64_t)PARENT_GROUP_SLICES * CACHE_SLICE_BYTES);
    const uint64_t hash = parents_hash(fetch->key, group);
    fetch->asks_peers =
        fetch->asks_peers && peer_choose(edge->parents, hash, fetch->tried, now_us, &fetch->parent);
    if (!fetch->asks_peers &&
        !parent_choose(edge->parents, hash, fetch->tried, now_us, &fetch->parent))
        return false;
    fetch->has_parent = true;
    fetch->tried |= 1ull << fetch->parent.index;
    if (!fetch->asks_peers) fetch->tries++;
    fetch->asked_ms = edge_wall_ms(fetch->home);
    edge_count(&edge->counts.fetches);
    if (request_head(fetch) != OK) {
        release_parent(fetch, PARENT_UNASKED);
        return false;
    }
    fetch->call = (struct http_call){.peer = fetch->parent.peer,
                                     .method = fetch->method,
                                     .head = buffer_slice(&fetch->head),
                                     .body = fetch->body,
                                     .interim = interim,
                                     .answered = fetch_answered,
                                     .room = fill_room,
                                     .moved = fill_moved,
                                     .ended = ended};
    if (http_call_start(fetch->home->calls, &fetch->call, NULL) == OK) return true;
    release_parent(fetch, PARENT_FAILED);
    return fetch->tries < FETCH_TRIES_MAX && try_parent(fetch);
}

void fetch_start(struct fetch *fetch)
{
    if (!try_parent(fetch)) fetch_fail(fetch, 502);
}

// What is here already is not asked for again.
void fetch_restart(struct fetch *fetch)
{
    struct edge *edge = fetch->home->edge;
    const uint64_t own = (UINT64_MAX >> (PARENTS_MAX - parents_own(edge->parents)));
    http_call_cancel(&fetch->call);
    release_parent(fetch, fetch->is_lacking ? PARENT_ANSWERED : PARENT_FAILED);
    if (!fetch->is_lacking) edge_count(&edge->counts.retries);
    fetch->is_lacking = false;
    // With one parent the same one gets another chance, once an answer had begun.
    if (fetch->tries < FETCH_TRIES_MAX && fetch->is_answered && (fetch->tried & own) == own)
        fetch->tried &= ~own;
    if (fetch->is_answered) {
        cache_lock(edge->cache);
        fetch->kind = FETCH_SLICE;
        fetch->is_conditional = false;
        fetch->has_range = true;
        fetch->suffix = 0;
        fetch->range_first = fetch->at;
        fetch->range_end = fetch->end;
        fetch->is_open_ended = fetch->end == fetch->object->size;
        head_drop(fetch->stored);
        fetch->stored = head_hold(fetch->object->head);
        cache_unlock(edge->cache);
    }
    if (fetch->tries >= FETCH_TRIES_MAX || !try_parent(fetch)) fetch_fail(fetch, 502);
}

// A stale answer covers for the parents when it may; else those who wait hear of the failure.
void fetch_fail(struct fetch *fetch, int status)
{
    struct edge *edge = fetch->home->edge;
    struct cache_object *object = fetch->object;
    struct visit *owner = fetch->owner;
    if (fetch->kind == FETCH_PASS) {
        if (owner != NULL) {
            fetch->owner = NULL;
            owner->fetch = NULL;
            visit_fail(owner, status);
        }
        fetch_over(fetch);
        return;
    }
    fetch->has_failed = true;
    if (fetch->is_answered || fetch->kind == FETCH_SLICE) {
        fill_break_off(fetch);
        return;
    }
    const int64_t now_ms = edge_wall_ms(fetch->home);
    cache_lock(edge->cache);
    if (fetch->stored != NULL && freshness_covers(&fetch->stored->freshness, now_ms, PARENT_GONE)) {
        object->result = RESULT_COVERED;
        object->covered_until_ms = now_ms + COVERED_MS;
    } else {
        object->result = RESULT_FAILED;
        object->failed_status = status;
        if (object->state == OBJECT_ASKED) object_remove(edge->cache, object);
    }
    cache_unlock(edge->cache);
    fetch_over(fetch);
}

void fetches_end(struct edge_loop *home)
{
    struct fetch *next;
    for (struct fetch *fetch = home->fetches; fetch != NULL; fetch = next) {
        next = fetch->next;
        if (!fetch->is_over) fetch_over(fetch);
    }
}

void fetch_disown(struct fetch *fetch)
{
    fetch->owner = NULL;
    if (fetch->kind == FETCH_PASS || fetch->is_pass) fetch_over(fetch);
}

static void post(struct fetch *fetch)
{
    if (fetch->is_posted || fetch->is_over) return;
    fetch->is_posted = true;
    loop_post(fetch->home->loop, &fetch->post);
}

void fetch_resume(struct fetch *fetch)
{
    if (fetch->is_paused) post(fetch);
}

void fetch_orphaned(struct fetch *fetch)
{
    fetch->is_orphan = true;
    post(fetch);
}

// Whether nobody reads what it fetches and there is too much of it to go on all the same.
static bool is_in_vain(const struct fetch *fetch)
{
    const struct cache_object *object = fetch->object;
    const uint32_t others = object->state == OBJECT_GONE ? 1 : 2;
    if (!fetch->is_answered || object->holds > others) return false;
    return fetch->is_paused || fetch->end == SIZE_UNKNOWN ||
           fetch->end - fetch->at > FETCH_ORPHAN_BYTES || object->state == OBJECT_GONE;
}

static void run_post(struct loop_post *loop_post)
{
    struct fetch *fetch = CONTAINER_OF(loop_post, struct fetch, post);
    struct cache *cache = fetch->home->edge->cache;
    cache_lock(cache);
    fetch->is_posted = false;
    const bool is_over = fetch->is_over;
    const bool is_in_vain_now = !is_over && fetch->is_orphan && is_in_vain(fetch);
    fetch->is_orphan = fetch->is_paused = false;
    cache_unlock(cache);
    if (is_over) {
        fetch_free(fetch);
    } else if (fetch->is_to_start) {
        fetch->is_to_start = false;
        fetch_start(fetch);
    } else if (fetch->is_starved || is_in_vain_now) {
        http_call_cancel(&fetch->call);
        fill_break_off(fetch);
    } else {
        http_call_resume(&fetch->call);
    }
}

// How far one fetch from `at` goes: to what the visit wants, over slices that nobody has.
static uint64_t slices_end(const struct visit *visit, const struct cache_object *object,
                           uint32_t index)
{
    uint64_t end = (uint64_t)(index + 1) * CACHE_SLICE_BYTES;
    for (uint32_t i = 1; i < FETCH_OPEN_SLICES && end < visit->end; i++) {
        if (slice_find(object, index + i) != NULL) break;
        end += CACHE_SLICE_BYTES;
    }
    return end < object->size ? end : object->size;
}

// The slices that it is to fill, so that others see that they are on their way; as many as there is
// room for now. Without any the first is waited for when its bytes come.
static void add_slices(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    struct cache_object *object = fetch->object;
    const uint32_t first = (uint32_t)(fetch->at / CACHE_SLICE_BYTES);
    struct cache_slice *slice = slice_find(object, first);
    const uint32_t from = (uint32_t)(fetch->at % CACHE_SLICE_BYTES);
    const bool goes_on = slice != NULL && slice->fetch == NULL && slice->is_complete &&
                         slice->ram_at != CACHE_NOWHERE && !slice->is_writing &&
                         slice->first + slice->len == from;
    uint64_t at = (uint64_t)first * CACHE_SLICE_BYTES;
    if (goes_on) {
        slice_reopen(cache, slice);
        slice->fetch = fetch;
        at += CACHE_SLICE_BYTES;
    } else {
        fetch->at = at;
    }
    for (; at < fetch->end; at += CACHE_SLICE_BYTES) {
        const uint64_t left = object->size - at;
        slice = slice_add(cache, object, (uint32_t)(at / CACHE_SLICE_BYTES),
                          left < CACHE_SLICE_BYTES ? (uint32_t)left : CACHE_SLICE_BYTES);
        if (slice == NULL) break;
        slice->fetch = fetch;
    }
    const uint64_t least = (uint64_t)(first + 1) * CACHE_SLICE_BYTES;
    if (at < fetch->end) fetch->end = at > least ? at : least;
    if (fetch->end > object->size) fetch->end = object->size;
}

struct fetch *fetch_slice(struct visit *visit, uint32_t index, uint64_t from)
{
    struct cache_object *object = visit->object;
    struct fetch *fetch = fetch_make(visit->home, FETCH_SLICE, object, visit);
    if (fetch == NULL) return NULL;
    fetch->at = from;
    fetch->end = slices_end(visit, object, index);
    fetch->is_answered = true; // the object's head is known
    fetch->is_to_start = true;
    add_slices(fetch);
    fetch->has_range = true;
    fetch->range_first = fetch->at;
    fetch->range_end = fetch->end;
    fetch->is_open_ended = fetch->end == object->size;
    post(fetch);
    return fetch;
}
