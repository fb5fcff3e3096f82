// SPDX-License-Identifier: Apache-2.0
//
// The servers that an edge asks: which of them for what, and which are well.
//
//     key and slice group --rendezvous hash--> parents in an order of their own for each group
//         the first that is well and carries at most 1.25 times the mean load; else the next;
//         fallbacks when none of the others is well; peers only when asked for
//
//              3 failures in a row                   its time is over: one request, or a probe
//     well --------------------------> ejected ---------------------------------> well again?
//       ^                              1 s, 2 s ... 30 s  <-- failed -------------------+
//       |                                                                               | answered
//       +-- after 10 s <-- warming: from a tenth of its share up to all of it <---------+
//
// Every edge finds the same order without talking to anyone, and when a parent goes only its share
// moves. The slice group (CACHE_GROUP_SLICES slices, about half a minute of film) keeps a viewer on
// one parent for a while. Thread-safe; counters alone are shared.
#ifndef DELIVERY_PARENTS_H
#define DELIVERY_PARENTS_H

#include "delivery/parent_address.h"

enum {
    PARENTS_MAX = 64,
    PARENT_GROUP_SLICES = 32,
    PARENT_FAILURES_MAX = 3,
    PARENT_EJECTED_MS_MIN = 1000,
    PARENT_EJECTED_MS_MAX = 30000,
    PARENT_WARM_MS = 10000, // a cache that comes back is cold, and would be asked for all it lost
};

struct parents;

struct parents_options {
    const char *const *upstreams; // asked first; URLs as delivery/parent_address.h has them
    size_t upstream_count;
    const char *const *fallbacks; // asked when none of the upstreams is well; may be NULL
    size_t fallback_count;
    const char *const *peers; // never asked by parent_choose(); may be NULL
    size_t peer_count;
    const char *trusted;       // whose certificates are good (net/tls.h); NULL: the system's
    const struct clock *clock; // of signatures for S3; may be NULL without it
};

// The outcomes of parent_address_open() and tls_client_open(); NOT_FOUND for names that cannot be
// resolved now.
must_check outcome parents_open(const struct parents_options *options, struct parents **out,
                                struct why *why);
void parents_close(struct parents **parents); // tolerates NULL
size_t parents_count(const struct parents *parents);
size_t parents_own(const struct parents *parents); // all but the peers, which come last

enum parent_kind { PARENT_UPSTREAM, PARENT_FALLBACK, PARENT_PEER };

// Whether one of them wants signed requests: then nothing of a viewer's request but path, range and
// conditions is passed on to any, and only what reads.
bool parents_are_signed(const struct parents *parents);

// Looks their names up again; call it now and then, not on a loop. What has no address now keeps
// the one it had.
void parents_renew(struct parents *parents);

struct parent_choice {
    size_t index;
    enum parent_kind kind;
    struct http_peer peer;
    const char *authority; // for Host
    const char *prefix;    // goes before the path; "" or "/..."
    const struct aws *s3;  // signs; NULL: nobody does
};

// The best parent for `hash` that is not among `tried` (a bit each). False: none is left. Its load
// counts as one more until parent_done().
bool parent_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                   struct parent_choice *out);

// The same among the peers that are well, however loaded: each has its own to serve besides.
bool peer_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                 struct parent_choice *out);

enum parent_answer { PARENT_ANSWERED, PARENT_FAILED, PARENT_UNASKED };
void parent_done(struct parents *parents, size_t index, enum parent_answer answer, int64_t now_us);

// Any of them, as it is asked. Its load does not change.
struct parent_choice parent_at(struct parents *parents, size_t index);

// What a probe (edge_probe.c) has found.
void parent_probed(struct parents *parents, size_t index, bool is_well, int64_t now_us);

// A hash that is the same in every process, for placement.
uint64_t parents_hash(struct slice key, uint64_t group);

struct parent_state {
    const char *authority;
    uint32_t load, failures;
    enum parent_kind kind;
    bool is_ejected, is_warming;
};
struct parent_state parent_state(const struct parents *parents, size_t index, int64_t now_us);

#endif
