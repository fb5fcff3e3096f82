// SPDX-License-Identifier: Apache-2.0
#include "studio/straggler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void late_is_twice_the_mean_of_its_kind(void **state)
{
    (void)state;
    struct stragglers stragglers = {0};
    assert_false(stragglers_is_late(&stragglers, 0, INT64_MAX, STRAGGLER_BUSY));
    stragglers_learn(&stragglers, 0, 8000000);
    stragglers_learn(&stragglers, 0, 10000000);
    assert_false(stragglers_is_late(&stragglers, 0, INT64_MAX, STRAGGLER_BUSY)); // two are no rule
    stragglers_learn(&stragglers, 0, 12000000);
    assert_false(stragglers_is_late(&stragglers, 0, 20000000, STRAGGLER_BUSY));
    assert_true(stragglers_is_late(&stragglers, 0, 20000001, STRAGGLER_BUSY));
    assert_false(stragglers_is_late(&stragglers, 1, 20000001, STRAGGLER_BUSY)); // another kind
    assert_false(stragglers_is_late(&stragglers, 0, 5000000, STRAGGLER_IDLE));
    assert_true(stragglers_is_late(&stragglers, 0, 5000010, STRAGGLER_IDLE)); // costs nobody
}

static void short_jobs_are_never_late(void **state)
{
    (void)state;
    struct stragglers stragglers = {0};
    for (int i = 0; i < 3; i++)
        stragglers_learn(&stragglers, 5, 100000);
    assert_false(stragglers_is_late(&stragglers, 5, STRAGGLER_AGE_US_MIN - 1, STRAGGLER_BUSY));
    assert_true(stragglers_is_late(&stragglers, 5, STRAGGLER_AGE_US_MIN, STRAGGLER_BUSY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_is_twice_the_mean_of_its_kind),
        cmocka_unit_test(short_jobs_are_never_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
