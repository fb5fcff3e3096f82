// SPDX-License-Identifier: Apache-2.0
#include "studio/overview.h"

#include "studio/outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE     "progress"
#define PARTITION "studio"

enum {
    TOLD_FOR_MS = 10000,                // a pace that was told longer ago is none
    KEPT_FOR_MS = 7 * 24 * 3600 * 1000, // what is held back holds until the plan goes on
};

// --- the queue -------------------------------------------------------------------------------

struct looking {
    struct arena *arena;
    struct overview *overview;
};

// The title of "film-1/3f9c.../v-1080p/000007". Jobs come in the order of their ids, so that it is
// the last one or a new one.
static outcome find_title(struct looking *looking, const char *id, size_t *out_index,
                          struct why *why)
{
    struct overview *overview = looking->overview;
    struct slice rest = slice_of(id), title, plan;
    if (!slice_cut(&rest, '/', &title) || !slice_cut(&rest, '/', &plan))
        return fail(why, INVALID, "%.100s is no job of the studio", id);
    struct overview_title *last =
        overview->title_count == 0 ? NULL : &overview->titles[overview->title_count - 1];
    if (last == NULL || !slice_is(title, last->id) || !slice_is(plan, last->plan)) {
        if (overview->title_count == OVERVIEW_TITLES_MAX)
            return fail(why, TOO_LARGE, "more than %d titles are in work", OVERVIEW_TITLES_MAX);
        last = &overview->titles[overview->title_count++];
        *last = (struct overview_title){.id = arena_copy(looking->arena, title),
                                        .plan = arena_copy(looking->arena, plan),
                                        .left_ms = -1};
        if (last->id == NULL || last->plan == NULL)
            return fail(why, NO_MEMORY, "no memory for the jobs");
    }
    *out_index = overview->title_count - 1;
    return OK;
}

static outcome count_worker(struct looking *looking, const char *name, struct why *why)
{
    struct overview *overview = looking->overview;
    for (size_t i = 0; i < overview->worker_count; i++) {
        if (strcmp(overview->workers[i].name, name) != 0) continue;
        overview->workers[i].jobs++;
        return OK;
    }
    if (overview->worker_count == OVERVIEW_WORKERS_MAX)
        return fail(why, TOO_LARGE, "more than %d workers are at work", OVERVIEW_WORKERS_MAX);
    const char *copy = arena_copy(looking->arena, slice_of(name));
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for the jobs");
    overview->workers[overview->worker_count++] = (struct overview_worker){copy, 1};
    return OK;
}

// Those past the limit are counted, not shown.
static outcome add_parked(struct looking *looking, const struct queue_view *view, struct why *why)
{
    struct overview *overview = looking->overview;
    if (overview->parked_count == OVERVIEW_PARKED_MAX) return OK;
    const struct overview_parked parked = {arena_copy(looking->arena, slice_of(view->id)),
                                           arena_copy(looking->arena, slice_of(view->worker)),
                                           arena_copy(looking->arena, slice_of(view->reason)),
                                           view->tries};
    if (parked.id == NULL || parked.worker == NULL || parked.reason == NULL)
        return fail(why, NO_MEMORY, "no memory for the jobs");
    overview->parked[overview->parked_count++] = parked;
    return OK;
}

static outcome see_job(void *context, const struct queue_view *view, struct why *why)
{
    struct looking *looking = context;
    size_t index = 0;
    if (view->state == QUEUE_LEASED) TRY(count_worker(looking, view->worker, why));
    TRY(find_title(looking, view->id, &index, why));
    struct overview_title *title = &looking->overview->titles[index];
    title->priority = view->priority;
    const bool is_second = strchr(view->id, JOB_SECOND_MARK) != NULL;
    title->seconds += is_second;
    if (is_second) return OK; // the same job
    title->ready += view->state == QUEUE_READY;
    title->leased += view->state == QUEUE_LEASED;
    title->parked += view->state == QUEUE_PARKED;
    title->retries += view->tries > 1 ? view->tries - 1 : 0;
    return view->state == QUEUE_PARKED ? add_parked(looking, view, why) : OK;
}

// --- what its coordinator tells --------------------------------------------------------------

// "TOLD END HELD": when it was told, when it will be done (0: not known), how many jobs are held.
static outcome read_told(struct stores *stores, const struct clock *clock, struct arena *arena,
                         struct overview_title *title, struct why *why)
{
    char sort[PLAN_KEY_BYTES];
    struct table_item item;
    uint64_t numbers[3] = {0, 0, 0};
    (void)snprintf(sort, sizeof sort, "%s/%s", title->id, title->plan);
    const outcome told =
        stores->tables->ops->get(stores->tables, TABLE, PARTITION, sort, arena, &item, why);
    if (told == NOT_FOUND) return OK;
    TRY(told);
    struct slice rest = item.value, word;
    for (size_t i = 0; i < 3 && slice_cut(&rest, ' ', &word); i++)
        TRY(slice_u64(word, INT64_MAX, &numbers[i], why));
    const int64_t now_ms = clock_wall_ms(clock);
    title->held = numbers[2];
    if (numbers[1] == 0 || now_ms - (int64_t)numbers[0] > TOLD_FOR_MS) return OK;
    title->left_ms = (int64_t)numbers[1] > now_ms ? (int64_t)numbers[1] - now_ms : 0;
    return OK;
}

// Of a title whose outline is gone, or another plan's, only what waits is known.
static outcome complete(struct stores *stores, const struct clock *clock, struct arena *arena,
                        struct overview_title *title, struct why *why)
{
    const uint64_t waiting = title->ready + title->leased + title->parked;
    struct outline outline;
    const outcome loaded = outline_get(stores->tables, title->id, arena, &outline, why);
    if (loaded != OK && loaded != NOT_FOUND) return loaded;
    const bool is_its = loaded == OK && strcmp(outline.plan, title->plan) == 0;
    title->total = is_its ? (uint64_t)outline.job_count : waiting;
    TRY(read_told(stores, clock, arena, title, why));
    const uint64_t open = waiting + title->held;
    title->done = title->total > open ? title->total - open : 0;
    return OK;
}

outcome overview_make(struct stores *stores, const struct clock *clock, struct arena *arena,
                      struct overview *out, struct why *why)
{
    struct overview overview = {
        .titles = arena_take_array(arena, OVERVIEW_TITLES_MAX, sizeof *overview.titles),
        .workers = arena_take_array(arena, OVERVIEW_WORKERS_MAX, sizeof *overview.workers),
        .parked = arena_take_array(arena, OVERVIEW_PARKED_MAX, sizeof *overview.parked)};
    struct looking looking = {arena, &overview};
    if (overview.titles == NULL || overview.workers == NULL || overview.parked == NULL)
        return fail(why, NO_MEMORY, "no memory for the jobs");
    TRY(stores->queue->ops->list(stores->queue, PLAN_QUEUE, "", see_job, &looking, why));
    for (size_t i = 0; i < overview.title_count; i++)
        TRY(complete(stores, clock, arena, &overview.titles[i], why));
    TRY(board_list(stores->tables, clock, arena, &overview.notes, &overview.note_count, why));
    *out = overview;
    return OK;
}

outcome overview_tell(struct stores *stores, const char *title_id, const char *plan_id,
                      const struct overview_told *told, struct why *why)
{
    char sort[PLAN_KEY_BYTES], text[80];
    const int64_t end_ms = told->left_ms < 0 ? 0 : told->wall_ms + told->left_ms;
    (void)snprintf(sort, sizeof sort, "%s/%s", title_id, plan_id);
    (void)snprintf(text, sizeof text, "%lld %lld %llu", (long long)told->wall_ms, (long long)end_ms,
                   (unsigned long long)told->held);
    const struct table_write write = {.item = {.partition = PARTITION,
                                               .sort = sort,
                                               .value = slice_of(text),
                                               .expires_ms = told->wall_ms + KEPT_FOR_MS},
                                      .condition = TABLE_ALWAYS};
    return stores->tables->ops->put(stores->tables, TABLE, &write, NULL, why);
}

outcome overview_forget(struct stores *stores, const char *title_id, const char *plan_id,
                        struct why *why)
{
    char sort[PLAN_KEY_BYTES];
    (void)snprintf(sort, sizeof sort, "%s/%s", title_id, plan_id);
    return stores->tables->ops->drop(stores->tables, TABLE, PARTITION, sort, 0, why);
}

// --- another chance --------------------------------------------------------------------------

outcome overview_retry(struct stores *stores, const char *id, struct why *why)
{
    return stores->queue->ops->retry(stores->queue, PLAN_QUEUE, id, why);
}

struct plan_of {
    char plan[PLAN_ID_BYTES];
    int32_t priority;
    bool is_there;
};

static outcome find_plan(void *context, const struct queue_view *view, struct why *why)
{
    struct plan_of *found = context;
    struct slice rest = slice_of(view->id), title, plan;
    (void)why;
    if (!slice_cut(&rest, '/', &title) || !slice_cut(&rest, '/', &plan)) return OK;
    if (plan.len >= sizeof found->plan) return OK;
    (void)snprintf(found->plan, sizeof found->plan, "%.*s", SLICE_ARG(plan));
    found->priority = view->priority;
    found->is_there = true;
    return OK;
}

outcome overview_plan(struct stores *stores, const char *title_id, char *out_plan,
                      int32_t *out_priority, struct why *why)
{
    struct plan_of found = {.is_there = false};
    char prefix[PLAN_KEY_BYTES];
    (void)snprintf(prefix, sizeof prefix, "%.64s/", title_id);
    TRY(stores->queue->ops->list(stores->queue, PLAN_QUEUE, prefix, find_plan, &found, why));
    if (!found.is_there)
        return fail(why, NOT_FOUND, "title %.64s has no jobs in the queue", title_id);
    memcpy(out_plan, found.plan, sizeof found.plan);
    *out_priority = found.priority;
    return OK;
}

outcome overview_prioritize(struct stores *stores, const char *title_id, int32_t priority,
                            struct why *why)
{
    struct queue_store *queue = stores->queue;
    char prefix[PLAN_KEY_BYTES], plan[PLAN_ID_BYTES];
    int32_t present;
    TRY(overview_plan(stores, title_id, plan, &present, why));
    (void)snprintf(prefix, sizeof prefix, "%.64s/", title_id);
    return queue->ops->prioritize(queue, PLAN_QUEUE, prefix, priority, why);
}
