// SPDX-License-Identifier: Apache-2.0
#include "delivery/limit.h"

#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 4, LOCKS = 64, SETS_MAX = 1 << 24 };

struct place {
    uint64_t asker;
    int64_t full_us; // when its bucket is full again
};

struct set {
    struct place ways[WAYS];
};

struct limit {
    int64_t each_us; // for one request to come back
    int64_t burst_us;
    uint64_t seed, mask;
    struct set *sets;
    pthread_mutex_t locks[LOCKS];
};

outcome limit_open(const struct limit_options *options, struct limit **out, struct why *why)
{
    if (options->per_s == 0 || options->burst == 0)
        return fail(why, INVALID, "a limit is at least one request a second, and one at once");
    struct limit *limit = calloc(1, sizeof *limit);
    if (limit == NULL) return fail(why, NO_MEMORY, "no memory for a limit");
    uint64_t sets = 1;
    while (sets * WAYS < options->askers && sets < SETS_MAX)
        sets *= 2;
    limit->each_us = 1000000 / options->per_s > 0 ? 1000000 / options->per_s : 1;
    limit->burst_us = limit->each_us * options->burst;
    limit->mask = sets - 1;
    random_bytes((uint8_t *)&limit->seed, sizeof limit->seed);
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_init(&limit->locks[i], NULL);
    limit->sets = calloc(sets, sizeof *limit->sets);
    if (limit->sets == NULL) {
        limit_close(&limit);
        return fail(why, NO_MEMORY, "no memory for a limit's %u askers", options->askers);
    }
    *out = limit;
    return OK;
}

void limit_close(struct limit **limit)
{
    if (*limit == NULL) return;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&(*limit)->locks[i]);
    free((*limit)->sets);
    free(*limit);
    *limit = NULL;
}

// Nobody outside knows the seed, and so which askers share a set.
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

static struct place *find(struct set *set, uint64_t asker)
{
    struct place *least = &set->ways[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set->ways[i].asker == asker) return &set->ways[i];
        if (set->ways[i].full_us < least->full_us) least = &set->ways[i];
    }
    *least = (struct place){.asker = asker};
    return least;
}

static int64_t take(const struct limit *limit, struct place *place, int64_t now_us)
{
    const int64_t full_us = place->full_us > now_us ? place->full_us : now_us;
    const int64_t short_us = full_us + limit->each_us - now_us - limit->burst_us;
    if (short_us <= 0) place->full_us = full_us + limit->each_us;
    return short_us;
}

uint32_t limit_take(struct limit *limit, uint64_t asker, int64_t now_us)
{
    const uint64_t hash = mix(asker ^ limit->seed), set = hash & limit->mask;
    pthread_mutex_t *lock = &limit->locks[set % LOCKS];
    (void)pthread_mutex_lock(lock);
    const int64_t short_us = take(limit, find(&limit->sets[set], hash), now_us);
    (void)pthread_mutex_unlock(lock);
    return short_us <= 0 ? 0 : (uint32_t)((short_us + 999999) / 1000000);
}

uint64_t limit_client(const struct address *client)
{
    // Behind the 32 bits of IPv4 are zeros, as there may be in a prefix of IPv6.
    return read_u64be(client->bytes) ^ (client->len == 4 ? 1 : 0);
}
