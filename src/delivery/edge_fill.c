// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Bytes for the owner alone: read, lent, and read again when they are sent.
static uint8_t *pass_room(struct fetch *fetch, size_t *room)
{
    if (fetch->pass == NULL) fetch->pass = malloc(PASS_BYTES);
    if (fetch->pass == NULL || fetch->pass_to == PASS_BYTES) return NULL;
    *room = PASS_BYTES - fetch->pass_to;
    return fetch->pass + fetch->pass_to;
}

static uint32_t index_of(const struct fetch *fetch)
{
    return (uint32_t)(fetch->at / CACHE_SLICE_BYTES);
}

// The slice that the next byte belongs to. Under the lock.
static struct cache_slice *take_slice(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    struct cache_object *object = fetch->object;
    const uint32_t index = index_of(fetch);
    if (fetch->slice != NULL && fetch->slice->index == index) return fetch->slice;
    if (fetch->slice != NULL) slice_drop(cache, fetch->slice);
    fetch->slice = NULL;
    struct cache_slice *slice = slice_find(object, index);
    if (slice == NULL || slice->fetch != fetch) {
        const uint64_t begin = (uint64_t)index * CACHE_SLICE_BYTES;
        const uint64_t left = object->has_size ? object->size - begin : CACHE_SLICE_BYTES;
        slice = slice_add(cache, object, index,
                          left < CACHE_SLICE_BYTES ? (uint32_t)left : CACHE_SLICE_BYTES);
        if (slice == NULL) return NULL;
        slice->fetch = fetch;
        waiters_wake(&object->waiters);
    }
    if (slice->len == 0) slice->first = (uint32_t)(fetch->at % CACHE_SLICE_BYTES);
    slice->is_checked = true; // its bytes come from the parent, not from a disk
    fetch->slice = slice_hold(slice);
    return slice;
}

static void look_again(struct timer *timer)
{
    struct fetch *fetch = CONTAINER_OF(timer, struct fetch, timer);
    cache_lock(fetch->home->edge->cache);
    fetch_resume(fetch);
    cache_unlock(fetch->home->edge->cache);
}

// There is no room now. Slices that are being read or written to disk leave soon; after a while it
// is given up, outside of this callback.
static void starve(struct fetch *fetch)
{
    const int64_t now_us = loop_now_us(fetch->home->loop);
    if (fetch->starved_us == 0) fetch->starved_us = now_us;
    if (now_us - fetch->starved_us > (int64_t)FETCH_STARVED_MS_MAX * 1000) {
        fetch->is_starved = true;
        fetch_resume(fetch);
        return;
    }
    fetch->timer.due = look_again;
    timer_set(loop_wheel(fetch->home->loop), &fetch->timer,
              now_us + (int64_t)FETCH_LOOK_AGAIN_MS * 1000);
}

uint8_t *fill_room(struct http_call *call, size_t *room)
{
    struct fetch *fetch = CONTAINER_OF(call, struct fetch, call);
    if (fetch->is_pass) return pass_room(fetch, room);
    struct cache *cache = fetch->home->edge->cache;
    uint8_t *at = NULL;
    cache_lock(cache);
    const bool is_ahead =
        fetch->kind == FETCH_ANSWER &&
        index_of(fetch) > fetch->object->read_index + fetch->home->edge->ahead_slices;
    struct cache_slice *slice = is_ahead ? NULL : take_slice(fetch);
    if (slice != NULL) {
        const uint32_t from = (uint32_t)(fetch->at % CACHE_SLICE_BYTES);
        *room = slice->room - from;
        if (*room > CACHE_SLICE_BYTES - from) *room = CACHE_SLICE_BYTES - from;
        at = slice_memory(cache, slice) + from;
        fetch->starved_us = 0;
    } else {
        fetch->is_paused = true;
        if (!is_ahead) starve(fetch);
        // It may be that all readers went while this one was not paused yet.
        if (is_ahead && fetch->object->holds <= 2) fetch_orphaned(fetch);
    }
    cache_unlock(cache);
    return at;
}

static void count_placed(struct fetch *fetch, size_t len)
{
    struct edge_counts *counts = &fetch->home->edge->counts;
    (void)atomic_fetch_add_explicit(&counts->placed_bytes, len, memory_order_relaxed);
    if (fetch->parent.kind == PARENT_PEER)
        (void)atomic_fetch_add_explicit(&counts->peer_bytes, len, memory_order_relaxed);
}

void fill_moved(struct http_call *call, size_t len)
{
    struct fetch *fetch = CONTAINER_OF(call, struct fetch, call);
    struct edge *edge = fetch->home->edge;
    if (fetch->is_pass) {
        fetch->pass_to += len;
        if (fetch->owner != NULL) http_exchange_resume(fetch->owner->exchange);
        return;
    }
    (void)atomic_fetch_add_explicit(&edge->counts.fetched_bytes, len, memory_order_relaxed);
    if (fetch->is_filling) count_placed(fetch, len);
    cache_lock(edge->cache);
    struct cache_slice *slice = fetch->slice;
    slice->len += (uint32_t)len;
    fetch->at += len;
    const bool is_full = fetch->at % CACHE_SLICE_BYTES == 0 || fetch->at == fetch->end;
    if (is_full)
        slice_complete(edge->cache, slice);
    else
        waiters_wake(&slice->waiters);
    cache_unlock(edge->cache);
}

void fill_finish(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    if (fetch->is_pass) {
        fetch->is_pass_ended = true;
        if (fetch->owner != NULL) http_exchange_resume(fetch->owner->exchange);
        return; // the owner frees it
    }
    if (fetch->object == NULL || !fetch->is_answered) { // a 304, or an answer that was not wanted
        fetch_over(fetch);
        return;
    }
    cache_lock(cache);
    struct cache_object *object = fetch->object;
    if (fetch->end == SIZE_UNKNOWN) {
        object->size = fetch->at;
        object->has_size = true;
        if (fetch->slice != NULL && !fetch->slice->is_complete) {
            slice_shrink(cache, fetch->slice);
            slice_complete(cache, fetch->slice);
        }
    }
    if (object->slice_count == 0 && object->state == OBJECT_KEPT && object->size == 0) {
        struct cache_slice *slice = slice_add(cache, object, 0, 0);
        if (slice != NULL) slice_complete(cache, slice);
    }
    cache_unlock(cache);
    fetch_over(fetch);
}

bool fill_is_resumable(const struct fetch *fetch)
{
    const struct cache_object *object = fetch->object;
    return object != NULL && object->head != NULL && object->head->is_strong && object->has_size &&
           fetch->end != SIZE_UNKNOWN && !fetch->is_starved &&
           (fetch->at > 0 || fetch->kind == FETCH_SLICE);
}

// Slices that it was to fill and has not begun.
static void drop_promised(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    struct cache_object *object = fetch->object;
    for (uint32_t i = 0; i < object->slice_room; i++) {
        struct cache_slice *slice = object->slices[i];
        if (slice == NULL || slice->fetch != fetch) continue;
        slice->fetch = NULL;
        if (slice->len > 0)
            slice_complete(cache, slice); // a part, which may be gone on with
        else
            slice_remove(cache, slice);
    }
}

void fill_break_off(struct fetch *fetch)
{
    struct edge *edge = fetch->home->edge;
    if (fetch->is_pass) {
        fetch->is_pass_broken = true;
        if (fetch->owner != NULL) http_exchange_resume(fetch->owner->exchange);
        return; // the owner frees it
    }
    cache_lock(edge->cache);
    struct cache_object *object = fetch->object;
    const bool is_of_use = object->has_size && object->head != NULL && object->head->is_strong;
    if (!is_of_use) object_remove(edge->cache, object);
    drop_promised(fetch);
    const bool is_empty = object->slice_count == 0;
    if (is_empty && object->state == OBJECT_KEPT) object_remove(edge->cache, object);
    waiters_wake(&object->waiters);
    cache_unlock(edge->cache);
    edge_count(&edge->counts.errors);
    fetch->has_failed = true;
    fetch_over(fetch);
}
