// SPDX-License-Identifier: Apache-2.0
#include "studio/encode.h"

#include "studio/outline.h"
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
    WINDOW_JOBS = 8000,   // of a title that are ready: thousands of workers find some for seconds
    REASON_BYTES = QUEUE_REASON_BYTES + 1,
};

// A job that workers have.
struct running {
    struct {
        int64_t since_us; // when it was first seen there, or was pushed; 0: never
        uint16_t worker;  // straggler_worker()
        bool is_seen;     // false: it was pushed, and waits
    } first, last;        // tries: mostly there is but one
    uint8_t tries;        // enum job_try: the last one pushed
};

struct encoding {
    struct stores *stores;
    const struct plan *plan;
    const struct encode_options *options;
    uint8_t *states, *seen; // seen: in the queue at this look
    struct running *running;
    struct stragglers stragglers;
    size_t ready_count, leased_count; // at this look
    size_t next;                      // position of the first job that was never pushed
    size_t seconded_count;
    int32_t priority;
    int64_t look_us, board_us;
    size_t job_count, done_count, resumed_count;
    uint64_t weight_done, weight_total, weight_resumed;
    int64_t start_us, told_us;
    size_t told_done;
    char parked_id[QUEUE_ID_BYTES + 1], parked_reason[REASON_BYTES];
    uint32_t parked_tries;
};

// Jobs that cost about the same: those of one rung.
static size_t kind_of(const struct job *job)
{
    return job->kind == JOB_VIDEO ? job->track : LADDER_RUNGS_MAX + (size_t)job->kind;
}

static struct straggler_job straggler_of(const struct encoding *encoding, size_t index,
                                         enum job_try try)
{
    const struct job job = plan_job_at(encoding->plan, index);
    const struct running *running = &encoding->running[index];
    const bool is_first = try == JOB_FIRST_TRY;
    return (struct straggler_job){
        kind_of(&job), is_first ? running->first.worker : running->last.worker,
        clock_us(encoding->options->clock) -
            (is_first ? running->first.since_us : running->last.since_us)};
}

static void mark_done(struct encoding *encoding, size_t index)
{
    const struct job job = plan_job_at(encoding->plan, index);
    const struct running *running = &encoding->running[index];
    const struct straggler_job ended = straggler_of(encoding, index, JOB_FIRST_TRY);
    // Of a job that was tried again it is not known who did it.
    if (running->first.is_seen && running->tries == JOB_FIRST_TRY)
        stragglers_learn(&encoding->stragglers, &ended);
    encoding->states[index] = ENCODE_DONE;
    encoding->done_count++;
    encoding->weight_done += job_cost(encoding->plan, &job);
}

// --- pushing ---------------------------------------------------------------------------------

static outcome find_done(struct encoding *encoding, struct why *why)
{
    for (size_t i = 0; i < encoding->job_count; i++) {
        const struct job job = plan_job_at(encoding->plan, i);
        bool is_done = false;
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (is_done) mark_done(encoding, i);
        encoding->weight_total += job_cost(encoding->plan, &job);
    }
    encoding->resumed_count = encoding->done_count;
    encoding->weight_resumed = encoding->weight_done;
    return OK;
}

// Those of a stretch of the order that are not done; the queue skips those it has.
static outcome push_some(struct encoding *encoding, size_t first, size_t end,
                         struct queue_job *jobs, struct job_texts *texts, struct why *why)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++) {
        const size_t index = plan_push_order(encoding->plan, i);
        if (encoding->states[index] == ENCODE_DONE) continue;
        const struct job job = plan_job_at(encoding->plan, index);
        jobs[count] =
            job_queued(encoding->plan, &job, JOB_FIRST_TRY, encoding->priority, &texts[count]);
        count++;
    }
    struct queue_store *queue = encoding->stores->queue;
    if (count > 0) TRY(queue->ops->push(queue, PLAN_QUEUE, jobs, count, why));
    encoding->ready_count += count;
    return OK;
}

static outcome push_between(struct encoding *encoding, size_t first, size_t end, struct why *why)
{
    if (first >= end) return OK;
    struct queue_job *jobs = calloc(PUSH_JOBS_MAX, sizeof *jobs);
    struct job_texts *texts = calloc(PUSH_JOBS_MAX, sizeof *texts);
    outcome result = jobs == NULL || texts == NULL
                         ? fail(why, NO_MEMORY, "no memory for %zu jobs", end - first)
                         : OK;
    for (; first < end && result == OK; first += PUSH_JOBS_MAX) {
        const size_t left = end - first;
        result = push_some(encoding, first, first + (left < PUSH_JOBS_MAX ? left : PUSH_JOBS_MAX),
                           jobs, texts, why);
    }
    free(jobs);
    free(texts);
    return result;
}

// Workers find enough, and no more stands in the queue than they can take soon.
static outcome fill_window(struct encoding *encoding, struct why *why)
{
    const size_t wanted =
        encoding->leased_count > WINDOW_JOBS ? encoding->leased_count : WINDOW_JOBS;
    if (encoding->ready_count >= wanted) return OK;
    const size_t left = encoding->job_count - encoding->next;
    const size_t room = wanted - encoding->ready_count, count = left < room ? left : room;
    TRY(push_between(encoding, encoding->next, encoding->next + count, why));
    encoding->next += count;
    return OK;
}

static outcome keep_plan(struct encoding *encoding, struct why *why)
{
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    char key[PLAN_KEY_BYTES];
    plan_key(encoding->plan, key);
    TRY(plan_format(encoding->plan, &text, why));
    TRY(blob_put(encoding->stores->blobs, key, buffer_slice(&text), why));
    return outline_put(encoding->stores->tables, encoding->plan, why); // for those who look on
}

// --- waiting ---------------------------------------------------------------------------------

// The first try stands for all of them; where the last one runs says how long it may take.
static void see_try(struct encoding *encoding, size_t index, const struct queue_view *view)
{
    struct running *running = &encoding->running[index];
    const char *mark = strchr(view->id, JOB_SECOND_MARK);
    const int number = mark == NULL ? JOB_FIRST_TRY : mark[1] - '0';
    const uint16_t worker = straggler_worker(view->worker);
    if (number != running->tries) return;
    if (view->state == QUEUE_LEASED && (!running->last.is_seen || running->last.worker != worker)) {
        running->last.since_us = clock_us(encoding->options->clock);
        running->last.worker = worker;
        running->last.is_seen = true;
    }
    if (view->state == QUEUE_READY && number == JOB_FIRST_TRY) running->last.is_seen = false;
    if (number == JOB_FIRST_TRY) running->first = running->last;
}

static outcome see_job(void *context, const struct queue_view *view, struct why *why)
{
    static const uint8_t states[] = {[QUEUE_READY] = ENCODE_WAITING,
                                     [QUEUE_LEASED] = ENCODE_RUNNING,
                                     [QUEUE_PARKED] = ENCODE_PARKED};
    struct encoding *encoding = context;
    struct job job;
    TRY(job_parse(encoding->plan, view->id, &job, why));
    const size_t index = plan_job_index(encoding->plan, &job);
    see_try(encoding, index, view);
    if (strchr(view->id, JOB_SECOND_MARK) != NULL) return OK;
    encoding->seen[index] = 1;
    encoding->priority = view->priority; // an operator may have changed it
    encoding->leased_count += view->state == QUEUE_LEASED;
    if (encoding->states[index] != ENCODE_DONE) encoding->states[index] = states[view->state];
    encoding->ready_count += view->state == QUEUE_READY;
    if (view->state == QUEUE_PARKED) {
        (void)snprintf(encoding->parked_id, sizeof encoding->parked_id, "%s", view->id);
        (void)snprintf(encoding->parked_reason, sizeof encoding->parked_reason, "%s", view->reason);
        encoding->parked_tries = view->tries;
    }
    return OK;
}

// What another worker shall try as well: a job that takes much longer than its like, or that the
// title would wait for; and again when that try is late too. Whoever is first, the bytes are the
// same.
static outcome second(struct encoding *encoding, size_t index, int64_t rest_us, struct why *why)
{
    const struct job job = plan_job_at(encoding->plan, index);
    struct running *running = &encoding->running[index];
    struct queue_store *queue = encoding->stores->queue;
    const struct straggler_job first = straggler_of(encoding, index, JOB_FIRST_TRY);
    const struct straggler_job last = straggler_of(encoding, index, running->tries);
    struct job_texts texts;
    if (running->tries > JOB_FIRST_TRY) {
        bool is_done = false;
        stragglers_learn_late(&encoding->stragglers, &first);
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (is_done) {
            job_id(encoding->plan, &job,
                   texts.id); // all of them: the slower find their leases lost
            mark_done(encoding, index);
            return queue->ops->drop(queue, PLAN_QUEUE, texts.id, why);
        }
    }
    if (running->tries == JOB_LAST_TRY ||
        !stragglers_is_late(&encoding->stragglers, &last, rest_us))
        return OK;
    running->last.since_us = clock_us(encoding->options->clock);
    running->last.worker = straggler_worker("");
    running->last.is_seen = false;
    running->tries++;
    encoding->seconded_count++;
    const struct queue_job again =
        job_queued(encoding->plan, &job, (enum job_try)running->tries, encoding->priority, &texts);
    return queue->ops->push(queue, PLAN_QUEUE, &again, 1, why);
}

static int64_t estimate_left_us(const struct encoding *encoding)
{
    const uint64_t made = encoding->weight_done - encoding->weight_resumed;
    const int64_t elapsed_us = clock_us(encoding->options->clock) - encoding->start_us;
    if (made == 0) return -1;
    const uint64_t left = encoding->weight_total - encoding->weight_done;
    return (int64_t)((double)elapsed_us * (double)left / (double)made);
}

static outcome second_the_late(struct encoding *encoding, struct why *why)
{
    const bool is_idle = encoding->ready_count == 0 && encoding->next == encoding->job_count;
    const int64_t left_us = estimate_left_us(encoding);
    const int64_t rest_us = is_idle ? 0 : left_us < 0 ? INT64_MAX : left_us;
    for (size_t i = 0; i < encoding->job_count; i++)
        if (encoding->states[i] == ENCODE_RUNNING) TRY(second(encoding, i, rest_us, why));
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
    encoding->ready_count = encoding->leased_count = 0;
    const int64_t start_us = clock_us(encoding->options->clock);
    TRY(queue->ops->list(queue, PLAN_QUEUE, prefix, see_job, encoding, why));
    bool is_missing = false;
    for (size_t position = 0; position < encoding->next; position++) {
        const size_t i = plan_push_order(encoding->plan, position);
        if (encoding->seen[i] || encoding->states[i] == ENCODE_DONE) continue;
        const struct job job = plan_job_at(encoding->plan, i);
        bool is_done = false;
        TRY(job_is_done(encoding->stores->blobs, encoding->plan, &job, &is_done, why));
        if (is_done) mark_done(encoding, i);
        is_missing = is_missing || !is_done;
    }
    encoding->look_us = clock_us(encoding->options->clock) - start_us;
    if (is_missing) TRY(push_between(encoding, 0, encoding->next, why));
    TRY(fill_window(encoding, why));
    return second_the_late(encoding, why);
}

static outcome tell(struct encoding *encoding, struct why *why)
{
    const struct encode_options *options = encoding->options;
    const int64_t now_us = clock_us(options->clock), elapsed_us = now_us - encoding->start_us;
    const int64_t left_us = estimate_left_us(encoding);
    if (now_us >= encoding->board_us) {
        encoding->board_us = now_us + BOARD_US;
        const struct overview_told told = {clock_wall_ms(options->clock),
                                           left_us < 0 ? -1 : left_us / 1000,
                                           encoding->job_count - encoding->next};
        TRY(overview_tell(encoding->stores, encoding->plan->title_id, encoding->plan->id, &told,
                          why));
    }
    if (options->progressed == NULL) return OK;
    const struct encode_view view = {
        .plan = encoding->plan,
        .states = encoding->states,
        .job_count = encoding->job_count,
        .done_count = encoding->done_count,
        .resumed_count = encoding->resumed_count,
        .seconded_count = encoding->seconded_count,
        .worker_deaths = options->pool == NULL ? 0 : pool_deaths(options->pool),
        .elapsed_us = elapsed_us,
        .left_us = left_us,
    };
    return options->progressed(options->context, &view, why);
}

outcome encode_step(struct encoding *encoding, bool *is_done, int64_t *rest_ms, struct why *why)
{
    const struct encode_options *options = encoding->options;
    if (options->stop != NULL && atomic_load(options->stop) != 0)
        return fail(why, UNAVAILABLE,
                    "stopped with %zu of %zu jobs done: run it again to go on from there",
                    encoding->done_count, encoding->job_count);
    if (options->pool != NULL) TRY(pool_tend(options->pool, why));
    if (encoding->done_count < encoding->job_count) TRY(look(encoding, why));
    if (encoding->parked_id[0] != '\0')
        return fail(why, INVALID, "job %s failed %u times: %s", encoding->parked_id,
                    encoding->parked_tries, encoding->parked_reason);
    const int64_t now_us = clock_us(options->clock);
    const bool is_over = encoding->done_count == encoding->job_count;
    if (is_over || encoding->done_count != encoding->told_done ||
        now_us - encoding->told_us >= TELL_US) {
        TRY(tell(encoding, why));
        encoding->told_done = encoding->done_count;
        encoding->told_us = now_us;
    }
    const int64_t wait_ms = encoding->look_us * LOOK_SHARE / 1000;
    *rest_ms = wait_ms < LOOK_MS ? LOOK_MS : wait_ms > LOOK_MS_MAX ? LOOK_MS_MAX : wait_ms;
    *is_done = is_over;
    return OK;
}

// The priority that jobs in the queue have: an operator's word outlives a coordinator.
static outcome see_priority(void *context, const struct queue_view *view, struct why *why)
{
    struct encoding *encoding = context;
    (void)why;
    encoding->priority = view->priority;
    return OK;
}

static outcome begin(struct encoding *encoding, struct why *why)
{
    char prefix[PLAN_KEY_BYTES];
    struct queue_store *queue = encoding->stores->queue;
    TRY(find_done(encoding, why));
    if (encoding->done_count == encoding->job_count) return OK;
    // What an earlier run left in the queue counts tries that are none of ours, and leases of
    // workers that may be dead. One that lives finds its lease lost, or its output welcome.
    plan_prefix(encoding->plan, prefix);
    TRY(queue->ops->list(queue, PLAN_QUEUE, prefix, see_priority, encoding, why));
    TRY(encode_forget(encoding->stores, encoding->plan, why));
    TRY(keep_plan(encoding, why));
    return fill_window(encoding, why);
}

outcome encode_open(struct stores *stores, const struct plan *plan,
                    const struct encode_options *options, struct encoding **out, struct why *why)
{
    struct encoding *encoding = calloc(1, sizeof *encoding);
    if (encoding == NULL) return fail(why, NO_MEMORY, "no memory for an encoding");
    *encoding = (struct encoding){.stores = stores,
                                  .plan = plan,
                                  .options = options,
                                  .priority = options->priority,
                                  .told_done = SIZE_MAX,
                                  .job_count = plan_job_count(plan),
                                  .start_us = clock_us(options->clock)};
    encoding->states = calloc(encoding->job_count, 1);
    encoding->seen = calloc(encoding->job_count, 1);
    encoding->running = calloc(encoding->job_count, sizeof *encoding->running);
    outcome result = encoding->states == NULL || encoding->seen == NULL || encoding->running == NULL
                         ? fail(why, NO_MEMORY, "no memory for %zu jobs", encoding->job_count)
                         : OK;
    for (size_t i = 0; i < encoding->job_count && result == OK; i++)
        encoding->running[i].tries = JOB_FIRST_TRY;
    if (result == OK) result = begin(encoding, why);
    if (result == OK)
        *out = encoding;
    else
        encode_close(&encoding);
    return result;
}

void encode_close(struct encoding **encoding)
{
    if (*encoding == NULL) return;
    free((*encoding)->states);
    free((*encoding)->seen);
    free((*encoding)->running);
    free(*encoding);
    *encoding = NULL;
}

outcome encode_plan(struct stores *stores, const struct plan *plan,
                    const struct encode_options *options, struct why *why)
{
    __attribute__((cleanup(encode_close))) struct encoding *encoding = NULL;
    TRY(encode_open(stores, plan, options, &encoding, why));
    for (bool is_done = false;;) {
        int64_t rest_ms = 0;
        TRY(encode_step(encoding, &is_done, &rest_ms, why));
        if (is_done) return OK;
        (void)nanosleep(&(struct timespec){rest_ms / 1000, rest_ms % 1000 * 1000000}, NULL);
    }
}

outcome encode_forget(struct stores *stores, const struct plan *plan, struct why *why)
{
    char prefix[PLAN_KEY_BYTES];
    plan_prefix(plan, prefix);
    TRY(overview_forget(stores, plan->title_id, plan->id, why));
    return stores->queue->ops->drop(stores->queue, PLAN_QUEUE, prefix, why);
}
