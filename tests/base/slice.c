// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// The values are those of FNV's authors' test suite.
static void hashes_are_fnv_1a_and_go_on(void **state)
{
    (void)state;
    assert_true(slice_hash(slice_of("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(slice_hash(slice_of("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(slice_hash(slice_of("foobar")) == UINT64_C(0x85944171f73967e8));
    assert_true(slice_hash_on(slice_hash(slice_of("foo")), slice_of("bar")) ==
                slice_hash(slice_of("foobar")));
}

static void numbers_are_digits_alone_and_capped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        outcome result;
        uint64_t value;
    } cases[] = {
        {"0", 0, OK, 0},
        {"42", 100, OK, 42},
        {"18446744073709551615", UINT64_MAX, OK, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, INVALID, 0},
        {"101", 100, INVALID, 0},
        {"7", 5, INVALID, 0},
        {"", 100, INVALID, 0},
        {"-1", 100, INVALID, 0},
        {"+1", 100, INVALID, 0},
        {" 1", 100, INVALID, 0},
        {"1x", 100, INVALID, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 77;
        struct why why = {""};
        assert_int_equal(slice_u64(slice_of(cases[i].text), cases[i].max, &value, &why),
                         cases[i].result);
        assert_int_equal(value, cases[i].result == OK ? cases[i].value : 77);
        assert_int_equal(why.text[0] != '\0', cases[i].result != OK);
    }
}

static void cutting_visits_every_part_once(void **state)
{
    (void)state;
    struct slice rest = slice_of("a,,b,"), part;
    const char *const expected[] = {"a", "", "b", ""};
    size_t count = 0;
    while (slice_cut(&rest, ',', &part)) {
        assert_true(count < 4);
        assert_true(slice_is(part, expected[count++]));
    }
    assert_int_equal(count, 4);
}

static void parts_are_clamped(void **state)
{
    (void)state;
    const struct slice s = slice_of("hello");
    assert_true(slice_is(slice_part(s, 1, 3), "ell"));
    assert_true(slice_is(slice_part(s, 4, 100), "o"));
    assert_int_equal(slice_part(s, 9, 1).len, 0);
    assert_true(slice_is(slice_trim(slice_of(" \t x y\r\n")), "x y"));
    assert_int_equal(slice_trim(slice_of("  ")).len, 0);
    assert_true(slice_starts(s, "he") && !slice_starts(s, "hellooo") && slice_ends(s, "llo"));
    assert_true(slice_is_nocase(slice_of("Content-LENGTH"), "content-length"));
}

static void hex_goes_both_ways_and_refuses_the_rest(void **state)
{
    (void)state;
    uint8_t bytes[4] = {9, 9, 9, 9};
    assert_int_equal(slice_hex(slice_of("00ffA5"), bytes, 4, NULL), INVALID);
    assert_int_equal(slice_hex(slice_of("00ffA5zz"), bytes, 4, NULL), INVALID);
    assert_int_equal(bytes[0], 9);
    assert_int_equal(slice_hex(slice_of("00ffA501"), bytes, 4, NULL), OK);
    char text[9];
    hex_format(bytes, 4, text);
    assert_string_equal(text, "00ffa501");
    assert_int_equal(read_u32be(bytes), 0x00ffa501);
    assert_int_equal(read_u16be(bytes + 1), 0xffa5);
}

static void numbers_are_formatted_as_printf_does(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 7, 10, 99, 100, 4294967296, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char ours[DECIMAL_BYTES + 1] = "", theirs[DECIMAL_BYTES + 1];
        const size_t len = decimal_format(numbers[i], ours);
        assert_int_equal(snprintf(theirs, sizeof theirs, "%" PRIu64, numbers[i]), len);
        assert_string_equal(ours, theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_fnv_1a_and_go_on),
        cmocka_unit_test(numbers_are_digits_alone_and_capped),
        cmocka_unit_test(cutting_visits_every_part_once),
        cmocka_unit_test(parts_are_clamped),
        cmocka_unit_test(hex_goes_both_ways_and_refuses_the_rest),
        cmocka_unit_test(numbers_are_formatted_as_printf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
