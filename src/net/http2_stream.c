// SPDX-License-Identifier: Apache-2.0
#include "net/http2_stream.h"

#include <string.h>

// The request as an HTTP/1.1 head, so that one parser judges both.
static outcome write_head(struct http2_stream *stream, struct buffer *out, struct why *why)
{
    if (stream->method == NULL || stream->path == NULL)
        return fail(why, INVALID, "a request has no method or no path");
    TRY(buffer_format(out, why, "%s %s HTTP/1.1\r\n", stream->method, stream->path));
    if (stream->authority != NULL) TRY(buffer_format(out, why, "host: %s\r\n", stream->authority));
    TRY(buffer_put(out, buffer_slice(&stream->head), why));
    if (stream->crumb.len > 0) {
        TRY(buffer_put_text(out, "cookie: ", why));
        TRY(buffer_put(out, buffer_slice(&stream->crumb), why));
        TRY(buffer_put_text(out, "\r\n", why));
    }
    return buffer_put_text(out, "\r\n", why);
}

enum http_fault stream_read_head(struct http2_stream *stream)
{
    struct http_exchange *exchange = stream->exchange;
    autobuffer head = buffer_init(HTTP_HEAD_BYTES_MAX);
    if (write_head(stream, &head, NULL) != OK) return FAULT_FIELDS_LARGE;
    struct http_request *request = arena_take(&exchange->arena, sizeof *request);
    const char *kept = arena_copy(&exchange->arena, buffer_slice(&head));
    if (request == NULL || kept == NULL) return FAULT_FIELDS_LARGE;
    struct http_scan scan = {0};
    enum http_fault fault = FAULT_REQUEST_LINE;
    size_t head_bytes = 0;
    const struct slice text = {(const uint8_t *)kept, head.len};
    const enum http_parsed parsed = http_request_parse(&scan, text, request, &head_bytes, &fault);
    if (parsed != HTTP_READY || head_bytes != head.len)
        return parsed == HTTP_REFUSED ? fault : FAULT_REQUEST_LINE;
    exchange->request = request;
    exchange->is_head = request->method == METHOD_HEAD;
    return FAULT_NONE;
}

// No byte may end a line or a word that is to be written into a head.
static bool is_plain(const uint8_t *bytes, size_t len, uint8_t least)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < least || bytes[i] == 0x7f) return false;
    return len > 0;
}

static const char **pseudo_field(struct http2_stream *stream, struct slice name)
{
    if (slice_is(name, ":method")) return &stream->method;
    if (slice_is(name, ":path")) return &stream->path;
    if (slice_is(name, ":authority")) return &stream->authority;
    return NULL;
}

outcome stream_take_field(struct http2_stream *stream, struct slice name, struct slice value)
{
    if (name.len > 0 && name.at[0] == ':') {
        const char **pseudo = pseudo_field(stream, name);
        if (pseudo == NULL) return OK; // :scheme
        if (!is_plain(value.at, value.len, 0x21)) return INVALID;
        *pseudo = arena_copy(&stream->exchange->arena, value);
        return *pseudo == NULL ? NO_MEMORY : OK;
    }
    if (!is_plain(name.at, name.len, 0x21)) return INVALID;
    if (value.len > 0 && !is_plain(value.at, value.len, '\t')) return INVALID;
    if (memchr(value.at, '\n', value.len) != NULL || memchr(value.at, '\r', value.len) != NULL)
        return INVALID;
    if (slice_is(name, "host") && stream->authority != NULL) return OK; // section 8.3.1
    if (slice_is(name, "cookie")) {
        if (stream->crumb.len > 0) TRY(buffer_put_text(&stream->crumb, "; ", NULL));
        return buffer_put(&stream->crumb, value, NULL);
    }
    TRY(buffer_put(&stream->head, name, NULL));
    TRY(buffer_put_text(&stream->head, ": ", NULL));
    TRY(buffer_put(&stream->head, value, NULL));
    return buffer_put_text(&stream->head, "\r\n", NULL);
}
