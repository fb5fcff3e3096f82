// SPDX-License-Identifier: Apache-2.0
//
// RobustMPC (Yin, Jindal, Sekar, Sinopoli: SIGCOMM 2015): maximise bitrate less stalls less
// switches over the next five segments, with a throughput forecast divided by one plus its worst
// recent error.
#include "player/simulate_rules.h"

#include <math.h>

enum { MPC_HORIZON = 5 };

// An exhaustive search, pruned by a bound that it cannot exceed.
struct search {
    const struct rule_view *view;
    double bps;
    double stall_price; // per second, in the unit of quality
    size_t horizon;
    double bound[MPC_HORIZON + 1]; // the most that segments from here on can add
    double best;
    int best_rung;
};

static double quality(const struct rule_view *view, int rung)
{
    return view->rates_bps[rung] / 1e6;
}

static double load_s(const struct search *search, size_t depth, int rung)
{
    return 8.0 * search->view->sizes_bytes[depth * search->view->rungs + (size_t)rung] /
           search->bps;
}

// Were the buffer as full as the lowest rung leaves it, and switching free: what could each segment
// be worth?
static void bound_set(struct search *search)
{
    double most[MPC_HORIZON];
    double buffer_s = search->view->buffer_s;
    for (size_t d = 0; d < search->horizon; d++) {
        most[d] = -HUGE_VAL;
        for (int r = 0; r < (int)search->view->rungs; r++) {
            const double stall_s = fmax(0.0, load_s(search, d, r) - buffer_s);
            most[d] = fmax(most[d], quality(search->view, r) - search->stall_price * stall_s);
        }
        buffer_s = fmax(0.0, buffer_s - load_s(search, d, 0)) + search->view->segment_s;
    }
    search->bound[search->horizon] = 0.0;
    for (size_t d = search->horizon; d-- > 0;)
        search->bound[d] = search->bound[d + 1] + most[d];
}

static void descend(struct search *search, size_t depth, double buffer_s, int previous, int first,
                    double value)
{
    if (depth == search->horizon) {
        if (value > search->best) {
            search->best = value;
            search->best_rung = first;
        }
        return;
    }
    if (value + search->bound[depth] <= search->best) return;
    const struct rule_view *view = search->view;
    for (int k = 0; k < (int)view->rungs; k++) {
        const int r = (previous + k) %
                      (int)view->rungs; // the same rung first: a good answer early prunes most
        const double need_s = load_s(search, depth, r);
        const double stall_s = fmax(0.0, need_s - buffer_s);
        const double worth = value + quality(view, r) - search->stall_price * stall_s -
                             fabs(quality(view, r) - quality(view, previous));
        const double next_s =
            fmin(fmax(0.0, buffer_s - need_s) + view->segment_s, view->capacity_s);
        descend(search, depth + 1, next_s, r, depth == 0 ? r : first, worth);
    }
}

static int robustmpc_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    struct mpc_state *mpc = &state->mpc;
    if (mpc->sample_count == 0) return 0;
    const size_t samples = mpc->sample_count < MPC_MEMORY ? mpc->sample_count : MPC_MEMORY;
    const size_t errors = mpc->error_count < MPC_MEMORY ? mpc->error_count : MPC_MEMORY;
    double inverse = 0.0, worst = 0.0;
    for (size_t i = 0; i < samples; i++)
        inverse += 1.0 / mpc->samples_bps[i];
    for (size_t i = 0; i < errors; i++)
        worst = fmax(worst, mpc->errors[i]);
    mpc->predicted_bps = (double)samples / inverse;
    struct search search = {
        .view = view,
        .bps = mpc->predicted_bps / (1.0 + worst),
        .stall_price = quality(view, (int)view->rungs - 1),
        .horizon = view->ahead < MPC_HORIZON ? view->ahead : MPC_HORIZON,
        .best = -HUGE_VAL,
    };
    bound_set(&search);
    descend(&search, 0, view->buffer_s, view->previous < 0 ? 0 : view->previous, 0, 0.0);
    return search.best_rung;
}

static void robustmpc_observe(union rule_state *state, const struct rule_view *view,
                              const struct rule_transfer *transfer)
{
    struct mpc_state *mpc = &state->mpc;
    const double bps = 8.0 * transfer->bytes / (transfer->end_s - transfer->start_s);
    if (mpc->predicted_bps > 0.0)
        mpc->errors[mpc->error_count++ % MPC_MEMORY] = fabs(mpc->predicted_bps - bps) / bps;
    mpc->samples_bps[mpc->sample_count++ % MPC_MEMORY] = bps;
}

const struct rule rule_robustmpc = {
    .name = "robustmpc",
    .summary = "RobustMPC: five segments ahead, stalls priced (SIGCOMM 2015)",
    .choose = robustmpc_choose,
    .observe = robustmpc_observe,
};
