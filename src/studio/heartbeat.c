// SPDX-License-Identifier: Apache-2.0
#include "studio/heartbeat.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { BEATS_PER_LEASE = 3 };

struct heartbeat {
    struct queue_store *queue;
    const char *name;
    const struct queue_lease *leases;
    size_t count;
    int64_t lease_ms;
    atomic_bool is_lost;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool is_stopping; // under the lock
};

static struct timespec after_ms(int64_t ms)
{
    struct timespec when;
    (void)clock_gettime(CLOCK_MONOTONIC, &when);
    const int64_t ns = when.tv_nsec + ms % 1000 * 1000000;
    when.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    when.tv_nsec = (long)(ns % 1000000000);
    return when;
}

// True when told to stop before the time is over.
static bool wait_or_stop(struct heartbeat *heartbeat)
{
    const struct timespec until = after_ms(heartbeat->lease_ms / BEATS_PER_LEASE + 1);
    pthread_mutex_lock(&heartbeat->lock);
    int code = 0;
    while (!heartbeat->is_stopping && code == 0)
        code = pthread_cond_timedwait(&heartbeat->stopped, &heartbeat->lock, &until);
    const bool is_stopping = heartbeat->is_stopping;
    pthread_mutex_unlock(&heartbeat->lock);
    return is_stopping;
}

// A queue that does not answer just now is asked again at the next beat.
static void *beat(void *argument)
{
    struct heartbeat *heartbeat = argument;
    while (!wait_or_stop(heartbeat)) {
        for (size_t i = 0; i < heartbeat->count; i++) {
            const struct queue_lease *lease = &heartbeat->leases[i];
            if (heartbeat->queue->ops->extend(heartbeat->queue, heartbeat->name, lease->job.id,
                                              lease->token, heartbeat->lease_ms, NULL) == CONFLICT)
                atomic_store(&heartbeat->is_lost, true);
        }
    }
    return NULL;
}

outcome heartbeat_start(struct queue_store *queue, const char *name,
                        const struct queue_lease *leases, size_t count, int64_t lease_ms,
                        struct heartbeat **out, struct why *why)
{
    struct heartbeat *heartbeat = calloc(1, sizeof *heartbeat);
    if (heartbeat == NULL) return fail(why, NO_MEMORY, "no memory for a heartbeat");
    heartbeat->queue = queue;
    heartbeat->name = name;
    heartbeat->leases = leases;
    heartbeat->count = count;
    heartbeat->lease_ms = lease_ms;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&heartbeat->lock, NULL);
    pthread_cond_init(&heartbeat->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    const int error = pthread_create(&heartbeat->thread, NULL, beat, heartbeat);
    if (error != 0) {
        pthread_cond_destroy(&heartbeat->stopped);
        pthread_mutex_destroy(&heartbeat->lock);
        free(heartbeat);
        return fail_errno(why, error, "cannot start a heartbeat");
    }
    *out = heartbeat;
    return OK;
}

bool heartbeat_is_lost(const struct heartbeat *heartbeat)
{
    return atomic_load(&heartbeat->is_lost);
}

void heartbeat_stop(struct heartbeat **heartbeat)
{
    if (*heartbeat == NULL) return;
    pthread_mutex_lock(&(*heartbeat)->lock);
    (*heartbeat)->is_stopping = true;
    pthread_cond_signal(&(*heartbeat)->stopped);
    pthread_mutex_unlock(&(*heartbeat)->lock);
    (void)pthread_join((*heartbeat)->thread, NULL);
    pthread_cond_destroy(&(*heartbeat)->stopped);
    pthread_mutex_destroy(&(*heartbeat)->lock);
    free(*heartbeat);
    *heartbeat = NULL;
}
