// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_vary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct http_request request;
static char request_text[1000];

static const struct http_request *asked(const char *fields)
{
    struct http_scan scan = {0};
    size_t head;
    enum http_fault fault;
    (void)snprintf(request_text, sizeof request_text, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n",
                   fields);
    assert_int_equal(http_request_parse(&scan, slice_of(request_text), &request, &head, &fault),
                     HTTP_READY);
    return &request;
}

static bool matches(const char *vary, const char *kept_for, const char *language, const char *now)
{
    const struct http_field field = {slice_of("Vary"), slice_of(vary), FIELD_OTHER};
    autobuffer names = buffer_init(VARY_BYTES_MAX), values = buffer_init(VARY_BYTES_MAX);
    if (!vary_names(&field, 1, &names)) return false;
    assert_int_equal(vary_values(buffer_slice(&names), asked(kept_for), &values), OK);
    return vary_matches(buffer_slice(&names), buffer_slice(&values), slice_of(language),
                        asked(now));
}

static void values_are_compared_as_they_mean(void **state)
{
    (void)state;
    assert_true(matches("Foo", "Foo: 1, 2\r\n", "", "Foo: 1\r\nFoo: 2\r\n"));
    assert_true(matches("Foo", "Foo: 1,2\r\n", "", "Foo:  1 , 2\r\n"));
    assert_false(matches("Foo", "Foo: 1,2\r\n", "", "Foo: 2,1\r\n"));
    assert_false(matches("Foo", "Foo: a\r\n", "", "Foo: A\r\n"));
    assert_false(matches("Foo, Bar", "Foo: a\r\nBar: b\r\n", "", "Foo: a\r\n"));
    assert_true(matches("Foo, Bar", "Foo: a\r\n", "", "Foo: a\r\nOther: x\r\n"));
    assert_true(matches("Accept-Language", "Accept-Language: en, de\r\n", "",
                        "Accept-Language: DE,en\r\n"));
    assert_true(matches("Accept-Encoding", "Accept-Encoding: gzip, br\r\n", "",
                        "Accept-Encoding: br,gzip\r\n"));
    assert_true(matches("", "", "", ""));
}

static void the_language_liked_best_is_good_enough(void **state)
{
    (void)state;
    const char *kept = "Accept-Language: en, de\r\n";
    assert_true(matches("Accept-Language", kept, "de", "Accept-Language: fr;q=0.5, de;q=1.0\r\n"));
    assert_false(matches("Accept-Language", kept, "de", "Accept-Language: fr, de;q=0.9\r\n"));
    assert_false(matches("Accept-Language", kept, "de", "Accept-Language: fr\r\n"));
}

static void a_star_matches_nothing(void **state)
{
    (void)state;
    assert_false(matches("*", "", "", ""));
    assert_false(matches("Foo, *", "", "", ""));
    assert_false(matches(", *", "", "", ""));
    assert_false(matches("not a name", "", "", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_compared_as_they_mean),
        cmocka_unit_test(the_language_liked_best_is_good_enough),
        cmocka_unit_test(a_star_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
