// SPDX-License-Identifier: Apache-2.0
#include "delivery/parents.h"

#include "base/url.h"

#include <assert.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTHORITY_BYTES = 300, PREFIX_BYTES = 256, PORT_BYTES = 8 };

struct parent {
    char authority[AUTHORITY_BYTES];
    char prefix[PREFIX_BYTES];
    struct http_peer peer;
    uint64_t hash;
    _Atomic uint32_t load;
    _Atomic uint32_t failures; // in a row
    _Atomic int64_t ejected_until_us;
};

struct parents {
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
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.at[i]) * 0x100000001b3ull;
    return mix(hash ^ mix(group + 1));
}

static outcome resolve(struct parent *parent, const char *host, const char *port, struct why *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    const int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return fail(why, NOT_FOUND, "the upstream %s has no address: %s", host,
                    gai_strerror(error));
    memcpy(&parent->peer.address, found->ai_addr, found->ai_addrlen);
    parent->peer.len = found->ai_addrlen;
    freeaddrinfo(found);
    return OK;
}

static outcome parent_init(struct parent *parent, const char *text, struct why *why)
{
    struct url url;
    TRY(url_parse(slice_of(text), &url, why));
    if (!slice_is_nocase(url.scheme, "http") || url.host.len == 0 || url.userinfo.at != NULL ||
        url.query.at != NULL || url.fragment.at != NULL)
        return fail(why, INVALID, "the upstream \"%s\" is not like http://host:port/prefix", text);
    char host[AUTHORITY_BYTES], port[PORT_BYTES];
    struct slice prefix = url.path;
    while (slice_ends(prefix, "/"))
        prefix = slice_part(prefix, 0, prefix.len - 1);
    if (url.host.len + 16 >= sizeof host || prefix.len >= PREFIX_BYTES)
        return fail(why, TOO_LARGE, "the upstream's address is too long");
    (void)snprintf(host, sizeof host, "%.*s", SLICE_ARG(url.host));
    (void)snprintf(port, sizeof port, "%u", (unsigned)url.port);
    (void)snprintf(parent->prefix, sizeof parent->prefix, "%.*s", SLICE_ARG(prefix));
    const char *open = url.is_host_ipv6 ? "[" : "", *close = url.is_host_ipv6 ? "]" : "";
    const bool is_usual = url.port == 80;
    (void)snprintf(parent->authority, sizeof parent->authority, "%s%.200s%s%s%s", open, host, close,
                   is_usual ? "" : ":", is_usual ? "" : port);
    parent->hash = parents_hash(slice_of(parent->authority), 0);
    return resolve(parent, host, port, why);
}

outcome parents_open(const char *const *urls, size_t count, struct parents **out, struct why *why)
{
    if (count == 0 || count > PARENTS_MAX)
        return fail(why, INVALID, "an edge has from 1 to %d upstreams", PARENTS_MAX);
    struct parents *parents = calloc(1, sizeof *parents + count * sizeof parents->parents[0]);
    if (parents == NULL) return fail(why, NO_MEMORY, "no memory for the upstreams");
    parents->count = count;
    for (size_t i = 0; i < count; i++) {
        const outcome result = parent_init(&parents->parents[i], urls[i], why);
        if (result == OK) continue;
        free(parents);
        return result;
    }
    *out = parents;
    return OK;
}

void parents_close(struct parents **parents)
{
    free(*parents);
    *parents = NULL;
}

size_t parents_count(const struct parents *parents)
{
    return parents->count;
}

static bool is_ejected(const struct parent *parent, int64_t now_us)
{
    return now_us < atomic_load_explicit(&parent->ejected_until_us, memory_order_relaxed);
}

// A quarter above the mean, with the request that is to be placed counted in.
static uint32_t load_max(const struct parents *parents, int64_t now_us)
{
    uint32_t sum = 1, well = 0;
    for (size_t i = 0; i < parents->count; i++) {
        sum += atomic_load_explicit(&parents->parents[i].load, memory_order_relaxed);
        if (!is_ejected(&parents->parents[i], now_us)) well++;
    }
    if (well == 0) return UINT32_MAX;
    return (sum * 5 + 4 * well - 1) / (4 * well);
}

enum bar { BAR_LOADED, BAR_EJECTED, BAR_NONE };

static bool passes(const struct parent *parent, enum bar bar, uint32_t max, int64_t now_us)
{
    if (bar == BAR_NONE) return true;
    if (is_ejected(parent, now_us)) return false;
    return bar == BAR_EJECTED || atomic_load_explicit(&parent->load, memory_order_relaxed) < max;
}

bool parent_choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us,
                   struct parent_choice *out)
{
    const uint32_t max = load_max(parents, now_us);
    // First those that are well and have room; then any that is well; then whoever is left: an
    // answer from an ejected parent is worth a try when there is no other.
    for (enum bar bar = BAR_LOADED; bar <= BAR_NONE; bar++) {
        size_t best = PARENTS_MAX;
        uint64_t best_score = 0;
        for (size_t i = 0; i < parents->count; i++) {
            if (tried >> i & 1 || !passes(&parents->parents[i], bar, max, now_us)) continue;
            const uint64_t score = mix(hash ^ parents->parents[i].hash);
            if (best != PARENTS_MAX && score <= best_score) continue;
            best = i;
            best_score = score;
        }
        if (best == PARENTS_MAX) continue;
        struct parent *parent = &parents->parents[best];
        (void)atomic_fetch_add_explicit(&parent->load, 1, memory_order_relaxed);
        *out = (struct parent_choice){best, parent->peer, parent->authority, parent->prefix};
        return true;
    }
    return false;
}

void parent_done(struct parents *parents, size_t index, enum parent_answer answer, int64_t now_us)
{
    assert(index < parents->count);
    struct parent *parent = &parents->parents[index];
    (void)atomic_fetch_sub_explicit(&parent->load, 1, memory_order_relaxed);
    if (answer == PARENT_UNASKED) return;
    if (answer == PARENT_ANSWERED) {
        atomic_store_explicit(&parent->failures, 0, memory_order_relaxed);
        atomic_store_explicit(&parent->ejected_until_us, 0, memory_order_relaxed);
        return;
    }
    const uint32_t failures =
        atomic_fetch_add_explicit(&parent->failures, 1, memory_order_relaxed) + 1;
    if (failures < PARENT_FAILURES_MAX) return;
    int64_t ms = PARENT_EJECTED_MS_MIN;
    for (uint32_t i = PARENT_FAILURES_MAX; i < failures && ms < PARENT_EJECTED_MS_MAX; i++)
        ms *= 2;
    if (ms > PARENT_EJECTED_MS_MAX) ms = PARENT_EJECTED_MS_MAX;
    atomic_store_explicit(&parent->ejected_until_us, now_us + ms * 1000, memory_order_relaxed);
}

struct parent_state parent_state(const struct parents *parents, size_t index, int64_t now_us)
{
    assert(index < parents->count);
    const struct parent *parent = &parents->parents[index];
    return (struct parent_state){
        .authority = parent->authority,
        .load = atomic_load_explicit(&parent->load, memory_order_relaxed),
        .failures = atomic_load_explicit(&parent->failures, memory_order_relaxed),
        .is_ejected = is_ejected(parent, now_us),
    };
}
