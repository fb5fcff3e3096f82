// SPDX-License-Identifier: Apache-2.0
#include "media/timecode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int64_t frame_of(const char *text, struct frame_rate rate)
{
    struct slice rest = slice_of(text);
    struct timecode code;
    enum timecode_count count;
    int64_t frame = -1;
    assert_int_equal(timecode_parse(&rest, &code, &count, NULL), OK);
    assert_int_equal(timecode_frame(&code, count, rate, &frame, NULL), OK);
    return frame;
}

static void drop_frame_leaves_two_numbers_a_minute_out(void **state)
{
    (void)state;
    const struct frame_rate ntsc = {30000, 1001};
    assert_int_equal(frame_of("00:00:59;29", ntsc), 1799);
    assert_int_equal(frame_of("00:01:00;02", ntsc), 1800);
    assert_int_equal(frame_of("00:01:00;00", ntsc), 1800); // does not exist: the next that does
    assert_int_equal(frame_of("00:01:00;01", ntsc), 1800);
    assert_int_equal(frame_of("00:10:00;00", ntsc), 17982);
    assert_int_equal(frame_of("01:00:00;00", ntsc), 107892);
    assert_int_equal(frame_of("00:01:00;04", (struct frame_rate){60000, 1001}), 3600);
}

static void non_drop_counts_every_number(void **state)
{
    (void)state;
    assert_int_equal(frame_of("01:00:00:00", (struct frame_rate){30000, 1001}), 108000);
    assert_int_equal(frame_of("01:00:00:24", (struct frame_rate){25, 1}), 90024);
    // There is no drop-frame at 25.
    assert_int_equal(frame_of("00:01:00;00", (struct frame_rate){25, 1}), 1500);
}

static void moments_are_rounded_once(void **state)
{
    (void)state;
    assert_int_equal(frame_ms(107892, (struct frame_rate){30000, 1001}), 3599996); // 3599.9964 s
    assert_int_equal(frame_ms(108000, (struct frame_rate){30000, 1001}), 3603600);
    assert_int_equal(frame_ms(15, (struct frame_rate){30000, 1001}), 501); // 500.5 ms
    assert_int_equal(frame_ms(1, (struct frame_rate){24, 1}), 42);
}

static void what_is_no_time_code_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "1:00:00:00",  "00:00:00",
                                        "00:00:00:0", "00-00-00-00", "00:00:00:000"};
    struct timecode code;
    enum timecode_count count;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct slice rest = slice_of(wrong[i]);
        assert_int_equal(timecode_parse(&rest, &code, &count, NULL), INVALID);
    }
    int64_t frame;
    code = (struct timecode){0, 60, 0, 0};
    assert_int_equal(timecode_frame(&code, COUNT_DROP, (struct frame_rate){25, 1}, &frame, NULL),
                     INVALID);
    code = (struct timecode){0, 0, 0, 25};
    assert_int_equal(timecode_frame(&code, COUNT_DROP, (struct frame_rate){25, 1}, &frame, NULL),
                     INVALID);
}

static void rates_are_ratios_or_the_names_people_use(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct frame_rate rate;
    } cases[] = {{"25", {25, 1}},
                 {"30000/1001", {30000, 1001}},
                 {"29.97", {30000, 1001}},
                 {"23.976", {24000, 1001}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame_rate rate;
        assert_int_equal(frame_rate_parse(slice_of(cases[i].text), &rate, NULL), OK);
        assert_int_equal(rate.frames, cases[i].rate.frames);
        assert_int_equal(rate.seconds, cases[i].rate.seconds);
    }
    static const char *const wrong[] = {"", "0", "25fps", "1/0", "121", "25.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct frame_rate rate;
        assert_int_equal(frame_rate_parse(slice_of(wrong[i]), &rate, NULL), INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_frame_leaves_two_numbers_a_minute_out),
        cmocka_unit_test(non_drop_counts_every_number),
        cmocka_unit_test(moments_are_rounded_once),
        cmocka_unit_test(what_is_no_time_code_is_refused),
        cmocka_unit_test(rates_are_ratios_or_the_names_people_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
