// SPDX-License-Identifier: Apache-2.0
#include "studio/straggler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { S = 1000000 };

static bool is_late(const struct stragglers *stragglers, size_t kind, const char *worker,
                    int64_t age_us, int64_t rest_us)
{
    const struct straggler_job job = {kind, straggler_worker(worker), age_us};
    return stragglers_is_late(stragglers, &job, rest_us);
}

static void learn(struct stragglers *stragglers, size_t kind, const char *worker, int64_t took_us)
{
    stragglers_learn(stragglers, &(struct straggler_job){kind, straggler_worker(worker), took_us});
}

static void late_is_twice_what_is_usual_for_its_kind(void **state)
{
    (void)state;
    struct stragglers stragglers = {0};
    assert_false(is_late(&stragglers, 0, "a", INT64_MAX, INT64_MAX));
    learn(&stragglers, 0, "a", 8 * S);
    learn(&stragglers, 0, "b", 10 * S);
    assert_false(is_late(&stragglers, 0, "a", INT64_MAX, INT64_MAX)); // two are no rule
    learn(&stragglers, 0, "c", 12 * S);
    assert_false(is_late(&stragglers, 0, "d", 20 * S, INT64_MAX));
    assert_true(is_late(&stragglers, 0, "d", 20 * S + 1, INT64_MAX));
    assert_true(is_late(&stragglers, 0, "d", INT64_MAX, INT64_MAX));
    assert_false(is_late(&stragglers, 1, "d", 20 * S + 1, INT64_MAX)); // another kind
    // With nothing left to begin it costs nobody.
    assert_false(is_late(&stragglers, 0, "d", 15 * S, 0));
    assert_true(is_late(&stragglers, 0, "d", 15 * S + 1, 0));
}

static void a_slow_worker_s_job_is_late_when_the_title_would_wait_for_it(void **state)
{
    (void)state;
    struct stragglers stragglers = {0};
    for (int i = 0; i < 30; i++)
        learn(&stragglers, 0, "usual", 10 * S);
    // Nothing is known of it but that its job was not done after four times the usual.
    stragglers_learn_late(&stragglers,
                          &(struct straggler_job){0, straggler_worker("slow"), 40 * S});
    assert_false(is_late(&stragglers, 0, "slow", 5 * S, INT64_MAX)); // the title's end is not known
    assert_false(is_late(&stragglers, 0, "slow", 5 * S, 60 * S));    // others take longer
    assert_true(is_late(&stragglers, 0, "slow", 5 * S, 20 * S));     // 35 s more
    assert_false(is_late(&stragglers, 0, "usual", 5 * S, 20 * S));
    assert_true(is_late(&stragglers, 0, "slow", 5 * S, 0));
    // One that gets well again is known for it.
    for (int i = 0; i < 5; i++)
        learn(&stragglers, 0, "slow", 10 * S);
    assert_false(is_late(&stragglers, 0, "slow", 5 * S, 0));
}

static void short_jobs_are_never_late(void **state)
{
    (void)state;
    struct stragglers stragglers = {0};
    for (int i = 0; i < 3; i++)
        learn(&stragglers, 5, "a", S / 10);
    assert_false(is_late(&stragglers, 5, "a", STRAGGLER_AGE_US_MIN - 1, 0));
    assert_true(is_late(&stragglers, 5, "a", STRAGGLER_AGE_US_MIN, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_is_twice_what_is_usual_for_its_kind),
        cmocka_unit_test(a_slow_worker_s_job_is_late_when_the_title_would_wait_for_it),
        cmocka_unit_test(short_jobs_are_never_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
