// SPDX-License-Identifier: Apache-2.0
#include "media/mpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void durations_are_read_to_the_microsecond(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"PT8S", 8000000},
        {"PT45.295250S", 45295250},
        {"PT1H2M3.5S", 3723500000},
        {"P1DT2S", 86402000000},
        {"PT0S", 0},
        {"P1Y", 31536000000000},
        {"PT1M", 60000000},
        {"P1M", 2592000000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t us = -1;
        assert_int_equal(mpd_duration(slice_of(cases[i].text), &us, NULL), OK);
        assert_int_equal(us, cases[i].us);
    }
    static const char *const wrong[] = {
        "", "8", "P", "PT", "PT8", "-PT8S", "PT8X", "P8S", "PT9999999999S", "P300Y", "PT1e3S"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t us = -1;
        assert_int_equal(mpd_duration(slice_of(wrong[i]), &us, NULL), INVALID);
        assert_int_equal(us, -1);
    }
}

static void ratios_and_ranges_are_read(void **state)
{
    (void)state;
    struct frame_rate rate = {7, 7};
    assert_int_equal(mpd_frame_rate(slice_of("24000/1001"), &rate, NULL), OK);
    assert_int_equal(rate.seconds, 1001);
    assert_int_equal(mpd_frame_rate(slice_of("25"), &rate, NULL), OK);
    assert_int_equal(rate.seconds, 1);
    assert_int_equal(mpd_frame_rate(slice_of("25/0"), &rate, NULL), INVALID);
    assert_int_equal(rate.frames, 25);
    uint32_t left = 0;
    uint32_t right = 0;
    assert_int_equal(mpd_ratio(slice_of("65535:65535"), &left, &right, NULL), OK);
    assert_int_equal(left, 65535);
    struct byte_range range = {1, 1};
    assert_int_equal(mpd_byte_range(slice_of("883-962"), &range, NULL), OK);
    assert_int_equal(range.size, 80);
    assert_int_equal(mpd_byte_range(slice_of("883-"), &range, NULL), OK);
    assert_int_equal(range.size, 0);
    assert_int_equal(mpd_byte_range(slice_of("9-8"), &range, NULL), INVALID);
    assert_int_equal(mpd_byte_range(slice_of("-8"), &range, NULL), INVALID);
    assert_int_equal(range.offset, 883);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_to_the_microsecond),
        cmocka_unit_test(ratios_and_ranges_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
