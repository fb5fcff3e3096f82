// SPDX-License-Identifier: Apache-2.0
//
// Cache-Control (RFC 9111 section 5.2.2), and the targeted fields of RFC 9213 that mean the same to
// fewer caches.
//
//     CDN-Cache-Control: max-age=600          to us; a structured field: one fault, and it is void
//     Surrogate-Control: max-age=600          likewise, when the first is not there
//     Cache-Control: max-age=60, private      to all; read as leniently as the field has grown
//
// Of a directive that comes twice the stricter value counts. A number that is none counts as 0:
// what was meant to be limited stays limited. The qualified forms (no-cache="set-cookie") are read
// as the unqualified ones.
#ifndef DELIVERY_CACHE_CONTROL_H
#define DELIVERY_CACHE_CONTROL_H

#include "net/http_parse.h"

enum { CACHE_AGE_ABSENT = -1, CACHE_SECONDS_MAX = 2147483647 };

struct cache_control {
    bool no_store, no_cache, is_private, is_public;
    bool must_revalidate; // or proxy-revalidate
    bool must_understand;
    bool only_if_cached;           // of a request
    int64_t max_age_s, s_maxage_s; // CACHE_AGE_ABSENT: not there
    int64_t stale_while_revalidate_s, stale_if_error_s;
};

struct cache_control cache_control_none(void);

// Adds what one line of Cache-Control says.
void cache_control_read(struct slice value, struct cache_control *control);

// The answer's targeted field, if there is one and it is well formed; else false, and Cache-Control
// counts. Lines are joined as RFC 9651 has it.
bool cache_control_targeted(const struct http_field *fields, size_t count,
                            struct cache_control *out);

#endif
