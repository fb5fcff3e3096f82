// SPDX-License-Identifier: Apache-2.0
//
// The table of rules, and the plainest of them: the floor, throughput alone, throughput with
// guards.
#include "player/simulate_rules.h"

#include "base/suggest.h"

#include <math.h>

static const struct rule *const rules[] = {
    &rule_lowest, &rule_plain, &rule_throughput, &rule_bola,      &rule_dynamic,
    &rule_dashjs, &rule_hlsjs, &rule_shaka,      &rule_robustmpc, &rule_primrose,
};

const struct rule *const *rules_all(size_t *count)
{
    *count = sizeof rules / sizeof *rules;
    return rules;
}

const struct rule *rule_find(struct slice name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (slice_is(name, rules[i]->name)) return rules[i];
    return NULL;
}

const char *rule_name(const struct rule *rule)
{
    return rule->name;
}

const char *rule_summary(const struct rule *rule)
{
    return rule->summary;
}

const char *rule_nearest(const char *typed)
{
    const char *names[sizeof rules / sizeof *rules];
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        names[i] = rules[i]->name;
    return suggest(typed, names, sizeof rules / sizeof *rules);
}

// --- throughput and latency as dash.js averages them

static const double average_half_life_s[2] = {8.0, 3.0};

void link_average_add(struct link_average *average, const struct rule_view *view,
                      const struct rule_transfer *transfer)
{
    const double seconds = transfer->end_s - transfer->first_byte_s;
    if (seconds <= 0.0 || transfer->bytes <= 0.0) return;
    const double bps = 8.0 * transfer->bytes / seconds;
    const double latency_s = transfer->first_byte_s - transfer->start_s;
    for (size_t i = 0; i < 2; i++) {
        const double keep = pow(0.5, seconds / average_half_life_s[i]);
        average->throughput_bps[i] = keep * average->throughput_bps[i] + (1.0 - keep) * bps;
        const double keep_latency = pow(0.5, view->segment_s / average_half_life_s[i]);
        average->latency_s[i] =
            keep_latency * average->latency_s[i] + (1.0 - keep_latency) * latency_s;
    }
    average->weight_s += seconds;
    average->samples += view->segment_s;
}

double link_average_bps(const struct link_average *average)
{
    if (average->weight_s <= 0.0) return 0.0;
    double least = HUGE_VAL;
    for (size_t i = 0; i < 2; i++) {
        const double full = 1.0 - pow(0.5, average->weight_s / average_half_life_s[i]);
        least = fmin(least, average->throughput_bps[i] / full);
    }
    return least;
}

double link_average_latency_s(const struct link_average *average)
{
    if (average->samples <= 0.0) return 0.0;
    double most = 0.0;
    for (size_t i = 0; i < 2; i++) {
        const double full = 1.0 - pow(0.5, average->samples / average_half_life_s[i]);
        most = fmax(most, average->latency_s[i] / full);
    }
    return most;
}

int rung_for_throughput(const struct rule_view *view, double bps, double latency_s)
{
    int rung = 0;
    while ((size_t)rung + 1 < view->rungs &&
           latency_s + view->segment_s * view->rates_bps[rung + 1] / bps <= view->segment_s)
        rung++;
    return rung;
}

// --- lowest: what no rule can beat in smoothness

static int lowest_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    return 0;
}

static void nothing_observed(union rule_state *state, const struct rule_view *view,
                             const struct rule_transfer *transfer)
{
}

const struct rule rule_lowest = {
    .name = "lowest",
    .summary = "always the bottom rung: the floor",
    .choose = lowest_choose,
    .observe = nothing_observed,
};

// --- plain: 0.9 of the throughput, whatever the buffer

#define THROUGHPUT_SAFETY 0.9

static int plain_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    const struct link_average *average = &state->throughput.average;
    return rung_for_throughput(view, THROUGHPUT_SAFETY * link_average_bps(average),
                               link_average_latency_s(average));
}

static void throughput_observe(union rule_state *state, const struct rule_view *view,
                               const struct rule_transfer *transfer)
{
    if (transfer->abandoned_to < 0) link_average_add(&state->throughput.average, view, transfer);
}

const struct rule rule_plain = {
    .name = "plain",
    .summary = "the highest rung below 0.9 of the measured throughput",
    .choose = plain_choose,
    .observe = throughput_observe,
};

// --- throughput: the same with dash.js's guards

#define GUARD_SAFETY_FIRST     0.9
#define GUARD_SAFETY_LEAST     0.5
#define ABANDON_AFTER_S        0.5
#define ABANDON_OVER_DURATIONS 1.8

void throughput_start(struct throughput_state *state)
{
    state->safety = GUARD_SAFETY_FIRST;
}

int throughput_choose(struct throughput_state *state, const struct rule_view *view)
{
    const double bps = link_average_bps(&state->average);
    if (bps <= 0.0) return 0;
    const double latency_s = link_average_latency_s(&state->average);
    int rung = rung_for_throughput(view, THROUGHPUT_SAFETY * bps, latency_s);
    // The next segment has to arrive before the buffer is empty.
    const double safe_bits = state->safety * (view->buffer_s - latency_s) * bps;
    state->safety = fmax(state->safety * GUARD_SAFETY_FIRST, GUARD_SAFETY_LEAST);
    while (rung > 0 && view->rates_bps[rung] * view->segment_s > safe_bits)
        rung--;
    return rung;
}

int throughput_abandon(const struct throughput_state *state, const struct rule_view *view,
                       const struct rule_progress *progress)
{
    if (progress->rung == 0) return -1;
    if (progress->first_byte_s < 0.0 || progress->elapsed_s < ABANDON_AFTER_S) return -1;
    const double flowing_s = progress->elapsed_s - progress->first_byte_s;
    if (flowing_s <= 0.0 || progress->bytes <= 0.0) return -1;
    const double bps = 8.0 * progress->bytes / flowing_s;
    const double left_bytes = progress->total_bytes - progress->bytes;
    if (progress->elapsed_s + 8.0 * left_bytes / bps <= ABANDON_OVER_DURATIONS * view->segment_s)
        return -1;
    const int rung =
        rung_for_throughput(view, THROUGHPUT_SAFETY * bps, link_average_latency_s(&state->average));
    if (rung >= progress->rung || view->sizes_bytes[rung] >= left_bytes) return -1;
    return rung;
}

static void guarded_start(union rule_state *state, const struct rule_view *view)
{
    throughput_start(&state->throughput);
}

static int guarded_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    return throughput_choose(&state->throughput, view);
}

static int guarded_abandon(union rule_state *state, const struct rule_view *view,
                           const struct rule_progress *progress)
{
    return throughput_abandon(&state->throughput, view, progress);
}

const struct rule rule_throughput = {
    .name = "throughput",
    .summary = "plain with dash.js's low-buffer guard and abandonment",
    .start = guarded_start,
    .choose = guarded_choose,
    .observe = throughput_observe,
    .abandon = guarded_abandon,
};
