// SPDX-License-Identifier: Apache-2.0
#include "net/work_pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct work_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct work_job *first, **end;
    size_t queued, queue_max;
    bool is_closing;
    size_t thread_count;
    pthread_t threads[WORK_THREADS_MAX];
};

// The oldest job, waiting for one; NULL when the pool closes and none is left.
static struct work_job *take_job(struct work_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->is_closing)
        (void)pthread_cond_wait(&pool->changed, &pool->lock);
    struct work_job *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        if (pool->first == NULL) pool->end = &pool->first;
        pool->queued--;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *work(void *context)
{
    struct work_job *job;
    while ((job = take_job(context)) != NULL)
        job->run(job);
    return NULL;
}

// Signals are the main thread's: the threads start with all of them blocked.
static int start_threads(struct work_pool *pool, size_t count)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    while (pool->thread_count < count && error == 0) {
        error = pthread_create(&pool->threads[pool->thread_count], NULL, work, pool);
        if (error == 0) pool->thread_count++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

outcome work_pool_open(size_t threads, size_t queue_max, struct work_pool **out, struct why *why)
{
    assert(threads >= 1 && threads <= WORK_THREADS_MAX && queue_max >= 1);
    struct work_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return fail(why, NO_MEMORY, "no memory for a pool of threads");
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->changed, NULL);
    pool->end = &pool->first;
    pool->queue_max = queue_max;
    const int error = start_threads(pool, threads);
    if (error != 0) {
        work_pool_close(&pool);
        return fail_errno(why, error, "%zu threads cannot be started", threads);
    }
    *out = pool;
    return OK;
}

void work_pool_close(struct work_pool **pool)
{
    if (*pool == NULL) return;
    (void)pthread_mutex_lock(&(*pool)->lock);
    (*pool)->is_closing = true;
    (void)pthread_cond_broadcast(&(*pool)->changed);
    (void)pthread_mutex_unlock(&(*pool)->lock);
    for (size_t i = 0; i < (*pool)->thread_count; i++)
        (void)pthread_join((*pool)->threads[i], NULL);
    (void)pthread_cond_destroy(&(*pool)->changed);
    (void)pthread_mutex_destroy(&(*pool)->lock);
    free(*pool);
    *pool = NULL;
}

outcome work_submit(struct work_pool *pool, struct work_job *job, struct why *why)
{
    (void)pthread_mutex_lock(&pool->lock);
    const bool has_room = pool->queued < pool->queue_max && !pool->is_closing;
    if (has_room) {
        job->next = NULL;
        *pool->end = job;
        pool->end = &job->next;
        pool->queued++;
        (void)pthread_cond_signal(&pool->changed);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (has_room) return OK;
    return fail(why, EXHAUSTED, "%zu requests wait for work already: try again in a moment",
                pool->queue_max);
}
