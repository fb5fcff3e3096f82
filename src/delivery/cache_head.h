// SPDX-License-Identifier: Apache-2.0
//
// What is kept of an answer but its body: status, fields, validators, times. Immutable once made; a
// 304 from the parent makes a new one (RFC 9111 section 3.2), and whoever sends the old one still
// holds it.
//
//     struct cache_head | names of Vary | values | lines "ETag: ...\r\nDate: ...\r\n..." (one
//     block)
//
// Fields of one connection (rules_is_hop, and those that Connection lists), Age and, in an answer
// with a part, Content-Range are not among the lines.
#ifndef DELIVERY_CACHE_HEAD_H
#define DELIVERY_CACHE_HEAD_H

#include "delivery/cache_rules.h"
#include "net/http_condition.h"
#include "net/http_response.h"

#include <stdatomic.h>

enum { HEAD_LINES_BYTES_MAX = HTTP_HEAD_BYTES_MAX };

struct cache_head {
    _Atomic uint32_t holds;
    int status;
    struct freshness freshness;
    struct http_validators validators;
    bool is_strong; // the validators prove equal bytes: parts of two answers may be put together
    bool has_date;
    bool is_selectable; // false: Vary: *
    struct slice vary_names, vary_values;
    struct slice content_language;
    struct slice lines;
};

struct cache_head *head_hold(struct cache_head *head);
void head_drop(struct cache_head *head); // tolerates NULL

// From a parent's answer. `request` selects by Vary; NULL: nothing varies. The head has one hold.
must_check outcome head_make(int status, const struct http_field *fields, size_t count,
                             const struct freshness *freshness, const struct http_request *request,
                             struct cache_head **out, struct why *why);

// The same with the fields of a 304 in place of the stored ones of their names.
must_check outcome head_refresh(const struct cache_head *stored, const struct http_response *fresh,
                                const struct cache_asked *asked, struct cache_head **out,
                                struct why *why);

// From its parts, as they were kept. INVALID when the lines are none.
must_check outcome head_load(int status, const struct freshness *freshness, bool is_selectable,
                             struct slice names, struct slice values, struct slice lines,
                             struct cache_head **out);

// Field by field through `lines`. False at the end.
bool head_next_field(struct slice *rest, struct http_field *out);

bool head_find(const struct cache_head *head, const char *name, struct slice *value);

// Whether two answers are parts of the same representation (RFC 9110 section 8.8.1).
bool head_is_same(const struct cache_head *a, const struct cache_head *b);

#endif
