// SPDX-License-Identifier: Apache-2.0
//
// Shaka Player's SimpleAbrManager (5.2) and hls.js's AbrController (1.7), with the settings they
// ship with, apart from the buffer's size.
#include "player/simulate_rules.h"

#include <math.h>

static void ewma_add(struct ewma_state *ewma, const double half_life_s[2], double bytes,
                     double seconds)
{
    if (seconds <= 0.0) return;
    for (size_t i = 0; i < 2; i++) {
        const double keep = pow(0.5, seconds / half_life_s[i]);
        ewma->average[i] = keep * ewma->average[i] + (1.0 - keep) * 8.0 * bytes / seconds;
    }
    ewma->weight_s += seconds;
    ewma->bytes += bytes;
}

static double ewma_bps(const struct ewma_state *ewma, const double half_life_s[2])
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < 2; i++)
        least = fmin(least, ewma->average[i] / (1.0 - pow(0.5, ewma->weight_s / half_life_s[i])));
    return least;
}

// --- shaka: throughput in a band, at most one switch in eight seconds, no look at the buffer

static const double shaka_half_life_s[2] = {2.0, 5.0};
#define SHAKA_DEFAULT_BPS      1e6
#define SHAKA_MIN_TOTAL_BYTES  128e3
#define SHAKA_MIN_SAMPLE_BYTES 16e3
#define SHAKA_UP               0.85
#define SHAKA_DOWN             0.95
#define SHAKA_INTERVAL_S       8.0

static int shaka_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    struct ewma_state *ewma = &state->ewma;
    const bool first = view->previous < 0;
    const bool trusted = ewma->bytes >= SHAKA_MIN_TOTAL_BYTES;
    if (!first &&
        (!trusted || (ewma->chosen_s > 0.0 && view->now_s - ewma->chosen_s < SHAKA_INTERVAL_S)))
        return ewma->current;
    const double bps = trusted ? ewma_bps(ewma, shaka_half_life_s) : SHAKA_DEFAULT_BPS;
    int rung = 0;
    for (size_t r = 0; r < view->rungs; r++) {
        const double least = view->rates_bps[r] / SHAKA_DOWN;
        const double most = r + 1 < view->rungs ? view->rates_bps[r + 1] / SHAKA_UP : HUGE_VAL;
        if (bps >= least && bps <= most) rung = (int)r;
    }
    if (!first) ewma->chosen_s = view->now_s;
    ewma->current = rung;
    return rung;
}

static void shaka_observe(union rule_state *state, const struct rule_view *view,
                          const struct rule_transfer *transfer)
{
    if (transfer->bytes >= SHAKA_MIN_SAMPLE_BYTES)
        ewma_add(&state->ewma, shaka_half_life_s, transfer->bytes,
                 transfer->end_s - transfer->start_s);
}

const struct rule rule_shaka = {
    .name = "shaka",
    .summary = "Shaka Player 5.2: throughput band, a switch in 8 s at most",
    .choose = shaka_choose,
    .observe = shaka_observe,
};

// --- hlsjs: the segment must also load before the buffer is empty

static const double hlsjs_half_life_s[2] = {3.0, 9.0};
#define HLSJS_DEFAULT_BPS      500e3
#define HLSJS_MIN_WEIGHT_S     0.001
#define HLSJS_DOWN             0.95
#define HLSJS_UP               0.7
#define HLSJS_STARVATION_MAX_S 4.0
#define HLSJS_ABANDON_SAFETY   0.8

static double hlsjs_bps(const struct ewma_state *ewma)
{
    return ewma->weight_s >= HLSJS_MIN_WEIGHT_S ? ewma_bps(ewma, hlsjs_half_life_s)
                                                : HLSJS_DEFAULT_BPS;
}

// The highest level whose rate is covered and that loads within `limit_s`, or -1.
static int hlsjs_level(const struct rule_view *view, double bps, double limit_s)
{
    for (int r = (int)view->rungs - 1; r >= 0; r--) {
        const double usable = bps * (r <= view->previous ? HLSJS_DOWN : HLSJS_UP);
        const double load_s = view->rates_bps[r] * view->segment_s / usable;
        if (usable >= view->rates_bps[r] && load_s < limit_s) return r;
    }
    return -1;
}

static int hlsjs_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    const double bps = hlsjs_bps(&state->ewma);
    int rung = hlsjs_level(view, bps, view->buffer_s);
    if (rung < 0)
        rung =
            hlsjs_level(view, bps, view->buffer_s + fmin(view->segment_s, HLSJS_STARVATION_MAX_S));
    return rung < 0 ? 0 : rung;
}

static void hlsjs_observe(union rule_state *state, const struct rule_view *view,
                          const struct rule_transfer *transfer)
{
    ewma_add(&state->ewma, hlsjs_half_life_s, transfer->bytes, transfer->end_s - transfer->start_s);
}

static int hlsjs_abandon(union rule_state *state, const struct rule_view *view,
                         const struct rule_progress *progress)
{
    if (progress->rung == 0) return -1;
    if (progress->elapsed_s <= view->segment_s / 2.0) return -1;
    if (progress->buffer_s >= 2.0 * view->segment_s) return -1;
    const double bps = fmax(8.0 * progress->bytes / progress->elapsed_s, 8.0);
    const double left_s = 8.0 * (progress->total_bytes - progress->bytes) / bps;
    if (left_s <= progress->buffer_s) return -1;
    int rung = progress->rung - 1;
    double load_s = 0.0;
    for (;; rung--) {
        load_s = view->segment_s * view->rates_bps[rung] / (HLSJS_ABANDON_SAFETY * bps);
        if (rung == 0 || load_s < progress->buffer_s) break;
    }
    return load_s < left_s ? rung : -1;
}

const struct rule rule_hlsjs = {
    .name = "hlsjs",
    .summary = "hls.js 1.7: 0.7 of the throughput upwards, 0.95 downwards, emergency abandon",
    .choose = hlsjs_choose,
    .observe = hlsjs_observe,
    .abandon = hlsjs_abandon,
};
