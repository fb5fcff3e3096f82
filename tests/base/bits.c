// SPDX-License-Identifier: Apache-2.0
#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void reads_bits_most_significant_first(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xa5, 0xff, 0x00, 0x80};
    struct bits bits = bits_of((struct slice){bytes, sizeof bytes});
    assert_int_equal(bits_u(&bits, 4), 0xa);
    assert_true(!bits_flag(&bits));
    bits_skip(&bits, 3);
    assert_int_equal(bits_u(&bits, 0), 0);
    assert_int_equal(bits_u(&bits, 17), 0x1fe01);
    assert_false(bits.is_short);
    assert_int_equal(bits_u(&bits, 8), 0);
    assert_true(bits.is_short);
}

static void reads_the_table_of_exp_golomb_codes(void **state)
{
    (void)state;
    // 1 010 011 00100 00101 00110 00111, the first rows of table 9-2
    static const uint8_t bytes[] = {0xa6, 0x42, 0x98, 0xe0};
    struct bits bits = bits_of((struct slice){bytes, sizeof bytes});
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(bits_ue(&bits), i);
    struct bits again = bits_of((struct slice){bytes, sizeof bytes});
    static const int32_t expected[] = {0, 1, -1, 2, -2, 3, -3}; // table 9-3
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(bits_se(&again), expected[i]);
    static const uint8_t endless[8] = {0};
    struct bits zeros = bits_of((struct slice){endless, sizeof endless});
    assert_int_equal(bits_ue(&zeros), UINT32_MAX);
    assert_true(zeros.is_short);
}

static void steps_over_emulation_prevention(void **state)
{
    (void)state;
    static const uint8_t nal[] = {0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 3};
    struct bits bits = bits_of_nal((struct slice){nal, sizeof nal});
    static const uint8_t expected[] = {0, 0, 1, 0, 0, 0, 0, 3, 3};
    for (size_t i = 0; i < sizeof expected; i++)
        assert_int_equal(bits_u(&bits, 8), expected[i]);
    assert_false(bits.is_short);
    (void)bits_flag(&bits);
    assert_true(bits.is_short);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bits_most_significant_first),
        cmocka_unit_test(reads_the_table_of_exp_golomb_codes),
        cmocka_unit_test(steps_over_emulation_prevention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
