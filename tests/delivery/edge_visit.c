// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

static void what_is_fresh_is_asked_for_once(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 3; i++) {
        struct answer answer = talk(world->stand, "GET", "/n/300000", "");
        assert_int_equal(answer.status, 200);
        assert_true(answer_is(&answer, 0, 300000));
        assert_int_equal(answer_has(&answer, "Age: "), i > 0);
        assert_int_equal(answer_has(&answer, "Cache-Status: primrose; hit"), i > 0);
        answer_free(&answer);
    }
    struct answer head = talk(world->stand, "HEAD", "/n/300000", "");
    assert_int_equal(head.status, 200);
    assert_true(answer_has(&head, "Content-Length: 300000\r\n"));
    assert_int_equal(head.len, 0);
    answer_free(&head);
    assert_int_equal(origin_requests(world->origin), 1);
}

static void many_who_ask_at_once_share_one_fetch(void **state)
{
    struct world *world = *state;
    enum { ASKERS = 32 };
    int fds[ASKERS];
    for (int i = 0; i < ASKERS; i++) {
        fds[i] = stand_connect(world->stand);
        talk_send(fds[i], "GET", "/slow/2500000", "");
    }
    const struct edge *edge = stand_edge(world->stand);
    while (edge_counters(edge).collapsed < ASKERS - 1)
        continue;
    origin_release(world->origin);
    for (int i = 0; i < ASKERS; i++) {
        struct answer answer = talk_read(fds[i], false);
        assert_int_equal(answer.status, 200);
        assert_true(answer_is(&answer, 0, 2500000));
        answer_free(&answer);
    }
    assert_int_equal(origin_requests(world->origin), 1);
}

static void an_answer_for_one_is_not_given_to_another(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct answer answer = talk(world->stand, "GET", "/private", "");
        assert_int_equal(answer.status, 200);
        assert_string_equal((const char *)answer.body, "mine");
        answer_free(&answer);
        assert_int_equal(origin_requests(world->origin), i + 1);
    }
}

static void a_viewer_who_leaves_takes_nothing_with_him(void **state)
{
    struct world *world = *state;
    const int gone = stand_connect(world->stand);
    talk_send(gone, "GET", "/slow/200000", "");
    const int stays = stand_connect(world->stand);
    while (origin_requests(world->origin) == 0)
        continue;
    talk_send(stays, "GET", "/slow/200000", "");
    while (edge_counters(stand_edge(world->stand)).collapsed == 0)
        continue;
    (void)shutdown(gone, 2);
    (void)close(gone);
    origin_release(world->origin);
    struct answer answer = talk_read(stays, false);
    assert_true(answer_is(&answer, 0, 200000));
    answer_free(&answer);
    assert_int_equal(origin_requests(world->origin), 1);
}

static void variants_are_kept_apart(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *fields, *body;
        unsigned requests;
    } cases[] = {{"Foo: 1\r\n", "one", 1},
                 {"Foo: 2\r\n", "two", 2},
                 {"Foo: 1\r\n", "one", 2},
                 {"", "other", 3},
                 {"Foo: 2\r\n", "two", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = talk(world->stand, "GET", "/vary", cases[i].fields);
        assert_string_equal((const char *)answer.body, cases[i].body);
        answer_free(&answer);
        assert_int_equal(origin_requests(world->origin), cases[i].requests);
    }
}

static void only_if_cached_asks_no_parent(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *fields;
        int status;
        unsigned requests; // of the origin
    } cases[] = {
        {"Cache-Control: only-if-cached\r\n", 504, 0},
        {"Range: bytes=0-99\r\n", 206, 1},
        {"Range: bytes=100-999\r\nCache-Control: max-age=5, only-if-cached\r\n", 206, 1},
        {"Range: bytes=100-1048576\r\nCache-Control: only-if-cached\r\n", 504, 1},
        {"Cache-Control: only-if-cached\r\n", 504, 1},
        {"", 200, 2},
        {"Cache-Control: only-if-cached\r\n", 200, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = talk(world->stand, "GET", "/n/2000000", cases[i].fields);
        assert_int_equal(answer.status, cases[i].status);
        assert_true(answer.is_whole);
        assert_int_equal(origin_requests(world->origin), cases[i].requests);
        answer_free(&answer);
    }
}

static void who_asks_too_fast_is_told_when_to_come_again(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    const struct edge_options options = {
        .upstreams = &url, .upstream_count = 1, .memory_bytes = 8 << 20, .client_per_s = 1};
    struct stand *stand = stand_open_as(&options);
    unsigned refused = 0;
    for (unsigned i = 0; i < 1000 && refused == 0; i++) { // the clock goes on meanwhile
        struct answer answer = talk(stand, "GET", "/n/10", "");
        if (answer.status == 429) {
            refused++;
            assert_true(answer_has(&answer, "Retry-After: 1\r\n"));
            assert_non_null(memmem(answer.body, answer.len, "/problems/too-many-requests", 27));
        } else {
            assert_int_equal(answer.status, 200);
        }
        answer_free(&answer);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(edge_counters(stand_edge(stand)).limited, 1);
    stand_close(stand);
    origin_close(origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_fresh_is_asked_for_once, world_open, world_close),
        cmocka_unit_test_setup_teardown(many_who_ask_at_once_share_one_fetch, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(an_answer_for_one_is_not_given_to_another, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_viewer_who_leaves_takes_nothing_with_him, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(variants_are_kept_apart, world_open, world_close),
        cmocka_unit_test_setup_teardown(only_if_cached_asks_no_parent, world_open, world_close),
        cmocka_unit_test(who_asks_too_fast_is_told_when_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
