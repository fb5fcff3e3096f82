// SPDX-License-Identifier: Apache-2.0
#include "net/http_condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void parse(const char *fields, const char *method, struct http_request *request)
{
    static char text[1024];
    (void)snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: h\r\n%s\r\n", method, fields);
    struct http_scan scan = {0};
    size_t head;
    enum http_fault fault;
    assert_int_equal(http_request_parse(&scan, slice_of(text), request, &head, &fault), HTTP_READY);
}

#define THEN   "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

static void the_matrix_of_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *method, *fields;
        enum http_verdict verdict;
    } cases[] = {
        {"GET", "", VERDICT_GO_ON},
        {"GET", "If-None-Match: \"a\"\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-None-Match: W/\"a\"\r\n", VERDICT_NOT_MODIFIED},
        {"HEAD", "If-None-Match: \"x\", \"a,b\", \"a\"\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-None-Match: \"x\"\r\nIf-None-Match: \"a\"\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-None-Match: *\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-None-Match: \"x\"\r\n", VERDICT_GO_ON},
        {"GET", "If-None-Match: a\r\n", VERDICT_GO_ON},
        {"GET", "If-None-Match: \"a\r\n", VERDICT_GO_ON},
        {"POST", "If-None-Match: \"a\"\r\n", VERDICT_FAILED},
        {"GET", "If-Modified-Since: " THEN "\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-Modified-Since: " AFTER "\r\n", VERDICT_NOT_MODIFIED},
        {"GET", "If-Modified-Since: " BEFORE "\r\n", VERDICT_GO_ON},
        {"GET", "If-Modified-Since: yesterday\r\n", VERDICT_GO_ON},
        {"POST", "If-Modified-Since: " THEN "\r\n", VERDICT_GO_ON},
        {"GET", "If-None-Match: \"x\"\r\nIf-Modified-Since: " THEN "\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: \"a\"\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: *\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: \"x\", \"a\"\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: W/\"a\"\r\n", VERDICT_FAILED},
        {"GET", "If-Match: \"x\"\r\n", VERDICT_FAILED},
        {"GET", "If-Unmodified-Since: " THEN "\r\n", VERDICT_GO_ON},
        {"GET", "If-Unmodified-Since: " BEFORE "\r\n", VERDICT_FAILED},
        {"GET", "If-Unmodified-Since: never\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: \"a\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", VERDICT_GO_ON},
        {"GET", "If-Match: \"x\"\r\nIf-None-Match: \"a\"\r\n", VERDICT_FAILED},
    };
    const struct http_validators validators = {slice_of("\"a\""), 784111777};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        parse(cases[i].fields, cases[i].method, &request);
        const enum http_verdict verdict = http_condition_check(&request, &validators, 0);
        if (verdict != cases[i].verdict) fail_msg("%s %s", cases[i].method, cases[i].fields);
    }
}

static void a_range_applies_to_the_state_it_was_begun_with(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        bool applies;
    } cases[] = {
        {"", true},
        {"If-Range: \"a\"\r\n", true},
        {"If-Range: W/\"a\"\r\n", false},
        {"If-Range: \"b\"\r\n", false},
        {"If-Range: \"a\", \"b\"\r\n", false},
        {"If-Range: " THEN "\r\n", true},
        {"If-Range: " AFTER "\r\n", false},
        {"If-Range: " BEFORE "\r\n", false},
        {"If-Range: x\r\n", false},
    };
    const struct http_validators validators = {slice_of("\"a\""), 784111777};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        parse(cases[i].fields, "GET", &request);
        if (http_range_applies(&request, &validators, 0) != cases[i].applies)
            fail_msg("%s", cases[i].fields);
    }
}

static void without_validators_only_a_star_matches(void **state)
{
    (void)state;
    const struct http_validators none = {{NULL, 0}, -1};
    struct http_request request;
    parse("If-None-Match: \"a\"\r\nIf-Range: \"a\"\r\n", "GET", &request);
    assert_int_equal(http_condition_check(&request, &none, 0), VERDICT_GO_ON);
    assert_false(http_range_applies(&request, &none, 0));
    parse("If-None-Match: *\r\n", "GET", &request);
    assert_int_equal(http_condition_check(&request, &none, 0), VERDICT_NOT_MODIFIED);
    parse("If-Modified-Since: " AFTER "\r\n", "GET", &request);
    assert_int_equal(http_condition_check(&request, &none, 0), VERDICT_GO_ON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_of_conditions),
        cmocka_unit_test(a_range_applies_to_the_state_it_was_begun_with),
        cmocka_unit_test(without_validators_only_a_star_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
