// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void whole_characters_of_all_lengths_count(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "plain",
                                        "\xc3\xa9",
                                        "\xe6\xbc\xa2",
                                        "\xf0\x9f\x8e\xac",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(utf8_prefix(slice_of(texts[i])), slice_of(texts[i]).len);
    assert_int_equal(utf8_prefix((struct slice){(const uint8_t *)"a\0b", 3}), 3);
}

static void broken_forms_end_the_prefix(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ab\x80",             // a continuation alone
        "ab\xc0\x80",         // overlong NUL
        "ab\xe0\x9f\xbf",     // overlong
        "ab\xed\xa0\x80",     // a surrogate
        "ab\xf4\x90\x80\x80", // past U+10FFFF
        "ab\xf8\x88\x80\x80", // five bytes
        "ab\xc3",             // cut off
        "ab\xe6\xbc",         // cut off
        "ab\xe6\xbc\x20",     // a character that ends too soon
        "ab\xff",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(utf8_prefix(slice_of(texts[i])), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_characters_of_all_lengths_count),
        cmocka_unit_test(broken_forms_end_the_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
