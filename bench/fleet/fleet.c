// SPDX-License-Identifier: Apache-2.0
//
// How long a fleet takes for a film: 2 hours of 4K HDR, the ladder `mission`, on 50 to 4000 cores
// whose machines die and stumble. A discrete-event simulation around the parts that decide in
// production, under a virtual clock:
//
//     studio/plan.h      the jobs, their groups, costs and order
//     studio/encode.h    the coordinator: back-pressure, re-pushing, second tries of late jobs
//     store/queue.h      every push, lease and ack is a transaction of the SQLite queue
//     store/blob.h       an object stands for each output
//
// What is simulated is time: how long a lease takes (film.h). Machines have MACHINE_CORES cores and
// as many workers with one lease each, which share the cores (machine.h); they live LIFE_S on
// average (spot machines are taken away), SLOW_SHARE of them are SLOW_FACTOR times as slow and do
// not know it, and another comes REPLACE_S after one is gone. Leases of the dead run out.
//
//     fleet COSTS SHAPE SEGMENTS CORES...
//       COSTS      "range hdr 0.2 15": seconds to decode and convert a picture, seconds that the
//                  lookahead past a chunk's end takes; "width hdr 2": cores that a lease can use;
//                  "rung 2160p-hdr 2.1": seconds to scale and encode one;
//                  "tile 0.2": seconds for one of the storyboard; "audio 0.01": seconds for a
//                  second of sound
//       SHAPE      costs of measured chunks; their ratios to the mean are drawn from
//       SEGMENTS   of 2 s in a chunk; 0: as the studio has it
#include "bench/fleet/film.h"
#include "bench/fleet/machine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "store/stores.h"
#include "studio/encode.h"
#include "studio/plan.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CORES_MAX = 10000,
    RUNS = 5,         // of each fleet, with other deaths and other slow machines: means are printed
    LEASE_MS = 10000, // as a worker's
    BEAT_US = LEASE_MS * 1000 / 3,
    LOOK_MS = 5000,  // the coordinator's looks are at least so far apart: more slowly than it would
    LOOKS_MAX = 400, // and about so many in all
    IDLE_US = 1000000,     // an idle worker's looks
    REPLACE_US = 60000000, // a machine in place of a dead one
    ARENA_BYTES = 8 << 20,
};

static const double life_s = 4 * 3600.0;
static const double slow_share = 0.02;
static const double slow_factor = 4;
static const double price_per_core_h = 0.04; // USD, a common rate of rented machines

struct core {
    bool is_busy;
    struct {
        size_t index;
        uint64_t token;
        char id[PLAN_KEY_BYTES];
    } held[LADDER_RUNGS_MAX];
    size_t held_count;
    int64_t since_us;
    int64_t lost_us; // when it hears that others were faster
};

struct fleet {
    struct clock_manual clock;
    struct stores stores;
    struct plan *plan;
    struct costs *costs;
    struct prng prng;
    struct arena arena;
    struct core *cores;
    int64_t *at_us;  // the next event of each
    int64_t look_us; // of the coordinator, the next: what is not ready now is not before
    struct machine *machines;
    size_t core_count, machine_count, job_count, deaths;
    double *complexity; // of each chunk
    bool *is_done;
    struct encoding *encoding;
    double needed_s, ideal_s, worked_s;
};

static double lease_s(const struct fleet *fleet, const struct job *jobs, size_t count)
{
    const double hardness = jobs[0].kind == JOB_VIDEO ? fleet->complexity[jobs[0].chunk] : 1;
    return film_lease_s(fleet->costs, fleet->plan, jobs, count) * hardness;
}

// What all of it takes once: with the lookahead past each chunk, and without.
static void add_up(struct fleet *fleet)
{
    const struct ladder *ladder = &fleet->plan->ladder;
    struct job jobs[LADDER_RUNGS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < fleet->job_count; i++) {
        jobs[count++] = plan_job_at(fleet->plan, i);
        const struct job *job = &jobs[0], next = i + 1 < fleet->job_count
                                                     ? plan_job_at(fleet->plan, i + 1)
                                                     : (struct job){.kind = JOB_POSTER};
        if (job->kind == JOB_VIDEO && next.kind == JOB_VIDEO && next.chunk == job->chunk &&
            ladder->rungs[next.track].range == ladder->rungs[job->track].range)
            continue;
        const double all_s = lease_s(fleet, jobs, count);
        const double hardness = job->kind == JOB_VIDEO ? fleet->complexity[job->chunk] : 1;
        fleet->needed_s += all_s;
        fleet->ideal_s +=
            all_s - film_lookahead_s(fleet->costs, fleet->plan, jobs, count) * hardness;
        count = 0;
    }
}

// --- machines --------------------------------------------------------------------------------

static void hire(struct fleet *fleet, size_t number, int64_t now_us)
{
    struct machine *machine = &fleet->machines[number];
    const double life = -life_s * log(1 - prng_unit(&fleet->prng));
    *machine = (struct machine){.now_us = now_us,
                                .dies_us = now_us + (int64_t)(life * 1e6),
                                .pace = prng_unit(&fleet->prng) < slow_share ? slow_factor : 1};
    for (size_t i = number * MACHINE_CORES;
         i < (number + 1) * MACHINE_CORES && i < fleet->core_count; i++) {
        fleet->cores[i].is_busy = false;
        fleet->cores[i].held_count = 0;
        fleet->at_us[i] = now_us + (int64_t)prng_below(&fleet->prng, IDLE_US);
    }
}

static void account(struct fleet *fleet, const struct core *core, int64_t now_us)
{
    if (core->is_busy) fleet->worked_s += (double)(now_us - core->since_us) / 1e6;
}

static void bury(struct fleet *fleet, size_t number, int64_t now_us)
{
    for (size_t i = number * MACHINE_CORES;
         i < (number + 1) * MACHINE_CORES && i < fleet->core_count; i++)
        account(fleet, &fleet->cores[i], now_us);
    fleet->deaths++;
    hire(fleet, number, now_us + REPLACE_US);
}

// The ends of all that runs on a machine, after one more lease or one fewer.
static void find_ends(struct fleet *fleet, size_t number)
{
    for (size_t slot = 0; slot < MACHINE_CORES; slot++) {
        const size_t i = number * MACHINE_CORES + slot;
        if (i >= fleet->core_count || !fleet->cores[i].is_busy) continue;
        const int64_t done_us = machine_done_us(&fleet->machines[number], slot);
        fleet->at_us[i] = done_us < fleet->cores[i].lost_us ? done_us : fleet->cores[i].lost_us;
    }
}

// The heartbeats of a lease are one extension to its latest end, on one core; the dead one's ends a
// lease after it.
static void take_jobs(struct fleet *fleet, size_t number, int64_t now_us)
{
    struct core *core = &fleet->cores[number];
    struct machine *machine = &fleet->machines[number / MACHINE_CORES];
    struct queue_store *queue = fleet->stores.queue;
    struct queue_lease *leases = NULL;
    struct job jobs[LADDER_RUNGS_MAX];
    char name[64]; // another machine's workers have other names
    (void)snprintf(name, sizeof name, "core-%zu-%lld", number, (long long)machine->dies_us);
    const struct queue_taker taker = {
        .worker = name, .lease_ms = LEASE_MS, .max = LADDER_RUNGS_MAX};
    arena_reset(&fleet->arena);
    MUST(queue->ops->lease(queue, PLAN_QUEUE, &taker, &fleet->arena, &leases, &core->held_count,
                           &why));
    fleet->at_us[number] = fleet->look_us + (int64_t)prng_below(&fleet->prng, IDLE_US);
    core->is_busy = core->held_count > 0;
    core->since_us = now_us;
    if (!core->is_busy) return;
    for (size_t i = 0; i < core->held_count; i++) {
        MUST(job_parse(fleet->plan, leases[i].job.id, &jobs[i], &why));
        core->held[i].index = plan_job_index(fleet->plan, &jobs[i]);
        core->held[i].token = leases[i].token;
        (void)snprintf(core->held[i].id, PLAN_KEY_BYTES, "%s", leases[i].job.id);
    }
    const double work_s = lease_s(fleet, jobs, core->held_count);
    const int64_t end_us = now_us + (int64_t)(work_s * machine->pace * 1e6);
    const int64_t until_us = end_us < machine->dies_us ? end_us : machine->dies_us;
    core->lost_us = INT64_MAX;
    machine_begin(machine, number % MACHINE_CORES, work_s,
                  film_lease_width(fleet->costs, fleet->plan, jobs));
    find_ends(fleet, number / MACHINE_CORES);
    for (size_t i = 0; i < core->held_count; i++)
        MUST(queue->ops->extend(queue, PLAN_QUEUE, core->held[i].id, core->held[i].token,
                                (until_us - now_us) / 1000 + LEASE_MS, &why));
}

static void settle(struct fleet *fleet, struct core *core, int64_t now_us)
{
    struct queue_store *queue = fleet->stores.queue;
    char key[PLAN_KEY_BYTES];
    account(fleet, core, now_us);
    for (size_t i = 0; i < core->held_count; i++) {
        const size_t index = core->held[i].index;
        const struct job job = plan_job_at(fleet->plan, index);
        job_output(fleet->plan, &job, job_output_count(fleet->plan, &job) - 1, key);
        if (!fleet->is_done[index]) MUST(blob_put(fleet->stores.blobs, key, slice_of("x"), &why));
        fleet->is_done[index] = true;
        const outcome acked =
            queue->ops->ack(queue, PLAN_QUEUE, core->held[i].id, core->held[i].token, NULL);
        assert(acked == OK || acked == CONFLICT); // another was faster
    }
    core->is_busy = false;
    core->held_count = 0;
}

// Whose jobs others did hears of it at its next heartbeat.
static void tell_losers(struct fleet *fleet, int64_t now_us)
{
    for (size_t i = 0; i < fleet->core_count; i++) {
        struct core *core = &fleet->cores[i];
        bool is_lost = core->is_busy;
        for (size_t j = 0; j < core->held_count; j++)
            is_lost = is_lost && fleet->is_done[core->held[j].index];
        if (!is_lost || core->lost_us != INT64_MAX) continue;
        core->lost_us = now_us + BEAT_US;
        if (fleet->at_us[i] > core->lost_us) fleet->at_us[i] = core->lost_us;
    }
}

// --- a film ----------------------------------------------------------------------------------

struct told {
    size_t done, seconds;
};

static outcome hear(void *context, const struct encode_view *view, struct why *why)
{
    struct told *told = context;
    (void)why;
    told->done = view->done_count;
    told->seconds = view->seconded_count;
    return OK;
}

// The next event of a core or a machine, whichever is first.
static void step(struct fleet *fleet, int64_t before_us)
{
    for (;;) {
        size_t core = 0, machine = 0;
        for (size_t i = 1; i < fleet->core_count; i++)
            if (fleet->at_us[i] < fleet->at_us[core]) core = i;
        for (size_t i = 1; i < fleet->machine_count; i++)
            if (fleet->machines[i].dies_us < fleet->machines[machine].dies_us) machine = i;
        const bool is_death = fleet->machines[machine].dies_us <= fleet->at_us[core];
        const int64_t at_us = is_death ? fleet->machines[machine].dies_us : fleet->at_us[core];
        if (at_us > before_us) return;
        fleet->clock.now_us = at_us;
        if (is_death) {
            bury(fleet, machine, at_us);
            continue;
        }
        machine = core / MACHINE_CORES;
        machine_go_on(&fleet->machines[machine], at_us);
        if (fleet->cores[core].is_busy) {
            settle(fleet, &fleet->cores[core], at_us);
            machine_end(&fleet->machines[machine], core % MACHINE_CORES);
            find_ends(fleet, machine);
        }
        take_jobs(fleet, core, at_us);
    }
}

// Sums over the runs of a fleet.
struct row {
    double span_s, longest_s, paid_s, needed_s, ideal_s, deaths, seconds;
};

static void add_to_row(const struct fleet *fleet, int64_t start_us, const struct told *told,
                       struct row *row)
{
    const double span_s = (double)(fleet->clock.now_us - start_us) / 1e6;
    row->span_s += span_s;
    if (span_s > row->longest_s) row->longest_s = span_s;
    row->paid_s += span_s * (double)fleet->core_count;
    row->needed_s += fleet->needed_s;
    row->ideal_s += fleet->ideal_s;
    row->deaths += (double)fleet->deaths;
    row->seconds += (double)told->seconds;
}

static void print_row(const struct row *row, size_t cores)
{
    printf("%6zu %7.1f min %7.1f min %8.1f %% %10.1f %% %10.1f %9.0f %8.2f USD\n", cores,
           row->span_s / RUNS / 60, row->longest_s / 60, 100 * row->needed_s / row->paid_s,
           100 * row->ideal_s / row->paid_s, row->deaths / RUNS, row->seconds / RUNS,
           row->paid_s / RUNS / 3600 * price_per_core_h);
    (void)fflush(stdout);
}

static void run(struct fleet *fleet, size_t cores, struct row *row)
{
    struct told told = {0, 0};
    const struct encode_options options = {
        .clock = &fleet->clock.clock, .progressed = hear, .context = &told};
    fleet->core_count = cores;
    fleet->machine_count = (cores + MACHINE_CORES - 1) / MACHINE_CORES;
    const int64_t start_us = fleet->clock.now_us;
    MUST(encode_open(&fleet->stores, fleet->plan, &options, &fleet->encoding, &why));
    for (size_t i = 0; i < fleet->machine_count; i++)
        hire(fleet, i, start_us);
    const double expected_ms = fleet->needed_s / (double)cores * 1000;
    for (bool is_done = false; !is_done;) {
        int64_t rest_ms = 0;
        MUST(encode_step(fleet->encoding, &is_done, &rest_ms, &why));
        tell_losers(fleet, fleet->clock.now_us);
        rest_ms = rest_ms < LOOK_MS ? LOOK_MS : rest_ms;
        if ((double)rest_ms < expected_ms / LOOKS_MAX) rest_ms = (int64_t)(expected_ms / LOOKS_MAX);
        fleet->look_us = fleet->clock.now_us + rest_ms * 1000;
        if (is_done) break;
        step(fleet, fleet->look_us);
        fleet->clock.now_us = fleet->look_us;
    }
    add_to_row(fleet, start_us, &told, row);
    encode_close(&fleet->encoding);
}

static void open_fleet(struct fleet *fleet, const char *folder, struct costs *costs,
                       uint32_t segments, uint64_t seed)
{
    fleet->clock = clock_manual_init(1000000, 1795000000000);
    fleet->prng = prng_init(seed);
    fleet->arena = arena_init(ARENA_BYTES);
    fleet->costs = costs;
    MUST(stores_open(&fleet->stores, folder, &fleet->clock.clock, &why));
    fleet->plan = film_plan(segments);
    fleet->job_count = plan_job_count(fleet->plan);
    const size_t chunks = plan_chunk_count(fleet->plan);
    fleet->cores = calloc(CORES_MAX, sizeof *fleet->cores);
    fleet->at_us = calloc(CORES_MAX, sizeof *fleet->at_us);
    fleet->machines = calloc(CORES_MAX, sizeof *fleet->machines);
    fleet->is_done = calloc(fleet->job_count, sizeof *fleet->is_done);
    fleet->complexity = calloc(chunks, sizeof *fleet->complexity);
    assert(fleet->cores != NULL && fleet->at_us != NULL && fleet->machines != NULL &&
           fleet->is_done != NULL && fleet->complexity != NULL);
    for (size_t i = 0; i < chunks; i++)
        fleet->complexity[i] = costs->shape[prng_below(&fleet->prng, costs->shape_count)];
    add_up(fleet);
}

static void close_fleet(struct fleet *fleet)
{
    stores_close(&fleet->stores);
    arena_release(&fleet->arena);
    free(fleet->cores);
    free(fleet->at_us);
    free(fleet->machines);
    free(fleet->is_done);
    free(fleet->complexity);
    free(fleet->plan);
}

static void film(struct costs *costs, uint32_t segments, size_t cores, uint64_t seed,
                 struct row *row)
{
    char folder[] = "/dev/shm/primrose-fleet-XXXXXX";
    struct fleet fleet = {.core_count = 0};
    assert(mkdtemp(folder) != NULL);
    open_fleet(&fleet, folder, costs, segments, seed);
    if (cores == 0)
        printf("%zu chunks of %u s x %zu renditions, %zu jobs, %.0f core hours of which %.1f %% "
               "for lookahead\n",
               plan_chunk_count(fleet.plan), 2 * fleet.plan->grid.chunk_segments,
               fleet.plan->ladder.count, fleet.job_count, fleet.needed_s / 3600,
               100 * (1 - fleet.ideal_s / fleet.needed_s));
    else
        run(&fleet, cores, row);
    close_fleet(&fleet);
    MUST(folder_remove(folder, &why));
}

int main(int argc, char **argv)
{
    static struct costs costs;
    if (argc < 5) {
        (void)fprintf(stderr, "fleet: COSTS SHAPE SEGMENTS CORES...\n");
        return 2;
    }
    film_costs(argv[1], argv[2], &costs);
    const uint32_t segments = (uint32_t)strtoul(argv[3], NULL, 10);
    film(&costs, segments, 0, 1, NULL);
    printf(" cores    makespan     longest  efficiency  less lookahead  deaths  2nd tries      "
           "cost\n");
    for (int i = 4; i < argc; i++) {
        const size_t cores = (size_t)strtoul(argv[i], NULL, 10);
        struct row row = {0};
        for (uint64_t seed = 1; seed <= RUNS && cores > 0 && cores <= CORES_MAX; seed++)
            film(&costs, segments, cores, seed, &row);
        if (row.span_s > 0) print_row(&row, cores);
    }
    return 0;
}
