// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Content-Range of a part that is all there: first, end, size.
struct part {
    uint64_t first, end, size;
};

static bool read_part(const struct http_response *response, struct part *out)
{
    struct slice value, rest, unit, first, last;
    uint64_t last_number = 0;
    if (!http_response_find(response, "Content-Range", &value)) return false;
    rest = value;
    if (!slice_cut(&rest, ' ', &unit) || !slice_is_nocase(unit, "bytes") ||
        !slice_cut(&rest, '-', &first) || !slice_cut(&rest, '/', &last))
        return false;
    struct part part = {0};
    if (slice_u64(slice_trim(first), INT64_MAX, &part.first, NULL) != OK ||
        slice_u64(slice_trim(last), INT64_MAX, &last_number, NULL) != OK ||
        slice_u64(slice_trim(rest), INT64_MAX, &part.size, NULL) != OK)
        return false;
    part.end = last_number + 1;
    if (part.first >= part.end || part.end > part.size) return false;
    if (response->framing == FRAMING_LENGTH && response->content_length != part.end - part.first)
        return false;
    *out = part;
    return true;
}

// The fetch is of no more use for its object; its asker starts over, for himself.
static void owner_passes(struct fetch *fetch)
{
    struct edge *edge = fetch->home->edge;
    struct cache_object *object = fetch->object;
    struct visit *owner = fetch->owner;
    fetch->owner = NULL;
    if (owner != NULL) owner->fetch = NULL;
    cache_lock(edge->cache);
    object->fetch = NULL;
    object->result = RESULT_PASSED;
    if (object->state == OBJECT_ASKED)
        object_pass(edge->cache, object, edge_wall_ms(fetch->home));
    else if (object->state == OBJECT_KEPT)
        object_remove(edge->cache, object);
    waiters_wake(&object->waiters);
    cache_unlock(edge->cache);
    fetch_over(fetch);
}

// The answer is its owner's alone, and he gets it from here.
static void hand_over(struct fetch *fetch, const struct http_response *response)
{
    struct edge *edge = fetch->home->edge;
    struct cache_object *object = fetch->object;
    const bool is_his_range = !fetch->has_range || fetch->suffix > 0; // else it was made larger
    const bool is_his_answer = is_his_range && (!fetch->is_conditional || response->status != 304);
    if (fetch->owner == NULL || !is_his_answer) {
        owner_passes(fetch);
        return;
    }
    fetch->is_pass = true;
    fetch->object = NULL;
    cache_lock(edge->cache);
    object->fetch = NULL;
    object->result = RESULT_PASSED;
    const bool is_error = response->status >= 500;
    if (object->state == OBJECT_ASKED)
        object_pass(edge->cache, object, edge_wall_ms(fetch->home));
    else if (object->state == OBJECT_KEPT && !is_error)
        object_remove(edge->cache, object);
    waiters_wake(&object->waiters);
    object_drop(edge->cache, object);
    cache_unlock(edge->cache);
    fetch->owner->status = "primrose; fwd=miss";
    visit_take_pass(fetch->owner, response);
}

// The request as it was sent, for the values that Vary names.
static struct http_request *parse_own_request(const struct fetch *fetch)
{
    struct http_request *request = malloc(sizeof *request);
    if (request == NULL) return NULL;
    struct http_scan scan = {.takes_any_method = true};
    size_t head_bytes;
    enum http_fault fault;
    if (http_request_parse(&scan, buffer_slice(&fetch->head), request, &head_bytes, &fault) ==
        HTTP_READY)
        return request;
    free(request);
    return NULL;
}

static struct cache_asked asked_of(const struct fetch *fetch)
{
    return (struct cache_asked){.method = METHOD_GET,
                                .has_authorization = fetch->has_authorization,
                                .asked_ms = fetch->asked_ms,
                                .answered_ms = edge_wall_ms(fetch->home)};
}

// A new answer in place of the one that was to be confirmed: another object. Under the lock.
static bool replace_object(struct fetch *fetch)
{
    struct cache *cache = fetch->home->edge->cache;
    struct cache_object *old = fetch->object;
    struct cache_object *object = object_add(cache, old->hash, old->key);
    if (object == NULL) return false;
    old->result = RESULT_REPLACED;
    old->fetch = NULL;
    object->fetch = fetch;
    fetch->object = object;
    object->is_soiled = old->is_soiled;
    object->worth = old->worth;
    struct visit *owner = fetch->owner;
    if (owner != NULL && owner->object == old) {
        owner->object = object_hold(object);
        visit_wait(owner, &object->waiters);
        object_drop(cache, old);
    }
    object_remove(cache, old);
    object_drop(cache, old);
    return true;
}

static void settle_size(struct fetch *fetch, const struct http_response *response,
                        const struct part *part)
{
    struct cache_object *object = fetch->object;
    if (part != NULL) {
        object->size = part->size;
        object->has_size = true;
        fetch->at = part->first;
        fetch->end = part->end;
    } else if (response->framing == FRAMING_LENGTH) {
        object->size = response->content_length;
        object->has_size = true;
        fetch->at = 0;
        fetch->end = object->size;
    } else {
        fetch->at = 0;
        fetch->end = SIZE_UNKNOWN;
    }
    object->read_index = (uint32_t)(fetch->at / CACHE_SLICE_BYTES);
}

static void store(struct fetch *fetch, const struct http_response *response,
                  const struct freshness *freshness, const struct part *part)
{
    struct edge *edge = fetch->home->edge;
    struct http_request *request = parse_own_request(fetch);
    struct cache_head *head = NULL;
    if (request == NULL ||
        head_make(part != NULL ? 206 : response->status, response->fields, response->field_count,
                  freshness, request, &head, NULL) != OK) {
        free(request);
        hand_over(fetch, response);
        return;
    }
    if (part != NULL) head->status = 200; // of the whole that it is a part of
    // Parts of an answer that cannot be put together are of use only when they are all of it.
    const bool is_partial = part != NULL && part->end - part->first < part->size;
    if (is_partial && !head->is_strong && !fetch->suffix) {
        head_drop(head);
        free(request);
        fetch->has_range = false;
        http_call_cancel(&fetch->call);
        fetch->tried = 0;
        fetch_restart(fetch);
        return;
    }
    cache_lock(edge->cache);
    if (fetch->object->state == OBJECT_KEPT && !replace_object(fetch)) {
        cache_unlock(edge->cache);
        head_drop(head);
        free(request);
        hand_over(fetch, response);
        return;
    }
    struct cache_object *object = fetch->object;
    settle_size(fetch, response, part);
    if (object->state != OBJECT_GONE) {
        object_keep(edge->cache, object, head, request);
    } else {
        head_drop(object->head);
        object->head = head;
    }
    object->result = RESULT_HEAD;
    fetch->is_answered = true;
    if (object->is_soiled) object_remove(edge->cache, object);
    waiters_wake(&object->waiters);
    cache_unlock(edge->cache);
    free(request);
}

static bool is_same_tag(const struct cache_head *stored, const struct http_response *response)
{
    struct slice etag;
    if (!http_response_find(response, "ETag", &etag) || stored->validators.etag.at == NULL)
        return true;
    const size_t skip = slice_starts(etag, "W/") ? 2 : 0;
    const struct slice own = stored->validators.etag;
    const size_t own_skip = slice_starts(own, "W/") ? 2 : 0;
    return slice_equal(slice_part(etag, skip, etag.len), slice_part(own, own_skip, own.len));
}

// The stored answer is still good.
static void confirm(struct fetch *fetch, const struct http_response *response)
{
    struct edge *edge = fetch->home->edge;
    struct cache_object *object = fetch->object;
    const struct cache_asked asked = asked_of(fetch);
    struct cache_head *head = NULL;
    if (!is_same_tag(fetch->stored, response) ||
        head_refresh(fetch->stored, response, &asked, &head, NULL) != OK) {
        fetch->is_conditional = false; // 304 to something else: ask for the whole
        fetch->tried = 0;
        fetch_restart(fetch);
        return;
    }
    cache_lock(edge->cache);
    head_drop(object->head);
    object->head = head;
    object->result = RESULT_HEAD;
    object->fetch = NULL;
    object_changed(edge->cache, object);
    waiters_wake(&object->waiters);
    cache_unlock(edge->cache);
}

// A slice that was asked for: it must be that, of the same representation.
static void check_slice(struct fetch *fetch, const struct http_response *response)
{
    struct edge *edge = fetch->home->edge;
    struct part part;
    struct slice etag;
    const struct cache_head *stored = fetch->stored;
    const bool is_part = response->status == 206 && read_part(response, &part) &&
                         part.first == fetch->at && part.end == fetch->end &&
                         part.size == fetch->object->size;
    const bool is_same =
        stored->validators.etag.at == NULL ||
        (http_response_find(response, "ETag", &etag) && slice_equal(etag, stored->validators.etag));
    if (is_part && is_same) return;
    if (response->status >= 500) {
        fetch_restart(fetch);
        return;
    }
    cache_lock(edge->cache);
    object_remove(edge->cache, fetch->object); // the parent has another one by now
    cache_unlock(edge->cache);
    http_call_cancel(&fetch->call);
    fill_break_off(fetch);
}

static bool is_failure(int status)
{
    return status == 500 || status == 502 || status == 503 || status == 504;
}

// The parent is up but in trouble. True when that has been dealt with.
static bool deal_with_failure(struct fetch *fetch, int status)
{
    struct edge *edge = fetch->home->edge;
    const size_t parents = parents_own(edge->parents);
    const bool has_others = fetch->tries < FETCH_TRIES_MAX && fetch->tries < parents;
    if (status != 500 && has_others) {
        fetch_restart(fetch);
        return true;
    }
    const int64_t now_ms = edge_wall_ms(fetch->home);
    if (fetch->stored == NULL || !freshness_covers(&fetch->stored->freshness, now_ms, PARENT_ERROR))
        return false;
    cache_lock(edge->cache);
    fetch->object->result = RESULT_COVERED;
    fetch->object->covered_until_ms = now_ms + COVERED_MS;
    cache_unlock(edge->cache);
    fetch_over(fetch);
    return true;
}

// RFC 9111 section 4.4: what an unsafe method may have changed, here and where its answer points.
static void invalidate(struct fetch *fetch, const struct http_response *response)
{
    static const char *const fields[] = {"Location", "Content-Location"};
    struct edge *edge = fetch->home->edge;
    cache_lock(edge->cache);
    key_remove(edge->cache, cache_hash(edge->cache, fetch->key), fetch->key);
    cache_unlock(edge->cache);
    autobuffer base = buffer_init(URL_BYTES_MAX);
    if (buffer_format(&base, NULL, "http://%s", fetch->parent.authority) != OK ||
        buffer_put(&base, fetch->key, NULL) != OK)
        return;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct slice value;
        struct url url;
        autobuffer text = buffer_init(URL_BYTES_MAX);
        if (!http_response_find(response, fields[i], &value) ||
            url_resolve(buffer_slice(&base), value, &text, NULL) != OK ||
            url_parse(buffer_slice(&text), &url, NULL) != OK)
            continue;
        struct slice key = url.path;
        if (url.query.at != NULL) key.len += 1 + url.query.len;
        cache_lock(edge->cache);
        key_remove(edge->cache, cache_hash(edge->cache, key), key);
        cache_unlock(edge->cache);
    }
}

static void answer_pass(struct fetch *fetch, const struct http_response *response)
{
    const bool is_safe = fetch->method == METHOD_GET || fetch->method == METHOD_HEAD ||
                         fetch->method == METHOD_OPTIONS;
    if (!is_safe && response->status < 400) invalidate(fetch, response);
    fetch->is_pass = true;
    visit_take_pass(fetch->owner, response);
}

// A suffix is answered with the end of the representation.
static bool is_what_was_asked(const struct fetch *fetch, const struct part *part)
{
    if (fetch->suffix == 0) return part->first == fetch->range_first;
    const uint64_t len = fetch->suffix < part->size ? fetch->suffix : part->size;
    return part->end == part->size && part->end - part->first == len;
}

void fetch_answered(struct http_call *call, const struct http_response *response)
{
    struct fetch *fetch = CONTAINER_OF(call, struct fetch, call);
    const bool is_here = response->status == 200 || response->status == 206 ||
                         (response->status == 304 && fetch->is_conditional);
    if (fetch->parent.kind == PARENT_PEER && !is_here) {
        fetch->is_lacking = true;
        fetch_restart(fetch);
        return;
    }
    if (fetch->kind == FETCH_PASS) {
        answer_pass(fetch, response);
        return;
    }
    if (fetch->kind == FETCH_SLICE) {
        check_slice(fetch, response);
        return;
    }
    if (response->status == 304 && fetch->is_conditional) {
        confirm(fetch, response);
        return;
    }
    if (is_failure(response->status) && deal_with_failure(fetch, response->status)) return;
    struct part part;
    const bool is_part = response->status == 206;
    const struct cache_asked asked = asked_of(fetch);
    struct freshness freshness;
    if ((is_part &&
         (!fetch->has_range || !read_part(response, &part) || !is_what_was_asked(fetch, &part))) ||
        !rules_may_store(&asked, is_part ? 200 : response->status, response->fields,
                         response->field_count, &freshness))
        hand_over(fetch, response);
    else
        store(fetch, response, &freshness, is_part ? &part : NULL);
}
