// SPDX-License-Identifier: Apache-2.0
#include "studio/encode.h"

#include "studio/overview.h"
#include "studio/straggler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 20, // between two looks at the queue; more where a look itself takes long
    LOOK_MS_MAX = 2000,
    LOOK_SHARE = 10,      // of the time at most a tenth is spent looking
    BOARD_US = 2000000,   // so often onlookers are told
    TELL_US = 1000000,    // at least so often is progress told
    PUSH_JOBS_MAX = 1000, // in one transaction
    REASON_BYTES = QUEUE_REASON_BYTES + 1,
};

struct encoding {
    struct stores *stores;
    const struct plan *plan;
    const struct encode_options *options;
    uint8_t *states, *seen; // seen: in the queue at this look
    int64_t *since_us;      // when it was first seen running; 0: never
    bool *has_second;       // pushed a second time
    struct stragglers stragglers;
    size_t ready_count; // at this look
    int64_t look_us, board_us;
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

// Jobs that cost about the same: those of one rung.
static size_t kind_of(const struct job *job)
{
    return job->kind == JOB_VIDEO ? job->track : LADDER_RUNGS_MAX + (size_t)job->kind;
}

static void mark_done(struct encoding *encoding, size_t index)
{
    const struct job job = plan_job_at(encoding->plan, index);
    if (encoding->since_us[index] != 0)
        stragglers_learn(&encoding->stragglers, kind_of(&job),
                         clock_us(encoding->options->clock) - encoding->since_us[index]);
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
        jobs[count] = (struct queue_job){texts[count].id, texts[count].group, job_priority(&job),
                                         slice_of(key)};
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
    plan_newest_key(encoding->plan, key); // for those who look on
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
    if (strchr(view->id, JOB_SECOND_MARK) != NULL) return OK; // the first one stands for both
    TRY(job_parse(encoding->plan, view->id, &job, why));
    const size_t index = plan_job_index(encoding->plan, &job);
    encoding->seen[index] = 1;
    if (encoding->states[index] != ENCODE_DONE) encoding->states[index] = states[view->state];
    encoding->ready_count += view->state == QUEUE_READY;
    if (view->state == QUEUE_LEASED && encoding->since_us[index] == 0)
        encoding->since_us[index] = clock_us(encoding->options->clock);
    if (view->state == QUEUE_READY) encoding->since_us[index] = 0;
    if (view->state == QUEUE_PARKED) {
        (void)snprintf(encoding->parked_id, sizeof encoding->parked_id, "%s", view->id);
        (void)snprintf(encoding->parked_reason, sizeof encoding->parked_reason, "%s", view->reason);
        encoding->parked_tries = view->tries;
    }
    return OK;
}

// What another worker shall try as well: with nothing left to begin, a job that takes twice as long
// as its like. Whoever is first, the bytes are the same.
static outcome second(struct encoding *encoding, size_t index, struct why *why)
{
    const struct job job = plan_job_at(encoding->plan, index);
    const int64_t age_us = clock_us(encoding->options->clock) - encoding->since_us[index];
    struct queue_store *queue = encoding->stores->queue;
    char id[PLAN_KEY_BYTES], key[PLAN_KEY_BYTES], group[QUEUE_GROUP_BYTES + 1];
    if (encoding->has_second[index]) {
        bool is_done = false;
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (!is_done) return OK;
        job_id(encoding->plan, &job, id); // both: the slower one finds its lease lost
        mark_done(encoding, index);
        return queue->ops->drop(queue, PLAN_QUEUE, id, why);
    }
    if (!stragglers_is_late(&encoding->stragglers, kind_of(&job), age_us)) return OK;
    job_id_second(encoding->plan, &job, id);
    plan_key(encoding->plan, key);
    job_group_second(encoding->plan, &job, group);
    const struct queue_job again = {id, group, job_priority(&job), slice_of(key)};
    encoding->has_second[index] = true;
    return queue->ops->push(queue, PLAN_QUEUE, &again, 1, why);
}

static outcome second_the_late(struct encoding *encoding, struct why *why)
{
    if (encoding->ready_count > 0) return OK;
    for (size_t i = 0; i < encoding->job_count; i++)
        if (encoding->states[i] == ENCODE_RUNNING) TRY(second(encoding, i, why));
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
    encoding->ready_count = 0;
    const int64_t start_us = clock_us(encoding->options->clock);
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
    encoding->look_us = clock_us(encoding->options->clock) - start_us;
    if (is_missing) return push_missing(encoding, why);
    return second_the_late(encoding, why);
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
    const int64_t now_us = clock_us(options->clock), elapsed_us = now_us - encoding->start_us;
    const int64_t left_us = estimate_left_us(encoding, elapsed_us);
    if (left_us >= 0 && now_us >= encoding->board_us) {
        encoding->board_us = now_us + BOARD_US;
        TRY(overview_tell(encoding->stores, encoding->plan, left_us / 1000,
                          clock_wall_ms(options->clock), why));
    }
    if (options->progressed == NULL) return OK;
    const struct encode_view view = {
        .plan = encoding->plan,
        .states = encoding->states,
        .job_count = encoding->job_count,
        .done_count = encoding->done_count,
        .resumed_count = encoding->resumed_count,
        .worker_deaths = options->pool == NULL ? 0 : pool_deaths(options->pool),
        .elapsed_us = elapsed_us,
        .left_us = left_us,
    };
    return options->progressed(options->context, &view, why);
}

static void rest(const struct encoding *encoding)
{
    int64_t wait_ms = encoding->look_us * LOOK_SHARE / 1000;
    wait_ms = wait_ms < LOOK_MS ? LOOK_MS : wait_ms > LOOK_MS_MAX ? LOOK_MS_MAX : wait_ms;
    (void)nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
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
        if (encoding->done_count < encoding->job_count) rest(encoding);
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
    encoding.since_us = calloc(encoding.job_count, sizeof *encoding.since_us);
    encoding.has_second = calloc(encoding.job_count, sizeof *encoding.has_second);
    const outcome result = encoding.states == NULL || encoding.seen == NULL ||
                                   encoding.since_us == NULL || encoding.has_second == NULL
                               ? fail(why, NO_MEMORY, "no memory for %zu jobs", encoding.job_count)
                               : run(&encoding, why);
    free(encoding.states);
    free(encoding.seen);
    free(encoding.since_us);
    free(encoding.has_second);
    return result;
}

outcome encode_forget(struct stores *stores, const struct plan *plan, struct why *why)
{
    char prefix[PLAN_KEY_BYTES];
    plan_prefix(plan, prefix);
    return stores->queue->ops->drop(stores->queue, PLAN_QUEUE, prefix, why);
}
