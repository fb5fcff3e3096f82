// SPDX-License-Identifier: Apache-2.0
//
// BOLA (Spiteri, Urgaonkar, Sitaraman: INFOCOM 2016); Dynamic, which lets it take turns with the
// throughput rule, as published for dash.js (Spiteri, Sitaraman, Sparacio: MMSys 2018) and modelled
// by sabre; and dash.js 5 as it ships, which has since become more cautious (BOLA-O, wider
// hysteresis).
#include "player/simulate_rules.h"

#include <math.h>

// BOLA's choice: the most utility plus smoothness for the bits, given how full the buffer is.
static int bola_rung(const struct bola_state *bola, const struct rule_view *view, double level_s)
{
    int rung = 0;
    double best = -HUGE_VAL;
    for (size_t r = 0; r < view->rungs; r++) {
        const double score =
            (bola->control * (bola->utility[r] + bola->gp) - level_s) / view->rates_bps[r];
        if (score < best) continue;
        best = score;
        rung = (int)r;
    }
    return rung;
}

// --- bola: as the paper has it, with its cure for oscillation (never more than one rung over the
// throughput)

#define BOLA_GP 5.0

static void bola_start(union rule_state *state, const struct rule_view *view)
{
    struct bola_state *bola = &state->dynamic.bola;
    for (size_t r = 0; r < view->rungs; r++)
        bola->utility[r] = log(view->rates_bps[r] / view->rates_bps[0]);
    bola->gp = BOLA_GP;
}

static int bola_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    struct bola_state *bola = &state->dynamic.bola;
    const struct link_average *average = &state->dynamic.throughput.average;
    // Near either end of the title the buffer cannot be, or need not be, full.
    const double near_end = (double)(view->segment < view->ahead ? view->segment : view->ahead);
    const double reach_s = fmax(near_end / 2.0, 3.0) * view->segment_s;
    bola->control = (fmin(view->capacity_s, reach_s) - view->segment_s) /
                    (bola->utility[view->rungs - 1] + bola->gp);
    int rung = bola_rung(bola, view, view->buffer_s);
    const int last = view->previous < 0 ? 0 : view->previous;
    if (rung > last) {
        const double bps = link_average_bps(average);
        const int affordable =
            bps > 0.0 ? rung_for_throughput(view, bps, link_average_latency_s(average)) : 0;
        if (rung > affordable) rung = last > affordable ? last : affordable + 1;
    }
    return rung < (int)view->rungs ? rung : (int)view->rungs - 1;
}

static void bola_observe(union rule_state *state, const struct rule_view *view,
                         const struct rule_transfer *transfer)
{
    if (transfer->abandoned_to < 0)
        link_average_add(&state->dynamic.throughput.average, view, transfer);
}

static int bola_abandon(union rule_state *state, const struct rule_view *view,
                        const struct rule_progress *progress)
{
    if (progress->rung == 0) return -1;
    const struct bola_state *bola = &state->dynamic.bola;
    const double left_bytes = progress->total_bytes - progress->bytes;
    if (progress->bytes <= 0.0 || left_bytes <= 0.0) return -1;
    const double here = bola->control * (bola->gp + bola->utility[progress->rung]);
    double best = (here - progress->buffer_s) / left_bytes;
    if (best < 0.0) return -1;
    int lower = -1;
    for (int r = 0; r < progress->rung; r++) {
        const double bytes = view->sizes_bytes[r];
        const double there = bola->control * (bola->gp + bola->utility[r]);
        const double score = (there - progress->buffer_s) / bytes;
        if (bytes >= left_bytes || score <= best) continue;
        best = score;
        lower = r;
    }
    return lower;
}

const struct rule rule_bola = {
    .name = "bola",
    .summary = "BOLA: utility against buffer, no prediction (INFOCOM 2016)",
    .start = bola_start,
    .choose = bola_choose,
    .observe = bola_observe,
    .abandon = bola_abandon,
};

// --- dynamic: BOLA while the buffer is above 10 s and BOLA would go at least as high, else the
// throughput rule

#define DYNAMIC_LOW_S 10.0

static void dynamic_start(union rule_state *state, const struct rule_view *view)
{
    bola_start(state, view);
    throughput_start(&state->dynamic.throughput);
}

static int dynamic_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    struct dynamic_state *dynamic = &state->dynamic;
    const int by_buffer = bola_choose(state, view, wait_s);
    const int by_throughput = throughput_choose(&dynamic->throughput, view);
    if (dynamic->buffer_rules) {
        if (view->buffer_s < DYNAMIC_LOW_S && by_buffer < by_throughput) dynamic->buffer_rules = 0;
    } else if (view->buffer_s > DYNAMIC_LOW_S && by_buffer >= by_throughput) {
        dynamic->buffer_rules = 1;
    }
    return dynamic->buffer_rules ? by_buffer : by_throughput;
}

static int dynamic_abandon(union rule_state *state, const struct rule_view *view,
                           const struct rule_progress *progress)
{
    return throughput_abandon(&state->dynamic.throughput, view, progress);
}

const struct rule rule_dynamic = {
    .name = "dynamic",
    .summary = "Dynamic as published for dash.js: throughput below 10 s, BOLA above (MMSys 2018)",
    .start = dynamic_start,
    .choose = dynamic_choose,
    .observe = bola_observe,
    .abandon = dynamic_abandon,
};

// --- dashjs: dash.js 5 as it ships. The throughput rule until the buffer is comfortable, then
// BOLA-E with its virtual (placeholder) buffer; the insufficient-buffer rule caps both.

#define DASHJS_BOLA_ON_S         18.0 // bufferTimeDefault
#define DASHJS_BOLA_OFF_S        9.0
#define BOLA_MINIMUM_BUFFER_S    10.0
#define BOLA_PER_RUNG_S          2.0
#define INSUFFICIENT_SAFETY      0.7
#define DASHJS_THROUGHPUT_SAFETY 0.9
#define INSUFFICIENT_IGNORE_SEGS 2

static void dashjs_start(union rule_state *state, const struct rule_view *view)
{
    struct bola_state *bola = &state->dynamic.bola;
    for (size_t r = 0; r < view->rungs; r++)
        bola->utility[r] = 1.0 + log(view->rates_bps[r] / view->rates_bps[0]);
    const double target_s =
        fmax(DASHJS_BOLA_ON_S, BOLA_MINIMUM_BUFFER_S + BOLA_PER_RUNG_S * (double)view->rungs);
    const double top = bola->utility[view->rungs - 1];
    bola->gp = (top - 1.0) / (target_s / BOLA_MINIMUM_BUFFER_S - 1.0);
    bola->control = bola->gp > 0.0 ? BOLA_MINIMUM_BUFFER_S / bola->gp : BOLA_MINIMUM_BUFFER_S;
    throughput_start(&state->dynamic.throughput);
}

// The buffer at which BOLA would begin to prefer this rung to each lower one.
static double bola_level_min(const struct bola_state *bola, const struct rule_view *view, int rung)
{
    double level = 0.0;
    for (int r = 0; r < rung; r++) {
        const double high = view->rates_bps[rung], low = view->rates_bps[r];
        const double even = (high * bola->utility[r] - low * bola->utility[rung]) / (high - low);
        level = fmax(level, bola->control * (bola->gp + even));
    }
    return level;
}

static double bola_level_max(const struct bola_state *bola, int rung)
{
    return bola->control * (bola->utility[rung] + bola->gp);
}

// BOLA-E: the real buffer plus a virtual one, which grows while the player idles for other reasons
// than BOLA's.
static int bola_e_choose(struct dynamic_state *dynamic, const struct rule_view *view,
                         double *wait_s)
{
    struct bola_state *bola = &dynamic->bola;
    const double bps = link_average_bps(&dynamic->throughput.average);
    const double latency_s = link_average_latency_s(&dynamic->throughput.average);
    const int affordable =
        bps > 0.0 ? rung_for_throughput(view, DASHJS_THROUGHPUT_SAFETY * bps, latency_s) : 0;
    if (!bola->started) {
        bola->started = 1;
        bola->placeholder_s = fmax(0.0, bola_level_min(bola, view, affordable) - view->buffer_s);
        return affordable;
    }
    const int last = view->previous < 0 ? 0 : view->previous;
    int rung = bola_rung(bola, view, view->buffer_s + bola->placeholder_s);
    if (rung > last && rung > affordable) rung = affordable > last ? affordable : last;
    double excess_s = view->buffer_s + bola->placeholder_s - bola_level_max(bola, rung);
    if (excess_s > 0.0) {
        const double virtual_s = fmin(excess_s, bola->placeholder_s);
        bola->placeholder_s -= virtual_s;
        excess_s -= virtual_s;
        if ((size_t)rung + 1 < view->rungs) *wait_s = excess_s;
    }
    return rung;
}

static int dashjs_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    struct dynamic_state *dynamic = &state->dynamic;
    if (dynamic->buffer_rules) {
        if (view->buffer_s < DASHJS_BOLA_OFF_S) dynamic->buffer_rules = 0;
    } else if (view->buffer_s >= DASHJS_BOLA_ON_S) {
        dynamic->buffer_rules = 1;
    }
    const double bps = link_average_bps(&dynamic->throughput.average);
    if (bps <= 0.0) return 0;
    if (dynamic->idle_from_s > 0.0 && view->now_s > dynamic->idle_from_s)
        dynamic->bola.placeholder_s += view->now_s - dynamic->idle_from_s;
    int rung = 0;
    if (dynamic->buffer_rules)
        rung = bola_e_choose(dynamic, view, wait_s);
    else
        rung = rung_for_throughput(view, DASHJS_THROUGHPUT_SAFETY * bps,
                                   link_average_latency_s(&dynamic->throughput.average));
    if (view->segment >= INSUFFICIENT_IGNORE_SEGS) {
        const double cap_bps = INSUFFICIENT_SAFETY * bps * view->buffer_s / view->segment_s;
        while (rung > 0 && view->rates_bps[rung] > cap_bps) {
            rung--;
            *wait_s = 0.0;
        }
    }
    return rung;
}

static void dashjs_observe(union rule_state *state, const struct rule_view *view,
                           const struct rule_transfer *transfer)
{
    struct dynamic_state *dynamic = &state->dynamic;
    struct bola_state *bola = &dynamic->bola;
    dynamic->idle_from_s = transfer->end_s;
    if (transfer->abandoned_to >=
        0) { // something went wrong: the virtual buffer sinks to what the lower rung needs
        const int to = transfer->abandoned_to;
        const double want_s = to > 0 ? bola_level_min(bola, view, to) : BOLA_MINIMUM_BUFFER_S;
        bola->placeholder_s = fmin(bola->placeholder_s, fmax(0.0, want_s - transfer->buffer_s));
        return;
    }
    link_average_add(&dynamic->throughput.average, view, transfer);
    if (!dynamic->buffer_rules) return;
    const double level_s = transfer->buffer_s + (transfer->end_s - transfer->start_s);
    bola->placeholder_s =
        fmin(bola->placeholder_s, fmax(0.0, bola_level_max(bola, transfer->rung) - level_s));
    if (transfer->buffer_s > 0.0)
        bola->placeholder_s =
            fmax(bola->placeholder_s, bola_level_min(bola, view, transfer->rung) - level_s);
}

const struct rule rule_dashjs = {
    .name = "dashjs",
    .summary = "dash.js 5 as it ships: throughput, BOLA-E/O, insufficient-buffer and abandon rules",
    .start = dashjs_start,
    .choose = dashjs_choose,
    .observe = dashjs_observe,
    .abandon = dynamic_abandon,
};
