// SPDX-License-Identifier: Apache-2.0
#include "simulate_case.h"

static struct simulation plan_of(const struct ladder *ladder, double capacity_s)
{
    return (struct simulation){.ladder = ladder,
                               .sizes = SIZES_CONSTANT,
                               .segment_s = 2.0,
                               .capacity_s = capacity_s,
                               .seed = 1};
}

// 800 kb/s over 1 Mb/s with 0.1 s latency: 0.1 + 1.6 s a segment.
static void latency_and_transfer_make_the_startup(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{8.0, 1e6}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.1);
    const struct ladder ladder = {.name = "one", .rates_bps = {8e5}, .rungs = 1};
    const struct simulation simulation = plan_of(&ladder, 30.0);
    struct session_point points[4];
    assert_int_equal(session_segments(&simulation, &trace), 4);
    const struct session session = session_play(&simulation, &trace, 0, &rule_lowest, points);
    assert_near(session.startup_s, 1.7);
    assert_near(session.stall_s, 0.0);
    assert_int_equal(session.stalls, 0);
    assert_near(session.played_s, 8.0);
    assert_near(session.bits, 4 * 1.6e6);
    assert_near(points[1].arrival_s, 3.4);
    assert_near(points[1].buffer_s, 2.0);
    assert_near(points[2].buffer_s, 2.3); // 2 - 1.7 + 2
    assert_near(points[3].buffer_s, 2.6);
}

// Segments of 1 Mb arrive at 1, 2, 3 and 4 s; at 4 s the buffer holds 4 * 2 - 3 = 5 s and the link
// goes silent for 6 s. The fifth segment comes at 11 s, the buffer was empty at 9 s.
static void an_outage_longer_than_the_buffer_is_one_stall(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{4.0, 1e6}, {6.0, 0.0}, {6.0, 1e6}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    const struct ladder ladder = {.name = "one", .rates_bps = {5e5}, .rungs = 1};
    const struct simulation simulation = plan_of(&ladder, 30.0);
    struct session_point points[8];
    const struct session session = session_play(&simulation, &trace, 0, &rule_lowest, points);
    assert_near(session.startup_s, 1.0);
    assert_near(session.stall_s, 2.0);
    assert_int_equal(session.stalls, 1);
    assert_near(points[4].buffer_s, 5.0);
    assert_near(points[4].arrival_s, 11.0);
    assert_near(points[4].stall_s, 2.0);
    assert_near(points[5].buffer_s, 2.0);
}

// A slow start is startup, not stall.
static void waiting_for_the_first_segment_is_no_stall(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{5.0, 0.0}, {5.0, 4e6}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.5);
    const struct ladder ladder = {.name = "one", .rates_bps = {5e5}, .rungs = 1};
    const struct simulation simulation = plan_of(&ladder, 30.0);
    const struct session session = session_play(&simulation, &trace, 0, &rule_lowest, NULL);
    assert_near(session.startup_s, 5.25); // the latency passes while nothing flows
    assert_near(session.stall_s, 0.0);
}

// 4 Mb/s, 1 Mb a segment: 0.25 s each; with room for 6 s the fourth request waits until 4 s are
// left.
static void a_full_buffer_holds_the_next_request_back(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{12.0, 4e6}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    const struct ladder ladder = {.name = "one", .rates_bps = {5e5}, .rungs = 1};
    const struct simulation simulation = plan_of(&ladder, 6.0);
    struct session_point points[6];
    (void)session_play(&simulation, &trace, 0, &rule_lowest, points);
    assert_near(points[2].request_s, 0.5);
    assert_near(points[2].arrival_s, 0.75); // 6 - 0.5 s in the buffer
    assert_near(points[3].request_s, 2.25); // when 4 s are left
    assert_near(points[3].buffer_s, 4.0);
    assert_near(points[4].request_s, 4.25); // one duration later, for good
}

// --- a rule that gives up every transfer of the upper rung at its first look

static int asked;

static int eager_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    asked++;
    return 1;
}

static void eager_observe(union rule_state *state, const struct rule_view *view,
                          const struct rule_transfer *transfer)
{
    if (transfer->rung == 1) assert_int_equal(transfer->abandoned_to, 0);
    if (transfer->rung == 1) assert_near(transfer->bytes, 0.2 * 1e6 / 8.0);
}

static int eager_abandon(union rule_state *state, const struct rule_view *view,
                         const struct rule_progress *progress)
{
    return progress->rung == 1 ? 0 : -1;
}

static const struct rule rule_eager = {
    .name = "eager", .choose = eager_choose, .observe = eager_observe, .abandon = eager_abandon};

// 0.05 s latency and 0.2 s of bytes are lost, then the lower rung takes 0.05 + 1 s. The rule is
// asked once a segment.
static void an_abandoned_segment_is_fetched_lower_without_asking_again(void **state)
{
    (void)state;
    const struct trace_step steps[] = {{8.0, 1e6}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.05);
    const struct ladder ladder = {.name = "two", .rates_bps = {5e5, 1e6}, .rungs = 2};
    const struct simulation simulation = plan_of(&ladder, 30.0);
    asked = 0;
    struct session_point points[4];
    const struct session session = session_play(&simulation, &trace, 0, &rule_eager, points);
    assert_int_equal(asked, 4);
    assert_int_equal(session.abandoned, 4);
    assert_int_equal(session.switches, 0);
    assert_near(session.wasted_bits, 4 * 0.2e6);
    assert_near(session.bits, 4 * 1e6);
    assert_near(session.startup_s, 1.3);
    assert_int_equal(points[0].rung, 0);
}

// --- a rule that follows a script of rungs

static const int *script;

static int scripted_choose(union rule_state *state, const struct rule_view *view, double *wait_s)
{
    return script[view->segment];
}

static void scripted_observe(union rule_state *state, const struct rule_view *view,
                             const struct rule_transfer *transfer)
{
}

static const struct rule rule_scripted = {
    .name = "scripted", .choose = scripted_choose, .observe = scripted_observe};

static void switches_and_low_decisions_are_counted(void **state)
{
    (void)state;
    // Six segments of 0.1 Mb fill the buffer over 10 s at once, then one of 2 Mb at 0.2 Mb/s
    // empties it below.
    const struct trace_step steps[] = {{0.6, 1e6}, {19.4, 2e5}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    const struct ladder ladder = {.name = "two", .rates_bps = {5e4, 1e6}, .rungs = 2};
    const struct simulation simulation = plan_of(&ladder, 30.0);
    const int rungs[10] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 0};
    script = rungs;
    struct session_point points[10];
    const struct session session = session_play(&simulation, &trace, 0, &rule_scripted, points);
    assert_near(points[6].buffer_s, 11.5); // 12 s less the 0.5 s played
    assert_near(points[7].buffer_s, 3.5);  // 10 s later, and one segment more
    assert_int_equal(session.switches, 2);
    assert_int_equal(session.low,
                     1); // the second upper one; the step down after it is as it should be
    assert_int_equal(session.decisions, 10);
}

static void every_rule_repeats_itself_and_stays_above_the_floor(void **state)
{
    (void)state;
    const struct trace_step steps[] = {
        {20.0, 3e6}, {10.0, 7e5}, {6.0, 0.0}, {30.0, 9e6}, {9.0, 2e5}};
    const struct trace trace = link_of(steps, LENGTH(steps), 0.04);
    struct ladder ladder;
    assert_int_equal(ladder_load("mission", &ladder, NULL), OK);
    struct simulation simulation = plan_of(&ladder, 30.0);
    simulation.sizes = SIZES_VARIABLE;
    const struct session floor = session_play(&simulation, &trace, 3, &rule_lowest, NULL);
    size_t count = 0;
    const struct rule *const *rules = rules_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct session first = session_play(&simulation, &trace, 3, rules[i], NULL);
        const struct session second = session_play(&simulation, &trace, 3, rules[i], NULL);
        assert_memory_equal(&first, &second, sizeof first);
        assert_true(first.stall_s >= floor.stall_s - 1e-6);
        assert_true(first.bits >= floor.bits);
    }
}

static void a_run_reports_each_set_of_sessions(void **state)
{
    (void)state;
    const struct trace_step good[] = {{20.0, 2e7}}, poor[] = {{6.0, 1e6}, {30.0, 0.0}, {24.0, 1e6}};
    const struct trace traces[] = {link_of(good, 1, 0.0), link_of(poor, 3, 0.0)};
    struct ladder ladder;
    assert_int_equal(ladder_load("mission", &ladder, NULL), OK);
    const struct simulation simulation = plan_of(&ladder, 30.0);
    const struct rule *const rules[] = {&rule_plain, &rule_lowest};
    autoarena arena = arena_init(1 << 20);
    static struct simulation_run run;
    assert_int_equal(simulation_run(&simulation, traces, 2, rules, 2, &arena, &run, NULL), OK);
    assert_int_equal(run.reports[SET_ALL][0].sessions, 2);
    assert_int_equal(run.reports[SET_FLOOR_CLEAN][0].sessions, 1);
    assert_int_equal(run.reports[SET_CONSTRAINED][0].sessions, 1);
    assert_string_equal(run.reports[SET_ALL][0].name, "plain");
    assert_true(run.reports[SET_ALL][1].rebuffer_pct > 0.0);
    assert_near(run.reports[SET_ALL][1].excess_pct, 0.0);
    assert_near(run.reports[SET_FLOOR_CLEAN][1].rebuffer_pct, 0.0);
    assert_near(run.reports[SET_ALL][1].kbps, 400.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_and_transfer_make_the_startup),
        cmocka_unit_test(an_outage_longer_than_the_buffer_is_one_stall),
        cmocka_unit_test(waiting_for_the_first_segment_is_no_stall),
        cmocka_unit_test(a_full_buffer_holds_the_next_request_back),
        cmocka_unit_test(an_abandoned_segment_is_fetched_lower_without_asking_again),
        cmocka_unit_test(switches_and_low_decisions_are_counted),
        cmocka_unit_test(every_rule_repeats_itself_and_stays_above_the_floor),
        cmocka_unit_test(a_run_reports_each_set_of_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
