// SPDX-License-Identifier: Apache-2.0
//
// What a placement (delivery/placement.h) adds to the cache's policy: the same workload, with a
// window each night into which a forecast is filled (delivery/forecast.h, the very code of
// `primrose placement`), beside the policy alone.
//
//     day      0 ........ 2    window    6 ........................ 18    evening    24
//                         |-- fills ----|                            |-- the line is full --|
//
// `upstream` is what the cache takes from its parent per byte served: in the evening, when lines
// are full, and altogether; `premieres` is the share of bytes that are here when titles that jump
// into the top 50 are asked for within their first six hours. One JSON line a run.
#include "delivery/cache_policy.h"
#include "delivery/forecast.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES = TITLES * PROFILES,
    HOUR_ROUNDS = 3600 / SLICE_S,
    DAY_ROUNDS = 24 * HOUR_ROUNDS,
    FROM_ROUND = 2 * HOUR_ROUNDS,
    UNTIL_ROUND = 6 * HOUR_ROUNDS,
    EVENING_ROUND = 18 * HOUR_ROUNDS,
    HALF_LIFE_ROUNDS = 2 * DAY_ROUNDS,
    NAME_BYTES = 12,
    PLACED_PERCENT = 75, // as delivery/placement.h has it
};

struct placing {
    double rate_kib; // that a round of the window may bring; 0: no placement
    bool knows_premieres, passes_tail;
};

struct score {
    double asked, hit, evening_asked, evening_taken, taken, placed, written;
    double new_asked, new_hit; // of premieres in their first hours
};

struct run {
    const struct workload *w;
    struct placing placing;
    double disk_kib;
    struct cache_policy policy;
    struct policy_item *items;
    double asked_kib[FILES]; // what is left of it
    struct forecast_file files[FILES];
    char names[FILES][NAME_BYTES];
    bool is_placed[FILES], is_listed[TITLES];
    size_t list_count, cursor; // of the files that are to be here
    uint32_t new_until[TITLES];
    struct score score;
};

static uint32_t file_of(uint32_t object)
{
    return object / SLICES_MAX;
}

static void settle(struct run *run, bool is_counted)
{
    enum policy_step step;
    for (struct policy_item *item; (item = policy_trim(&run->policy, &step)) != NULL;)
        if (step == POLICY_PROMOTE && is_counted) run->score.written += item->bytes;
}

static void bring(struct run *run, uint32_t object, bool is_counted)
{
    struct policy_item *item = &run->items[object];
    const uint32_t file = file_of(object);
    *item = (struct policy_item){.hash = (object + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                 .bytes = run->w->bytes_kib[object],
                                 .is_fleeting =
                                     run->placing.passes_tail && !run->is_listed[file / PROFILES]};
    if (run->is_placed[file])
        policy_add_main(&run->policy, item);
    else
        (void)policy_add(&run->policy, item);
    if (item->queue == POLICY_MAIN && is_counted) run->score.written += item->bytes;
    settle(run, is_counted);
}

// --- the forecast

static int64_t premiere_of(const struct run *run, uint32_t title, uint32_t round)
{
    for (uint32_t i = 0; run->placing.knows_premieres && i < run->w->premiere_count; i++) {
        const struct premiere *premiere = &run->w->premieres[i];
        if (premiere->title == title && premiere->round + DAY_ROUNDS > round &&
            premiere->round < round + DAY_ROUNDS)
            return premiere->round;
    }
    return 0;
}

static uint32_t file_named(const struct run *run, const char *name)
{
    return (uint32_t)((size_t)(name - run->names[0]) / NAME_BYTES);
}

static void forecast(struct run *run, uint32_t round)
{
    for (uint32_t f = 0; f < FILES; f++) {
        double kib = 0;
        for (uint32_t s = 0; s < run->w->titles[f / PROFILES].slices; s++)
            kib += run->w->bytes_kib[f * SLICES_MAX + s];
        (void)snprintf(run->names[f], NAME_BYTES, "%u", f);
        run->files[f] = (struct forecast_file){run->names[f], (uint64_t)kib, run->asked_kib[f],
                                               premiere_of(run, f / PROFILES, round)};
    }
    forecast_sort(run->files, FILES);
    const size_t kept = forecast_count(run->files, FILES, 1);
    memset(run->is_placed, 0, sizeof run->is_placed);
    memset(run->is_listed, 0, sizeof run->is_listed);
    double left = run->disk_kib * PLACED_PERCENT / 100;
    run->list_count = run->cursor = 0;
    for (size_t i = 0; i < kept; i++) {
        const uint32_t file = file_named(run, run->files[i].path);
        run->is_listed[file / PROFILES] = true;
        if (run->list_count < i || (double)run->files[i].bytes > left) continue;
        left -= (double)run->files[i].bytes;
        run->is_placed[file] = true;
        run->list_count++;
    }
}

static void fill(struct run *run, bool is_counted)
{
    double left = run->placing.rate_kib;
    for (; run->cursor < run->list_count; run->cursor++) {
        const uint32_t file = file_named(run, run->files[run->cursor].path);
        for (uint32_t s = 0; s < run->w->titles[file / PROFILES].slices; s++) {
            const uint32_t object = file * SLICES_MAX + s;
            if (run->items[object].queue != POLICY_NOWHERE) continue;
            if (left <= 0) return;
            left -= run->w->bytes_kib[object];
            bring(run, object, is_counted);
            if (is_counted) run->score.placed += run->w->bytes_kib[object];
        }
    }
}

// --- the trace

static void begin_round(struct run *run, uint32_t round, bool is_counted)
{
    const uint32_t hour = round % DAY_ROUNDS;
    for (uint32_t i = 0; i < run->w->premiere_count; i++)
        if (run->w->premieres[i].round == round)
            run->new_until[run->w->premieres[i].title] = round + PREMIERE_ROUNDS;
    for (uint32_t f = 0; f < FILES; f++)
        run->asked_kib[f] *= forecast_worth(1, HALF_LIFE_ROUNDS);
    if (run->placing.rate_kib <= 0) return;
    if (hour == FROM_ROUND) forecast(run, round);
    if (hour >= FROM_ROUND && hour < UNTIL_ROUND) fill(run, is_counted);
}

static void count(struct run *run, uint32_t round, uint32_t object, bool is_hit)
{
    struct score *score = &run->score;
    const double kib = run->w->bytes_kib[object];
    const bool is_evening = round % DAY_ROUNDS >= EVENING_ROUND;
    const bool is_new = round < run->new_until[title_of(object)];
    score->asked += kib;
    if (is_hit) score->hit += kib;
    if (!is_hit) score->taken += kib;
    if (is_evening) score->evening_asked += kib;
    if (is_evening && !is_hit) score->evening_taken += kib;
    if (is_new) score->new_asked += kib;
    if (is_new && is_hit) score->new_hit += kib;
}

static void play(struct run *run)
{
    for (uint32_t i = 0; i < REQUESTS; i++) {
        const uint32_t round = i / VIEWERS, object = run->w->request[i];
        if (i % VIEWERS == 0) begin_round(run, round, i >= WARM);
        const bool is_hit = run->items[object].queue != POLICY_NOWHERE;
        if (i >= WARM) count(run, round, object, is_hit);
        run->asked_kib[file_of(object)] += run->w->bytes_kib[object];
        if (is_hit)
            policy_use(&run->items[object]);
        else
            bring(run, object, i >= WARM);
    }
}

static void measure(const struct workload *w, double exponent, double share, const char *name,
                    struct placing placing)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) abort();
    run->w = w;
    run->placing = placing;
    run->disk_kib = share * w->catalogue_bytes / 1024;
    run->items = calloc(OBJECTS, sizeof *run->items);
    const struct policy_caps caps = {
        .small_bytes_max = (uint64_t)(0.002 * w->catalogue_bytes / 1024),
        .main_bytes_max = (uint64_t)run->disk_kib,
        .ghosts_max = OBJECTS / 4,
    };
    if (run->items == NULL || policy_open(&caps, &run->policy, NULL) != OK) abort();
    play(run);
    const struct score *s = &run->score;
    printf("{\"policy\": \"%s\", \"zipf\": %.1f, \"disk\": %.2f, \"byte_hit\": %.4f, "
           "\"premieres\": %.4f, \"evening\": %.4f, \"upstream\": %.4f, \"placed\": %.4f, "
           "\"writes\": %.4f}\n",
           name, exponent, share, s->hit / s->asked, s->new_hit / s->new_asked,
           s->evening_taken / s->evening_asked, (s->taken + s->placed) / s->asked,
           s->placed / s->asked, s->written / s->asked);
    (void)fflush(stdout);
    policy_close(&run->policy);
    free(run->items);
    free(run);
}

int main(int argc, char **argv)
{
    static const double disks[] = {0.10, 0.21, 0.40};
    static const double mbps[] = {500, 2000};
    if (argc < 2) return 2;
    const double exponent = strtod(argv[1], NULL);
    struct workload *w = workload_make(exponent);
    for (size_t d = 0; d < sizeof disks / sizeof disks[0]; d++) {
        measure(w, exponent, disks[d], "alone", (struct placing){0});
        for (size_t r = 0; r < sizeof mbps / sizeof mbps[0]; r++) {
            const double kib = mbps[r] * 1e6 / 8 / 1024 * SLICE_S;
            char name[40];
            (void)snprintf(name, sizeof name, "placed at %.1f", mbps[r] / 1000);
            measure(w, exponent, disks[d], name, (struct placing){kib, true, false});
            (void)snprintf(name, sizeof name, "same, no tail");
            measure(w, exponent, disks[d], name, (struct placing){kib, true, true});
        }
        const double kib = mbps[1] * 1e6 / 8 / 1024 * SLICE_S;
        measure(w, exponent, disks[d], "none announced", (struct placing){kib, false, false});
    }
    free(w);
    return 0;
}
