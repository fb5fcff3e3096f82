// SPDX-License-Identifier: Apache-2.0
#include "discovery/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void fold(const char *text, enum fold_articles articles, char *out, size_t room)
{
    autobuffer folded = buffer_init(room - 1);
    assert_int_equal(fold_words(slice_of(text), articles, &folded, NULL), OK);
    memcpy(out, folded.at == NULL ? (const uint8_t *)"" : folded.at, folded.len);
    out[folded.len] = '\0';
}

static void what_people_type_for_one_another_is_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"", ""},
        {"  -- !", ""},
        {"The  Lamplighter's Öl", "the lamplighter s ol "},
        {"STRASSE Straße", "strasse strasse "},
        {"El Niño, acción", "el nino accion "},
        {"Łódź København Œuvre", "lodz kobenhavn oeuvre "},
        {"I\u0307stanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul "},
        {"مَدْرَسَةٌ أحمد إلى", "مدرسه احمد الي "},
        {"ســلام", "سلام "},
        {"٢٠٢٦ ２０２６ ²", "2026 2026 2 "},
        {"e\u0301t\u00e9", "ete "},
        {"ﬁlm №", "film no "},
        {"2001: A Space", "2001 a space "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folded[200];
        fold(cases[i].text, FOLD_AS_TYPED, folded, sizeof folded);
        assert_string_equal(folded, cases[i].folded);
    }
}

static void the_arabic_article_may_be_left_out(void **state)
{
    (void)state;
    char folded[200];
    fold("المدرسة", FOLD_AND_BARE, folded, sizeof folded);
    assert_string_equal(folded, "المدرسه مدرسه ");
    fold("الي", FOLD_AND_BARE, folded, sizeof folded); // too short to be one
    assert_string_equal(folded, "الي ");
}

static void what_is_no_utf_8_ends_the_text(void **state)
{
    (void)state;
    char folded[200];
    fold("film \xff noir", FOLD_AS_TYPED, folded, sizeof folded);
    assert_string_equal(folded, "film ");
    fold("\xc3", FOLD_AS_TYPED, folded, sizeof folded);
    assert_string_equal(folded, "");
}

static void a_cap_holds(void **state)
{
    (void)state;
    autobuffer small = buffer_init(4);
    assert_int_equal(fold_words(slice_of("lamplighter"), FOLD_AS_TYPED, &small, NULL), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_type_for_one_another_is_the_same),
        cmocka_unit_test(the_arabic_article_may_be_left_out),
        cmocka_unit_test(what_is_no_utf_8_ends_the_text),
        cmocka_unit_test(a_cap_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
