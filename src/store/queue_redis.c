// SPDX-License-Identifier: Apache-2.0
#include "store/queue_redis.h"

#include "store/queue_redis_scripts.h"
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_MS = 10000, // a restart, or the election of another primary
    NUMBER_BYTES = 24,
    NAME_BYTES = QUEUE_NAME_BYTES + 16,
    PAGE_IDS = 500, // of a listing, and of a drop: Redis does nothing else meanwhile
    PUSH_WORDS = 7, // per job
    LEASE_WORDS = 6,
    VIEW_WORDS = 6,
};

struct redis_queue {
    struct queue_store base;
    struct redis *redis;
    const struct clock *clock; // NULL: Redis's
    uint32_t tries_max;
};

static struct redis_queue *queue_of(struct queue_store *store)
{
    return (struct redis_queue *)store;
}

static struct slice number_of(int64_t value, char out[NUMBER_BYTES])
{
    (void)snprintf(out, NUMBER_BYTES, "%lld", (long long)value);
    return slice_of(out);
}

// -1: the script asks Redis.
static struct slice now_of(const struct redis_queue *queue, char out[NUMBER_BYTES])
{
    return number_of(queue->clock == NULL ? -1 : clock_wall_ms(queue->clock), out);
}

// Every script's values start with the time and the tries.
static outcome run(struct redis_queue *queue, const struct redis_script *script, const char *name,
                   const struct slice *values, size_t count, redisReply **out, struct why *why)
{
    char key[NAME_BYTES], now[NUMBER_BYTES], tries[NUMBER_BYTES];
    struct slice *all = calloc(count + 2, sizeof *all);
    if (all == NULL) return fail(why, NO_MEMORY, "no memory for a call to Redis");
    (void)snprintf(key, sizeof key, "primrose:{%s}:2:", name);
    all[0] = now_of(queue, now);
    all[1] = number_of(queue->tries_max, tries);
    if (count > 0) memcpy(all + 2, values, count * sizeof *values);
    const outcome result =
        redis_run(queue->redis, REDIS_ASK_AGAIN, script, slice_of(key), all, count + 2, out, why);
    free(all);
    return result;
}

static outcome is_strange(struct why *why)
{
    return fail(why, CORRUPT, "Redis answers a call to the queue with what it never should");
}

// --- push and lease --------------------------------------------------------------------------

// The texts of a job's numbers.
struct push_texts {
    char priority[NUMBER_BYTES], cost[NUMBER_BYTES], class[2 * NUMBER_BYTES];
};

static void put_words(const struct queue_job *job, struct push_texts *texts, struct slice *words)
{
    (void)snprintf(texts->class, sizeof texts->class, "%u:%u", job->needs.memory_mib,
                   job->needs.disk_mib);
    words[0] = slice_of(job->id);
    words[1] = slice_of(job->group);
    words[2] = number_of(job->priority, texts->priority);
    words[3] = job->payload;
    words[4] = slice_of(queue_share(job));
    words[5] = number_of(queue_cost(job), texts->cost);
    words[6] = slice_of(texts->class);
}

static outcome redis_push(struct queue_store *base, const char *name, const struct queue_job *jobs,
                          size_t count, struct why *why)
{
    TRY(queue_name_check(name, why));
    for (size_t i = 0; i < count; i++)
        TRY(queue_job_check(&jobs[i], why));
    struct slice *words = calloc(count * PUSH_WORDS + 1, sizeof *words);
    struct push_texts *texts = calloc(count + 1, sizeof *texts);
    autoreply *reply = NULL;
    outcome result = OK;
    if (words == NULL || texts == NULL)
        result = fail(why, NO_MEMORY, "no memory to push %zu jobs", count);
    for (size_t i = 0; i < count && result == OK; i++)
        put_words(&jobs[i], &texts[i], &words[i * PUSH_WORDS]);
    if (result == OK)
        result =
            run(queue_of(base), &queue_push_script, name, words, count * PUSH_WORDS, &reply, why);
    free(words);
    free(texts);
    return result;
}

static outcome take_lease(const redisReply *reply, struct arena *arena, struct queue_lease *out,
                          struct why *why)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != LEASE_WORDS) return is_strange(why);
    redisReply *const *words = reply->element;
    const struct slice payload = redis_bytes(words[3]);
    const char *id = arena_copy(arena, redis_bytes(words[0]));
    const char *group = arena_copy(arena, redis_bytes(words[1]));
    const char *bytes = arena_copy(arena, payload);
    uint64_t token = 0, tries = 0;
    TRY(slice_u64(redis_bytes(words[4]), INT64_MAX, &token, why));
    TRY(slice_u64(redis_bytes(words[5]), UINT32_MAX, &tries, why));
    if (id == NULL || group == NULL || bytes == NULL)
        return fail(why, NO_MEMORY, "no memory for a lease");
    *out = (struct queue_lease){
        .job = {.id = id,
                .group = group,
                .priority = (int32_t)strtol(words[2]->str, NULL, 10), // of our own writing
                .payload = {(const uint8_t *)bytes, payload.len}},
        .token = token,
        .tries = (uint32_t)tries,
    };
    return OK;
}

// What was leased and does not fit goes back as if nothing had been.
static void undo(struct redis_queue *queue, const char *name, const redisReply *leases)
{
    for (size_t i = 0; i < leases->elements; i++) {
        const redisReply *lease = leases->element[i];
        autoreply *reply = NULL;
        if (lease->type != REDIS_REPLY_ARRAY || lease->elements != LEASE_WORDS) continue;
        // One that cannot be undone runs out.
        (void)!run(queue, &queue_release_script, name,
                   REDIS_WORDS(redis_bytes(lease->element[0]), redis_bytes(lease->element[4])),
                   &reply, NULL);
    }
}

static outcome redis_lease(struct queue_store *base, const char *name,
                           const struct queue_taker *taker, struct arena *arena,
                           struct queue_lease **out, size_t *out_count, struct why *why)
{
    struct redis_queue *queue = queue_of(base);
    char length[NUMBER_BYTES], most[NUMBER_BYTES], memory[NUMBER_BYTES], disk[NUMBER_BYTES];
    autoreply *reply = NULL;
    TRY(queue_lease_check(name, taker, why));
    struct queue_lease *leases = arena_take_array(arena, taker->max, sizeof *leases);
    if (leases == NULL) return fail(why, NO_MEMORY, "no memory to lease %zu jobs", taker->max);
    TRY(run(queue, &queue_lease_script, name,
            REDIS_WORDS(slice_of(taker->worker), number_of(taker->lease_ms, length),
                        number_of((int64_t)taker->max, most),
                        number_of(taker->room.memory_mib, memory),
                        number_of(taker->room.disk_mib, disk)),
            &reply, why));
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > taker->max) return is_strange(why);
    for (size_t i = 0; i < reply->elements; i++) {
        const outcome taken = take_lease(reply->element[i], arena, &leases[i], why);
        if (taken == OK) continue;
        undo(queue, name, reply);
        return taken;
    }
    *out = leases;
    *out_count = reply->elements;
    return OK;
}

// --- what a holder does ----------------------------------------------------------------------

// Runs a change that answers 1 when the job's last token was the caller's.
static outcome change_held(struct queue_store *base, const struct redis_script *script,
                           const char *name, const char *id, uint64_t token, struct slice value,
                           struct why *why)
{
    char number[NUMBER_BYTES];
    autoreply *reply = NULL;
    TRY(run(queue_of(base), script, name,
            REDIS_WORDS(slice_of(id), number_of((int64_t)token, number), value), &reply, why));
    if (reply->type != REDIS_REPLY_INTEGER) return is_strange(why);
    if (reply->integer == 1) return OK;
    return fail(why, CONFLICT, "the lease of job %s was lost to another worker", id);
}

static outcome redis_extend(struct queue_store *base, const char *name, const char *id,
                            uint64_t token, int64_t lease_ms, struct why *why)
{
    char length[NUMBER_BYTES];
    TRY(queue_extend_check(name, lease_ms, why));
    return change_held(base, &queue_extend_script, name, id, token, number_of(lease_ms, length),
                       why);
}

static outcome redis_ack(struct queue_store *base, const char *name, const char *id, uint64_t token,
                         struct why *why)
{
    TRY(queue_name_check(name, why));
    return change_held(base, &queue_ack_script, name, id, token, slice_of(""), why);
}

static outcome redis_nack(struct queue_store *base, const char *name, const char *id,
                          uint64_t token, const char *reason, struct why *why)
{
    TRY(queue_name_check(name, why));
    return change_held(base, &queue_nack_script, name, id, token,
                       slice_part(slice_of(reason), 0, QUEUE_REASON_BYTES), why);
}

static outcome redis_release(struct queue_store *base, const char *name, const char *id,
                             uint64_t token, struct why *why)
{
    TRY(queue_name_check(name, why));
    return change_held(base, &queue_release_script, name, id, token, slice_of(""), why);
}

// --- onlookers -------------------------------------------------------------------------------

static outcome redis_count(struct queue_store *base, const char *name, struct queue_counts *out,
                           struct why *why)
{
    autoreply *reply = NULL;
    TRY(queue_name_check(name, why));
    TRY(run(queue_of(base), &queue_count_script, name, NULL, 0, &reply, why));
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return is_strange(why);
    *out = (struct queue_counts){(uint64_t)reply->element[0]->integer,
                                 (uint64_t)reply->element[1]->integer,
                                 (uint64_t)reply->element[2]->integer};
    return OK;
}

static outcome view_of(const redisReply *reply, struct queue_view *out, struct why *why)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != VIEW_WORDS) return is_strange(why);
    redisReply *const *words = reply->element;
    uint64_t state = 0, tries = 0;
    TRY(slice_u64(redis_bytes(words[1]), QUEUE_PARKED, &state, why));
    TRY(slice_u64(redis_bytes(words[2]), UINT32_MAX, &tries, why));
    *out = (struct queue_view){.id = words[0]->str,
                               .state = (enum queue_state)state,
                               .tries = (uint32_t)tries,
                               .worker = words[3]->str,
                               .reason = words[4]->str,
                               .priority = (int32_t)strtol(words[5]->str, NULL, 10)};
    return OK;
}

// By pages: what happens between two of them may or may not be seen.
static outcome redis_list(struct queue_store *base, const char *name, const char *prefix,
                          outcome (*visit)(void *context, const struct queue_view *job,
                                           struct why *why),
                          void *context, struct why *why)
{
    char most[NUMBER_BYTES], after[QUEUE_ID_BYTES + 1] = "";
    TRY(queue_name_check(name, why));
    for (;;) {
        autoreply *reply = NULL;
        TRY(run(queue_of(base), &queue_list_script, name,
                REDIS_WORDS(slice_of(prefix), slice_of(after), number_of(PAGE_IDS, most)), &reply,
                why));
        if (reply->type != REDIS_REPLY_ARRAY) return is_strange(why);
        for (size_t i = 0; i < reply->elements; i++) {
            struct queue_view view;
            TRY(view_of(reply->element[i], &view, why));
            TRY(visit(context, &view, why));
            (void)snprintf(after, sizeof after, "%s", view.id);
        }
        if (reply->elements < PAGE_IDS) return OK;
    }
}

static outcome redis_retry(struct queue_store *base, const char *name, const char *id,
                           struct why *why)
{
    autoreply *reply = NULL;
    TRY(queue_name_check(name, why));
    TRY(run(queue_of(base), &queue_retry_script, name, REDIS_WORDS(slice_of(id)), &reply, why));
    if (reply->type != REDIS_REPLY_INTEGER) return is_strange(why);
    return reply->integer == 1 ? OK : queue_retry_refuse(id, reply->integer == 0, why);
}

static outcome redis_prioritize(struct queue_store *base, const char *name, const char *prefix,
                                int32_t priority, struct why *why)
{
    char number[NUMBER_BYTES];
    autoreply *reply = NULL;
    TRY(queue_name_check(name, why));
    TRY(run(queue_of(base), &queue_prioritize_script, name,
            REDIS_WORDS(slice_of(prefix), number_of(priority, number)), &reply, why));
    return reply->type == REDIS_REPLY_INTEGER ? OK : is_strange(why);
}

static outcome redis_drop(struct queue_store *base, const char *name, const char *prefix,
                          struct why *why)
{
    char most[NUMBER_BYTES];
    TRY(queue_name_check(name, why));
    for (;;) {
        autoreply *reply = NULL;
        TRY(run(queue_of(base), &queue_drop_script, name,
                REDIS_WORDS(slice_of(prefix), number_of(PAGE_IDS, most)), &reply, why));
        if (reply->type != REDIS_REPLY_INTEGER) return is_strange(why);
        if (reply->integer < PAGE_IDS) return OK;
    }
}

// --- opening ---------------------------------------------------------------------------------

static void redis_end(struct queue_store *base)
{
    struct redis_queue *queue = queue_of(base);
    redis_close(&queue->redis);
    free(queue);
}

static const struct queue_ops redis_ops = {
    .push = redis_push,
    .lease = redis_lease,
    .extend = redis_extend,
    .ack = redis_ack,
    .nack = redis_nack,
    .release = redis_release,
    .count = redis_count,
    .list = redis_list,
    .retry = redis_retry,
    .prioritize = redis_prioritize,
    .drop = redis_drop,
    .close = redis_end,
};

outcome queue_redis_open(const struct queue_redis_options *options, struct queue_store **out,
                         struct why *why)
{
    if (options->tries_max < 1)
        return fail(why, INVALID, "a job needs at least 1 try before it is parked");
    struct redis_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) return fail(why, NO_MEMORY, "no memory to open a queue");
    queue->base.ops = &redis_ops;
    queue->clock = options->clock;
    queue->tries_max = options->tries_max;
    const outcome opened = redis_open(options->url, PATIENCE_MS, &queue->redis, why);
    if (opened != OK) {
        free(queue);
        return opened;
    }
    *out = &queue->base;
    return OK;
}
