// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool wild(const char *pattern, const char *text)
{
    return match_wildcards(slice_of(pattern), slice_of(text));
}

static enum match regex(const char *pattern, const char *text)
{
    return match_regex(slice_of(pattern), slice_of(text));
}

static void wildcards_are_cloudfronts(void **state)
{
    (void)state;
    assert_true(wild("https://d/film/*", "https://d/film/v.mp4"));
    assert_true(wild("http*://d/*.m4s", "https://d/a/b.m4s"));
    assert_true(wild("*", ""));
    assert_true(wild("a?c", "abc"));
    assert_false(wild("a?c", "ac"));
    assert_false(wild("https://d/film/*", "https://d/films"));
    assert_true(wild("*a*b*c", "xxaxxbxxbxxc"));
    assert_false(wild("*a*b*c", "xxaxxbxxbxx"));
    assert_false(wild("", "a"));
}

// The worst pattern for a matcher that tries again costs pattern times text here.
static void many_stars_end_soon(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text);
    const struct slice long_text = {(const uint8_t *)text, sizeof text};
    assert_false(match_wildcards(slice_of("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), long_text));
}

static void expressions_match_the_whole_text(void **state)
{
    (void)state;
    assert_int_equal(
        regex("https?://cdni\\.example/[a-z]+/[0-9]{3}\\.png", "http://cdni.example/bar/123.png"),
        MATCH_YES);
    assert_int_equal(regex("film", "/film/"), MATCH_NO);
    assert_int_equal(regex("a|b", "b"), MATCH_YES);
    assert_int_equal(regex("a|b", "ab"), MATCH_NO);
}

static void expressions_that_could_cost_much_are_refused(void **state)
{
    static const char *const wrong[] = {
        "", "(", "a)(b", "(a)\\1", "((a{100}){100}){100}", "a{99999}", "[[:alpha:]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(regex(wrong[i], "aaa"), MATCH_REFUSED);
    char text[600];
    memset(text, 'a', sizeof text);
    assert_int_equal(match_regex((struct slice){(const uint8_t *)text, sizeof text}, slice_of("a")),
                     MATCH_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_are_cloudfronts),
        cmocka_unit_test(many_stars_end_soon),
        cmocka_unit_test(expressions_match_the_whole_text),
        cmocka_unit_test(expressions_that_could_cost_much_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
