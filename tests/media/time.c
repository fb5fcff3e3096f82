// SPDX-License-Identifier: Apache-2.0
#include "media/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t rescaled(int64_t ticks, uint32_t from, uint32_t to)
{
    return media_time_rescale((struct media_time){ticks, from}, to).ticks;
}

static void rescaling_rounds_to_nearest_and_saturates(void **state)
{
    (void)state;
    assert_int_equal(rescaled(1001, 24000, 90000), 3754); // 3753.75
    assert_int_equal(rescaled(1, 2, 1), 1);
    assert_int_equal(rescaled(-1, 2, 1), -1);
    assert_int_equal(rescaled(-1, 3, 1), 0);
    assert_int_equal(rescaled(INT64_MAX, 1, 90000), INT64_MAX);
    assert_int_equal(rescaled(INT64_MIN, 1, 2), INT64_MIN);
    assert_int_equal(rescaled(INT64_MAX, 90000, 90000), INT64_MAX);
}

static void ntsc_frames_do_not_drift_in_a_day(void **state)
{
    (void)state;
    const int64_t frames = 24000 * 86400LL / 1001;
    assert_int_equal(rescaled(frames * 1001, 24000, 24000), frames * 1001);
    const struct media_time exact = {frames * 1001, 24000}, close = {frames * 1001 * 2 + 1, 48000};
    assert_true(media_time_compare(exact, close) < 0);
    assert_true(media_time_compare(close, exact) > 0);
    assert_int_equal(media_time_compare(exact, (struct media_time){frames * 2002, 48000}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rescaling_rounds_to_nearest_and_saturates),
        cmocka_unit_test(ntsc_frames_do_not_drift_in_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
