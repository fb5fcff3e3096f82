// SPDX-License-Identifier: Apache-2.0
#include "drm/licence_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE };
static const int64_t issued = 1795000000000;

static struct licence_terms download(void)
{
    return (struct licence_terms){.kind = LICENCE_KEPT,
                                  .issued_ms = issued,
                                  .expires_ms = issued + 100 * HOUR,
                                  .begin_within_ms = 30 * HOUR,
                                  .finish_within_ms = 48 * HOUR};
}

static void a_licence_plays_until_the_moment_it_expires(void **state)
{
    struct licence_terms terms = download();
    struct licence_clock clock = {0, 0};
    terms.begin_within_ms = terms.finish_within_ms = 0;
    assert_int_equal(licence_clock_check(&terms, issued, &clock, NULL), OK);
    assert_int_equal(licence_clock_check(&terms, terms.expires_ms - 1, &clock, NULL), OK);
    assert_int_equal(licence_clock_check(&terms, terms.expires_ms, &clock, NULL), DENIED);
}

static void a_clock_that_was_set_back_stops_the_play(void **state)
{
    const struct licence_terms terms = download();
    struct licence_clock clock = {0, 0};
    assert_int_equal(licence_clock_check(&terms, issued + 2 * HOUR, &clock, NULL), OK);
    assert_int_equal(licence_clock_check(&terms, issued + HOUR, &clock, NULL), DENIED);
    assert_int_equal(licence_clock_check(&terms, issued + 2 * HOUR - LICENCE_SKEW_MS, &clock, NULL),
                     OK);
    assert_true(clock.latest_ms == issued + 2 * HOUR);
}

static void a_clock_behind_the_service_s_is_no_clock(void **state)
{
    const struct licence_terms terms = download();
    struct licence_clock clock = {0, 0};
    assert_int_equal(licence_clock_check(&terms, issued - LICENCE_SKEW_MS, &clock, NULL), OK);
    clock = (struct licence_clock){0, 0};
    assert_int_equal(licence_clock_check(&terms, issued - LICENCE_SKEW_MS - 1, &clock, NULL),
                     DENIED);
    assert_true(clock.began_ms == 0);
}

static void setting_the_clock_back_within_the_skew_gains_nothing(void **state)
{
    const struct licence_terms terms = download();
    struct licence_clock clock = {terms.expires_ms, issued + HOUR};
    assert_int_equal(licence_clock_check(&terms, terms.expires_ms - MINUTE, &clock, NULL), DENIED);
}

static void a_download_must_be_begun_in_time_and_finished_in_time(void **state)
{
    const struct licence_terms terms = download();
    struct licence_clock clock = {0, 0};
    assert_int_equal(licence_clock_check(&terms, issued + 30 * HOUR, &clock, NULL), DENIED);
    assert_int_equal(licence_clock_check(&terms, issued + 29 * HOUR, &clock, NULL), OK);
    assert_true(clock.began_ms == issued + 29 * HOUR);
    assert_int_equal(licence_clock_check(&terms, issued + 40 * HOUR, &clock, NULL), OK);
    assert_int_equal(licence_clock_check(&terms, issued + 77 * HOUR, &clock, NULL), DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_licence_plays_until_the_moment_it_expires),
        cmocka_unit_test(a_clock_that_was_set_back_stops_the_play),
        cmocka_unit_test(a_clock_behind_the_service_s_is_no_clock),
        cmocka_unit_test(setting_the_clock_back_within_the_skew_gains_nothing),
        cmocka_unit_test(a_download_must_be_begun_in_time_and_finished_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
