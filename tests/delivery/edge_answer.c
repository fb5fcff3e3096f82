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

static void what_is_stale_is_confirmed_and_covers_for_a_parent_in_trouble(void **state)
{
    struct world *world = *state;
    for (unsigned i = 1; i <= 3; i++) {
        struct answer answer = talk(world->stand, "GET", "/stale", "");
        assert_int_equal(answer.status, 200);
        assert_string_equal((const char *)answer.body, "stale");
        answer_free(&answer);
        assert_int_equal(origin_requests(world->origin), i);
    }
    origin_set_down(world->origin, true);
    struct answer answer = talk(world->stand, "GET", "/stale", "");
    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "detail=stale"));
    answer_free(&answer);
    answer = talk(world->stand, "GET", "/n/100", "");
    assert_int_equal(answer.status, 503);
    answer_free(&answer);
}

static void unsafe_methods_pass_and_invalidate(void **state)
{
    struct world *world = *state;
    struct answer answer = talk(world->stand, "GET", "/n/50", "");
    answer_free(&answer);
    answer = talk(world->stand, "POST", "/n/50", "Content-Length: 5\r\n\r\nhello");
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    assert_int_equal(origin_requests(world->origin), 2);
    answer = talk(world->stand, "GET", "/n/50", "");
    assert_true(answer_is(&answer, 0, 50));
    answer_free(&answer);
    assert_int_equal(origin_requests(world->origin), 3);
}

static void conditions_are_judged_here(void **state)
{
    struct world *world = *state;
    struct answer answer = talk(world->stand, "GET", "/n/50", "");
    answer_free(&answer);
    answer = talk(world->stand, "GET", "/n/50", "If-None-Match: \"one\"\r\n");
    assert_int_equal(answer.status, 304);
    assert_true(answer_has(&answer, "ETag: \"one\"\r\n"));
    answer_free(&answer);
    answer = talk(world->stand, "GET", "/n/50", "If-None-Match: \"two\"\r\n");
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    assert_int_equal(origin_requests(world->origin), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_stale_is_confirmed_and_covers_for_a_parent_in_trouble, world_open, world_close),
        cmocka_unit_test_setup_teardown(unsafe_methods_pass_and_invalidate, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(conditions_are_judged_here, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
