// SPDX-License-Identifier: Apache-2.0
//
// A stream of HTTP/2 and the head of its request. For http2*.c alone.
//
//     :method GET, :path /a, :authority h, range bytes=0-9, cookie a=1, cookie b=2
//         stream_take_field, one by one
//     "GET /a HTTP/1.1" "host: h" "range: bytes=0-9" "cookie: a=1; b=2"
//         stream_read_head: net/http_parse.h judges it
#ifndef NET_HTTP2_STREAM_H
#define NET_HTTP2_STREAM_H

#include "net/http2.h"

#include <nghttp2/nghttp2.h>

struct http2 {
    nghttp2_session *session;
    struct http_connection *connection;
    struct http2_stream *streams;
    uint32_t stream_count;
    uint64_t opened, reset;
    bool is_cut;         // the client broke the protocol
    uint64_t body_bytes; // of requests in hand
};

struct http2_stream {
    struct http2 *home;
    struct http2_stream *next, **link;
    struct http_exchange *exchange; // always one
    int32_t id;
    struct buffer head;  // "name: value" lines
    struct buffer crumb; // cookie-pairs: they may come as fields of their own (section 8.2.3)
    const char *method, *path, *authority; // in the exchange's arena
    enum http_fault fault;
    bool is_whole;    // the request is here and was given to the handler, or refused
    bool is_answered; // the answer was handed to nghttp2
    bool is_starved;  // its body waits for its stream
    bool is_woken;    // there is more
};

// A field of the request. INVALID when a byte in it could end a line or a word, NO_MEMORY or
// TOO_LARGE when there is too much of it.
must_check outcome stream_take_field(struct http2_stream *stream, struct slice name,
                                     struct slice value);

// All fields are here: sets the exchange's request. FAULT_NONE, or why it is refused.
enum http_fault stream_read_head(struct http2_stream *stream);

#endif
