// SPDX-License-Identifier: Apache-2.0
#include "net/cmcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void members_come_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
    } wanted[] = {{"bl", "21300"},
                  {"bs", NULL},
                  {"nor", "\"a,b.m4s\""},
                  {"br", "(1076;v 128)"},
                  {"com.x-y", "tok"}};
    struct slice rest = slice_of("bl=21300,bs,nor=\"a,b.m4s\", br=(1076;v 128),com.x-y=tok");
    struct slice key, value;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_int_equal(cmcd_next(&rest, &key, &value), CMCD_MEMBER);
        assert_true(slice_is(key, wanted[i].key));
        if (wanted[i].value == NULL)
            assert_null(value.at);
        else
            assert_true(slice_is(value, wanted[i].value));
    }
    assert_int_equal(cmcd_next(&rest, &key, &value), CMCD_END);
}

static void what_has_no_end_or_no_key_is_broken(void **state)
{
    (void)state;
    static const char *const bad[] = {"=1", "nor=\"x", "br=(1", "a b", "\"", "a=\"x\"y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct slice rest = slice_of(bad[i]), key, value;
        assert_int_equal(cmcd_next(&rest, &key, &value), CMCD_BROKEN);
    }
}

static void values_are_read_as_what_they_are(void **state)
{
    (void)state;
    int64_t number = -1;
    cmcd_number(slice_of("(1076;v 128)"), 2000, &number);
    assert_int_equal(number, 1076);
    cmcd_number(slice_of("2001"), 2000, &number);
    cmcd_number(slice_of("\"x\""), 2000, &number);
    cmcd_number((struct slice){NULL, 0}, 2000, &number);
    assert_int_equal(number, 1076);
    char text[5];
    cmcd_text(slice_of("\"a\\b\ncdef\""), text, sizeof text);
    assert_string_equal(text, "abcd");
    assert_true(slice_is(cmcd_quoted(slice_of("(\"one\";r=\"0-9\" \"two\")")), "one"));
    assert_true(slice_is(cmcd_quoted(slice_of("\"\"")), ""));
    assert_null(cmcd_quoted(slice_of("\"open")).at);
    assert_null(cmcd_quoted(slice_of("token")).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_one_by_one),
        cmocka_unit_test(what_has_no_end_or_no_key_is_broken),
        cmocka_unit_test(values_are_read_as_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
