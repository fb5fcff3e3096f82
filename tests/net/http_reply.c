// SPDX-License-Identifier: Apache-2.0
#include "net/http_exchange.h"

#include "base/json.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *ask(struct fixture *fixture, const char *method, const char *path, const char *fields)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method, path, fields);
    return fixture_talk(fixture, text);
}

// One line each: what is asked of the file of 300000 bytes, the status, and what stands in the
// head.
static void files_are_served_whole_in_parts_and_conditionally(void **state)
{
    (void)state;
    static const struct {
        const char *method, *fields, *status, *line;
        size_t body;
    } cases[] = {
        {"GET", "", "200", "Content-Length: 300000\r\n", 300000},
        {"HEAD", "", "200", "Content-Length: 300000\r\n", 0},
        {"GET", "Range: bytes=0-0\r\n", "206", "Content-Range: bytes 0-0/300000\r\n", 1},
        {"GET", "Range: bytes=299999-\r\n", "206", "Content-Range: bytes 299999-299999/300000\r\n",
         1},
        {"GET", "Range: bytes=-300\r\n", "206", "Content-Range: bytes 299700-299999/300000\r\n",
         300},
        {"GET", "Range: bytes=1000-1999999\r\n", "206",
         "Content-Range: bytes 1000-299999/300000\r\n", 299000},
        {"HEAD", "Range: bytes=0-9\r\n", "200", "Content-Length: 300000\r\n", 0},
        {"GET", "Range: bytes=300000-\r\n", "416", "Content-Range: bytes */300000\r\n", 1},
        {"GET", "Range: bytes=0-1,5-6\r\n", "416", "Content-Range: bytes */300000\r\n", 1},
        {"GET", "Range: bytes=5-1\r\n", "200", "Content-Length: 300000\r\n", 300000},
        {"GET", "Range: bytes=0-9\r\nIf-Range: \"file\"\r\n", "206", "Content-Length: 10\r\n", 10},
        {"GET", "Range: bytes=0-9\r\nIf-Range: \"old\"\r\n", "200", "Content-Length: 300000\r\n",
         300000},
        {"GET", "If-None-Match: \"file\"\r\n", "304", "ETag: \"file\"\r\n", 0},
        {"GET", "If-None-Match: \"file\"\r\nRange: bytes=0-1\r\n", "304", "ETag: \"file\"\r\n", 0},
        {"GET", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "304",
         "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0},
        {"GET", "If-Match: \"old\"\r\n", "412", "application/problem+json", 1},
        {"GET", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412",
         "application/problem+json", 1},
    };
    struct fixture *fixture = fixture_open(NULL, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s /file HTTP/1.1\r\nHost: h\r\n%s\r\n", cases[i].method,
                       cases[i].fields);
        size_t len;
        char *answer = fixture_talk_bytes(fixture, text, &len);
        const char *end = strstr(answer, "\r\n\r\n");
        assert_non_null(end);
        const size_t body = len - (size_t)(end + 4 - answer);
        if (memcmp(answer + 9, cases[i].status, 3) != 0 || strstr(answer, cases[i].line) == NULL)
            fail_msg("%s %s: %.200s", cases[i].method, cases[i].fields, answer);
        const bool is_problem = cases[i].status[0] == '4';
        if (is_problem)
            assert_true(body > 0);
        else
            assert_int_equal(body, cases[i].body);
        if (strcmp(cases[i].status, "304") == 0) assert_null(strstr(answer, "Content-"));
        free(answer);
    }
    fixture_close(fixture);
}

static void a_range_holds_the_bytes_it_names(void **state)
{
    (void)state;
    static const size_t firsts[] = {0, 1, 4095, 65536, 299990};
    struct fixture *fixture = fixture_open(NULL, 1);
    for (size_t i = 0; i < 5; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "GET /file HTTP/1.1\r\nHost: h\r\nRange: bytes=%zu-%zu\r\n\r\n", firsts[i],
                       firsts[i] + 9);
        size_t len;
        char *answer = fixture_talk_bytes(fixture, text, &len);
        for (size_t at = 0; at < 10; at++)
            assert_int_equal((uint8_t)answer[len - 10 + at], fixture_byte(firsts[i] + at));
        free(answer);
    }
    fixture_close(fixture);
}

static void a_problem_says_what_where_and_how_to_mend_it(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    char *answer = ask(fixture, "GET", "/no%22where", "");
    const char *body = strstr(answer, "\r\n\r\n") + 4;
    autojson *problem = NULL;
    assert_int_equal(json_parse(slice_of(body), "problem", &problem, NULL), OK);
    assert_string_equal(json_string_value(json_object_get(problem, "type")), "/problems/not-found");
    assert_string_equal(json_string_value(json_object_get(problem, "detail")), "nothing is here");
    assert_string_equal(json_string_value(json_object_get(problem, "instance")), "/no%22where");
    assert_int_equal(json_integer_value(json_object_get(problem, "status")), 404);
    assert_non_null(strstr(answer, "Cache-Control: no-store"));
    free(answer);
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_served_whole_in_parts_and_conditionally),
        cmocka_unit_test(a_range_holds_the_bytes_it_names),
        cmocka_unit_test(a_problem_says_what_where_and_how_to_mend_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
