// SPDX-License-Identifier: Apache-2.0
//
// primrose jobs: what the studio's queue holds, and another chance for what was given up.
#include "base/json.h"
#include "cmd/protect.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "studio/overview.h"

#include <stdio.h>
#include <string.h>

struct jobs_verb_options {
    const char *data, *queue, *blobs;
    bool is_json;
};

static const struct option options[] = {
    {.name = "data",
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .offset = offsetof(struct jobs_verb_options, data),
     .doc = "Where titles are kept."},
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.queue",
     .offset = offsetof(struct jobs_verb_options, queue),
     .doc = "Where jobs stand: redis://host:port; else in the data folder."},
    {.name = "store",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.blobs",
     .offset = offsetof(struct jobs_verb_options, blobs),
     .doc = "Where objects are kept: s3://bucket; else in the data folder."},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct jobs_verb_options, is_json),
     .doc = "Print one JSON object."},
};

// --- printing --------------------------------------------------------------------------------

static outcome parked_json(const struct overview *overview, json_t **out, struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < overview->parked_count && list != NULL; i++) {
        const struct overview_parked *parked = &overview->parked[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:s}", "id", parked->id,
                                                    "tries", (int)parked->tries, "worker",
                                                    parked->worker, "reason", parked->reason));
    }
    *out = list;
    return list != NULL ? OK : fail(why, NO_MEMORY, "the jobs could not be printed");
}

static outcome print_json(const struct overview *overview, struct why *why)
{
    autojson *titles = json_array(), *workers = json_array(), *parked = NULL;
    TRY(parked_json(overview, &parked, why));
    for (size_t i = 0; i < overview->title_count && titles != NULL; i++) {
        const struct overview_title *title = &overview->titles[i];
        (void)json_array_append_new(
            titles, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "id", title->id, "plan",
                              title->plan, "jobs", (json_int_t)title->total, "done",
                              (json_int_t)title->done, "ready", (json_int_t)title->ready, "leased",
                              (json_int_t)title->leased, "parked", (json_int_t)title->parked,
                              "retries", (json_int_t)title->retries));
        if (title->left_ms >= 0)
            (void)json_object_set_new(json_array_get(titles, i), "left_ms",
                                      json_integer(title->left_ms));
    }
    for (size_t i = 0; i < overview->worker_count && workers != NULL; i++)
        (void)json_array_append_new(workers,
                                    json_pack("{s:s, s:i}", "name", overview->workers[i].name,
                                              "jobs", (int)overview->workers[i].jobs));
    autojson *all =
        json_pack("{s:O, s:O, s:O}", "titles", titles, "workers", workers, "parked", parked);
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT) != 0)
        return fail(why, NO_MEMORY, "the jobs could not be printed");
    putchar('\n');
    return OK;
}

static void print(const struct overview *overview)
{
    if (overview->title_count == 0) printf("no jobs\n");
    for (size_t i = 0; i < overview->title_count; i++) {
        const struct overview_title *title = &overview->titles[i];
        printf("%-32s %5llu of %llu done, %llu ready, %llu leased, %llu parked, %llu retries",
               title->id, (unsigned long long)title->done, (unsigned long long)title->total,
               (unsigned long long)title->ready, (unsigned long long)title->leased,
               (unsigned long long)title->parked, (unsigned long long)title->retries);
        if (title->left_ms >= 0) printf(", %lld s left", (long long)(title->left_ms + 999) / 1000);
        putchar('\n');
    }
    for (size_t i = 0; i < overview->worker_count; i++)
        printf("worker %-25s %u jobs in hand\n", overview->workers[i].name,
               overview->workers[i].jobs);
    for (size_t i = 0; i < overview->parked_count; i++)
        printf("parked %s\n       after %u tries, the last by %s: %s\n", overview->parked[i].id,
               overview->parked[i].tries, overview->parked[i].worker, overview->parked[i].reason);
}

// --- the verb --------------------------------------------------------------------------------

static outcome retry(struct stores *stores, const struct option_texts *ids, struct why *why)
{
    if (ids->count < 2) return fail(why, INVALID, "say which job: primrose jobs retry ID");
    for (size_t i = 1; i < ids->count; i++)
        TRY(overview_retry(stores, ids->items[i], why));
    return OK;
}

static int run(const struct invocation *call)
{
    const struct jobs_verb_options *chosen = call->options;
    const struct option_texts *words = call->operands;
    const bool is_retry = words->count > 0 && strcmp(words->items[0], "retry") == 0;
    struct store_places places = store_places_of(call->config, chosen->data);
    places.queue = chosen->queue;
    places.blobs = chosen->blobs;
    struct why why = {""};
    if (words->count > 0 && !is_retry) {
        (void)!fail(&why, INVALID, "\"%.40s\" is nothing that jobs does: retry", words->items[0]);
        return verb_misuse(call, &why);
    }
    struct studio_seal seal;
    autostores stores = {0};
    autoarena arena = arena_init(OVERVIEW_ARENA_BYTES);
    struct overview overview = {.title_count = 0};
    outcome result = stores_open_at(&stores, &places, clock_system(), &why);
    if (result == OK)
        result = protect_studio(config_value(call->config, "keys.studio"), chosen->data, &stores,
                                &seal, &why);
    if (result == OK && is_retry) result = retry(&stores, words, &why);
    if (result == OK && !is_retry) {
        result = overview_make(&stores, clock_system(), &arena, &overview, &why);
        if (result == OK && chosen->is_json) result = print_json(&overview, &why);
        if (result == OK && !chosen->is_json) print(&overview);
    }
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"jobs", "titles in work, workers, and what was given up and why"},
    {"jobs --json --queue redis://queue.example", "the same of a fleet, for machines"},
    {"jobs retry film-1/3f9c2a77d01b64e5/v-1080p/000007", "give a parked job new tries"},
};

const struct verb verb_jobs = {
    .name = "jobs",
    .stage = STAGE_STUDIO,
    .operands = "[retry ID...]",
    .operands_min = 0,
    .operands_max = 64,
    .summary = "show what the studio works on",
    .story = "Lists the titles whose jobs stand in the studio's queue: how many are done, ready, "
             "leased to workers and parked, how often jobs were tried again, and how long the rest "
             "will take by the pace so far. A job that failed on several workers is parked with "
             "the last one's sentence; `jobs retry` gives it new tries.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct jobs_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
