// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOST "Host: h\r\n"

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    char *answer =
        fixture_talk(fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n"
                              "GET /work?1 HTTP/1.1\r\n" HOST "\r\n"
                              "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody"
                              "GET /parked HTTP/1.1\r\n" HOST "\r\n"
                              "POST /echo HTTP/1.1\r\n" HOST
                              "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                              "HEAD /hello HTTP/1.1\r\n" HOST "\r\n"
                              "GET /work?2 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
                              "GET /never-read HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 7);
    const char *at = answer;
    static const char *const parts[] = {"hello\n", "worked on /work?1", "body", "parked\n", "abcde",
                                        "HTTP",    "worked on /work?2"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = strstr(at, parts[i]);
        assert_non_null(at);
    }
    assert_int_equal(count_of(answer, "Connection: close"), 1);
    free(answer);
    fixture_close(fixture);
}

static void thousands_of_pipelined_requests_do_not_pile_up(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct fixture *fixture = fixture_open(NULL, 1);
    const int fd = fixture_connect(fixture);
    static const char one[] = "GET /small HTTP/1.1\r\n" HOST "\r\n";
    autobuffer all = buffer_init(COUNT * sizeof one);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(buffer_put_text(&all, one, NULL), OK);
    // Sent from another process: the server stops reading until its answers are taken.
    const pid_t child = fork();
    if (child == 0) {
        fixture_send_bytes(fd, buffer_slice(&all));
        (void)shutdown(fd, SHUT_WR);
        _exit(0);
    }
    size_t len;
    char *answer = fixture_read_all(fd, &len);
    size_t seen = 0;
    for (size_t at = 0; at < len; at++)
        if (len - at >= 15 && memcmp(answer + at, "HTTP/1.1 200 OK", 15) == 0) seen++;
    assert_int_equal(seen, COUNT);
    free(answer);
    (void)close(fd);
    fixture_close(fixture);
}

// One connection, the request cut in two at every place: the answer is the same.
static void the_pieces_a_request_arrives_in_do_not_matter(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    static const char text[] = "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n";
    const struct slice all = slice_of(text);
    const int fd = fixture_connect(fixture);
    for (size_t cut = 1; cut < all.len; cut++) {
        fixture_send_bytes(fd, slice_part(all, 0, cut));
        // An answer to another connection shows that the loop has been around.
        char *other = fixture_talk(fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        free(other);
        fixture_send_bytes(fd, slice_part(all, cut, all.len));
        size_t len;
        char *answer = fixture_read_one(fd, &len);
        assert_true(len > 5);
        assert_memory_equal(answer + len - 5, "abcde", 5);
        free(answer);
    }
    (void)close(fd);
    fixture_close(fixture);
}

static void a_refused_request_is_told_why_and_nothing_behind_it_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *status;
    } cases[] = {
        {"POST /echo HTTP/1.1\r\n" HOST
         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400"},
        {"GET /hello HTTP/1.1\nHost: h\n\n", "400"},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", "501"},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2000000\r\n\r\n", "413"},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", "413"},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
        {"GET /hello HTTP/3.0\r\n" HOST "\r\n", "505"},
        {"GET /hello HTTP/1.1\r\n" HOST "Expect: more\r\n\r\n", "417"},
    };
    struct fixture *fixture = fixture_open(NULL, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%sGET /hello HTTP/1.1\r\n" HOST "\r\n", cases[i].text);
        char *answer = fixture_talk(fixture, text);
        assert_memory_equal(answer + 9, cases[i].status, 3);
        assert_int_equal(count_of(answer, "\r\nDate: "), 1);
        assert_non_null(strstr(answer, "application/problem+json"));
        assert_non_null(strstr(answer, "Connection: close"));
        free(answer);
    }
    assert_int_equal(http_server_counters(fixture_server(fixture)).refused,
                     sizeof cases / sizeof cases[0]);
    fixture_close(fixture);
}

static void an_expected_continue_comes_before_the_body(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    const int fd = fixture_connect(fixture);
    fixture_send(fd, "POST /echo HTTP/1.1\r\n" HOST
                     "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    size_t len;
    char *answer = fixture_read_one(fd, &len);
    assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    free(answer);
    fixture_send(fd, "body");
    answer = fixture_read_one(fd, &len);
    assert_memory_equal(answer + len - 4, "body", 4);
    free(answer);
    (void)close(fd);
    fixture_close(fixture);
}

static void http_1_0_gets_one_answer_and_no_chunks(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    char *answer = fixture_talk(fixture, "GET /hello HTTP/1.0\r\n\r\nGET /hello HTTP/1.0\r\n\r\n");
    assert_int_equal(count_of(answer, "HTTP/1.1 200"), 1);
    assert_non_null(strstr(answer, "Connection: close"));
    free(answer);
    answer = fixture_talk(fixture, "GET /stream HTTP/1.0\r\n\r\n");
    assert_null(strstr(answer, "chunked"));
    assert_non_null(strstr(answer, "Connection: close"));
    free(answer);
    fixture_close(fixture);
}

static void a_client_that_leaves_takes_nothing_with_it(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    static const char *const paths[] = {"/blocked", "/never", "/stream-idle", "/large", "/file"};
    for (size_t i = 0; i < 50; i++) {
        const int fd = fixture_connect(fixture);
        char text[128];
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i % 5]);
        fixture_send(fd, text);
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    fixture_unblock(fixture);
    char *answer = fixture_talk(fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(answer, "hello"));
    free(answer);
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(thousands_of_pipelined_requests_do_not_pile_up),
        cmocka_unit_test(the_pieces_a_request_arrives_in_do_not_matter),
        cmocka_unit_test(a_refused_request_is_told_why_and_nothing_behind_it_is_read),
        cmocka_unit_test(an_expected_continue_comes_before_the_body),
        cmocka_unit_test(http_1_0_gets_one_answer_and_no_chunks),
        cmocka_unit_test(a_client_that_leaves_takes_nothing_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
