// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache.h"

#include <stdlib.h>

static void run_waiter(struct loop_post *post)
{
    struct cache_waiter *waiter = CONTAINER_OF(post, struct cache_waiter, post);
    cache_lock(waiter->cache);
    waiter->is_posted = false;
    const bool is_closed = waiter->is_closed;
    cache_unlock(waiter->cache);
    if (is_closed)
        free(waiter);
    else
        waiter->wake(waiter->context);
}

struct cache_waiter *waiter_make(struct cache *cache, struct event_loop *loop,
                                 void (*wake)(void *context), void *context)
{
    struct cache_waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL) return NULL;
    waiter->cache = cache;
    waiter->loop = loop;
    waiter->post.run = run_waiter;
    waiter->wake = wake;
    waiter->context = context;
    return waiter;
}

static void leave(struct cache_waiter *waiter)
{
    if (waiter->link == NULL) return;
    *waiter->link = waiter->next;
    if (waiter->next != NULL) waiter->next->link = waiter->link;
    waiter->link = NULL;
    waiter->next = NULL;
}

void waiter_join(struct cache_waiter **list, struct cache_waiter *waiter)
{
    leave(waiter);
    waiter->next = *list;
    waiter->link = list;
    if (waiter->next != NULL) waiter->next->link = &waiter->next;
    *list = waiter;
}

void waiters_wake(struct cache_waiter **list)
{
    while (*list != NULL) {
        struct cache_waiter *waiter = *list;
        leave(waiter);
        if (waiter->is_posted) continue;
        waiter->is_posted = true;
        loop_post(waiter->loop, &waiter->post);
    }
}

void waiter_close(struct cache_waiter *waiter)
{
    leave(waiter);
    waiter->is_closed = true;
    if (!waiter->is_posted) free(waiter);
}
