// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SMALL_BYTES = 8 * 1024 }; // copied behind the head; larger bodies go by sendfile

static uint8_t *put_bytes(uint8_t *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

// Age (when it is not below 0) and Cache-Status. printf would be a tenth of what a small hit takes.
static void put_status(struct visit *visit, int64_t age_s)
{
    static const char age[] = "Age: ", status[] = "Cache-Status: ", end[] = "\r\n";
    struct arena *arena = &visit->exchange->arena;
    const size_t status_len = strlen(visit->status);
    uint8_t *line = arena_take(arena, sizeof age + DECIMAL_BYTES + sizeof status + status_len + 4);
    if (line == NULL) return;
    uint8_t *at = line;
    if (age_s >= 0) {
        at = put_bytes(at, age, sizeof age - 1);
        at += decimal_format((uint64_t)age_s, (char *)at);
        at = put_bytes(at, end, 2);
    }
    at = put_bytes(at, status, sizeof status - 1);
    at = put_bytes(at, visit->status, status_len);
    at = put_bytes(at, end, 2);
    http_reply_run(visit->exchange, (struct slice){line, (size_t)(at - line)});
}

static void add_lines(struct visit *visit)
{
    struct http_exchange *exchange = visit->exchange;
    const struct cache_head *head = visit->head;
    http_reply_run(exchange, head->lines);
    exchange->reply.has_date = head->has_date;
    const int64_t age_s = freshness_age_ms(&head->freshness, edge_wall_ms(visit->home)) / 1000;
    const bool is_hit = strncmp(visit->status, "primrose; hit", 13) == 0;
    put_status(visit, is_hit || age_s > 0 ? age_s : -1);
    cmsd_put(visit);
}

static void release_visit(void *owner)
{
    visit_close(owner);
}

static void reply_plain(struct visit *visit, int status, uint64_t length)
{
    struct http_reply *reply = &visit->exchange->reply;
    http_reply_begin(visit->exchange, status);
    add_lines(visit);
    reply->kind = BODY_NONE;
    reply->framing = length == SIZE_UNKNOWN ? FRAMING_NONE : FRAMING_LENGTH;
    reply->length = length == SIZE_UNKNOWN ? 0 : length;
    reply->release = release_visit; // its head is held until it is sent
    reply->owner = visit;
}

static void add_content_range(struct visit *visit, uint64_t size)
{
    const char *line =
        arena_format(&visit->exchange->arena, "Content-Range: bytes %llu-%llu/%llu\r\n",
                     (unsigned long long)visit->first, (unsigned long long)visit->end - 1,
                     (unsigned long long)size);
    if (line != NULL) http_reply_run(visit->exchange, slice_of(line));
}

// The whole span lies in one slice that is complete: no stream is needed. Under the lock.
static bool serve_at_once(struct visit *visit)
{
    struct http_reply *reply = &visit->exchange->reply;
    struct cache *cache = visit->home->edge->cache;
    const uint32_t index = (uint32_t)(visit->first / CACHE_SLICE_BYTES);
    if ((visit->end - 1) / CACHE_SLICE_BYTES != index) return false;
    struct cache_slice *slice = slice_find(visit->object, index);
    const uint32_t from = (uint32_t)(visit->first % CACHE_SLICE_BYTES);
    const uint32_t to = from + (uint32_t)(visit->end - visit->first);
    if (slice == NULL || !slice->is_complete || !slice->is_checked || from < slice->first ||
        to > slice->first + slice->len)
        return false;
    const struct cache_place place = slice_place(cache, slice);
    slice_use(cache, slice, from, to);
    visit->slice = slice;
    visit->holds_ram = place.is_ram;
    if (place.is_ram)
        slice_hold_ram(slice);
    else
        (void)slice_hold(slice);
    const bool is_read = to - from <= SMALL_BYTES || http_exchange_reads_body(visit->exchange);
    edge_meter(visit->home, to - from);
    reply->kind = place.is_ram && is_read ? BODY_BYTES : BODY_FILE;
    if (reply->kind == BODY_BYTES)
        reply->bytes = (struct slice){slice_memory(cache, slice) + from, to - from};
    reply->fd = place.fd;
    reply->is_rewritten = !place.is_ram;
    reply->offset = place.at + from;
    reply->length = to - from;
    reply->framing = FRAMING_LENGTH;
    reply->release = release_visit;
    reply->owner = visit;
    return true;
}

// The request is gone when the stream is pulled; a part that is missing then is asked for with its
// fields. Without memory it is asked for without them.
void visit_keep_fields(struct visit *visit)
{
    struct http_exchange *exchange = visit->exchange;
    autobuffer fields = buffer_init(HTTP_HEAD_BYTES_MAX);
    if (request_fields(visit->home->edge, exchange, CONDITIONS_OURS, &fields) != OK) return;
    const char *copy = arena_copy(&exchange->arena, buffer_slice(&fields));
    if (copy != NULL) visit->kept_fields = (struct slice){(const uint8_t *)copy, fields.len};
}

static void serve_body(struct visit *visit, int status, uint64_t size)
{
    struct http_exchange *exchange = visit->exchange;
    struct cache *cache = visit->home->edge->cache;
    if (exchange->is_head || visit->end == visit->first) {
        reply_plain(visit, status,
                    visit->end == SIZE_UNKNOWN ? SIZE_UNKNOWN : visit->end - visit->first);
        return;
    }
    http_reply_begin(exchange, status);
    add_lines(visit);
    if (status == 206) add_content_range(visit, size);
    struct http_reply *reply = &exchange->reply;
    cache_lock(cache);
    const bool is_served = visit->end != SIZE_UNKNOWN && serve_at_once(visit);
    cache_unlock(cache);
    if (is_served) return;
    visit_keep_fields(visit);
    reply->kind = BODY_STREAM;
    reply->stream = &visit->stream;
    reply->framing = visit->end == SIZE_UNKNOWN ? FRAMING_CHUNKED : FRAMING_LENGTH;
    reply->length = visit->end == SIZE_UNKNOWN ? 0 : visit->end - visit->first;
}

static void refuse_range(struct visit *visit, uint64_t size)
{
    char value[48];
    (void)snprintf(value, sizeof value, "bytes */%llu", (unsigned long long)size);
    http_reply_problem(visit->exchange, 416, "range-refused", "the range cannot be served",
                       "ask for one range that begins inside the resource, bytes=FIRST-LAST");
    http_reply_field(visit->exchange, "Content-Range", value);
    visit_close(visit);
}

// Without Last-Modified the Date stands in (RFC 9111 section 4.3.2); "*" and tags need an ETag.
static struct http_validators validators_of(const struct cache_head *head)
{
    return head->validators;
}

void visit_serve(struct visit *visit)
{
    struct http_exchange *exchange = visit->exchange;
    const struct cache_head *head = visit->head;
    cache_lock(visit->home->edge->cache);
    const uint64_t size = visit->object->has_size ? visit->object->size : SIZE_UNKNOWN;
    cache_unlock(visit->home->edge->cache);
    const struct http_validators validators = validators_of(head);
    const bool is_ok = head->status == 200 || head->status == 203;
    if (is_ok && http_condition_check(exchange->request, &validators, exchange->wall_s) ==
                     VERDICT_NOT_MODIFIED) {
        reply_plain(visit, 304, 0);
        return;
    }
    visit->first = 0;
    visit->end = size;
    if (head->status == 204) visit->end = 0;
    struct slice value;
    struct http_span span = {0, 0};
    enum http_range range = HTTP_RANGE_WHOLE;
    if (head->status == 200 && size != SIZE_UNKNOWN && exchange->request->method == METHOD_GET &&
        http_request_find(exchange->request, FIELD_RANGE, &value) &&
        http_range_applies(exchange->request, &validators, exchange->wall_s))
        range = http_range_parse(value, size, &span);
    if (range == HTTP_RANGE_REFUSED) {
        refuse_range(visit, size);
        return;
    }
    if (range == HTTP_RANGE_PART) {
        visit->first = span.offset;
        visit->end = span.offset + span.size;
    }
    serve_body(visit, range == HTTP_RANGE_PART ? 206 : head->status, size);
}

// The piece that was lent before is with the kernel.
static void return_piece(struct visit *visit)
{
    struct cache *cache = visit->home->edge->cache;
    if (visit->slice == NULL) return;
    if (visit->holds_ram)
        slice_drop_ram(cache, visit->slice);
    else
        slice_drop(cache, visit->slice);
    visit->slice = NULL;
}

static enum http_pull lend_piece(struct visit *visit, struct cache_slice *slice, uint32_t from,
                                 uint32_t to, struct http_piece *piece)
{
    struct cache *cache = visit->home->edge->cache;
    const struct cache_place place = slice_place(cache, slice);
    slice_use(cache, slice, from, to);
    visit->rounds = 0;
    edge_meter(visit->home, to - from);
    if (place.is_ram)
        slice_hold_ram(slice);
    else
        (void)slice_hold(slice);
    visit->slice = slice;
    visit->holds_ram = place.is_ram;
    if (place.is_ram && http_exchange_reads_body(visit->exchange)) {
        piece->bytes = (struct slice){slice_memory(cache, slice) + from, to - from};
        return PULL_BYTES;
    }
    *piece = (struct http_piece){.fd = place.fd,
                                 .offset = place.at + from,
                                 .size = to - from,
                                 .is_rewritten = !place.is_ram};
    return PULL_FILE;
}

void visit_await_no_more(struct visit *visit)
{
    if (visit->awaited != NULL) slice_drop(visit->home->edge->cache, visit->awaited);
    visit->awaited = NULL;
}

static void await_slice(struct visit *visit, struct cache_slice *slice)
{
    struct cache_slice *held = slice_hold(slice);
    visit_wait(visit, &slice->waiters);
    visit_await_no_more(visit);
    visit->awaited = held;
}

static bool has_byte(const struct cache_slice *slice, uint32_t from)
{
    return slice != NULL && slice->is_checked && from >= slice->first &&
           from < slice->first + slice->len;
}

// Nothing is here at `at`: somebody brings it, or somebody is sent. Under the lock.
static enum http_pull wait_or_fetch(struct visit *visit, struct cache_slice *slice, uint64_t at)
{
    struct cache_object *object = visit->object;
    const struct fetch *fetch = object->fetch;
    const uint64_t near = (uint64_t)FETCH_NEAR_SLICES * CACHE_SLICE_BYTES;
    if (slice != NULL && !slice->is_checked && slice->is_complete &&
        slice_check(visit->home->edge->cache, slice)) {
        visit_wait(visit, &slice->waiters);
        return PULL_WAIT;
    }
    if (slice != NULL && slice->fetch != NULL && at >= slice->fetch->at) {
        await_slice(visit, slice);
        return PULL_WAIT;
    }
    if (fetch != NULL && fetch->is_answered && at >= fetch->at && at - fetch->at <= near &&
        at < fetch->end) {
        visit_wait(visit, &object->waiters);
        return PULL_WAIT;
    }
    const uint32_t index = (uint32_t)(at / CACHE_SLICE_BYTES);
    if (slice == NULL && visit->asked_at == (uint64_t)index + 1 &&
        visit->asked_ended == object->ended_fetches) {
        visit_wait(visit, &object->waiters); // it is on its way, and waits for room
        return PULL_WAIT;
    }
    const bool is_resumable =
        object->has_size && object->head->is_strong && head_is_same(object->head, visit->head);
    if (!is_resumable || ++visit->rounds > VISIT_ROUNDS_MAX) return PULL_BREAK;
    (void)fetch_slice(visit, index, at);
    slice = slice_find(object, index);
    visit->asked_at = (uint64_t)index + 1;
    visit->asked_ended = object->ended_fetches;
    if (slice != NULL)
        await_slice(visit, slice);
    else
        visit_wait(visit, &object->waiters);
    return PULL_WAIT;
}

static enum http_pull pull_locked(struct visit *visit, uint64_t at, struct http_piece *piece)
{
    struct cache_object *object = visit->object;
    return_piece(visit);
    if (visit->awaited != NULL && visit->awaited->index != at / CACHE_SLICE_BYTES)
        visit_await_no_more(visit);
    if (visit->end == SIZE_UNKNOWN && object->has_size) visit->end = object->size;
    if (at == visit->end) return PULL_END;
    const uint32_t index = (uint32_t)(at / CACHE_SLICE_BYTES);
    const uint32_t from = (uint32_t)(at % CACHE_SLICE_BYTES);
    if (index > object->read_index) {
        object->read_index = index;
        if (object->fetch != NULL) fetch_resume(object->fetch);
    }
    struct cache_slice *slice = slice_find(object, index);
    if (!has_byte(slice, from) && visit->awaited != NULL && visit->awaited->index == index &&
        has_byte(visit->awaited, from))
        slice = visit->awaited;
    if (!has_byte(slice, from)) return wait_or_fetch(visit, slice, at);
    uint32_t to = slice->first + slice->len;
    if (visit->end != SIZE_UNKNOWN && visit->end - at < to - from)
        to = from + (uint32_t)(visit->end - at);
    return lend_piece(visit, slice, from, to, piece);
}

static enum http_pull pull_pass(struct visit *visit, struct http_piece *piece)
{
    struct fetch *fetch = visit->fetch;
    if (fetch == NULL) return PULL_BREAK;
    fetch->pass_from += fetch->pass_lent;
    fetch->pass_lent = 0;
    if (fetch->pass_from == fetch->pass_to) {
        fetch->pass_from = fetch->pass_to = 0;
        if (fetch->is_pass_broken) return PULL_BREAK;
        if (fetch->is_pass_ended) return PULL_END;
        http_call_resume(&fetch->call);
        return PULL_WAIT;
    }
    fetch->pass_lent = fetch->pass_to - fetch->pass_from;
    piece->bytes = (struct slice){fetch->pass + fetch->pass_from, fetch->pass_lent};
    return PULL_BYTES;
}

enum http_pull visit_pull(struct http_stream *stream, uint64_t sent, struct http_piece *piece)
{
    struct visit *visit = CONTAINER_OF(stream, struct visit, stream);
    if (visit->is_passing) return pull_pass(visit, piece);
    struct cache *cache = visit->home->edge->cache;
    cache_lock(cache);
    const enum http_pull pulled = pull_locked(visit, visit->first + sent, piece);
    cache_unlock(cache);
    return pulled;
}

static outcome put_response_lines(const struct http_response *response, struct buffer *out,
                                  bool *has_date)
{
    for (size_t i = 0; i < response->field_count; i++) {
        const struct http_field *field = &response->fields[i];
        if (rules_is_hop(field->name) ||
            rules_is_listed(response->fields, response->field_count, field->name))
            continue;
        *has_date = *has_date || slice_is_nocase(field->name, "Date");
        TRY(buffer_put(out, field->name, NULL));
        TRY(buffer_put_text(out, ": ", NULL));
        TRY(buffer_put(out, field->value, NULL));
        TRY(buffer_put_text(out, "\r\n", NULL));
    }
    return OK;
}

void visit_serve_pass(struct visit *visit, const struct http_response *response)
{
    struct http_exchange *exchange = visit->exchange;
    struct http_reply *reply = &exchange->reply;
    autobuffer lines = buffer_init(HEAD_LINES_BYTES_MAX);
    bool has_date = false;
    const char *copy = NULL;
    if (put_response_lines(response, &lines, &has_date) == OK &&
        buffer_format(&lines, NULL, "Cache-Status: %s\r\n", visit->status) == OK)
        copy = arena_copy(&exchange->arena, buffer_slice(&lines));
    if (copy == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        visit_close(visit);
        return;
    }
    http_reply_begin(exchange, response->status);
    http_reply_run(exchange, (struct slice){(const uint8_t *)copy, lines.len});
    reply->has_date = has_date;
    const bool has_no_body = exchange->is_head || response->status == 204 ||
                             response->status == 304 ||
                             (response->framing == FRAMING_LENGTH && response->content_length == 0);
    if (has_no_body) {
        reply->kind = BODY_NONE;
        reply->framing = exchange->is_head && !response->has_length ? FRAMING_NONE : FRAMING_LENGTH;
        reply->length = exchange->is_head ? response->length : 0;
        reply->release = release_visit;
        reply->owner = visit;
        return;
    }
    reply->kind = BODY_STREAM;
    reply->stream = &visit->stream;
    reply->framing = response->framing == FRAMING_LENGTH ? FRAMING_LENGTH : FRAMING_CHUNKED;
    reply->length = response->content_length;
}
