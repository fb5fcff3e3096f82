// SPDX-License-Identifier: Apache-2.0
#include "player/simulate.h"

#include "player/simulate_link.h"
#include "player/simulate_rules.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// How often a player looks at a running transfer, and lets the rule look at it, at the lowest rung
// too; hls.js uses 100 ms, browsers report progress every 50 ms or so.
#define PROGRESS_S 0.25
// Buffers this close to empty are empty: far below a frame, far above rounding.
#define EMPTY_S 1e-9
// Below this much buffer quality should already be sinking.
#define LOW_BUFFER_S 10.0

// A title's segment sizes, and everything that changes while it plays.
struct playback {
    const struct simulation *simulation;
    const struct rule *rule;
    union rule_state state;
    struct link link;
    struct rule_view view;
    struct session session;
    bool started;
    bool stalled;
    bool was_comfortable; // the buffer has once reached LOW_BUFFER_S
};

size_t session_segments(const struct simulation *simulation, const struct trace *trace)
{
    const double segments = floor(trace->seconds / simulation->segment_s + 1e-6);
    if (segments < 1.0) return 1;
    if (segments > SESSION_SEGMENTS_MAX) return SESSION_SEGMENTS_MAX;
    return (size_t)segments;
}

// Relative sizes of a title's segments, one on average: log-normal, correlated from one to the next
// as scenes are, at most twice the average as encoders with a VBV deliver them. `out` has room for
// `count`.
static void title_weights(const struct simulation *simulation, uint64_t title, double *out,
                          size_t count)
{
    struct prng prng = prng_init(simulation->seed * 1000003U + title);
    double scene = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double noise = -6.0;
        for (int k = 0; k < 12; k++) // near enough to a normal variate, and the same everywhere
            noise += prng_unit(&prng);
        scene = simulation->sizes == SIZES_CONSTANT ? 0.0 : 0.7 * scene + 0.2 * noise;
        out[i] = fmin(fmax(exp(scene), 0.4), 2.0);
        sum += out[i];
    }
    for (size_t i = 0; i < count; i++)
        out[i] *= (double)count / sum;
}

// Wall time passes on the screen.
static void pass(struct playback *p, double seconds)
{
    p->view.now_s += seconds;
    if (!p->started) return;
    if (p->view.buffer_s >= seconds) {
        p->view.buffer_s -= seconds;
        return;
    }
    const double missing = seconds - p->view.buffer_s;
    p->view.buffer_s = 0.0;
    if (missing <= EMPTY_S) return;
    if (!p->stalled) p->session.stalls++;
    p->stalled = true;
    p->session.stall_s += missing;
}

static void idle(struct playback *p, double seconds)
{
    if (seconds <= 0.0) return;
    pass(p, seconds);
    link_pass(&p->link, seconds);
}

// One request: the latency, then the bytes, with a look at it every PROGRESS_S. True when the
// segment arrived whole; otherwise `transfer->abandoned_to` says at which rung to try again.
static bool fetch(struct playback *p, int rung, double bytes, struct rule_transfer *transfer)
{
    *transfer = (struct rule_transfer){
        .rung = rung, .abandoned_to = -1, .start_s = p->view.now_s, .first_byte_s = -1.0};
    double latency = p->link.trace->latency_s;
    double look_s = PROGRESS_S; // after the start
    const bool may_abandon = p->rule->abandon != NULL;
    while (transfer->bytes < bytes) {
        const double left_s = look_s - (p->view.now_s - transfer->start_s);
        double spent = latency < left_s ? latency : left_s;
        if (latency > 0.0) {
            link_pass(&p->link, spent);
            latency -= spent;
        } else {
            const double before = transfer->bytes;
            spent = link_carry(&p->link, bytes, may_abandon ? left_s : HUGE_VAL, &transfer->bytes);
            if (transfer->first_byte_s < 0.0 && transfer->bytes > before)
                transfer->first_byte_s = p->view.now_s + p->link.silent_s;
        }
        pass(p, spent);
        if (p->view.now_s - transfer->start_s < look_s - EMPTY_S) continue;
        look_s += PROGRESS_S;
        if (!may_abandon || transfer->bytes >= bytes) continue;
        const struct rule_progress progress = {
            .rung = rung,
            .bytes = transfer->bytes,
            .total_bytes = bytes,
            .elapsed_s = p->view.now_s - transfer->start_s,
            .first_byte_s =
                transfer->first_byte_s < 0.0 ? -1.0 : transfer->first_byte_s - transfer->start_s,
            .buffer_s = p->view.buffer_s,
        };
        const int lower = p->rule->abandon(&p->state, &p->view, &progress);
        if (lower < 0) continue;
        assert(lower < rung);
        transfer->abandoned_to = lower;
        break;
    }
    transfer->end_s = p->view.now_s;
    transfer->buffer_s = p->view.buffer_s;
    if (transfer->first_byte_s < 0.0) transfer->first_byte_s = transfer->end_s;
    p->rule->observe(&p->state, &p->view, transfer);
    return transfer->abandoned_to < 0;
}

static int decide(struct playback *p)
{
    struct rule_view *view = &p->view;
    double wait_s = 0.0;
    const int rung = p->rule->choose(&p->state, view, &wait_s);
    assert(rung >= 0 && (size_t)rung < view->rungs);
    p->session.decisions++;
    if (view->buffer_s >= LOW_BUFFER_S) p->was_comfortable = true;
    if (p->was_comfortable && view->buffer_s < LOW_BUFFER_S && view->previous > 0 &&
        rung >= view->previous)
        p->session.low++;
    // A pause that outlasts the buffer would be a stall of the rule's own making.
    idle(p, wait_s < view->buffer_s ? wait_s : view->buffer_s);
    return rung;
}

// Requests the next segment until it is there.
static struct session_point segment_get(struct playback *p)
{
    struct rule_view *view = &p->view;
    idle(p, view->buffer_s + view->segment_s - view->capacity_s);
    int rung = decide(p);
    struct session_point point = {.request_s = view->now_s, .buffer_s = view->buffer_s};
    const double stall_before = p->session.stall_s;
    struct rule_transfer transfer;
    while (!fetch(p, rung, view->sizes_bytes[rung], &transfer)) {
        p->session.abandoned++;
        p->session.wasted_bits += 8.0 * transfer.bytes;
        rung = transfer.abandoned_to;
    }
    if (!p->started) p->session.startup_s = view->now_s;
    p->started = true;
    p->stalled = false;
    if (view->previous >= 0 && rung != view->previous) p->session.switches++;
    p->session.segments++;
    p->session.bits += 8.0 * view->sizes_bytes[rung];
    p->session.played_s += view->segment_s;
    view->previous = rung;
    view->buffer_s += view->segment_s;
    point.arrival_s = view->now_s;
    point.stall_s = p->session.stall_s - stall_before;
    point.rung = (uint32_t)rung;
    return point;
}

// What a session needs of memory, reused from one to the next.
static _Thread_local double title_sizes[(size_t)SESSION_SEGMENTS_MAX * LADDER_RUNGS_MAX];

const double *session_sizes(const struct simulation *simulation, const struct trace *trace,
                            uint64_t index)
{
    const struct ladder *ladder = simulation->ladder;
    const size_t segments = session_segments(simulation, trace);
    double weights[SESSION_SEGMENTS_MAX];
    title_weights(simulation, index, weights, segments);
    for (size_t i = 0; i < segments; i++)
        for (size_t r = 0; r < ladder->rungs; r++)
            title_sizes[i * ladder->rungs + r] =
                fmax(1.0, floor(ladder->rates_bps[r] * simulation->segment_s * weights[i] / 8.0));
    return title_sizes;
}

struct session session_play(const struct simulation *simulation, const struct trace *trace,
                            uint64_t index, const struct rule *rule, struct session_point *points)
{
    const struct ladder *ladder = simulation->ladder;
    const size_t segments = session_segments(simulation, trace);
    (void)session_sizes(simulation, trace, index);

    struct playback p = {
        .simulation = simulation,
        .rule = rule,
        .link = {.trace = trace},
        .view = {.rates_bps = ladder->rates_bps,
                 .rungs = ladder->rungs,
                 .segment_s = simulation->segment_s,
                 .capacity_s = simulation->capacity_s,
                 .previous = -1},
    };
    memset(&p.state, 0, sizeof p.state);
    if (rule->start != NULL) rule->start(&p.state, &p.view);
    for (size_t i = 0; i < segments; i++) {
        p.view.segment = i;
        p.view.ahead = segments - i;
        p.view.sizes_bytes = title_sizes + i * ladder->rungs;
        const struct session_point point = segment_get(&p);
        if (points != NULL) points[i] = point;
    }
    return p.session;
}

must_check outcome simulation_run(const struct simulation *simulation, const struct trace *traces,
                                  size_t trace_count, const struct rule *const *rules,
                                  size_t rule_count, struct arena *arena,
                                  struct simulation_run *out, struct why *why)
{
    assert(rule_count >= 1 && rule_count <= RULES_PER_RUN_MAX && trace_count >= 1);
    struct session *sessions = arena_take_array(arena, trace_count * rule_count, sizeof *sessions);
    struct session *floor_sessions = arena_take_array(arena, trace_count, sizeof *floor_sessions);
    if (sessions == NULL || floor_sessions == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu sessions", trace_count * rule_count);
    struct simulation_run run = {.simulation = *simulation,
                                 .traces = traces,
                                 .trace_count = trace_count,
                                 .rule_count = rule_count,
                                 .sessions = sessions,
                                 .floor = floor_sessions};
    for (size_t t = 0; t < trace_count; t++)
        floor_sessions[t] = session_play(simulation, &traces[t], t, &rule_lowest, NULL);
    for (size_t r = 0; r < rule_count; r++) {
        run.rules[r] = rules[r];
        for (size_t t = 0; t < trace_count; t++)
            sessions[r * trace_count + t] = session_play(simulation, &traces[t], t, rules[r], NULL);
    }
    TRY(simulation_report(&run, arena, why));
    *out = run;
    return OK;
}
