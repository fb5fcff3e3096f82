// SPDX-License-Identifier: Apache-2.0
#include "player/simulate_link.h"

#include "simulate_case.h"

// Three sessions by hand, so that every ratio can be worked out.
static void ratios_are_those_of_cta_2066(void **state)
{
    (void)state;
    const struct trace_step slow[] = {{1.0, 1e6}}, fast[] = {{1.0, 2e7}};
    const struct trace traces[] = {link_of(slow, 1, 0.0), link_of(fast, 1, 0.0),
                                   link_of(fast, 1, 0.0)};
    const struct session sessions[] = {
        {.startup_s = 1.0,
         .stall_s = 10.0,
         .played_s = 100.0,
         .bits = 5e7,
         .stalls = 2,
         .switches = 5,
         .decisions = 50,
         .low = 1},
        {.startup_s = 0.2,
         .stall_s = 0.0,
         .played_s = 300.0,
         .bits = 3e9,
         .wasted_bits = 5e7,
         .switches = 5,
         .decisions = 150},
        {.startup_s = 0.5,
         .stall_s = 30.0,
         .played_s = 200.0,
         .bits = 1.95e9,
         .stalls = 1,
         .decisions = 50,
         .low = 4},
    };
    const struct session floor[] = {
        {.stall_s = 10.0, .played_s = 100.0, .stalls = 1},
        {.played_s = 300.0},
        {.played_s = 200.0},
    };
    struct simulation_run run = {
        .simulation = {.seed = 1},
        .traces = traces,
        .trace_count = 3,
        .rules = {&rule_plain},
        .rule_count = 1,
        .sessions = sessions,
        .floor = floor,
    };
    autoarena arena = arena_init(1 << 16);
    assert_int_equal(simulation_report(&run, &arena, NULL), OK);
    const struct rule_report *all = &run.reports[SET_ALL][0];
    assert_near(all->rebuffer_pct,
                100.0 * 40.0 / 640.0); // stalled over stalled and played, startup apart
    assert_near(all->excess_pct, 100.0 * 40.0 / 640.0 - 100.0 * 10.0 / 610.0);
    assert_near(all->events_per_h, 3600.0 * 3.0 / 600.0);
    assert_near(all->kbps, 5e9 / 600.0 / 1000.0);
    assert_near(all->switches_per_min, 1.0);
    assert_near(all->low_pct, 2.0);
    assert_near(all->startup_ms_p50, 500.0);
    assert_near(all->startup_ms_p95, 1000.0);
    assert_near(all->wasted_pct, 100.0 * 5e7 / 5.05e9);
    const struct rule_report *clean = &run.reports[SET_FLOOR_CLEAN][0];
    assert_int_equal(clean->sessions, 2);
    assert_near(clean->rebuffer_pct, 100.0 * 30.0 / 530.0);
    assert_int_equal(run.reports[SET_CONSTRAINED][0].sessions, 1);
}

static void intervals_hold_the_figure_and_repeat(void **state)
{
    (void)state;
    enum { SESSIONS = 200 };
    const struct trace_step steps[] = {{1.0, 1e6}};
    struct trace traces[SESSIONS];
    struct session sessions[SESSIONS] = {0}, floor[SESSIONS] = {0};
    for (size_t i = 0; i < SESSIONS; i++) {
        traces[i] = link_of(steps, 1, 0.0);
        floor[i].played_s = sessions[i].played_s = 100.0;
        sessions[i].bits = 1e8;
        sessions[i].decisions = 50;
        sessions[i].stall_s = i % 20 == 0 ? 20.0 : 0.0; // 1 s in 100 on average
    }
    struct simulation_run run = {
        .simulation = {.seed = 5},
        .traces = traces,
        .trace_count = SESSIONS,
        .rules = {&rule_plain},
        .rule_count = 1,
        .sessions = sessions,
        .floor = floor,
    };
    autoarena arena = arena_init(1 << 16);
    assert_int_equal(simulation_report(&run, &arena, NULL), OK);
    const struct rule_report first = run.reports[SET_ALL][0];
    assert_true(first.rebuffer_ci.low < first.rebuffer_pct);
    assert_true(first.rebuffer_ci.high > first.rebuffer_pct);
    // A tenth of the sessions is drawn with a standard error near 0.3 points: the interval spans
    // about four of them.
    assert_true(first.rebuffer_ci.high - first.rebuffer_ci.low > 0.8);
    assert_true(first.rebuffer_ci.high - first.rebuffer_ci.low < 1.8);
    assert_near(first.kbps_ci.low, first.kbps_ci.high);
    assert_int_equal(simulation_report(&run, &arena, NULL), OK);
    assert_memory_equal(&first, &run.reports[SET_ALL][0], sizeof first);
}

static void a_set_without_sessions_is_reported_as_empty(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{1.0, 2e7}};
    const struct trace traces[] = {link_of(steps, 1, 0.0)};
    const struct session sessions[] = {{.played_s = 2.0, .decisions = 1, .bits = 1.0}};
    struct simulation_run run = {.traces = traces,
                                 .trace_count = 1,
                                 .rules = {&rule_plain},
                                 .rule_count = 1,
                                 .sessions = sessions,
                                 .floor = sessions};
    autoarena arena = arena_init(1 << 16);
    assert_int_equal(simulation_report(&run, &arena, NULL), OK);
    assert_int_equal(run.reports[SET_CONSTRAINED][0].sessions, 0);
    assert_near(run.reports[SET_CONSTRAINED][0].rebuffer_pct, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_are_those_of_cta_2066),
        cmocka_unit_test(intervals_hold_the_figure_and_repeat),
        cmocka_unit_test(a_set_without_sessions_is_reported_as_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
