// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW_S = 784111777 + 1000 };

struct line {
    const char *name, *value;
};

static bool store(int status, const struct line *lines, struct freshness *out)
{
    struct http_field fields[8];
    size_t count = 0;
    for (; lines[count].name != NULL; count++)
        fields[count] = (struct http_field){slice_of(lines[count].name),
                                            slice_of(lines[count].value), FIELD_OTHER};
    const struct cache_asked asked = {
        .method = METHOD_GET, .asked_ms = NOW_S * 1000LL, .answered_ms = NOW_S * 1000LL};
    return rules_may_store(&asked, status, fields, count, out);
}

#define LINES(...) ((const struct line[]){__VA_ARGS__, {NULL, NULL}})
#define DATE                                                                                       \
    {                                                                                              \
        "Date", "Sun, 06 Nov 1994 09:06:17 GMT"                                                    \
    }

static void freshness_comes_from_the_first_source_there_is(void **state)
{
    (void)state;
    struct freshness f;
    assert_true(store(200, LINES({"Cache-Control", "max-age=60, s-maxage=90"}), &f));
    assert_int_equal(f.lifetime_ms, 90000);
    assert_true(f.is_never_stale);
    assert_true(
        store(200, LINES({"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=5"}), &f));
    assert_int_equal(f.lifetime_ms, 5000);
    assert_true(store(200, LINES(DATE, {"Expires", "Sun, 06 Nov 1994 09:07:17 GMT"}), &f));
    assert_int_equal(f.lifetime_ms, 60000);
    assert_true(store(200, LINES(DATE, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}), &f));
    assert_int_equal(f.lifetime_ms, 100000);
    assert_true(store(599, LINES({"Cache-Control", "max-age=1"}), &f));
}

static void what_is_not_ours_to_keep_is_not_kept(void **state)
{
    (void)state;
    struct freshness f;
    assert_false(store(200, LINES({"Cache-Control", "private, max-age=60"}), &f));
    assert_false(store(200, LINES({"Cache-Control", "no-store, max-age=60"}), &f));
    assert_false(store(200, LINES({"X", "y"}), &f));
    assert_false(store(200, LINES({"Cache-Control", "max-age=0"}), &f));
    assert_false(store(201, LINES(DATE, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}), &f));
    assert_false(store(599, LINES({"Cache-Control", "max-age=9, no-store, must-understand"}), &f));
    assert_true(store(200, LINES({"Cache-Control", "max-age=9, no-store, must-understand"}), &f));
    assert_false(store(200, LINES({"Expires", "0"}), &f));
    const struct cache_asked with = {.method = METHOD_GET, .has_authorization = true};
    const struct http_field plain = {slice_of("Cache-Control"), slice_of("max-age=9"), FIELD_OTHER};
    const struct http_field open = {slice_of("Cache-Control"), slice_of("public, max-age=9"),
                                    FIELD_OTHER};
    assert_false(rules_may_store(&with, 200, &plain, 1, &f));
    assert_true(rules_may_store(&with, 200, &open, 1, &f));
}

static void age_decides_between_fresh_stale_and_revalidate(void **state)
{
    (void)state;
    struct freshness f;
    assert_true(
        store(200,
              LINES({"Cache-Control", "max-age=60, stale-while-revalidate=30, stale-if-error=100"},
                    {"Age", "10, 5"}),
              &f));
    const int64_t now = f.answered_ms;
    assert_int_equal(freshness_age_ms(&f, now), 10000);
    assert_int_equal(freshness_use(&f, now + 49000), USE_FRESH);
    assert_int_equal(freshness_use(&f, now + 50000), USE_STALE);
    assert_int_equal(freshness_use(&f, now + 80000), USE_REVALIDATE);
    assert_true(freshness_covers(&f, now + 149000, PARENT_ERROR));
    assert_false(freshness_covers(&f, now + 151000, PARENT_ERROR));
    assert_true(freshness_covers(&f, now + 151000, PARENT_GONE));
    assert_true(store(200, LINES({"Cache-Control", "max-age=1, must-revalidate"}), &f));
    assert_false(freshness_covers(&f, now + 2000, PARENT_GONE));
    assert_true(store(200, LINES({"Cache-Control", "no-cache"}, {"ETag", "\"a\""}), &f));
    assert_int_equal(freshness_use(&f, f.answered_ms), USE_REVALIDATE);
}

static void fields_of_the_connection_are_known(void **state)
{
    (void)state;
    assert_true(rules_is_hop(slice_of("keep-alive")));
    assert_false(rules_is_hop(slice_of("ETag")));
    const struct http_field lists = {slice_of("Connection"), slice_of("close, X-Foo"),
                                     FIELD_CONNECTION};
    assert_true(rules_is_listed(&lists, 1, slice_of("x-foo")));
    assert_false(rules_is_listed(&lists, 1, slice_of("x-bar")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freshness_comes_from_the_first_source_there_is),
        cmocka_unit_test(what_is_not_ours_to_keep_is_not_kept),
        cmocka_unit_test(age_decides_between_fresh_stale_and_revalidate),
        cmocka_unit_test(fields_of_the_connection_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
