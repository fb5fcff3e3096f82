// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_manual_clock_moves_only_when_told(void **state)
{
    (void)state;
    struct clock_manual manual = clock_manual_init(5000000, 1000);
    assert_int_equal(clock_us(&manual.clock), 5000000);
    assert_int_equal(clock_wall_ms(&manual.clock), 6000);
    manual.now_us += 2500;
    assert_int_equal(clock_us(&manual.clock), 5002500);
    assert_int_equal(clock_wall_ms(&manual.clock), 6002);
}

static void the_system_clock_goes_forward_in_this_century(void **state)
{
    (void)state;
    const int64_t before = clock_us(clock_system());
    assert_true(clock_us(clock_system()) >= before);
    assert_true(clock_wall_ms(clock_system()) > 1700000000000);
}

static void wall_time_reads_as_rfc_3339(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_BYTES];
    wall_format(1795259563123, text);
    assert_string_equal(text, "2026-11-21T11:12:43.123Z");
    wall_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void what_was_formatted_is_parsed_again(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "2026-11-21", "2026-11-21T11:12:43", "yesterday",
                                      "2026-11-21T11:12:43+01:00"};
    int64_t ms = 0;
    assert_true(wall_parse("2026-11-21T11:12:43.123Z", &ms));
    assert_int_equal(ms, 1795259563123);
    assert_true(wall_parse("2026-11-21T11:12:43Z", &ms));
    assert_int_equal(ms, 1795259563000);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wall_parse(bad[i], &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manual_clock_moves_only_when_told),
        cmocka_unit_test(the_system_clock_goes_forward_in_this_century),
        cmocka_unit_test(wall_time_reads_as_rfc_3339),
        cmocka_unit_test(what_was_formatted_is_parsed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
