// SPDX-License-Identifier: Apache-2.0
#include "media/colour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_transfer_alone_makes_the_range(void **state)
{
    (void)state;
    assert_int_equal(colour_range(&(struct colour){9, 16, 9, false}), RANGE_PQ);
    assert_int_equal(colour_range(&(struct colour){9, 18, 9, false}), RANGE_HLG);
    assert_int_equal(colour_range(&(struct colour){9, 14, 9, true}), RANGE_SDR);
    assert_int_equal(colour_range(&COLOUR_UNSPECIFIED), RANGE_SDR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transfer_alone_makes_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
