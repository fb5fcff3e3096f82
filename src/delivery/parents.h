// SPDX-License-Identifier: Apache-2.0
//
// The servers that an edge asks: which of them for what, and which are well.
//
//     key and slice group --rendezvous hash--> parents in an order of their own for each group
//         the first that is well and carries at most 1.25 times the mean load; else the next
//
//     well --3 failures in a row--> ejected for 1 s, 2 s ... 30 s --one request--> well, or out
//     again
//
// Every edge finds the same order without talking to anyone, and when a parent goes only its share
// moves. The slice group (CACHE_GROUP_SLICES slices, about half a minute of film) keeps a viewer on
// one parent for a while. Thread-safe; counters alone are shared.
#ifndef DELIVERY_PARENTS_H
#define DELIVERY_PARENTS_H

#include "net/http_call.h"

enum {
    PARENTS_MAX = 64,
    PARENT_GROUP_SLICES = 32,
    PARENT_FAILURES_MAX = 3,
    PARENT_EJECTED_MS_MIN = 1000,
    PARENT_EJECTED_MS_MAX = 30000,
};

struct parents;

// `urls`: "http://host[:port][/prefix]". INVALID for anything else; NOT_FOUND for names that cannot
// be resolved now.
must_check outcome parents_open(const char *const *urls, size_t count, struct parents **out,
                                struct why *why);
void parents_close(struct parents **parents); // tolerates NULL
size_t parents_count(const struct parents *parents);

struct parent_choice {
    size_t index;
    struct http_peer peer;
    const char *authority; // for Host
    const char *prefix;    // goes before the path; "" or "/..."
};

// The best parent for `hash` that is not among `tried` (a bit each). False: none is left. Its load
// counts as one more until parent_done().
bool parent_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                   struct parent_choice *out);

enum parent_answer { PARENT_ANSWERED, PARENT_FAILED, PARENT_UNASKED };
void parent_done(struct parents *parents, size_t index, enum parent_answer answer, int64_t now_us);

// A hash that is the same in every process, for placement.
uint64_t parents_hash(struct slice key, uint64_t group);

struct parent_state {
    const char *authority;
    uint32_t load, failures;
    bool is_ejected;
};
struct parent_state parent_state(const struct parents *parents, size_t index, int64_t now_us);

#endif
