// SPDX-License-Identifier: Apache-2.0
#include "delivery/parents.h"

#include "net/tls.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct parent {
    struct parent_address address;
    struct http_peer peer; // under the lock
    uint64_t hash;
    enum parent_kind kind;
    _Atomic uint32_t load;
    _Atomic uint32_t failures; // in a row
    _Atomic int64_t ejected_until_us;
    _Atomic int64_t back_us; // since when it is well again; 0: it always was
};

struct parents {
    pthread_mutex_t lock;
    struct tls_client *tls; // NULL: all are plain
    size_t count;
    struct parent parents[];
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

uint64_t parents_hash(struct slice key, uint64_t group)
{
    return mix(slice_hash(key) ^ mix(group + 1));
}

static outcome parent_init(struct parents *parents, struct parent *parent, const char *url,
                           const struct parents_options *options, struct why *why)
{
    TRY(parent_address_open(url, options->clock, &parent->address, why));
    if (parent->address.is_secure && parents->tls == NULL)
        TRY(tls_client_open(options->trusted, &parents->tls, why));
    if (parent->address.is_secure) {
        parent->peer.tls = parents->tls;
        parent->peer.host = parent->address.host;
    }
    parent->hash = parents_hash(slice_of(parent->address.authority), 0);
    return parent_address_resolve(&parent->address, &parent->peer, why);
}

outcome parents_open(const struct parents_options *options, struct parents **out, struct why *why)
{
    const struct {
        const char *const *urls;
        size_t count;
    } kinds[] = {[PARENT_UPSTREAM] = {options->upstreams, options->upstream_count},
                 [PARENT_FALLBACK] = {options->fallbacks, options->fallback_count},
                 [PARENT_PEER] = {options->peers, options->peer_count}};
    const size_t count = options->upstream_count + options->fallback_count + options->peer_count;
    if (options->upstream_count == 0 || count > PARENTS_MAX)
        return fail(why, INVALID, "an edge has from 1 to %d upstreams", PARENTS_MAX);
    struct parents *parents = calloc(1, sizeof *parents + count * sizeof parents->parents[0]);
    if (parents == NULL) return fail(why, NO_MEMORY, "no memory for the upstreams");
    (void)pthread_mutex_init(&parents->lock, NULL);
    outcome result = OK;
    for (unsigned kind = PARENT_UPSTREAM; kind <= PARENT_PEER; kind++)
        for (size_t i = 0; i < kinds[kind].count && result == OK; i++) {
            struct parent *parent = &parents->parents[parents->count++];
            parent->kind = (enum parent_kind)kind;
            result = parent_init(parents, parent, kinds[kind].urls[i], options, why);
        }
    if (result != OK) {
        parents_close(&parents);
        return result;
    }
    *out = parents;
    return OK;
}

void parents_close(struct parents **parents)
{
    if (*parents == NULL) return;
    for (size_t i = 0; i < (*parents)->count; i++)
        parent_address_close(&(*parents)->parents[i].address);
    tls_client_close(&(*parents)->tls);
    (void)pthread_mutex_destroy(&(*parents)->lock);
    free(*parents);
    *parents = NULL;
}

bool parents_are_signed(const struct parents *parents)
{
    for (size_t i = 0; i < parents->count; i++)
        if (parents->parents[i].address.s3 != NULL) return true;
    return false;
}

void parents_renew(struct parents *parents)
{
    for (size_t i = 0; i < parents->count; i++) {
        struct parent *parent = &parents->parents[i];
        struct http_peer now = parent->peer; // nobody else writes it
        if (parent_address_resolve(&parent->address, &now, NULL) != OK) continue;
        (void)pthread_mutex_lock(&parents->lock);
        parent->peer = now;
        (void)pthread_mutex_unlock(&parents->lock);
    }
}

size_t parents_count(const struct parents *parents)
{
    return parents->count;
}

size_t parents_own(const struct parents *parents)
{
    size_t count = 0;
    while (count < parents->count && parents->parents[count].kind != PARENT_PEER)
        count++;
    return count;
}

static bool is_ejected(const struct parent *parent, int64_t now_us)
{
    return now_us < atomic_load_explicit(&parent->ejected_until_us, memory_order_relaxed);
}

// How much of its share it is to have now, of 1.
static double warmth(const struct parent *parent, int64_t now_us)
{
    const int64_t back_us = atomic_load_explicit(&parent->back_us, memory_order_relaxed);
    const double part = (double)(now_us - back_us) / (PARENT_WARM_MS * 1000.0);
    if (back_us == 0 || part >= 1) return 1;
    return part < 0.1 ? 0.1 : part;
}

// A quarter above the mean, with the request that is to be placed counted in.
static uint32_t load_max(const struct parents *parents, enum parent_kind kind, int64_t now_us)
{
    uint32_t sum = 1, well = 0;
    for (size_t i = 0; i < parents->count; i++) {
        const struct parent *parent = &parents->parents[i];
        if (parent->kind != kind) continue;
        sum += atomic_load_explicit(&parent->load, memory_order_relaxed);
        if (!is_ejected(parent, now_us)) well++;
    }
    if (well == 0) return UINT32_MAX;
    return (sum * 5 + 4 * well - 1) / (4 * well);
}

enum bar { BAR_LOADED, BAR_UNWELL, BAR_NONE };

// One whose time outside is over gets one request at a time, until an answer brings it back.
static bool is_well(const struct parent *parent, int64_t now_us)
{
    if (is_ejected(parent, now_us)) return false;
    return atomic_load_explicit(&parent->failures, memory_order_relaxed) < PARENT_FAILURES_MAX ||
           atomic_load_explicit(&parent->load, memory_order_relaxed) == 0;
}

// While it warms up, the keys it has are some of those it will have: the rest goes elsewhere.
static bool has_room(const struct parent *parent, uint64_t hash, uint32_t max, int64_t now_us)
{
    const double at = (double)(mix(hash + parent->hash) >> 11) * 0x1p-53;
    return atomic_load_explicit(&parent->load, memory_order_relaxed) < max &&
           at < warmth(parent, now_us);
}

struct placing {
    uint64_t hash, tried;
    int64_t now_us;
};

// The one of a kind that comes first for the hash and passes the bar. PARENTS_MAX: none.
static size_t best_of(const struct parents *parents, const struct placing *placing, enum bar bar,
                      enum parent_kind kind)
{
    const uint32_t max = load_max(parents, kind, placing->now_us);
    size_t best = PARENTS_MAX;
    uint64_t best_score = 0;
    for (size_t i = 0; i < parents->count; i++) {
        const struct parent *parent = &parents->parents[i];
        if (placing->tried >> i & 1 || parent->kind != kind) continue;
        if (bar < BAR_NONE && !is_well(parent, placing->now_us)) continue;
        if (bar == BAR_LOADED && !has_room(parent, placing->hash, max, placing->now_us)) continue;
        const uint64_t score = mix(placing->hash ^ parent->hash);
        if (best != PARENTS_MAX && score <= best_score) continue;
        best = i;
        best_score = score;
    }
    return best;
}

struct parent_choice parent_at(struct parents *parents, size_t index)
{
    assert(index < parents->count);
    const struct parent *parent = &parents->parents[index];
    (void)pthread_mutex_lock(&parents->lock);
    const struct http_peer peer = parent->peer;
    (void)pthread_mutex_unlock(&parents->lock);
    return (struct parent_choice){index,
                                  parent->kind,
                                  peer,
                                  parent->address.authority,
                                  parent->address.prefix,
                                  parent->address.s3};
}

struct round {
    enum bar bar;
    enum parent_kind kind;
};

static bool choose(struct parents *parents, const struct round *rounds, size_t count,
                   const struct placing *placing, struct parent_choice *out)
{
    for (size_t i = 0; i < count; i++) {
        const size_t best = best_of(parents, placing, rounds[i].bar, rounds[i].kind);
        if (best == PARENTS_MAX) continue;
        (void)atomic_fetch_add_explicit(&parents->parents[best].load, 1, memory_order_relaxed);
        *out = parent_at(parents, best);
        return true;
    }
    return false;
}

bool parent_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                   struct parent_choice *out)
{
    // Those that are well and have room; any that is well; and when nobody is, whoever is left: an
    // answer from an ejected parent is worth a try when there is no other.
    static const struct round rounds[] = {
        {BAR_LOADED, PARENT_UPSTREAM}, {BAR_UNWELL, PARENT_UPSTREAM}, {BAR_LOADED, PARENT_FALLBACK},
        {BAR_UNWELL, PARENT_FALLBACK}, {BAR_NONE, PARENT_UPSTREAM},   {BAR_NONE, PARENT_FALLBACK}};
    const struct placing placing = {hash, tried, now_us};
    return choose(parents, rounds, sizeof rounds / sizeof rounds[0], &placing, out);
}

bool peer_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                 struct parent_choice *out)
{
    static const struct round rounds[] = {{BAR_UNWELL, PARENT_PEER}};
    const struct placing placing = {hash, tried, now_us};
    return choose(parents, rounds, 1, &placing, out);
}

static void note_answer(struct parent *parent, int64_t now_us)
{
    const uint32_t failures = atomic_exchange_explicit(&parent->failures, 0, memory_order_relaxed);
    if (failures < PARENT_FAILURES_MAX) return;
    atomic_store_explicit(&parent->ejected_until_us, 0, memory_order_relaxed);
    atomic_store_explicit(&parent->back_us, now_us, memory_order_relaxed);
}

static void note_failure(struct parent *parent, int64_t now_us)
{
    const uint32_t failures =
        atomic_fetch_add_explicit(&parent->failures, 1, memory_order_relaxed) + 1;
    if (failures < PARENT_FAILURES_MAX) return;
    int64_t ms = PARENT_EJECTED_MS_MIN;
    for (uint32_t i = PARENT_FAILURES_MAX; i < failures && ms < PARENT_EJECTED_MS_MAX; i++)
        ms *= 2;
    if (ms > PARENT_EJECTED_MS_MAX) ms = PARENT_EJECTED_MS_MAX;
    atomic_store_explicit(&parent->ejected_until_us, now_us + ms * 1000, memory_order_relaxed);
}

void parent_done(struct parents *parents, size_t index, enum parent_answer answer, int64_t now_us)
{
    assert(index < parents->count);
    struct parent *parent = &parents->parents[index];
    (void)atomic_fetch_sub_explicit(&parent->load, 1, memory_order_relaxed);
    if (answer == PARENT_ANSWERED) note_answer(parent, now_us);
    if (answer == PARENT_FAILED) note_failure(parent, now_us);
}

void parent_probed(struct parents *parents, size_t index, bool is_found_well, int64_t now_us)
{
    assert(index < parents->count);
    if (is_found_well)
        note_answer(&parents->parents[index], now_us);
    else
        note_failure(&parents->parents[index], now_us);
}

struct parent_state parent_state(const struct parents *parents, size_t index, int64_t now_us)
{
    assert(index < parents->count);
    const struct parent *parent = &parents->parents[index];
    return (struct parent_state){
        .kind = parent->kind,
        .authority = parent->address.authority,
        .load = atomic_load_explicit(&parent->load, memory_order_relaxed),
        .failures = atomic_load_explicit(&parent->failures, memory_order_relaxed),
        .is_ejected = is_ejected(parent, now_us),
        .is_warming = warmth(parent, now_us) < 1,
    };
}
