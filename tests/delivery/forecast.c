// SPDX-License-Identifier: Apache-2.0
#include "delivery/forecast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_request_is_worth_half_after_a_half_life(void **state)
{
    (void)state;
    assert_float_equal(forecast_worth(-5, 10), 1, 0);
    assert_float_equal(forecast_worth(0, 10), 1, 0);
    assert_float_equal(forecast_worth(10, 10), 0.5, 1e-9);
    assert_float_equal(forecast_worth(30, 10), 0.125, 1e-9);
}

static void premieres_come_first_and_then_what_is_played_most_per_byte(void **state)
{
    (void)state;
    struct forecast_file files[] = {
        {"/tail", 1000, 900, 0}, {"/long", 8000, 16000, 0}, {"/short", 100, 5000, 0},
        {"/never", 100, 0, 0},   {"/later", 9000, 0, 20},   {"/soon", 9000, 0, 10},
        {"/small", 0, 0, 0},
    };
    static const char *const order[] = {"/soon", "/later", "/short", "/long",
                                        "/tail", "/never", "/small"};
    const size_t count = sizeof files / sizeof files[0];
    forecast_sort(files, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(files[i].path, order[i]);
    assert_int_equal(forecast_count(files, count, 1), 4);
    assert_int_equal(forecast_count(files, count, 0.5), 5);
    assert_int_equal(forecast_count(files, count, 0), count);
    assert_int_equal(forecast_count(files, 0, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_worth_half_after_a_half_life),
        cmocka_unit_test(premieres_come_first_and_then_what_is_played_most_per_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
