// SPDX-License-Identifier: Apache-2.0
#include "studio/worker.h"

#include "studio/heartbeat.h"
#include "studio/job_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LEASE_MS = 10000,
    IDLE_MS = 50,                // between two looks at an empty queue, at first
    IDLE_MS_MAX = 1000,          // thousands of idle workers are some thousand looks a second
    LEASE_ARENA_BYTES = 4 << 20, // QUEUE_LEASE_JOBS_MAX payloads of 64 KiB, and ids
};

struct worker {
    struct stores *stores;
    const struct worker_options *options;
    int64_t lease_ms;
    struct transcoder *transcoder;
    struct arena arena; // of one lease
    struct plan *plan;  // the last one used
    char plan_key[PLAN_KEY_BYTES];
};

// One lease, being worked on.
struct turn {
    struct worker *worker;
    struct queue_lease *leases;
    size_t count;
    struct heartbeat *heartbeat;
};

outcome worker_open(struct stores *stores, const struct worker_options *options,
                    struct worker **out, struct why *why)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) return fail(why, NO_MEMORY, "no memory for a worker");
    worker->stores = stores;
    worker->options = options;
    worker->lease_ms = options->lease_ms == 0 ? LEASE_MS : options->lease_ms;
    worker->arena = arena_init(LEASE_ARENA_BYTES);
    worker->plan = calloc(1, sizeof *worker->plan);
    outcome result = OK;
    if (worker->plan == NULL) result = fail(why, NO_MEMORY, "no memory for a plan");
    if (result == OK) result = transcoder_open(&worker->transcoder, &options->transcoder, why);
    if (result != OK) {
        worker_close(&worker);
        return result;
    }
    *out = worker;
    return OK;
}

void worker_close(struct worker **worker)
{
    if (*worker == NULL) return;
    transcoder_close(&(*worker)->transcoder);
    arena_release(&(*worker)->arena);
    free((*worker)->plan);
    free(*worker);
    *worker = NULL;
}

static bool is_stopped(const struct worker *worker)
{
    return worker->options->stop != NULL && atomic_load(worker->options->stop) != 0;
}

// Called every few frames: the place to give up.
static outcome keep_going(void *context, uint64_t done, uint64_t total, struct why *why)
{
    const struct turn *turn = context;
    if (heartbeat_is_lost(turn->heartbeat))
        return fail(why, CONFLICT, "the lease was lost: another worker has the job");
    if (is_stopped(turn->worker))
        return fail(why, UNAVAILABLE, "the worker was told to stop at %llu of %llu",
                    (unsigned long long)done, (unsigned long long)total);
    return OK;
}

static outcome load_plan(struct worker *worker, struct slice payload, struct why *why)
{
    char key[PLAN_KEY_BYTES] = "";
    if (payload.len >= sizeof key)
        return fail(why, INVALID, "a job's payload is the key of its plan, not %zu bytes",
                    payload.len);
    memcpy(key, payload.at, payload.len);
    if (strcmp(key, worker->plan_key) == 0) return OK;
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    worker->plan_key[0] = '\0';
    TRY(blob_get(worker->stores->blobs, key, &text, why));
    TRY(plan_parse(buffer_slice(&text), worker->plan, why));
    memcpy(worker->plan_key, key, sizeof key);
    return OK;
}

// The jobs of the lease that still want doing.
static outcome find_jobs(struct turn *turn, struct job *out, size_t *out_count, struct why *why)
{
    struct worker *worker = turn->worker;
    size_t count = 0;
    for (size_t i = 0; i < turn->count; i++) {
        bool is_done = false;
        TRY(job_parse(worker->plan, turn->leases[i].job.id, &out[count], why));
        TRY(job_is_done(worker->stores->blobs, worker->plan, &out[count], &is_done, why));
        count += !is_done;
    }
    *out_count = count;
    return OK;
}

static outcome do_jobs(struct turn *turn, struct why *why)
{
    struct worker *worker = turn->worker;
    struct job jobs[QUEUE_LEASE_JOBS_MAX];
    size_t count;
    const outcome loaded = load_plan(worker, turn->leases[0].job.payload, why);
    if (loaded == NOT_FOUND) return OK; // the title is published or given up: nothing to do
    TRY(loaded);
    TRY(find_jobs(turn, jobs, &count, why));
    if (count == 0) return OK;
    const struct transcode_watch watch = {keep_going, turn};
    return job_run(worker->stores->blobs, worker->transcoder, worker->plan, jobs, count, &watch,
                   why);
}

// Tells the queue. A lease that was lost meanwhile is no fault: the outputs stand, or another
// worker makes them.
static outcome settle(struct turn *turn, outcome done, const struct why *reason, struct why *why)
{
    struct queue_store *queue = turn->worker->stores->queue;
    // No fault of the job: told to stop, or another did a part of it first.
    const bool is_innocent = done == CONFLICT || (done == UNAVAILABLE && is_stopped(turn->worker));
    for (size_t i = 0; i < turn->count; i++) {
        const struct queue_lease *lease = &turn->leases[i];
        const outcome settled =
            done == OK    ? queue->ops->ack(queue, PLAN_QUEUE, lease->job.id, lease->token, why)
            : is_innocent ? queue->ops->release(queue, PLAN_QUEUE, lease->job.id, lease->token, why)
                          : queue->ops->nack(queue, PLAN_QUEUE, lease->job.id, lease->token,
                                             reason->text, why);
        if (settled != OK && settled != CONFLICT) return settled;
    }
    return OK;
}

outcome worker_step(struct worker *worker, bool *is_idle, struct why *why)
{
    struct queue_store *queue = worker->stores->queue;
    struct turn turn = {.worker = worker};
    arena_reset(&worker->arena);
    const struct queue_taker taker = {worker->options->name, worker->lease_ms, LADDER_RUNGS_MAX,
                                      worker->options->room};
    TRY(queue->ops->lease(queue, PLAN_QUEUE, &taker, &worker->arena, &turn.leases, &turn.count,
                          why));
    *is_idle = turn.count == 0;
    if (turn.count == 0) return OK;
    TRY(heartbeat_start(queue, PLAN_QUEUE, turn.leases, turn.count, worker->lease_ms,
                        &turn.heartbeat, why));
    struct why reason = {""};
    const outcome done = do_jobs(&turn, &reason);
    heartbeat_stop(&turn.heartbeat);
    if (worker->options->heard != NULL)
        worker->options->heard(worker->options->context, turn.leases[0].job.id, turn.count,
                               done == OK ? "" : reason.text);
    return settle(&turn, done, &reason, why);
}

outcome worker_run(struct worker *worker, struct why *why)
{
    long idle_ms = IDLE_MS;
    while (!is_stopped(worker)) {
        bool is_idle = true;
        TRY(worker_step(worker, &is_idle, why));
        if (is_idle)
            (void)nanosleep(&(struct timespec){idle_ms / 1000, idle_ms % 1000 * 1000000}, NULL);
        idle_ms = !is_idle ? IDLE_MS : idle_ms * 2 > IDLE_MS_MAX ? IDLE_MS_MAX : idle_ms * 2;
    }
    return OK;
}
