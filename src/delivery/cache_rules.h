// SPDX-License-Identifier: Apache-2.0
//
// When a shared cache may keep an answer and how long it is good (RFC 9111 sections 3 and 4,
// RFC 5861 for staleness). Pure: fields and times in, verdicts out.
//
//     answered                  lifetime            + stale-while-revalidate   + stale-if-error
//        |--------- fresh ---------|--- serve, and ask behind it ---|--- serve if the parent fails
//        age: initial age + time since                    neither with must-revalidate, s-maxage
//
// Freshness comes from, first match: a targeted field's max-age; s-maxage; max-age; Expires less
// Date; a tenth of the age of Last-Modified, at most a day, for statuses that allow it. A parent
// that is out of reach may be covered for by a stale answer without stale-if-error too (section
// 4.2.4), for at most CACHE_STALE_S_MAX.
//
// Requests' own Cache-Control is not heeded: clients could else wash an edge empty.
#ifndef DELIVERY_CACHE_RULES_H
#define DELIVERY_CACHE_RULES_H

#include "net/http_parse.h"

enum {
    CACHE_HEURISTIC_S_MAX = 24 * 3600,
    CACHE_STALE_S_MAX = 24 * 3600, // served while no parent can be reached
};

struct freshness {
    int64_t answered_ms; // wall clock
    int64_t initial_age_ms;
    int64_t lifetime_ms;
    int64_t while_revalidate_ms; // 0: not at all
    int64_t if_error_ms;
    bool is_checked_always; // no-cache
    bool is_never_stale;    // must-revalidate and its like
};

// What of the request matters.
struct cache_asked {
    enum http_method method;
    bool has_authorization;
    int64_t asked_ms, answered_ms; // wall clock
};

// Whether the answer may be kept, and its freshness then.
bool rules_may_store(const struct cache_asked *asked, int status, const struct http_field *fields,
                     size_t count, struct freshness *out);

int64_t freshness_age_ms(const struct freshness *freshness, int64_t now_ms);

enum use {
    USE_FRESH,      // serve it
    USE_STALE,      // serve it, and ask the parent behind its back
    USE_REVALIDATE, // ask the parent first
};

enum use freshness_use(const struct freshness *freshness, int64_t now_ms);

// May it cover for a parent that answered with an error, or that is out of reach?
enum parent_fault { PARENT_ERROR, PARENT_GONE };
bool freshness_covers(const struct freshness *freshness, int64_t now_ms, enum parent_fault fault);

// A field that belongs to one connection, or is made anew for each answer, and is never kept or
// passed on: Connection, Keep-Alive, Transfer-Encoding and their like.
bool rules_is_hop(struct slice name);

// One that the message's own Connection lists.
bool rules_is_listed(const struct http_field *fields, size_t count, struct slice name);

#endif
