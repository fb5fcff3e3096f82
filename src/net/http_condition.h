// SPDX-License-Identifier: Apache-2.0
//
// Conditional requests (RFC 9110 section 13), in the order of section 13.2.2:
//
//     If-Match                 no tag matches      -> 412
//     else If-Unmodified-Since changed since       -> 412
//     If-None-Match            a tag matches       -> 304 for GET and HEAD, else 412
//     else If-Modified-Since   not changed, GET    -> 304
//     Range with If-Range      validator differs   -> the range is ignored
//
// If-Match and If-Range compare strongly (a weak tag never matches), If-None-Match weakly. A date
// that is none is as if its field had not come.
#ifndef NET_HTTP_CONDITION_H
#define NET_HTTP_CONDITION_H

#include "net/http_parse.h"

// What a representation is known by.
struct http_validators {
    struct slice etag;  // with its quotes and W/ if it is weak; `at` NULL: it has none
    int64_t modified_s; // since 1970; -1: unknown
};

enum http_verdict { VERDICT_GO_ON, VERDICT_NOT_MODIFIED, VERDICT_FAILED };

// `now_s` helps with two-digit years only.
enum http_verdict http_condition_check(const struct http_request *request,
                                       const struct http_validators *validators, int64_t now_s);

// False when If-Range came and names another state of the representation.
bool http_range_applies(const struct http_request *request,
                        const struct http_validators *validators, int64_t now_s);

#endif
