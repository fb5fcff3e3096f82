// SPDX-License-Identifier: Apache-2.0
#include "player/simulate_link.h"

#include "simulate_case.h"

static const struct trace_step steps[] = {{2.0, 1e6}, {3.0, 0.0}, {1.0, 4e6}};

static void bytes_flow_at_the_rate_of_each_step(void **state)
{
    (void)state;
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    struct link link = {.trace = &trace};
    double done = 0.0;
    assert_near(link_carry(&link, 3e6 / 8.0, HUGE_VAL, &done), 5.25); // 2 s, silence, a quarter
    assert_near(done, 3e6 / 8.0);
    assert_near(link.silent_s, 0.0);
    done = 0.0;
    assert_near(link_carry(&link, 4e6 / 8.0, HUGE_VAL, &done),
                1.75); // the rest, then from the start
    assert_int_equal(link.step, 0);
}

static void a_carry_stops_when_its_time_is_over(void **state)
{
    (void)state;
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    struct link link = {.trace = &trace};
    double done = 0.0;
    assert_near(link_carry(&link, 1e6, 2.5, &done), 2.5);
    assert_near(done, 2e6 / 8.0);
    assert_near(link_carry(&link, 1e6, 1.5, &done), 1.5);
    assert_near(done, 2e6 / 8.0);
    assert_near(link.silent_s, 1.5);
    assert_near(link_carry(&link, 1e6, 1.5, &done), 1.5);
    assert_near(link.silent_s, 1.0); // then the last step's bytes flow
    assert_near(done, 4e6 / 8.0);
}

static void time_passes_round_the_end(void **state)
{
    (void)state;
    const struct trace trace = link_of(steps, LENGTH(steps), 0.0);
    struct link link = {.trace = &trace};
    link_pass(&link, 6.0 * 1000.0 + 2.5);
    assert_int_equal(link.step, 1);
    assert_near(link.into_s, 0.5);
}

static void many_passes_take_no_time_to_compute(void **state)
{
    (void)state;
    const struct trace_step trickle[] = {{0.001, 0.0}, {0.001, 1e6}}; // 1 kb in 2 ms
    const struct trace trace = link_of(trickle, LENGTH(trickle), 0.0);
    struct link link = {.trace = &trace};
    double done = 0.0;
    assert_near(link_carry(&link, 1e12, HUGE_VAL, &done), 8e12 / 1000.0 * 0.002);
    assert_near(done, 1e12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_flow_at_the_rate_of_each_step),
        cmocka_unit_test(a_carry_stops_when_its_time_is_over),
        cmocka_unit_test(time_passes_round_the_end),
        cmocka_unit_test(many_passes_take_no_time_to_compute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
