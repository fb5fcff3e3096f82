// SPDX-License-Identifier: Apache-2.0
#include "net/http_exchange.h"

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void answers_come_from_the_pool_and_from_other_threads(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    char *answer = fixture_talk(fixture, "GET /work?a=1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                         "GET /parked HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(answer, "worked on /work?a=1"));
    assert_non_null(strstr(answer, "parked\n"));
    free(answer);
    fixture_close(fixture);
}

static void a_handler_that_forgets_to_answer_is_a_500(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    char *answer = fixture_talk(fixture, "GET /silent HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_memory_equal(answer + 9, "500", 3);
    assert_non_null(strstr(answer, "/problems/internal"));
    free(answer);
    fixture_close(fixture);
}

static void work_that_blocks_does_not_stop_the_loop(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_open(NULL, 1);
    int blocked[4]; // as many as the pool has threads
    for (size_t i = 0; i < 4; i++) {
        blocked[i] = fixture_connect(fixture);
        fixture_send(blocked[i], "GET /blocked HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    while (http_server_counters(fixture_server(fixture)).requests < 4)
        continue;
    char *answer = fixture_talk(fixture, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(answer, "hello\n"));
    free(answer);
    fixture_unblock(fixture);
    for (size_t i = 0; i < 4; i++) {
        size_t len;
        answer = fixture_read_one(blocked[i], &len);
        assert_non_null(strstr(answer, "unblocked\n"));
        free(answer);
        (void)close(blocked[i]);
    }
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_from_the_pool_and_from_other_threads),
        cmocka_unit_test(a_handler_that_forgets_to_answer_is_a_500),
        cmocka_unit_test(work_that_blocks_does_not_stop_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
