// SPDX-License-Identifier: Apache-2.0
#include "delivery/capacity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static double answer_of(const struct capacity *capacity, const char *name)
{
    for (size_t i = 0; i < CAPACITY_ANSWER_COUNT; i++)
        if (strcmp(capacity->answers[i].name, name) == 0) return capacity->answers[i].value;
    fail_msg("there is no answer %s", name);
    return 0;
}

static void set(struct capacity *capacity, const char *text)
{
    assert_int_equal(capacity_set(capacity, text, "this test", NULL), OK);
}

// Round figures, worked out by hand.
static void answers_follow_from_figures(void **state)
{
    (void)state;
    struct capacity capacity = capacity_init();
    set(&capacity, "viewers=1000000");
    set(&capacity, "mean_mbps=5");
    set(&capacity, "segment_s=2");
    set(&capacity, "tls_gb_per_cpu_s=10");
    set(&capacity, "box_gbps=100");
    set(&capacity, "box_load=0.5");
    set(&capacity, "spread=2");
    set(&capacity, "edge_hit=0.9");
    set(&capacity, "shield_hit=0.5");
    set(&capacity, "position_s=20");
    set(&capacity, "session_min=50");
    capacity_answer(&capacity);
    assert_float_equal(answer_of(&capacity, "egress_tbps"), 5, 1e-3);
    assert_float_equal(answer_of(&capacity, "segment_requests_s"), 1e6, 1);
    assert_float_equal(answer_of(&capacity, "edge_cpus_tls"), 500, 1e-2);
    assert_float_equal(answer_of(&capacity, "boxes"), 200, 1e-2);
    assert_float_equal(answer_of(&capacity, "shield_gbps"), 500, 1e-2);
    assert_float_equal(answer_of(&capacity, "origin_gbps"), 250, 1e-2);
    assert_float_equal(answer_of(&capacity, "position_writes_s"), 50000 + 2000000 / 3000, 1);
}

static void more_viewers_take_more_of_everything_but_disk(void **state)
{
    (void)state;
    struct capacity one = capacity_init(), two = capacity_init();
    set(&one, "viewers=1000");
    set(&two, "viewers=2000");
    capacity_answer(&one);
    capacity_answer(&two);
    for (size_t i = 0; i < CAPACITY_ANSWER_COUNT; i++) {
        assert_true(one.answers[i].value > 0);
        assert_true(two.answers[i].value >= one.answers[i].value);
        assert_true(strlen(one.answers[i].formula) > 0);
    }
    assert_float_equal(answer_of(&one, "catalogue_tb"), answer_of(&two, "catalogue_tb"), 1e-6);
}

static void figures_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {"viewers",  "viewers=",   "viewers=x",    "viewers=0",
                                        "=1",       "viewers=-5", "viewers=1e9x", "viewers=inf",
                                        "viewer=1", "viewers=nan"};
    (void)state;
    struct capacity capacity = capacity_init();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(capacity_set(&capacity, wrong[i], "this test", NULL), INVALID);
    struct why why = {""};
    assert_int_equal(capacity_set(&capacity, "viewer=1", "this test", &why), INVALID);
    assert_non_null(strstr(why.text, "viewers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_follow_from_figures),
        cmocka_unit_test(more_viewers_take_more_of_everything_but_disk),
        cmocka_unit_test(figures_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
