// SPDX-License-Identifier: Apache-2.0
#include "app/titles_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct title_words words[] = {
    {"de", "Hafen", ""}, {"pt-BR", "O Porto", ""}, {"zh-Hant", "港", ""}};

static const char *found(const char *language)
{
    const struct title_words *near = words_find(words, 3, language);
    return near == NULL ? "" : near->title;
}

static void the_nearest_language_is_found(void **state)
{
    (void)state;
    assert_string_equal(found("de"), "Hafen");
    assert_string_equal(found("DE"), "Hafen");
    assert_string_equal(found("de-AT"), "Hafen");
    assert_string_equal(found("pt"), "O Porto");
    assert_string_equal(found("pt-PT"), "O Porto");
    assert_string_equal(found("zh-Hant"), "港");
    assert_string_equal(found("d"), "");
    assert_string_equal(found(""), "");
    assert_string_equal(found("en"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_language_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
