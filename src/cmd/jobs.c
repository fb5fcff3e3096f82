// SPDX-License-Identifier: Apache-2.0
//
// primrose jobs: what the studio's queue holds, and another chance for what was given up.
#include "base/json.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "studio/chunk_map.h"
#include "studio/overview.h"

#include <stdio.h>
#include <string.h>

enum { PRIORITY_MAX = 1000 };

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

static outcome print_json(json_t *json, struct why *why)
{
    autojson *all = json;
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT) != 0)
        return fail(why, NO_MEMORY, "the jobs could not be printed");
    putchar('\n');
    return OK;
}

// "film-1    check 40 %, running"; of one that failed the sentence below.
static void print_ingest(const struct board_note *note)
{
    if (note->state == BOARD_PUBLISHED) return; // it is in the catalogue
    printf("%-32s %s", note->id, note->stage);
    if (note->total > 0) printf(" %.0f %%", 100.0 * (double)note->done / (double)note->total);
    printf(", %s\n", board_state_word(note->state));
    if (note->sentence[0] != '\0') printf("       %s\n", note->sentence);
}

static void print(const struct overview *overview)
{
    for (size_t i = 0; i < overview->note_count; i++)
        print_ingest(&overview->notes[i]);
    if (overview->title_count == 0) printf("no jobs\n");
    for (size_t i = 0; i < overview->title_count; i++) {
        const struct overview_title *title = &overview->titles[i];
        printf("%-32s %5llu of %llu done, %llu held, %llu ready, %llu leased, %llu parked, %llu "
               "retries",
               title->id, (unsigned long long)title->done, (unsigned long long)title->total,
               (unsigned long long)title->held, (unsigned long long)title->ready,
               (unsigned long long)title->leased, (unsigned long long)title->parked,
               (unsigned long long)title->retries);
        if (title->priority != 0) printf(", priority %d", (int)title->priority);
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

static outcome retry(struct stores *stores, const struct option_texts *words, bool is_json,
                     struct why *why)
{
    (void)is_json;
    if (words->count < 2) return fail(why, INVALID, "say which job: primrose jobs retry ID");
    for (size_t i = 1; i < words->count; i++)
        TRY(overview_retry(stores, words->items[i], why));
    return OK;
}

static outcome prioritize(struct stores *stores, const struct option_texts *words, bool is_json,
                          struct why *why)
{
    (void)is_json;
    const bool is_behind = words->count == 3 && words->items[2][0] == '-';
    uint64_t number = 0;
    if (words->count != 3 ||
        slice_u64(slice_of(words->items[2] + is_behind), PRIORITY_MAX, &number, NULL) != OK)
        return fail(why, INVALID,
                    "say which title and a number from -%d to %d, lower first: primrose jobs "
                    "priority ID -- -1",
                    PRIORITY_MAX, PRIORITY_MAX);
    const int32_t priority = (int32_t)number;
    return overview_prioritize(stores, words->items[1], is_behind ? -priority : priority, why);
}

static outcome cancel(struct stores *stores, const struct option_texts *words, bool is_json,
                      struct why *why)
{
    (void)is_json;
    if (words->count != 2) return fail(why, INVALID, "say which title: primrose jobs cancel ID");
    return board_cancel(stores->tables, clock_system(), words->items[1], why);
}

static outcome show_map(struct stores *stores, const struct option_texts *words, bool is_json,
                        struct why *why)
{
    autoarena arena = arena_init(CHUNK_MAP_ARENA_BYTES);
    struct chunk_map map;
    if (words->count != 2) return fail(why, INVALID, "say which title: primrose jobs map ID");
    TRY(chunk_map_make(stores, words->items[1], &arena, &map, why));
    if (is_json) return print_json(chunk_map_json(&map), why);
    for (size_t i = 0; i < map.row_count; i++)
        printf("%-24s %s\n", map.rows[i].track, map.rows[i].states);
    printf("d done  l leased  r ready  p parked  . held back\n");
    return OK;
}

static outcome show(struct stores *stores, const struct option_texts *words, bool is_json,
                    struct why *why)
{
    autoarena arena = arena_init(OVERVIEW_ARENA_BYTES);
    struct overview overview = {.title_count = 0};
    (void)words;
    TRY(overview_make(stores, clock_system(), &arena, &overview, why));
    if (is_json) return print_json(overview_json(&overview), why);
    print(&overview);
    return OK;
}

static const struct deed {
    const char *word;
    outcome (*act)(struct stores *stores, const struct option_texts *words, bool is_json,
                   struct why *why);
} deeds[] = {
    {"", show}, {"retry", retry}, {"priority", prioritize}, {"map", show_map}, {"cancel", cancel}};

static const struct deed *find_deed(const struct option_texts *words)
{
    const char *word = words->count == 0 ? "" : words->items[0];
    for (size_t i = 0; i < TABLE_COUNT(deeds); i++)
        if (strcmp(deeds[i].word, word) == 0) return &deeds[i];
    return NULL;
}

static int run(const struct invocation *call)
{
    const struct jobs_verb_options *chosen = call->options;
    const struct deed *deed = find_deed(call->operands);
    struct store_places places = store_places_of(call->config, chosen->data);
    places.queue = chosen->queue;
    places.blobs = chosen->blobs;
    struct why why = {""};
    if (deed == NULL) {
        (void)!verb_no_action(call->operands->items[0], deeds, TABLE_COUNT(deeds), sizeof deeds[0],
                              &why);
        return verb_misuse(call, &why);
    }
    autostores stores = {0};
    outcome result = stores_open_present(&stores, &places, &why);
    if (result == OK) result = deed->act(&stores, call->operands, chosen->is_json, &why);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"jobs", "titles in work, workers, and what was given up and why"},
    {"jobs --json --queue redis://queue.example", "the same of a fleet, for machines"},
    {"jobs map film-1", "each chunk of each rendition: done, leased, ready, parked, held back"},
    {"jobs cancel film-1", "end its ingest within seconds; the same command goes on from there"},
    {"jobs priority film-1 -- -1", "before all titles of priority 0"},
    {"jobs retry film-1/3f9c2a77d01b64e5/v-1080p/000007", "give a parked job new tries"},
};

const struct verb verb_jobs = {
    .name = "jobs",
    .stage = STAGE_STUDIO,
    .operands = "[map ID | priority ID N | retry JOB... | cancel ID]",
    .operands_min = 0,
    .operands_max = 64,
    .summary = "show what the studio works on",
    .story = "Lists ingests and where they are, and the titles whose jobs stand in the studio's "
             "queue: how many are done, held back, ready, leased to workers and parked, how often "
             "jobs were tried again, and how long the rest will take by the pace so far. A job "
             "that failed on several workers is parked with the last one's sentence; `jobs retry` "
             "gives it new tries. Titles of one priority take turns; `jobs priority` puts one "
             "before (lower) or behind others. `jobs cancel` ends an ingest that runs, and forgets "
             "one that has ended.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct jobs_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
