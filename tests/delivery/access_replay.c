// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_token_is_used_once_until_it_expires(void **state)
{
    (void)state;
    struct access_replay *replay = NULL;
    assert_int_equal(access_replay_open(&replay, NULL), OK);
    const struct slice id = slice_of("t1");
    assert_int_equal(access_replay_use(replay, "k", id, 100, 50), REPLAY_FIRST);
    assert_int_equal(access_replay_use(replay, "k", id, 100, 99), REPLAY_AGAIN);
    assert_int_equal(access_replay_use(replay, "other", id, 100, 99), REPLAY_FIRST);
    assert_int_equal(access_replay_use(replay, "k", id, 200, 100), REPLAY_FIRST); // forgotten
    access_replay_close(&replay);
    assert_null(replay);
}

// More than there is room for: some are refused, none is let in twice.
static void a_full_memory_refuses_instead_of_forgetting(void **state)
{
    enum { TOKENS = 100000 };
    (void)state;
    struct access_replay *replay = NULL;
    char text[16];
    size_t full = 0;
    assert_int_equal(access_replay_open(&replay, NULL), OK);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TOKENS; i++) {
            (void)snprintf(text, sizeof text, "%d", i);
            const enum replay_answer answer =
                access_replay_use(replay, "k", slice_of(text), 100, 50);
            if (round == 0) full += answer == REPLAY_FULL;
            if (round == 1) assert_int_not_equal(answer, REPLAY_FIRST);
        }
    assert_true(full >= TOKENS - 65536);
    access_replay_close(&replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_used_once_until_it_expires),
        cmocka_unit_test(a_full_memory_refuses_instead_of_forgetting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
