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

static struct http_limits short_limits(void)
{
    struct http_limits limits = http_limits_default();
    limits.head_ms = limits.handler_ms = limits.stall_ms = limits.idle_ms = 200;
    limits.linger_ms = 200;
    return limits;
}

// A client that is slow in every place: what it hears before the connection ends.
static void every_wait_has_its_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *text, *status; // "": closed without a word
    } cases[] = {
        {"", ""},
        {"GET /hello HT", "408"},
        {"GET /hello HTTP/1.1\r\nHost", "408"},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nbod", "408"},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "408"},
        {"GET /blocked HTTP/1.1\r\n" HOST "\r\n", "504"},
        {"GET /never HTTP/1.1\r\n" HOST "\r\n", "504"},
        {"GET /stream-idle HTTP/1.1\r\n" HOST "\r\n", "200"}, // and cut: no last chunk
    };
    const struct http_limits limits = short_limits();
    struct fixture *fixture = fixture_open(&limits, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int fd = fixture_connect(fixture);
        fixture_send(fd, cases[i].text);
        size_t len;
        char *answer = fixture_read_all(fd, &len);
        if (cases[i].status[0] == '\0')
            assert_int_equal(len, 0);
        else
            assert_memory_equal(answer + 9, cases[i].status, 3);
        assert_null(strstr(answer, "\r\n0\r\n\r\n"));
        free(answer);
        (void)close(fd);
    }
    fixture_close(fixture);
}

static void a_trickle_of_header_bytes_does_not_move_the_deadline(void **state)
{
    (void)state;
    const struct http_limits limits = short_limits();
    struct fixture *fixture = fixture_open(&limits, 1);
    const int fd = fixture_connect(fixture);
    char *answer = NULL;
    size_t len = 0;
    fixture_send(fd, "GET /hello HTTP/1.1\r\nA: ");
    // One byte each time the socket has nothing to read for a moment, until it has.
    const struct timeval moment = {.tv_usec = 20000};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
    char byte;
    while (recv(fd, &byte, 1, MSG_PEEK) < 0)
        fixture_send(fd, "x");
    answer = fixture_read_all(fd, &len);
    assert_memory_equal(answer + 9, "408", 3);
    free(answer);
    (void)close(fd);
    fixture_close(fixture);
}

static void a_reader_that_takes_nothing_is_cut(void **state)
{
    (void)state;
    const struct http_limits limits = short_limits();
    struct fixture *fixture = fixture_open(&limits, 1);
    const int fd = fixture_connect(fixture);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    autobuffer many = buffer_init(1 << 20);
    for (int i = 0; i < 64; i++)
        assert_int_equal(buffer_put_text(&many, "GET /large HTTP/1.1\r\n" HOST "\r\n", NULL), OK);
    fixture_send_bytes(fd, buffer_slice(&many));
    // Another connection sees it go.
    while (http_server_counters(fixture_server(fixture)).timed_out == 0) {
        char *answer = fixture_talk(fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        assert_non_null(strstr(answer, "hello"));
        free(answer);
    }
    size_t len;
    char *answer = fixture_read_all(fd, &len);
    assert_true(len < (size_t)64 * FIXTURE_LARGE_BYTES);
    free(answer);
    (void)close(fd);
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wait_has_its_deadline),
        cmocka_unit_test(a_trickle_of_header_bytes_does_not_move_the_deadline),
        cmocka_unit_test(a_reader_that_takes_nothing_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
