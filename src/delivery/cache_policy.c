// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_policy.h"

#include <assert.h>
#include <stdlib.h>

enum { GHOST_PLACES_MIN = 16 };

outcome policy_open(const struct policy_caps *caps, struct cache_policy *out, struct why *why)
{
    if (caps->main_bytes_max == 0)
        return fail(why, INVALID, "a cache needs room for its main queue");
    uint32_t places = GHOST_PLACES_MIN;
    while (places < caps->ghosts_max / POLICY_GHOST_WAYS && places < UINT32_MAX / 2)
        places *= 2;
    struct policy_ghost_place *ghost = calloc(places, sizeof *ghost);
    if (ghost == NULL) return fail(why, NO_MEMORY, "no memory for a cache's ghost queue");
    *out = (struct cache_policy){
        .caps = *caps,
        .ghost = ghost,
        .ghost_mask = places - 1,
        .ghost_reach = caps->main_bytes_max / 100 * POLICY_GHOST_PERCENT +
                       caps->main_bytes_max % 100 * POLICY_GHOST_PERCENT / 100,
    };
    return OK;
}

void policy_close(struct cache_policy *policy)
{
    free(policy->ghost);
    *policy = (struct cache_policy){0};
}

static struct policy_ghost_place *ghost_place(const struct cache_policy *policy, uint64_t hash)
{
    return &policy->ghost[(uint32_t)hash & policy->ghost_mask];
}

static uint32_t ghost_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

// Remembers a hash in the way that was written longest ago.
static void ghost_put(struct cache_policy *policy, const struct policy_item *item)
{
    struct policy_ghost_place *place = ghost_place(policy, item->hash);
    policy->ghost_clock += item->bytes > 0 ? item->bytes : 1; // never 0, which means free
    size_t oldest = 0;
    for (size_t i = 1; i < POLICY_GHOST_WAYS; i++)
        if (place->stamp[i] < place->stamp[oldest]) oldest = i;
    place->tag[oldest] = ghost_tag(item->hash);
    place->stamp[oldest] = policy->ghost_clock;
}

// Forgets the hash; true when it was there and not too long ago.
static bool ghost_take(struct cache_policy *policy, uint64_t hash)
{
    struct policy_ghost_place *place = ghost_place(policy, hash);
    for (size_t i = 0; i < POLICY_GHOST_WAYS; i++) {
        if (place->stamp[i] == 0 || place->tag[i] != ghost_tag(hash)) continue;
        const bool is_known = policy->ghost_clock - place->stamp[i] < policy->ghost_reach;
        place->stamp[i] = 0;
        return is_known;
    }
    return false;
}

static struct policy_list *list_of(struct cache_policy *policy, enum policy_queue queue)
{
    return queue == POLICY_SMALL ? &policy->small : &policy->main;
}

static void push(struct cache_policy *policy, enum policy_queue queue, struct policy_item *item)
{
    struct policy_list *list = list_of(policy, queue);
    item->queue = (uint8_t)queue;
    item->newer = NULL;
    item->older = list->newest;
    if (list->newest != NULL)
        list->newest->newer = item;
    else
        list->oldest = item;
    list->newest = item;
    list->bytes += item->bytes;
    list->count++;
}

static void unlink_item(struct cache_policy *policy, struct policy_item *item)
{
    assert(item->queue != POLICY_NOWHERE);
    struct policy_list *list = list_of(policy, (enum policy_queue)item->queue);
    if (item->newer != NULL)
        item->newer->older = item->older;
    else
        list->newest = item->older;
    if (item->older != NULL)
        item->older->newer = item->newer;
    else
        list->oldest = item->newer;
    assert(list->bytes >= item->bytes && list->count > 0);
    list->bytes -= item->bytes;
    list->count--;
    item->newer = item->older = NULL;
    item->queue = POLICY_NOWHERE;
}

enum policy_queue policy_add(struct cache_policy *policy, struct policy_item *item)
{
    assert(item->queue == POLICY_NOWHERE);
    const bool is_known = !item->is_fleeting && ghost_take(policy, item->hash);
    const enum policy_queue queue = is_known ? POLICY_MAIN : POLICY_SMALL;
    item->uses = 0;
    push(policy, queue, item);
    return queue;
}

void policy_add_main(struct cache_policy *policy, struct policy_item *item)
{
    assert(item->queue == POLICY_NOWHERE);
    item->uses = 0;
    push(policy, POLICY_MAIN, item);
}

void policy_use(struct policy_item *item)
{
    if (item->uses < POLICY_USES_MAX) item->uses++;
}

void policy_remove(struct cache_policy *policy, struct policy_item *item)
{
    if (item->queue != POLICY_NOWHERE) unlink_item(policy, item);
}

static struct policy_item *trim_small(struct cache_policy *policy, enum policy_step *step)
{
    struct policy_item *item = policy->small.oldest;
    unlink_item(policy, item);
    if (item->uses > 0 && !item->is_fleeting) {
        item->uses = 0;
        push(policy, POLICY_MAIN, item);
        *step = POLICY_PROMOTE;
        return item;
    }
    if (!item->is_fleeting) ghost_put(policy, item);
    *step = POLICY_DROP;
    return item;
}

// Ends: each round takes a use from the oldest one, and there are finitely many.
static struct policy_item *trim_main(struct cache_policy *policy, enum policy_step *step)
{
    for (;;) {
        struct policy_item *item = policy->main.oldest;
        unlink_item(policy, item);
        if (item->uses == 0) {
            *step = POLICY_DROP;
            return item;
        }
        item->uses--;
        push(policy, POLICY_MAIN, item);
    }
}

// The paper's rule: only a full cache drops, and small goes first while it is above its share.
static struct policy_item *trim_shared(struct cache_policy *policy, enum policy_step *step)
{
    const struct policy_caps *caps = &policy->caps;
    const uint64_t bytes = policy->small.bytes + policy->main.bytes;
    if (bytes <= caps->small_bytes_max + caps->main_bytes_max) return NULL;
    const bool is_small = policy->small.bytes > caps->small_bytes_max || policy->main.count == 0;
    return is_small ? trim_small(policy, step) : trim_main(policy, step);
}

struct policy_item *policy_trim(struct cache_policy *policy, enum policy_step *step)
{
    if (policy->caps.is_shared) return trim_shared(policy, step);
    if (policy->small.bytes > policy->caps.small_bytes_max) return trim_small(policy, step);
    if (policy->main.bytes > policy->caps.main_bytes_max) return trim_main(policy, step);
    return NULL;
}

struct policy_item *policy_squeeze(struct cache_policy *policy, enum policy_queue queue,
                                   enum policy_step *step)
{
    if (list_of(policy, queue)->count == 0) return NULL;
    return queue == POLICY_SMALL ? trim_small(policy, step) : trim_main(policy, step);
}
