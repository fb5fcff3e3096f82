// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define GET_HELLO "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

static void many_connections_at_once_all_get_answers(void **state)
{
    (void)state;
    enum { COUNT = 400, ROUNDS = 3 };
    struct fixture *fixture = fixture_open(NULL, 2);
    static int fds[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        fds[i] = fixture_connect(fixture);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT; i++)
            fixture_send(fds[i], i % 3 == 0 ? "GET /work HTTP/1.1\r\nHost: h\r\n\r\n" : GET_HELLO);
        for (size_t i = 0; i < COUNT; i++) {
            size_t len;
            char *answer = fixture_read_one(fds[i], &len);
            assert_memory_equal(answer, "HTTP/1.1 200 OK", 15);
            free(answer);
        }
    }
    const struct http_counters counters = http_server_counters(fixture_server(fixture));
    assert_int_equal(counters.accepted, COUNT);
    assert_int_equal(counters.open, COUNT);
    assert_int_equal(counters.requests, COUNT * ROUNDS);
    for (size_t i = 0; i < COUNT; i++)
        (void)close(fds[i]);
    fixture_close(fixture);
}

static void at_the_cap_connections_wait_instead_of_failing(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.connections_max = 2;
    struct fixture *fixture = fixture_open(&limits, 1);
    const int a = fixture_connect(fixture), b = fixture_connect(fixture);
    size_t len;
    fixture_send(a, GET_HELLO);
    fixture_send(b, GET_HELLO);
    free(fixture_read_one(a, &len));
    free(fixture_read_one(b, &len));
    const int c = fixture_connect(fixture); // by the kernel
    fixture_send(c, GET_HELLO);
    fixture_send(a, GET_HELLO);
    free(fixture_read_one(a, &len)); // the server has been around and left c alone
    assert_int_equal(http_server_counters(fixture_server(fixture)).accepted, 2);
    (void)close(b);
    char *answer = fixture_read_one(c, &len);
    assert_non_null(strstr(answer, "hello"));
    free(answer);
    (void)close(a);
    (void)close(c);
    fixture_close(fixture);
}

static void without_descriptors_accepting_pauses_and_goes_on(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    const int first = fixture_connect(fixture);
    size_t len;
    fixture_send(first, GET_HELLO);
    free(fixture_read_one(first, &len));
    const int waiting = fixture_socket(); // made before descriptors run out
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    fixture_connect_socket(fixture, waiting);
    fixture_send(waiting, GET_HELLO);
    fixture_send(first, GET_HELLO);
    free(fixture_read_one(first, &len)); // those that are open go on
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    char *answer = fixture_read_one(waiting, &len);
    assert_non_null(strstr(answer, "hello"));
    free(answer);
    (void)close(first);
    (void)close(waiting);
    fixture_close(fixture);
}

static void *wait_for(void *context)
{
    http_server_wait(context);
    return NULL;
}

static void a_drain_finishes_what_is_in_hand_and_closes_what_rests(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    struct http_server *server = fixture_server(fixture);
    const int resting = fixture_connect(fixture), busy = fixture_connect(fixture);
    size_t len;
    fixture_send(resting, GET_HELLO);
    free(fixture_read_one(resting, &len));
    fixture_send(busy, "GET /blocked HTTP/1.1\r\nHost: h\r\n\r\n");
    while (http_server_counters(server).requests < 2)
        continue;
    http_server_stop(server);
    char *answer = fixture_read_all(resting, &len);
    assert_int_equal(len, 0); // closed
    free(answer);
    fixture_unblock(fixture);
    answer = fixture_read_all(busy, &len);
    assert_non_null(strstr(answer, "Connection: close"));
    assert_non_null(strstr(answer, "unblocked\n"));
    free(answer);
    (void)close(busy);
    (void)close(resting);
    pthread_t waiter;
    assert_int_equal(pthread_create(&waiter, NULL, wait_for, server), 0);
    (void)pthread_join(waiter, NULL); // the loops have ended by themselves
    fixture_close(fixture);
}

static void a_drain_cuts_what_does_not_finish(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.drain_ms = 100;
    struct fixture *fixture = fixture_open(&limits, 1);
    struct http_server *server = fixture_server(fixture);
    const int fd = fixture_connect(fixture);
    fixture_send(fd, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    while (http_server_counters(server).requests < 1)
        continue;
    http_server_stop(server);
    http_server_stop(server); // again does no harm
    http_server_wait(server);
    size_t len;
    char *answer = fixture_read_all(fd, &len);
    assert_int_equal(len, 0);
    free(answer);
    (void)close(fd);
    fixture_close(fixture);
}

static void a_server_that_was_never_started_closes(void **state)
{
    (void)state;
    struct http_server *server = NULL;
    const struct http_server_options options = {.listen = "127.0.0.1:0",
                                                .loops = 2,
                                                .limits = http_limits_default(),
                                                .clock = clock_system(),
                                                .handle = (http_handler *)abort};
    assert_int_equal(http_server_open(&options, &server, NULL), OK);
    struct http_server_options taken = options;
    taken.listen = http_server_address(server);
    struct http_server *second = NULL;
    assert_int_equal(http_server_open(&taken, &second, NULL), CONFLICT);
    assert_null(second);
    http_server_close(&server);
    assert_null(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_connections_at_once_all_get_answers),
        cmocka_unit_test(at_the_cap_connections_wait_instead_of_failing),
        cmocka_unit_test(without_descriptors_accepting_pauses_and_goes_on),
        cmocka_unit_test(a_drain_finishes_what_is_in_hand_and_closes_what_rests),
        cmocka_unit_test(a_drain_cuts_what_does_not_finish),
        cmocka_unit_test(a_server_that_was_never_started_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
