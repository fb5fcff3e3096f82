// SPDX-License-Identifier: Apache-2.0
#include "net/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void all_three_forms_mean_the_same_moment(void **state)
{
    (void)state;
    static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < 3; i++) {
        int64_t at = 0;
        assert_int_equal(http_date_parse(slice_of(forms[i]), 1795000000, &at, NULL), OK);
        assert_int_equal(at, 784111777);
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const int64_t moments[] = {0, 1, 951782400, 1709164799, 4102444800, 253402300799};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        char text[HTTP_DATE_BYTES];
        int64_t back = -1;
        http_date_format(moments[i], text);
        assert_int_equal(strlen(text), HTTP_DATE_BYTES - 1);
        assert_int_equal(http_date_parse(slice_of(text), 0, &back, NULL), OK);
        assert_int_equal(back, moments[i]);
    }
}

static void two_digit_years_stay_within_fifty_years(void **state)
{
    (void)state;
    int64_t at;
    const int64_t in_2026 = 1795000000;
    assert_int_equal(
        http_date_parse(slice_of("Friday, 01-Jan-76 00:00:00 GMT"), in_2026, &at, NULL), OK);
    assert_int_equal(at, 3345062400); // 2076
    assert_int_equal(
        http_date_parse(slice_of("Friday, 01-Jan-77 00:00:00 GMT"), in_2026, &at, NULL), OK);
    assert_int_equal(at, 220924800); // 1977
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "0",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun, 6 Nov 1994 08:49:37 GMT",
                                      "Sun, 31 Feb 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 24:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:60:37 GMT",
                                      "Sun, 06 Nov 1969 08:49:37 GMT",
                                      "Sun, 06 Nox 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:49:37 GMT ",
                                      "1994-11-06T08:49:37Z",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:49: 7 GMT"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t at = 7;
        assert_int_equal(http_date_parse(slice_of(bad[i]), 1795000000, &at, NULL), INVALID);
        assert_int_equal(at, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_three_forms_mean_the_same_moment),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(two_digit_years_stay_within_fifty_years),
        cmocka_unit_test(refuses_what_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
