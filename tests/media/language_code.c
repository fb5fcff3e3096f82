// SPDX-License-Identifier: Apache-2.0
#include "media/language_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint16_t pack(const char *three)
{
    return (uint16_t)((three[0] - 0x60) << 10 | (three[1] - 0x60) << 5 | (three[2] - 0x60));
}

static void three_letters_become_the_shortest_tag(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"eng", "en"}, {"deu", "de"},  {"ger", "de"},
                                           {"jpn", "ja"}, {"fil", "fil"}, {"und", "und"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char tag[LANGUAGE_BYTES];
        language_from_packed(pack(pairs[i][0]), tag);
        assert_string_equal(tag, pairs[i][1]);
    }
    char tag[LANGUAGE_BYTES];
    language_from_packed(0, tag); // QuickTime's code for English
    assert_string_equal(tag, "und");
    language_from_packed(0x7fff, tag);
    assert_string_equal(tag, "und");
}

static void tags_go_back_to_three_letters(void **state)
{
    (void)state;
    assert_int_equal(language_to_packed("en"), pack("eng"));
    assert_int_equal(language_to_packed("pt-BR"), pack("por"));
    assert_int_equal(language_to_packed("fil"), pack("fil"));
    assert_int_equal(language_to_packed("x"), pack("und"));
    assert_int_equal(language_to_packed(""), pack("und"));
}

static void text_that_is_no_tag_changes_nothing(void **state)
{
    (void)state;
    char tag[LANGUAGE_BYTES] = "de";
    static const char *const bad[] = {"", "1en", "en_US",
                                      "english but far too long for any tag at all"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        language_from_text(slice_of(bad[i]), tag);
        assert_string_equal(tag, "de");
    }
    language_from_text((struct slice){(const uint8_t *)"zh-Hant\0junk", 12}, tag);
    assert_string_equal(tag, "zh-Hant");
    language_from_text(slice_of("fra"), tag);
    assert_string_equal(tag, "fr");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_letters_become_the_shortest_tag),
        cmocka_unit_test(tags_go_back_to_three_letters),
        cmocka_unit_test(text_that_is_no_tag_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
