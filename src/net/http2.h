// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 (RFC 9113) on a connection, through nghttp2. For net/ alone. Handlers do not see it: each
// stream has an exchange of its own, whose request is written out as an HTTP/1.1 head and read by
// the same strict parser, so that no request means one thing here and another there.
//
//     READING --"PRI * HTTP/2.0"--> STREAMS:
//
//         bytes -> nghttp2 -> stream 1: exchange -> handler -> answer --+
//                             stream 3: exchange -> (pool, parked) ... -+-> frames -> out -> socket
//                             stream 5: body on its way              --+
//
// With TLS the client asks for it by ALPN; without, by speaking it at once (section 3.3).
// Caps: HTTP2_STREAMS_MAX streams in hand, bodies of requests by http_limits for the whole
// connection, and clients that open streams to reset them are cut off (CVE-2023-44487).
#ifndef NET_HTTP2_H
#define NET_HTTP2_H

#include "net/http_connection.h"

enum {
    HTTP2_PREFACE_BYTES = 24,
    HTTP2_STREAMS_MAX = 100,
    HTTP2_RESETS_MAX = 200, // and more than half of all streams
};

struct http2_stream;

// Whether the first bytes of a connection are the preface, or could become it.
enum http2_begins { HTTP2_NO, HTTP2_PERHAPS, HTTP2_YES };
enum http2_begins http2_begins(struct slice bytes);

// The connection speaks HTTP/2 from here on.
must_check outcome http2_open(struct http_connection *connection, struct why *why);

// Takes bytes from the client; handlers run in it. False: the client broke the protocol, and what
// it is told of that is ready to be sent.
bool http2_take(struct http_connection *connection, struct slice bytes);

// Sends what is ready. SEND_DONE, _BLOCKED, _TURN_OVER or _BROKEN.
enum send_result http2_send(struct http_connection *connection);

// Nothing more is to be said in either direction.
bool http2_is_over(const struct http_connection *connection);

// No stream is in hand and nothing waits to be sent.
bool http2_is_idle(const struct http_connection *connection);

// What the connection waits for.
enum deadline http2_deadline(const struct http_connection *connection);

// No new streams; those in hand are finished.
void http2_drain(struct http_connection *connection);

// An exchange of a stream has its answer; or has more to send.
void http2_answered(struct http_exchange *exchange);
void http2_resumed(struct http_exchange *exchange);

void http2_close(struct http_connection *connection);

#endif
