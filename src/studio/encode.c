// SPDX-License-Identifier: Apache-2.0
#include "studio/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_NS = 20000000,   // between two looks at the queue
    TELL_US = 1000000,    // at least so often is progress told
    PUSH_JOBS_MAX = 1000, // in one transaction
    REASON_BYTES = QUEUE_REASON_BYTES + 1,
    SMALL_JOBS_PRIORITY = 1, // behind the chunks: what is short fills the gaps at the end
};

struct encoding {
    struct stores *stores;
    const struct plan *plan;
    const struct encode_options *options;
    uint8_t *states, *seen; // seen: in the queue at this look
    size_t job_count, done_count, resumed_count;
    uint64_t weight_done, weight_total, weight_resumed;
    int64_t start_us, told_us;
    char parked_id[QUEUE_ID_BYTES + 1], parked_reason[REASON_BYTES];
    uint32_t parked_tries;
};

// Roughly what a job costs: pictures of a chunk, and next to nothing for the rest.
static uint64_t weight_of(const struct plan *plan, const struct job *job)
{
    if (job->kind != JOB_VIDEO) return 1;
    const struct rung *rung = &plan->ladder.rungs[job->track];
    return 1 + (uint64_t)rung->width * rung->height / 1000;
}

static void mark_done(struct encoding *encoding, size_t index)
{
    const struct job job = plan_job_at(encoding->plan, index);
    encoding->states[index] = ENCODE_DONE;
    encoding->done_count++;
    encoding->weight_done += weight_of(encoding->plan, &job);
}

// --- pushing ---------------------------------------------------------------------------------

static outcome find_done(struct encoding *encoding, struct why *why)
{
    for (size_t i = 0; i < encoding->job_count; i++) {
        const struct job job = plan_job_at(encoding->plan, i);
        bool is_done = false;
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (is_done) mark_done(encoding, i);
        encoding->weight_total += weight_of(encoding->plan, &job);
    }
    encoding->resumed_count = encoding->done_count;
    encoding->weight_resumed = encoding->weight_done;
    return OK;
}

struct job_texts {
    char id[PLAN_KEY_BYTES], group[QUEUE_GROUP_BYTES + 1];
};

static outcome push_some(struct encoding *encoding, size_t first, size_t end,
                         struct queue_job *jobs, struct job_texts *texts, struct why *why)
{
    char key[PLAN_KEY_BYTES];
    size_t count = 0;
    plan_key(encoding->plan, key);
    for (size_t i = first; i < end; i++) {
        if (encoding->states[i] == ENCODE_DONE) continue;
        const struct job job = plan_job_at(encoding->plan, i);
        job_id(encoding->plan, &job, texts[count].id);
        job_group(encoding->plan, &job, texts[count].group);
        jobs[count] =
            (struct queue_job){texts[count].id, texts[count].group,
                               job.kind == JOB_VIDEO ? 0 : SMALL_JOBS_PRIORITY, slice_of(key)};
        count++;
    }
    struct queue_store *queue = encoding->stores->queue;
    return count == 0 ? OK : queue->ops->push(queue, PLAN_QUEUE, jobs, count, why);
}

static outcome push_missing(struct encoding *encoding, struct why *why)
{
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    char key[PLAN_KEY_BYTES];
    plan_key(encoding->plan, key);
    TRY(plan_format(encoding->plan, &text, why));
    TRY(blob_put(encoding->stores->blobs, key, buffer_slice(&text), why));
    struct queue_job *jobs = calloc(PUSH_JOBS_MAX, sizeof *jobs);
    struct job_texts *texts = calloc(PUSH_JOBS_MAX, sizeof *texts);
    outcome result = jobs == NULL || texts == NULL
                         ? fail(why, NO_MEMORY, "no memory for %zu jobs", encoding->job_count)
                         : OK;
    for (size_t first = 0; first < encoding->job_count && result == OK; first += PUSH_JOBS_MAX) {
        const size_t left = encoding->job_count - first;
        result = push_some(encoding, first, first + (left < PUSH_JOBS_MAX ? left : PUSH_JOBS_MAX),
                           jobs, texts, why);
    }
    free(jobs);
    free(texts);
    return result;
}

// --- waiting ---------------------------------------------------------------------------------

static outcome see_job(void *context, const struct queue_view *view, struct why *why)
{
    static const uint8_t states[] = {[QUEUE_READY] = ENCODE_WAITING,
                                     [QUEUE_LEASED] = ENCODE_RUNNING,
                                     [QUEUE_PARKED] = ENCODE_PARKED};
    struct encoding *encoding = context;
    struct job job;
    TRY(job_parse(encoding->plan, view->id, &job, why));
    const size_t index = plan_job_index(encoding->plan, &job);
    encoding->seen[index] = 1;
    if (encoding->states[index] != ENCODE_DONE) encoding->states[index] = states[view->state];
    if (view->state == QUEUE_PARKED) {
        (void)snprintf(encoding->parked_id, sizeof encoding->parked_id, "%s", view->id);
        (void)snprintf(encoding->parked_reason, sizeof encoding->parked_reason, "%s", view->reason);
        encoding->parked_tries = view->tries;
    }
    return OK;
}

// One look: what is in the queue is waiting, running or parked; what left it is done if its output
// stands, and is pushed again if not (someone tidied the queue).
static outcome look(struct encoding *encoding, struct why *why)
{
    struct queue_store *queue = encoding->stores->queue;
    char prefix[PLAN_KEY_BYTES];
    plan_prefix(encoding->plan, prefix);
    memset(encoding->seen, 0, encoding->job_count);
    TRY(queue->ops->list(queue, PLAN_QUEUE, prefix, see_job, encoding, why));
    bool is_missing = false;
    for (size_t i = 0; i < encoding->job_count; i++) {
        if (encoding->seen[i] || encoding->states[i] == ENCODE_DONE) continue;
        const struct job job = plan_job_at(encoding->plan, i);
        bool is_done = false;
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (is_done) mark_done(encoding, i);
        is_missing = is_missing || !is_done;
    }
    return is_missing ? push_missing(encoding, why) : OK;
}

static int64_t estimate_left_us(const struct encoding *encoding, int64_t elapsed_us)
{
    const uint64_t made = encoding->weight_done - encoding->weight_resumed;
    if (made == 0) return -1;
    const uint64_t left = encoding->weight_total - encoding->weight_done;
    return (int64_t)((double)elapsed_us * (double)left / (double)made);
}

static outcome tell(struct encoding *encoding, struct why *why)
{
    const struct encode_options *options = encoding->options;
    if (options->progressed == NULL) return OK;
    const int64_t elapsed_us = clock_us(options->clock) - encoding->start_us;
    const struct encode_view view = {
        .plan = encoding->plan,
        .states = encoding->states,
        .job_count = encoding->job_count,
        .done_count = encoding->done_count,
        .resumed_count = encoding->resumed_count,
        .worker_deaths = options->pool == NULL ? 0 : pool_deaths(options->pool),
        .elapsed_us = elapsed_us,
        .left_us = estimate_left_us(encoding, elapsed_us),
    };
    return options->progressed(options->context, &view, why);
}

static outcome wait_for_all(struct encoding *encoding, struct why *why)
{
    const struct encode_options *options = encoding->options;
    size_t told_done = SIZE_MAX;
    while (encoding->done_count < encoding->job_count) {
        if (options->stop != NULL && atomic_load(options->stop) != 0)
            return fail(why, UNAVAILABLE,
                        "stopped with %zu of %zu jobs done: run it again to go on from there",
                        encoding->done_count, encoding->job_count);
        if (options->pool != NULL) TRY(pool_tend(options->pool, why));
        TRY(look(encoding, why));
        if (encoding->parked_id[0] != '\0')
            return fail(why, INVALID, "job %s failed %u times: %s", encoding->parked_id,
                        encoding->parked_tries, encoding->parked_reason);
        const int64_t now_us = clock_us(options->clock);
        if (encoding->done_count != told_done || now_us - encoding->told_us >= TELL_US) {
            TRY(tell(encoding, why));
            told_done = encoding->done_count;
            encoding->told_us = now_us;
        }
        if (encoding->done_count < encoding->job_count)
            (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    return tell(encoding, why);
}

static outcome run(struct encoding *encoding, struct why *why)
{
    TRY(find_done(encoding, why));
    if (encoding->done_count < encoding->job_count) {
        // What an earlier run left in the queue counts tries that are none of ours, and leases of
        // workers that may be dead. One that lives finds its lease lost, or its output welcome.
        TRY(encode_forget(encoding->stores, encoding->plan, why));
        TRY(push_missing(encoding, why));
    }
    return wait_for_all(encoding, why);
}

outcome encode_plan(struct stores *stores, const struct plan *plan,
                    const struct encode_options *options, struct why *why)
{
    struct encoding encoding = {.stores = stores,
                                .plan = plan,
                                .options = options,
                                .job_count = plan_job_count(plan),
                                .start_us = clock_us(options->clock)};
    encoding.states = calloc(encoding.job_count, 1);
    encoding.seen = calloc(encoding.job_count, 1);
    const outcome result = encoding.states == NULL || encoding.seen == NULL
                               ? fail(why, NO_MEMORY, "no memory for %zu jobs", encoding.job_count)
                               : run(&encoding, why);
    free(encoding.states);
    free(encoding.seen);
    return result;
}

outcome encode_forget(struct stores *stores, const struct plan *plan, struct why *why)
{
    char prefix[PLAN_KEY_BYTES];
    plan_prefix(plan, prefix);
    return stores->queue->ops->drop(stores->queue, PLAN_QUEUE, prefix, why);
}
