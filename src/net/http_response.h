// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP/1.1 answer from another server, parsed as strictly as requests are
// (net/http_parse.h), so that what we pass on cannot be read in two ways.
//
//     HTTP/1.1 206 Partial Content CR LF       status line
//     ^minor   ^status ^reason
//     Content-Length: 1024 CR LF               field lines
//     CR LF
//
// How the body ends (RFC 9112 section 6.3) follows from the method, the status and two fields:
//
//     HEAD, 1xx, 204, 304         no body, whatever the fields say
//     Transfer-Encoding: chunked  chunks
//     Content-Length: N           N bytes
//     neither                     until the server closes
//
// Refused: both of them together, any coding but exactly "chunked", chunks from an HTTP/1.0 server,
// a second Content-Length (even an equal one), and all that http_head_scan() and http_field_parse()
// refuse. Pure: no I/O, no memory.
#ifndef NET_HTTP_RESPONSE_H
#define NET_HTTP_RESPONSE_H

#include "net/http_parse.h"

struct http_response {
    int status; // 100 .. 999
    int minor;  // the version is HTTP/1.minor
    struct slice reason;
    enum http_framing framing; // of the body; NONE: until the server closes
    uint64_t content_length;   // with FRAMING_LENGTH: 0 when there is no body
    bool has_length;           // Content-Length came; `length` is its value, also without a body
    uint64_t length;
    bool is_last; // the server closes after it
    size_t field_count;
    struct http_field fields[HTTP_FIELDS_MAX];
};

// As http_request_parse(), for the answer to a request with `method`.
enum http_parsed http_response_parse(struct http_scan *scan, struct slice bytes,
                                     enum http_method method, struct http_response *out,
                                     size_t *head_bytes, enum http_fault *fault);

// The value of the first field with this name. false when there is none.
bool http_response_find(const struct http_response *response, const char *name,
                        struct slice *value);

#endif
