// SPDX-License-Identifier: Apache-2.0
#include "app/position_desk.h"

#include <pthread.h>
#include <stdlib.h>

// One write under way.
struct job {
    struct position_write write; // first: its pending is what the table knows
    struct loop_post post;
    struct position_desk *desk;
    struct event_loop *loop;
    struct http_exchange *exchange; // NULL when the client has gone; the loop's alone
    struct job *next, **link;       // of the desk's
};

struct position_desk {
    struct table_store *tables;
    const struct clock *clock;
    pthread_mutex_t lock; // of what follows
    bool is_stopped;
    struct job *jobs; // that are not freed yet
};

outcome position_desk_open(struct table_store *tables, const struct clock *clock,
                           struct position_desk **out, struct why *why)
{
    struct position_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) return fail(why, NO_MEMORY, "no memory for positions");
    desk->tables = tables;
    desk->clock = clock;
    pthread_mutex_init(&desk->lock, NULL);
    *out = desk;
    return OK;
}

static void job_add(struct position_desk *desk, struct job *job)
{
    pthread_mutex_lock(&desk->lock);
    job->link = &desk->jobs;
    job->next = desk->jobs;
    if (job->next != NULL) job->next->link = &job->next;
    desk->jobs = job;
    pthread_mutex_unlock(&desk->lock);
}

static void job_free(struct job *job)
{
    pthread_mutex_lock(&job->desk->lock);
    *job->link = job->next;
    if (job->next != NULL) job->next->link = job->link;
    pthread_mutex_unlock(&job->desk->lock);
    free(job);
}

static void reply(struct http_exchange *exchange, const struct table_pending *pending)
{
    static const char kept[] = "{\"is_kept\":true}", late[] = "{\"is_kept\":false}";
    if (pending->result != OK && pending->result != CONFLICT) {
        http_reply_outcome(exchange, pending->result, &pending->why);
        return;
    }
    http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
    http_reply_bytes(exchange, 200, "application/json",
                     slice_of(pending->result == OK ? kept : late));
}

// On the loop.
static void finish(struct loop_post *post)
{
    struct job *job = CONTAINER_OF(post, struct job, post);
    struct http_exchange *exchange = job->exchange;
    if (exchange != NULL) {
        exchange->opened = NULL;
        reply(exchange, &job->write.pending);
        http_exchange_finish(exchange);
    }
    job_free(job);
}

// On the table's thread, which all writes wait for.
static void bring_back(struct table_pending *pending)
{
    struct job *job = (struct job *)pending;
    pthread_mutex_lock(&job->desk->lock);
    if (!job->desk->is_stopped) loop_post(job->loop, &job->post);
    pthread_mutex_unlock(&job->desk->lock);
}

// On the loop: the connection has gone.
static void forget(struct http_exchange *exchange)
{
    struct job *job = exchange->opened;
    job->exchange = NULL;
}

outcome position_desk_take(struct position_desk *desk, struct http_exchange *exchange,
                           const char *profile, const struct position *position, struct why *why)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) return fail(why, NO_MEMORY, "no memory for a position");
    outcome result = position_prepare(desk->clock, profile, position, &job->write, why);
    if (result != OK) {
        free(job);
        return result;
    }
    job->write.pending.done = bring_back;
    job->post.run = finish;
    job->desk = desk;
    job->loop = exchange->loop;
    job->exchange = exchange;
    job_add(desk, job);
    result = desk->tables->ops->submit(desk->tables, &job->write.pending, why);
    if (result != OK) {
        job_free(job);
        return result;
    }
    exchange->opened = job;
    http_exchange_park(exchange, forget);
    return OK;
}

void position_desk_stop(struct position_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->is_stopped = true;
    pthread_mutex_unlock(&desk->lock);
}

void position_desk_close(struct position_desk **desk)
{
    if (*desk == NULL) return;
    while ((*desk)->jobs != NULL)
        job_free((*desk)->jobs);
    pthread_mutex_destroy(&(*desk)->lock);
    free(*desk);
    *desk = NULL;
}
