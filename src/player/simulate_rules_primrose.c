// SPDX-License-Identifier: Apache-2.0
//
// Our own rule behind its public interface: the simulator calls what every other player calls.
#include "player/simulate_rules.h"

#include <assert.h>

static void primrose_start(union rule_state *state, const struct rule_view *view)
{
    const int result = primrose_abr_init(state->primrose.block, sizeof state->primrose.block,
                                         PRIMROSE_ABR_VOD, view->capacity_s, NULL, 0);
    assert(result == 0);
}

// What may be buffered: no more than there is left to play.
static double capacity_of(const struct rule_view *view)
{
    const double left_s = view->buffer_s + (double)view->ahead * view->segment_s;
    return left_s < view->capacity_s ? left_s : view->capacity_s;
}

static int primrose_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    primrose_abr_left(state->primrose.block,
                      view->buffer_s + (double)view->ahead * view->segment_s);
    return primrose_abr_choose(state->primrose.block, view->rates_bps, (uint32_t)view->rungs,
                               view->sizes_bytes, (uint32_t)view->ahead, view->segment_s,
                               view->buffer_s, capacity_of(view), view->now_s, view->previous,
                               wait_s);
}

static void primrose_observe(union rule_state *state, const struct rule_view *view,
                             const struct rule_transfer *transfer)
{
    primrose_abr_observe(state->primrose.block, transfer->bytes, transfer->start_s,
                         transfer->first_byte_s, transfer->end_s);
}

static int primrose_abandon(union rule_state *state, const struct rule_view *view,
                            const struct rule_progress *progress)
{
    return primrose_abr_abandon(state->primrose.block, view->rates_bps, (uint32_t)view->rungs,
                                view->sizes_bytes, view->segment_s, progress->buffer_s,
                                progress->rung, progress->bytes, progress->elapsed_s,
                                progress->first_byte_s);
}

const struct rule rule_primrose = {
    .name = "primrose",
    .summary = "this project's rule (player/abr)",
    .start = primrose_start,
    .choose = primrose_choose,
    .observe = primrose_observe,
    .abandon = primrose_abandon,
};
