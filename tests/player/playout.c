// SPDX-License-Identifier: Apache-2.0
#include "player/playout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { S = 1000000 };

static const struct playout_rules rules = {
    .start_us = 2 * S, .resume_us = 4 * S, .end_us = 20 * S, .track_count = 2};

// Both tracks are here up to `until_us` at time `now_us`.
static void arrive(struct playout *playout, int64_t now_us, int64_t until_us)
{
    playout_advance(playout, now_us);
    playout_arrived(playout, 0, until_us);
    playout_arrived(playout, 1, until_us);
}

static void the_first_frame_waits_for_both_tracks(void **state)
{
    (void)state;
    struct playout playout = playout_init(rules, 0, 100 * S);
    playout_advance(&playout, 101 * S);
    playout_arrived(&playout, 0, 4 * S);
    assert_int_equal(playout.state, PLAYOUT_WAITING);
    playout_advance(&playout, 103 * S);
    playout_arrived(&playout, 1, 2 * S);
    assert_int_equal(playout.state, PLAYOUT_PLAYING);
    assert_int_equal(playout.startup_us, 3 * S);
    assert_int_equal(playout_buffer_us(&playout), 2 * S);
    assert_int_equal(playout_next_us(&playout), 105 * S);
}

static void a_stall_lasts_from_the_dry_buffer_to_the_resume_level(void **state)
{
    (void)state;
    struct playout playout = playout_init(rules, 0, 0);
    arrive(&playout, 1 * S, 2 * S); // plays 0..2 from t=1
    arrive(&playout, 5 * S, 4 * S); // dry since t=3; 2 s are not enough to go on
    assert_int_equal(playout.state, PLAYOUT_STALLED);
    arrive(&playout, 6 * S, 6 * S); // 4 s are
    assert_int_equal(playout.state, PLAYOUT_PLAYING);
    assert_int_equal(playout.stall_count, 1);
    assert_int_equal(playout.stalled_us, 3 * S);
    assert_int_equal(playout.position_us, 2 * S);
}

static void the_end_is_no_stall_and_needs_no_full_buffer(void **state)
{
    (void)state;
    struct playout playout = playout_init(rules, 17 * S, 0);
    arrive(&playout, 1 * S, 19 * S);
    playout_advance(&playout, 4 * S);
    assert_int_equal(playout.state, PLAYOUT_STALLED);
    arrive(&playout, 5 * S, 20 * S + 21333); // audio often ends a frame later
    assert_int_equal(playout.state, PLAYOUT_PLAYING);
    playout_advance(&playout, 60 * S);
    assert_int_equal(playout.state, PLAYOUT_ENDED);
    assert_int_equal(playout.position_us, 20 * S);
    assert_int_equal(playout.stall_count, 1);
    assert_int_equal(playout.stalled_us, 2 * S);
}

static void one_long_step_equals_many_short_ones(void **state)
{
    (void)state;
    struct playout once = playout_init(rules, 0, 0), often = once;
    arrive(&once, 1 * S, 9 * S);
    arrive(&often, 1 * S, 9 * S);
    for (int64_t now = 1 * S; now <= 15 * S; now += S / 10)
        playout_advance(&often, now);
    playout_advance(&once, 15 * S);
    assert_int_equal(once.position_us, often.position_us);
    assert_int_equal(once.stalled_us, often.stalled_us);
    assert_int_equal(once.stalled_us, 5 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_frame_waits_for_both_tracks),
        cmocka_unit_test(a_stall_lasts_from_the_dry_buffer_to_the_resume_level),
        cmocka_unit_test(the_end_is_no_stall_and_needs_no_full_buffer),
        cmocka_unit_test(one_long_step_equals_many_short_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
