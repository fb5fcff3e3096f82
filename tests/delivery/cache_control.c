// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cache_control read(const char *value)
{
    struct cache_control control = cache_control_none();
    cache_control_read(slice_of(value), &control);
    return control;
}

static void directives_are_read_as_leniently_as_they_are_written(void **state)
{
    (void)state;
    assert_int_equal(read("max-age=60").max_age_s, 60);
    assert_int_equal(read(" foo , MaX-AgE=60 ,").max_age_s, 60);
    assert_int_equal(read("max-age=\"60\"").max_age_s, 60);
    assert_int_equal(read("max-age=-1").max_age_s, 0);
    assert_int_equal(read("max-age=x").max_age_s, 0);
    assert_int_equal(read("max-age=99999999999").max_age_s, CACHE_SECONDS_MAX);
    assert_int_equal(read("max-age=60, max-age=5").max_age_s, 5);
    assert_int_equal(read("public").max_age_s, CACHE_AGE_ABSENT);
    assert_int_equal(read("a=\"x, max-age=1\", max-age=2").max_age_s, 2);
    assert_true(read("No-StOrE").no_store);
    assert_true(read("private=\"set-cookie\"").is_private);
    assert_true(read("proxy-revalidate").must_revalidate);
    assert_int_equal(read("stale-while-revalidate=7").stale_while_revalidate_s, 7);
}

static bool targeted(const char *name, const char *value, struct cache_control *out)
{
    const struct http_field field = {slice_of(name), slice_of(value), FIELD_OTHER};
    return cache_control_targeted(&field, 1, out);
}

static void a_targeted_field_counts_when_it_is_well_formed(void **state)
{
    (void)state;
    struct cache_control control = cache_control_none();
    assert_true(targeted("CDN-Cache-Control", "max-age=60, x;y=1, z=\"s\"", &control));
    assert_int_equal(control.max_age_s, 60);
    assert_true(targeted("surrogate-control", "no-store", &control));
    assert_true(control.no_store);
    static const char *const broken[] = {"",
                                         "max-age=60, &&",
                                         "max-age=\"60\"",
                                         "max-age",
                                         "max-age=60,",
                                         "MAX-AGE=60",
                                         "max-age =60",
                                         "a=",
                                         "a=\"x",
                                         "max-age=1.5"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_false(targeted("CDN-Cache-Control", broken[i], &control));
    assert_false(targeted("Cache-Control", "max-age=60", &control));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directives_are_read_as_leniently_as_they_are_written),
        cmocka_unit_test(a_targeted_field_counts_when_it_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
