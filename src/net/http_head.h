// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP/1.1 answer (RFC 9112 section 4), as bytes.
//
//     HTTP/1.1 206 Partial Content CR LF
//     Date: Sat, 21 Nov 2026 11:12:43 GMT CR LF
//     <the reply's own lines>
//     Content-Length: 1024 CR LF          or Transfer-Encoding: chunked, or neither
//     Connection: close CR LF             when it is the last
//     CR LF
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include "net/http_exchange.h"

enum http_last { HTTP_NOT_LAST, HTTP_LAST };

// Appends the head of `reply`. `date` is the Date field's value. TOO_LARGE and NO_MEMORY by out.
must_check outcome http_head_put(const struct http_reply *reply, const char *date,
                                 enum http_last last, struct buffer *out, struct why *why);

#endif
