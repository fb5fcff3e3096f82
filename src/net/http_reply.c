// SPDX-License-Identifier: Apache-2.0
#include "net/http_exchange.h"

#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PROBLEM_BYTES_MAX = 4096 }; // a sentence and a path, escaped

static const char *const titles[OUTCOME_COUNT] = {
#define OUTCOME_TITLE(name, http, exit_status, retry, code, meaning) [name] = meaning,
    OUTCOMES(OUTCOME_TITLE)
#undef OUTCOME_TITLE
};

// The answer there is always memory for.
static void reply_no_memory(struct http_exchange *exchange)
{
    exchange->reply.status = 503;
    exchange->reply.kind = BODY_NONE;
    exchange->reply.framing = FRAMING_LENGTH;
    exchange->reply.length = 0;
    exchange->reply.run_count = 0;
    http_reply_run(exchange, slice_of("Retry-After: 1\r\n"));
}

void http_reply_run(struct http_exchange *exchange, struct slice lines)
{
    assert(exchange->reply.run_count < HTTP_REPLY_RUNS_MAX);
    exchange->reply.runs[exchange->reply.run_count++] = lines;
}

void http_reply_field(struct http_exchange *exchange, const char *name, const char *value)
{
    assert(http_is_token(slice_of(name)) && strpbrk(value, "\r\n") == NULL);
    const char *line = arena_format(&exchange->arena, "%s: %s\r\n", name, value);
    if (line == NULL)
        reply_no_memory(exchange);
    else
        http_reply_run(exchange, slice_of(line));
}

static void begin(struct http_exchange *exchange, int status, const char *content_type)
{
    assert(exchange->reply.status == 0 && status >= 200 && status <= 599);
    exchange->reply.status = status;
    exchange->reply.framing = FRAMING_LENGTH;
    if (content_type != NULL) http_reply_field(exchange, "Content-Type", content_type);
}

void http_reply_begin(struct http_exchange *exchange, int status)
{
    assert(exchange->reply.status == 0 && status >= 200 && status <= 999);
    exchange->reply.status = status;
    exchange->reply.framing = FRAMING_LENGTH;
}

void http_reply_bytes(struct http_exchange *exchange, int status, const char *content_type,
                      struct slice bytes)
{
    begin(exchange, status, content_type);
    exchange->reply.kind = BODY_BYTES;
    exchange->reply.bytes = bytes;
    exchange->reply.length = bytes.len;
}

void http_reply_empty(struct http_exchange *exchange, int status)
{
    begin(exchange, status, NULL);
}

static json_t *make_problem(struct http_exchange *exchange, int status, const char *code,
                            const char *title, const char *detail)
{
    const struct slice path = slice_part(exchange->request->path, 0, 512);
    json_t *instance = json_stringn((const char *)path.at, path.len); // NULL without a path
    return json_pack("{s:s+, s:s, s:i, s:s, s:o*}", "type", "/problems/", code, "title", title,
                     "status", status, "detail", detail, "instance", instance);
}

void http_reply_problem(struct http_exchange *exchange, int status, const char *code,
                        const char *title, const char *detail)
{
    autobuffer text = buffer_init(PROBLEM_BYTES_MAX);
    autojson *problem = make_problem(exchange, status, code, title, detail);
    const bool is_made = problem != NULL && json_format(problem, &text, NULL) == OK;
    const char *kept = is_made ? arena_copy(&exchange->arena, buffer_slice(&text)) : NULL;
    exchange->reply.status = 0; // a problem may replace an answer that was begun
    exchange->reply.run_count = 0;
    if (kept == NULL) {
        reply_no_memory(exchange);
        return;
    }
    http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
    http_reply_bytes(exchange, status, "application/problem+json",
                     (struct slice){(const uint8_t *)kept, text.len});
}

void http_reply_outcome(struct http_exchange *exchange, outcome result, const struct why *why)
{
    assert(result != OK);
    http_reply_problem(exchange, outcome_http(result), outcome_code(result), titles[result],
                       why == NULL ? titles[result] : why->text);
    if (outcome_is_retriable(result) && exchange->reply.run_count < HTTP_REPLY_RUNS_MAX)
        http_reply_run(exchange, slice_of("Retry-After: 1\r\n"));
}

void http_reply_stream(struct http_exchange *exchange, int status, const char *content_type,
                       struct http_stream *stream)
{
    begin(exchange, status, content_type);
    exchange->reply.kind = BODY_STREAM;
    exchange->reply.stream = stream;
    exchange->reply.framing = FRAMING_CHUNKED;
}

void http_reply_stream_of(struct http_exchange *exchange, int status, const char *content_type,
                          uint64_t length, struct http_stream *stream)
{
    http_reply_stream(exchange, status, content_type, stream);
    exchange->reply.framing = FRAMING_LENGTH;
    exchange->reply.length = length;
}

static void reply_refused_range(struct http_exchange *exchange, uint64_t size)
{
    http_reply_problem(exchange, 416, "range-refused", "the range cannot be served",
                       "ask for one range that begins inside the resource, bytes=FIRST-LAST");
    char value[48];
    (void)snprintf(value, sizeof value, "bytes */%llu", (unsigned long long)size);
    http_reply_field(exchange, "Content-Range", value);
}

static void reply_span(struct http_exchange *exchange, const struct http_resource *resource,
                       int status, struct http_span span)
{
    begin(exchange, status, NULL);
    http_reply_run(exchange, resource->type_run);
    http_reply_run(exchange, resource->run);
    struct http_reply *reply = &exchange->reply;
    reply->length = span.size;
    reply->kind = resource->bytes.at != NULL ? BODY_BYTES : BODY_FILE;
    if (reply->kind == BODY_BYTES)
        reply->bytes = slice_part(resource->bytes, (size_t)span.offset, (size_t)span.size);
    reply->fd = resource->fd;
    reply->offset = span.offset;
    if (status != 206) return;
    char value[96];
    (void)snprintf(value, sizeof value, "bytes %llu-%llu/%llu", (unsigned long long)span.offset,
                   (unsigned long long)(span.offset + span.size - 1),
                   (unsigned long long)resource->size);
    http_reply_field(exchange, "Content-Range", value);
}

void http_reply_resource(struct http_exchange *exchange, const struct http_resource *resource)
{
    const struct http_request *request = exchange->request;
    exchange->reply.release = resource->release;
    exchange->reply.owner = resource->owner;
    const enum http_verdict verdict =
        http_condition_check(request, &resource->validators, exchange->wall_s);
    if (verdict == VERDICT_FAILED) {
        http_reply_problem(exchange, 412, "precondition-failed", "a condition does not hold",
                           "the resource is not in the state that If-Match or If-Unmodified-Since "
                           "names: fetch it again");
        return;
    }
    if (verdict == VERDICT_NOT_MODIFIED) {
        begin(exchange, 304, NULL);
        http_reply_run(exchange, resource->run);
        return;
    }
    struct http_span span = {0, resource->size};
    struct slice value;
    enum http_range range = HTTP_RANGE_WHOLE;
    if (request->method == METHOD_GET && http_request_find(request, FIELD_RANGE, &value) &&
        http_range_applies(request, &resource->validators, exchange->wall_s))
        range = http_range_parse(value, resource->size, &span);
    if (range == HTTP_RANGE_REFUSED)
        reply_refused_range(exchange, resource->size);
    else
        reply_span(exchange, resource, range == HTTP_RANGE_PART ? 206 : 200, span);
}
