// SPDX-License-Identifier: Apache-2.0
#include "media/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_language_names_itself(void **state)
{
    (void)state;
    assert_string_equal(language_name("de"), "Deutsch");
    assert_string_equal(language_name("pt-br"), "Português (Brasil)");
}

static void an_unknown_region_falls_back_to_its_language_and_then_to_the_tag(void **state)
{
    (void)state;
    assert_string_equal(language_name("de-CH"), "Deutsch");
    assert_string_equal(language_name("zh-Hant-HK"), "中文");
    assert_string_equal(language_name("tlh"), "tlh");
    assert_string_equal(language_name(""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_language_names_itself),
        cmocka_unit_test(an_unknown_region_falls_back_to_its_language_and_then_to_the_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
