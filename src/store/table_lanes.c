// SPDX-License-Identifier: Apache-2.0
#include "store/table_lanes.h"

#include <pthread.h>
#include <stdlib.h>

enum { LANES = 4 }; // writes in flight: an answer takes some ms of waiting and no processor

struct lane {
    struct table_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct table_pending *first, **last; // under the lock
    bool is_closing;                     // likewise
    bool is_running;                     // the thread was started
};

struct table_lanes {
    struct lane lanes[LANES];
};

static void perform(struct table_store *store, struct table_pending *pending)
{
    const struct table_item *item = &pending->write.item;
    pending->result = pending->kind == TABLE_DROP
                          ? store->ops->drop(store, pending->table, item->partition, item->sort,
                                             item->version, &pending->why)
                          : store->ops->put(store, pending->table, &pending->write,
                                            &pending->version, &pending->why);
    pending->done(pending);
}

static struct table_pending *take(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    while (lane->first == NULL && !lane->is_closing)
        (void)pthread_cond_wait(&lane->changed, &lane->lock);
    struct table_pending *pending = lane->first;
    if (pending != NULL) lane->first = pending->next;
    if (lane->first == NULL) lane->last = &lane->first;
    pthread_mutex_unlock(&lane->lock);
    return pending;
}

static void *drive(void *argument)
{
    struct lane *lane = argument;
    for (struct table_pending *pending; (pending = take(lane)) != NULL;)
        perform(lane->store, pending);
    return NULL;
}

outcome table_lanes_open(struct table_store *store, struct table_lanes **out, struct why *why)
{
    struct table_lanes *lanes = calloc(1, sizeof *lanes);
    if (lanes == NULL) return fail(why, NO_MEMORY, "no memory for writes");
    int error = 0;
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &lanes->lanes[i];
        lane->store = store;
        lane->last = &lane->first;
        pthread_mutex_init(&lane->lock, NULL);
        pthread_cond_init(&lane->changed, NULL);
        if (error == 0) error = pthread_create(&lane->thread, NULL, drive, lane);
        lane->is_running = error == 0;
    }
    if (error != 0) {
        table_lanes_close(&lanes);
        return fail_errno(why, error, "cannot start a thread for writes");
    }
    *out = lanes;
    return OK;
}

void table_lanes_close(struct table_lanes **lanes)
{
    if (*lanes == NULL) return;
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &(*lanes)->lanes[i];
        pthread_mutex_lock(&lane->lock);
        lane->is_closing = true;
        pthread_cond_signal(&lane->changed);
        pthread_mutex_unlock(&lane->lock);
        if (lane->is_running) (void)pthread_join(lane->thread, NULL);
        pthread_cond_destroy(&lane->changed);
        pthread_mutex_destroy(&lane->lock);
    }
    free(*lanes);
    *lanes = NULL;
}

// FNV-1a.
static size_t lane_of(const char *partition)
{
    uint32_t hash = 2166136261u;
    for (; *partition != '\0'; partition++)
        hash = (hash ^ (uint8_t)*partition) * 16777619u;
    return hash % LANES;
}

outcome table_lanes_submit(struct table_lanes *lanes, struct table_pending *pending,
                           struct why *why)
{
    TRY(table_write_check(pending->table, &pending->write, why));
    struct lane *lane = &lanes->lanes[lane_of(pending->write.item.partition)];
    pending->next = NULL;
    pthread_mutex_lock(&lane->lock);
    *lane->last = pending;
    lane->last = &pending->next;
    pthread_cond_signal(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
    return OK;
}
