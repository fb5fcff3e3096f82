// SPDX-License-Identifier: Apache-2.0
#include "catalog/territory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void all_of_the_standard_and_no_other(void **state)
{
    (void)state;
    size_t count = 0;
    for (char a = 'A'; a <= 'Z'; a++)
        for (char b = 'A'; b <= 'Z'; b++) {
            const char code[2] = {a, b};
            count += territory_is_assigned((struct slice){(const uint8_t *)code, 2});
        }
    assert_int_equal(count, TERRITORY_COUNT);
    static const char *const assigned[] = {"AD", "DE", "GB", "ZW", "BQ", "SX", "SS", "AX"};
    for (size_t i = 0; i < sizeof assigned / sizeof assigned[0]; i++)
        assert_true(territory_is_assigned(slice_of(assigned[i])));
    static const char *const others[] = {"UK", "EU", "XK", "AN", "de", "*", "", "DEU", "ZZ", "AA"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(territory_is_assigned(slice_of(others[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_the_standard_and_no_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
