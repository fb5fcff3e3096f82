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
// What is simulated is time: how long a lease takes.
//
//     seconds of a lease = (pictures x (decoding + each rendition down to the lowest)
//                          + lookahead) x complexity of the chunk x pace of the machine
//
// Machines have CORES_PER_MACHINE cores, each a worker with one lease; they live LIFE_S on average
// (spot machines are taken away), SLOW_SHARE of them are SLOW_FACTOR times as slow and do not know
// it, and another comes REPLACE_S after one is gone. Leases of the dead run out.
//
//     fleet COSTS SHAPE SEGMENTS CORES...
//       COSTS      "range hdr 0.2 15": seconds to decode and convert a picture, seconds that the
//                  lookahead past a chunk's end takes; "rung 2160p-hdr 2.1": seconds to encode one;
//                  "tile 0.2": seconds for one of the storyboard; "audio 0.01": seconds for a
//                  second of sound
//       SHAPE      costs of measured chunks; their ratios to the mean are drawn from
//       SEGMENTS   of 2 s in a chunk; 0: as the studio has it
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
    FILM_S = 7200,
    CORES_MAX = 10000,
    CORES_PER_MACHINE = 16,
    LEASE_MS = 10000, // as a worker's
    BEAT_US = LEASE_MS * 1000 / 3,
    LOOK_MS = 5000,  // the coordinator's looks are at least so far apart: more slowly than it would
    LOOKS_MAX = 400, // and about so many in all
    IDLE_US = 1000000,     // an idle worker's looks
    REPLACE_US = 60000000, // a machine in place of a dead one
    SHAPE_MAX = 4096,
    ARENA_BYTES = 8 << 20,
};

static const double life_s = 4 * 3600.0;
static const double slow_share = 0.02;
static const double slow_factor = 4;
static const double price_per_core_h = 0.04; // USD, a common rate of rented machines

struct costs {
    struct ladder ladder; // as the house has it
    double range_s[2], extra[2], rung_s[LADDER_RUNGS_MAX], tile_s, audio_s;
    double shape[SHAPE_MAX];
    size_t shape_count;
};

struct core {
    bool is_busy;
    struct {
        size_t index;
        uint64_t token;
        char id[PLAN_KEY_BYTES];
    } held[LADDER_RUNGS_MAX];
    size_t held_count;
    int64_t since_us;
};

struct machine {
    int64_t dies_us;
    double pace;
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

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    (void)fprintf(stderr, "fleet: %s\n", why->text);
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why = {""};                                                                     \
        must((call), &why);                                                                        \
    } while (0)

// --- the film --------------------------------------------------------------------------------

static struct plan *make_plan(uint32_t segments)
{
    static struct ladder ladder;
    struct plan *plan = calloc(1, sizeof *plan);
    assert(plan != NULL);
    struct master_facts facts = {.container = "mov",
                                 .size_bytes = (uint64_t)700 << 30,
                                 .duration = {FILM_S, 1},
                                 .track_count = 1};
    facts.video = (struct master_video){.rate = {24, 1},
                                        .frame_count = FILM_S * 24,
                                        .packets = FILM_S * 24,
                                        .width = 3840,
                                        .height = 2160,
                                        .sar_width = 1,
                                        .sar_height = 1,
                                        .bit_depth = 10,
                                        .range = RANGE_PQ,
                                        .colour = {9, 16, 9, false}};
    facts.tracks[0] = (struct master_track){
        .kind = TRACK_VIDEO, .start = {0, 24}, .duration = {FILM_S * 24, 24}, .decodable = true};
    MUST(ladder_find("mission", &ladder, &why));
    struct plan_track sound[4];
    memset(sound, 0, sizeof sound);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(sound[i].source, sizeof sound[i].source, "masters/m");
        (void)snprintf(sound[i].language, sizeof sound[i].language, "%c%c", 'a' + (int)i, 'a');
        sound[i].channels = 6;
    }
    const struct plan_inputs inputs = {.title_id = "film",
                                       .master = "masters/m",
                                       .facts = &facts,
                                       .ladder = &ladder,
                                       .audio = sound,
                                       .audio_count = 4,
                                       .poster = "masters/p",
                                       .encoder = "simulated"};
    MUST(plan_make(&inputs, plan, &why));
    if (segments != 0) plan->grid.chunk_segments = segments;
    return plan;
}

static size_t pictures(const struct fleet *fleet, uint32_t chunk)
{
    const struct frame_span span =
        grid_chunk(&fleet->plan->grid, fleet->plan->facts.video.frame_count, chunk);
    return (size_t)(span.end - span.first);
}

static double rung_s(const struct costs *costs, const char *name)
{
    for (size_t i = 0; i < costs->ladder.count; i++)
        if (strcmp(costs->ladder.rungs[i].name, name) == 0 && costs->rung_s[i] > 0)
            return costs->rung_s[i];
    (void)fprintf(stderr, "fleet: no cost of rung %s was measured\n", name);
    exit(2);
}

// Seconds per picture of the range's rungs from the largest down to `last`.
static double picture_s(const struct fleet *fleet, size_t last)
{
    const struct ladder *ladder = &fleet->plan->ladder;
    const enum rung_range range = ladder->rungs[last].range;
    double sum = fleet->costs->range_s[range == RUNG_HDR];
    for (size_t i = 0; i <= last; i++)
        if (ladder->rungs[i].range == range) sum += rung_s(fleet->costs, ladder->rungs[i].name);
    return sum;
}

static double lease_s(const struct fleet *fleet, const struct job *jobs, size_t count)
{
    const struct plan *plan = fleet->plan;
    if (jobs[0].kind == JOB_AUDIO) return fleet->costs->audio_s * FILM_S;
    if (jobs[0].kind == JOB_STORYBOARD)
        return fleet->costs->tile_s * FILM_S * 1000 / plan->images.interval_ms;
    if (jobs[0].kind != JOB_VIDEO) return 1;
    size_t last = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].track > last) last = jobs[i].track;
    const double extra = fleet->costs->extra[plan->ladder.rungs[last].range == RUNG_HDR];
    return ((double)pictures(fleet, jobs[0].chunk) * picture_s(fleet, last) + extra) *
           fleet->complexity[jobs[0].chunk];
}

// What all of it takes once: with the lookahead past each chunk, and without.
static void add_up(struct fleet *fleet)
{
    const struct ladder *ladder = &fleet->plan->ladder;
    const size_t chunks = plan_chunk_count(fleet->plan), videos = chunks * ladder->count;
    for (size_t chunk = 0; chunk < chunks; chunk++)
        for (size_t i = 0; i < ladder->count; i++) {
            const struct job job = {JOB_VIDEO, (uint32_t)i, (uint32_t)chunk, 0};
            const bool is_last =
                i + 1 == ladder->count || ladder->rungs[i + 1].range != ladder->rungs[i].range;
            if (!is_last) continue;
            fleet->needed_s += lease_s(fleet, &job, 1);
            fleet->ideal_s +=
                (double)pictures(fleet, job.chunk) * picture_s(fleet, i) * fleet->complexity[chunk];
        }
    for (size_t i = videos; i < fleet->job_count; i++) {
        const struct job job = plan_job_at(fleet->plan, i);
        fleet->needed_s += lease_s(fleet, &job, 1);
        fleet->ideal_s += lease_s(fleet, &job, 1);
    }
}

// --- machines --------------------------------------------------------------------------------

static void hire(struct fleet *fleet, size_t number, int64_t now_us)
{
    struct machine *machine = &fleet->machines[number];
    const double life = -life_s * log(1 - prng_unit(&fleet->prng));
    machine->dies_us = now_us + (int64_t)(life * 1e6);
    machine->pace = prng_unit(&fleet->prng) < slow_share ? slow_factor : 1;
    for (size_t i = number * CORES_PER_MACHINE;
         i < (number + 1) * CORES_PER_MACHINE && i < fleet->core_count; i++) {
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
    for (size_t i = number * CORES_PER_MACHINE;
         i < (number + 1) * CORES_PER_MACHINE && i < fleet->core_count; i++)
        account(fleet, &fleet->cores[i], now_us);
    fleet->deaths++;
    hire(fleet, number, now_us + REPLACE_US);
}

// The heartbeats of a lease are one extension to its end; the dead one's ends a lease after it.
static void take_jobs(struct fleet *fleet, size_t number, int64_t now_us)
{
    struct core *core = &fleet->cores[number];
    const struct machine *machine = &fleet->machines[number / CORES_PER_MACHINE];
    struct queue_store *queue = fleet->stores.queue;
    struct queue_lease *leases = NULL;
    struct job jobs[LADDER_RUNGS_MAX];
    char name[24];
    (void)snprintf(name, sizeof name, "core-%zu", number);
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
    const double took_s = lease_s(fleet, jobs, core->held_count) * machine->pace;
    const int64_t end_us = now_us + (int64_t)(took_s * 1e6);
    const int64_t until_us = end_us < machine->dies_us ? end_us : machine->dies_us;
    fleet->at_us[number] = end_us;
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
        if (is_lost && fleet->at_us[i] > now_us + BEAT_US) fleet->at_us[i] = now_us + BEAT_US;
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
        if (fleet->cores[core].is_busy) settle(fleet, &fleet->cores[core], at_us);
        take_jobs(fleet, core, at_us);
    }
}

static void print_row(const struct fleet *fleet, int64_t start_us, const struct told *told)
{
    const double span_s = (double)(fleet->clock.now_us - start_us) / 1e6;
    const double paid_s = span_s * (double)fleet->core_count;
    printf("%6zu %8.1f min %9.1f %% %9.1f %% %8zu %8zu %10.2f USD\n", fleet->core_count,
           span_s / 60, 100 * fleet->needed_s / paid_s, 100 * fleet->ideal_s / paid_s,
           fleet->deaths, told->seconds, paid_s / 3600 * price_per_core_h);
    (void)fflush(stdout);
}

static void run(struct fleet *fleet, size_t cores)
{
    struct told told = {0, 0};
    const struct encode_options options = {
        .clock = &fleet->clock.clock, .progressed = hear, .context = &told};
    fleet->core_count = cores;
    fleet->machine_count = (cores + CORES_PER_MACHINE - 1) / CORES_PER_MACHINE;
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
    print_row(fleet, start_us, &told);
    encode_close(&fleet->encoding);
}

static void open_fleet(struct fleet *fleet, const char *folder, struct costs *costs,
                       uint32_t segments)
{
    fleet->clock = clock_manual_init(1000000, 1795000000000);
    fleet->prng = prng_init(42);
    fleet->arena = arena_init(ARENA_BYTES);
    fleet->costs = costs;
    MUST(stores_open(&fleet->stores, folder, &fleet->clock.clock, &why));
    fleet->plan = make_plan(segments);
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

static void film(struct costs *costs, uint32_t segments, size_t cores)
{
    char folder[] = "/dev/shm/primrose-fleet-XXXXXX";
    struct fleet fleet = {.core_count = 0};
    assert(mkdtemp(folder) != NULL);
    open_fleet(&fleet, folder, costs, segments);
    if (cores == 0)
        printf("%zu chunks of %u s x %zu renditions, %zu jobs, %.0f core hours of which %.1f %% "
               "for lookahead\n",
               plan_chunk_count(fleet.plan), 2 * fleet.plan->grid.chunk_segments,
               fleet.plan->ladder.count, fleet.job_count, fleet.needed_s / 3600,
               100 * (1 - fleet.ideal_s / fleet.needed_s));
    else
        run(&fleet, cores);
    close_fleet(&fleet);
    MUST(folder_remove(folder, &why));
}

// --- figures ---------------------------------------------------------------------------------

static void read_costs(const char *path, struct costs *out)
{
    const struct ladder *ladder = &out->ladder;
    char word[16], name[64], line[200];
    FILE *file = fopen(path, "r");
    MUST(ladder_find("mission", &out->ladder, &why));
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        double value = 0, extra = 0;
        const int got = sscanf(line, "%15s %63s %lf %lf", word, name, &value, &extra);
        if (got >= 4 && strcmp(word, "range") == 0) {
            out->range_s[strcmp(name, "hdr") == 0] = value;
            out->extra[strcmp(name, "hdr") == 0] = extra;
        }
        for (size_t i = 0; got >= 3 && i < ladder->count; i++)
            if (strcmp(word, "rung") == 0 && strcmp(name, ladder->rungs[i].name) == 0)
                out->rung_s[i] = value;
        if (strcmp(word, "tile") == 0) out->tile_s = strtod(name, NULL);
        if (strcmp(word, "audio") == 0) out->audio_s = strtod(name, NULL);
    }
    if (file != NULL) (void)fclose(file);
}

static void read_shape(const char *path, struct costs *out)
{
    FILE *file = fopen(path, "r");
    double sum = 0;
    while (file != NULL && out->shape_count < SHAPE_MAX &&
           fscanf(file, "%lf", &out->shape[out->shape_count]) == 1)
        sum += out->shape[out->shape_count++];
    if (file != NULL) (void)fclose(file);
    for (size_t i = 0; i < out->shape_count; i++)
        out->shape[i] *= (double)out->shape_count / sum;
}

int main(int argc, char **argv)
{
    static struct costs costs;
    if (argc < 5) {
        (void)fprintf(stderr, "fleet: COSTS SHAPE SEGMENTS CORES...\n");
        return 2;
    }
    read_costs(argv[1], &costs);
    read_shape(argv[2], &costs);
    assert(costs.shape_count > 0);
    const uint32_t segments = (uint32_t)strtoul(argv[3], NULL, 10);
    film(&costs, segments, 0);
    printf(" cores   makespan  efficiency  less lookahead  deaths  2nd tries      cost\n");
    for (int i = 4; i < argc; i++) {
        const size_t cores = (size_t)strtoul(argv[i], NULL, 10);
        if (cores > 0 && cores <= CORES_MAX) film(&costs, segments, cores);
    }
    return 0;
}
