// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOKS_MAX = 10000, LOOK_US = 1000 };

static int set_up(void **state)
{
    const struct edge_options options = {.memory_bytes = 32 << 20, .egress_bytes_s = 1000};
    return world_open_as(state, &options);
}

static void get(struct world *world, const char *path, const char *fields, int status)
{
    struct answer answer = talk(world->stand, "GET", path, fields);
    assert_int_equal(answer.status, status);
    assert_true(answer.is_whole);
    answer_free(&answer);
}

static struct edge_counters counters(const struct world *world)
{
    return edge_counters(stand_edge(world->stand));
}

static void what_a_player_says_of_itself_is_not_part_of_the_key(void **state)
{
    struct world *world = *state;
    get(world, "/n/1000?CMCD=bl%3D2000%2Csid%3D%22a%22", "", 200);
    get(world, "/n/1000?CMCD=bs%2Csid%3D%22b%22", "", 200);
    get(world, "/n/1000", "CMCD-Status: bs\r\nCMCD-Session: sid=\"c\"\r\n", 200);
    get(world, "/n/1000", "", 200);
    assert_int_equal(origin_requests(world->origin), 1);
    get(world, "/n/1000?a=1&CMCD=bl%3D1&b=2", "", 200);
    get(world, "/n/1000?a=1&b=2", "", 200);
    assert_int_equal(origin_requests(world->origin), 2);
    assert_int_equal(counters(world).reports, 4);
    assert_int_equal(counters(world).starved, 2);
}

// Until the origin has been asked so often, or long enough.
static void wait_for(struct world *world, unsigned requests)
{
    for (int i = 0; i < LOOKS_MAX && origin_requests(world->origin) < requests; i++)
        (void)usleep(LOOK_US);
    assert_int_equal(origin_requests(world->origin), requests);
}

static void the_next_file_is_here_when_it_is_asked_for(void **state)
{
    struct world *world = *state;
    get(world, "/n/1000?CMCD=nor%3D%222000%22", "", 200);
    wait_for(world, 2);
    struct answer answer = talk(world->stand, "GET", "/n/2000", "");
    assert_true(answer_is(&answer, 0, 2000));
    answer_free(&answer);
    get(world, "/n/1000", "CMCD-Request: nor=\"2000\"\r\n", 200); // is here already
    assert_int_equal(origin_requests(world->origin), 2);
    assert_int_equal(counters(world).ahead, 1);
}

static void the_next_part_of_a_file_is_fetched_as_a_slice(void **state)
{
    struct world *world = *state;
    get(world, "/n/5000000", "Range: bytes=0-99\r\n", 206);
    get(world, "/n/5000000", "Range: bytes=0-99\r\nCMCD-Request: nrr=\"3145728-3145739\"\r\n", 206);
    wait_for(world, 2);
    assert_string_equal(origin_last_range(world->origin), "bytes=3145728-4194303");
    struct answer answer =
        talk(world->stand, "GET", "/n/5000000", "Range: bytes=3145728-3145739\r\n");
    assert_true(answer_is(&answer, 3145728, 12));
    answer_free(&answer);
    assert_int_equal(origin_requests(world->origin), 2);
    // Of a file that nobody has asked for, only what is said.
    get(world, "/n/100", "CMCD-Request: nor=\"4000000\",nrr=\"1048576-1048600\"\r\n", 200);
    wait_for(world, 4);
    assert_string_equal(origin_last_range(world->origin), "bytes=1048576-2097151");
}

static void a_player_has_nothing_fetched_from_elsewhere(void **state)
{
    struct world *world = *state;
    static const char *const bad[] = {"../stale", "/stale",        "//n/10", "http://edge/x/10",
                                      "%2e%2e/x", "http://h/n/10", "",       "https://edge/n/10"};
    get(world, "/n/1000", "", 200);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char fields[100];
        (void)snprintf(fields, sizeof fields, "CMCD-Request: nor=\"%s\"\r\n", bad[i]);
        get(world, "/n/1000", fields, 200);
        assert_int_equal(counters(world).ahead, 0);
    }
    get(world, "/n/1000", "CMCD-Request: nor=\"2000\r\n", 200);
    get(world, "/n/1000", "CMCD-Request: nrr=\"9-1\",nor\r\n", 200);
    assert_int_equal(counters(world).ahead, 0);
}

static void who_says_how_he_is_hears_what_the_line_gives(void **state)
{
    struct world *world = *state;
    struct answer answer = talk(world->stand, "GET", "/n/1000", "");
    assert_false(answer_has(&answer, "CMSD-Dynamic"));
    answer_free(&answer);
    bool is_slowed = false; // the line carries a thousand bytes a second here
    for (int i = 0; i < LOOKS_MAX && !is_slowed; i++) {
        answer = talk(world->stand, "GET", "/n/1000", "CMCD-Object: br=5000\r\n");
        assert_true(answer_has(&answer, "CMSD-Dynamic: \"primrose-"));
        assert_true(answer_has(&answer, ";rtt="));
        is_slowed = answer_has(&answer, ";mb=");
        answer_free(&answer);
        (void)usleep(LOOK_US);
    }
    assert_true(is_slowed);
    assert_int_equal(counters(world).slowed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_player_says_of_itself_is_not_part_of_the_key, set_up,
                                        world_close),
        cmocka_unit_test_setup_teardown(the_next_file_is_here_when_it_is_asked_for, set_up,
                                        world_close),
        cmocka_unit_test_setup_teardown(the_next_part_of_a_file_is_fetched_as_a_slice, set_up,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_player_has_nothing_fetched_from_elsewhere, set_up,
                                        world_close),
        cmocka_unit_test_setup_teardown(who_says_how_he_is_hears_what_the_line_gives, set_up,
                                        world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
