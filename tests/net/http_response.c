// SPDX-License-Identifier: Apache-2.0
#include "net/http_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct http_response response;

static enum http_parsed parse(const char *text, enum http_method method, enum http_fault *fault)
{
    struct http_scan scan = {0};
    size_t head = 0;
    *fault = FAULT_NONE;
    return http_response_parse(&scan, slice_of(text), method, &response, &head, fault);
}

static void the_end_of_the_body_follows_from_method_status_and_fields(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_method method;
        enum http_framing framing;
        uint64_t length;
        bool is_last;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", METHOD_GET, FRAMING_LENGTH, 7, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", METHOD_HEAD, FRAMING_LENGTH, 0, false},
        {"HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n", METHOD_GET, FRAMING_LENGTH, 0, false},
        {"HTTP/1.1 204 None\r\n\r\n", METHOD_GET, FRAMING_LENGTH, 0, false},
        {"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n", METHOD_GET, FRAMING_LENGTH, 0, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", METHOD_GET, FRAMING_CHUNKED, 0,
         false},
        {"HTTP/1.1 200 OK\r\n\r\n", METHOD_GET, FRAMING_NONE, 0, true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", METHOD_GET, FRAMING_LENGTH, 2, true},
        {"HTTP/1.1 200\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", METHOD_GET,
         FRAMING_LENGTH, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum http_fault fault;
        assert_int_equal(parse(cases[i].text, cases[i].method, &fault), HTTP_READY);
        assert_int_equal(response.framing, cases[i].framing);
        assert_int_equal(response.content_length, cases[i].length);
        assert_int_equal(response.is_last, cases[i].is_last);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_fault fault;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n", FAULT_FIELD_TWICE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7, 7\r\n\r\n", FAULT_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: +7\r\n\r\n", FAULT_LENGTH},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n",
         FAULT_LENGTH_AND_CODING},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", FAULT_CODING_UNKNOWN},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", FAULT_CODING_OLD},
        {"HTTP/1.1 200 OK\nX: y\r\n\r\n", FAULT_BARE_LF},
        {"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", FAULT_BARE_CR},
        {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", FAULT_FIELD_FOLD},
        {"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", FAULT_FIELD_SPACE},
        {"HTTP/1.1 20 OK\r\n\r\n", FAULT_STATUS},
        {"HTTP/1.1 099 OK\r\n\r\n", FAULT_STATUS},
        {"HTTP/1.1 2000 OK\r\n\r\n", FAULT_STATUS},
        {"HTTP/2.0 200 OK\r\n\r\n", FAULT_VERSION_UNKNOWN},
        {"ICY 200 OK and more\r\n\r\n", FAULT_VERSION},
        {"\r\nHTTP/1.1 200 OK\r\n\r\n", FAULT_STATUS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum http_fault fault;
        assert_int_equal(parse(cases[i].text, METHOD_GET, &fault), HTTP_REFUSED);
        assert_int_equal(fault, cases[i].fault);
    }
}

static void fields_are_found_by_name_in_any_case(void **state)
{
    (void)state;
    enum http_fault fault;
    struct slice value;
    assert_int_equal(parse("HTTP/1.1 200 All right\r\neTaG: \"x\"\r\n\r\n", METHOD_GET, &fault),
                     HTTP_READY);
    assert_true(http_response_find(&response, "ETag", &value));
    assert_true(slice_is(value, "\"x\""));
    assert_false(http_response_find(&response, "Age", &value));
    assert_true(slice_is(response.reason, "All right"));
}

static void a_head_that_is_not_all_here_waits_for_more(void **state)
{
    (void)state;
    enum http_fault fault;
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r", METHOD_GET, &fault),
                     HTTP_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_the_body_follows_from_method_status_and_fields),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(fields_are_found_by_name_in_any_case),
        cmocka_unit_test(a_head_that_is_not_all_here_waits_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
