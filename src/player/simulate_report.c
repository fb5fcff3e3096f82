// SPDX-License-Identifier: Apache-2.0
#include "player/simulate_link.h"
#include "player/simulate_rules.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BOOTSTRAP_ROUNDS = 1000 };
#define CONSTRAINED_BPS 6e6 // links below this decide what an adaptive rule is worth

// Sums over sessions, from which every ratio follows.
struct totals {
    double stall_s;
    double played_s;
    double bits;
    double wasted_bits;
    double stalls;
    double switches;
    double decisions;
    double low;
};

static void totals_add(struct totals *totals, const struct session *session)
{
    totals->stall_s += session->stall_s;
    totals->played_s += session->played_s;
    totals->bits += session->bits;
    totals->wasted_bits += session->wasted_bits;
    totals->stalls += session->stalls;
    totals->switches += session->switches;
    totals->decisions += session->decisions;
    totals->low += session->low;
}

static double rebuffer_pct(const struct totals *t)
{
    return 100.0 * t->stall_s / (t->stall_s + t->played_s);
}
static double events_per_h(const struct totals *t)
{
    return 3600.0 * t->stalls / t->played_s;
}
static double kbps(const struct totals *t)
{
    return t->bits / t->played_s / 1000.0;
}
static double switches_per_min(const struct totals *t)
{
    return 60.0 * t->switches / t->played_s;
}

static int double_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The value that share `p` of the sorted values lie at or below, by nearest rank.
static double percentile(const double *sorted, size_t count, double p)
{
    size_t rank = (size_t)(p * (double)count);
    if ((double)rank < p * (double)count) rank++;
    return sorted[rank == 0 ? 0 : rank - 1];
}

static struct interval interval_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, double_order);
    return (struct interval){percentile(values, count, 0.025), percentile(values, count, 0.975)};
}

// What the figures of one table line are drawn from.
struct sample {
    const struct session *sessions; // of the rule, by trace
    const size_t *members;          // traces of the set
    size_t count;
};

static void report_intervals(const struct sample *sample, uint64_t seed, struct rule_report *report)
{
    double rebuffer[BOOTSTRAP_ROUNDS], events[BOOTSTRAP_ROUNDS];
    double rate[BOOTSTRAP_ROUNDS], switches[BOOTSTRAP_ROUNDS];
    struct prng prng =
        prng_init(seed); // the same for every rule: their resamples are the same sessions
    for (size_t round = 0; round < BOOTSTRAP_ROUNDS; round++) {
        struct totals totals = {0};
        for (size_t i = 0; i < sample->count; i++)
            totals_add(&totals,
                       &sample->sessions[sample->members[prng_below(&prng, sample->count)]]);
        rebuffer[round] = rebuffer_pct(&totals);
        events[round] = events_per_h(&totals);
        rate[round] = kbps(&totals);
        switches[round] = switches_per_min(&totals);
    }
    report->rebuffer_ci = interval_of(rebuffer, BOOTSTRAP_ROUNDS);
    report->events_ci = interval_of(events, BOOTSTRAP_ROUNDS);
    report->kbps_ci = interval_of(rate, BOOTSTRAP_ROUNDS);
    report->switches_ci = interval_of(switches, BOOTSTRAP_ROUNDS);
}

static struct rule_report report_of(const struct sample *sample, const struct session *floor,
                                    uint64_t seed, double *scratch)
{
    struct rule_report report = {.sessions = sample->count};
    if (sample->count == 0) return report;
    struct totals totals = {0}, least = {0};
    for (size_t i = 0; i < sample->count; i++) {
        const struct session *session = &sample->sessions[sample->members[i]];
        totals_add(&totals, session);
        totals_add(&least, &floor[sample->members[i]]);
        scratch[i] = session->startup_s * 1000.0;
    }
    qsort(scratch, sample->count, sizeof *scratch, double_order);
    report.startup_ms_p50 = percentile(scratch, sample->count, 0.5);
    report.startup_ms_p95 = percentile(scratch, sample->count, 0.95);
    report.rebuffer_pct = rebuffer_pct(&totals);
    report.excess_pct = report.rebuffer_pct - rebuffer_pct(&least);
    report.events_per_h = events_per_h(&totals);
    report.kbps = kbps(&totals);
    report.switches_per_min = switches_per_min(&totals);
    report.low_pct = 100.0 * totals.low / totals.decisions;
    report.wasted_pct = 100.0 * totals.wasted_bits / (totals.bits + totals.wasted_bits);
    report_intervals(sample, seed, &report);
    return report;
}

static bool set_has(const struct simulation_run *run, enum session_set set, size_t trace)
{
    switch (set) {
    case SET_ALL: return true;
    case SET_FLOOR_CLEAN: return run->floor[trace].stalls == 0;
    case SET_CONSTRAINED:
        return run->traces[trace].bits / run->traces[trace].seconds < CONSTRAINED_BPS;
    case SET_COUNT: break;
    }
    assert(false);
    return false;
}

outcome simulation_report(struct simulation_run *run, struct arena *arena, struct why *why)
{
    size_t *members = arena_take_array(arena, run->trace_count, sizeof *members);
    double *scratch = arena_take_array(arena, run->trace_count, sizeof *scratch);
    if (members == NULL || scratch == NULL)
        return fail(why, NO_MEMORY, "no memory for the report of %zu traces", run->trace_count);
    for (enum session_set set = 0; set < SET_COUNT; set++) {
        size_t count = 0;
        for (size_t t = 0; t < run->trace_count; t++)
            if (set_has(run, set, t)) members[count++] = t;
        for (size_t r = 0; r < run->rule_count; r++) {
            const struct sample sample = {run->sessions + r * run->trace_count, members, count};
            run->reports[set][r] = report_of(&sample, run->floor, run->simulation.seed, scratch);
            run->reports[set][r].name = run->rules[r]->name;
        }
    }
    return OK;
}
