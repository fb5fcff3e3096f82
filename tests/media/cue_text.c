// SPDX-License-Identifier: Apache-2.0
#include "media/cue_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 256 * 1024 };

static void markup_becomes_well_formed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"<i>open", "<i>open</i>"},
        {"<b><i>x</b></i>y", "<b><i>x</i></b>y"},
        {"</u>x", "x"},
        {"<I>loud</I>", "<i>loud</i>"},
        {"<script>alert(1)</script>", "alert(1)"},
        {"<v.loud Anna & Bob>Hi", "<v.loud Anna &amp; Bob>Hi</v>"},
        {"<c.red.\"x>y</c>", "<c.red.x>y</c>"},
        {"<lang en-GB>mate</lang>", "<lang en-GB>mate</lang>"},
        {"<ruby>\xe6\xbc\xa2<rt>kan</rt></ruby>", "<ruby>\xe6\xbc\xa2<rt>kan</rt></ruby>"},
        {"1 < 2 & 3 > 2 &amp; &copy;", "1 &lt; 2 &amp; 3 &gt; 2 &amp; &amp;copy;"},
        {"I <3 you", "I &lt;3 you"},
        {"<00:01.500>now", "<00:00:01.500>now"},
        {"<00:99.500>now", "now"},
        {"{\\an8}top{\\b1}", "top"},
        {"{braces} stay", "{braces} stay"},
        {"a --> b", "a --&gt; b"},
        {"<i <b>x", "&lt;i <b>x</b>"},
        {"x\n<unknown>\ny\n{\\an8}", "x\ny"},
        {"<v Anna\nBob>x</v>", "<v Anna Bob>x</v>"},
        {"{\\never closed", "{\\never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(ROOM);
        assert_int_equal(cue_text_clean(slice_of(cases[i][0]), &out, NULL), OK);
        assert_string_equal(buffer_text(&out), cases[i][1]);
    }
}

static void cleaning_twice_changes_nothing(void **state)
{
    (void)state;
    static const char wild[] = "<v A&B>x<i>y<b>z</i>&&amp;<<>></unknown><00:00:01.000>{\\i1}";
    autobuffer once = buffer_init(ROOM);
    autobuffer twice = buffer_init(ROOM);
    assert_int_equal(cue_text_clean(slice_of(wild), &once, NULL), OK);
    assert_int_equal(cue_text_clean(buffer_slice(&once), &twice, NULL), OK);
    assert_string_equal(buffer_text(&twice), buffer_text(&once));
}

static void times_are_read_in_every_form_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"00:00:01.000", 1000}, {"00:01.000", 1000},  {"1:02:03,004", 3723004},
        {"00:00:01", 1000},     {"00:00:01,5", 1500}, {"99:59:59.999", 359999999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice rest = slice_of(cases[i].text);
        int64_t ms = -1;
        assert_int_equal(cue_time_parse(&rest, &ms, NULL), OK);
        assert_int_equal(ms, cases[i].ms);
        assert_int_equal(rest.len, 0);
    }
    static const char *const wrong[] = {"",
                                        "x",
                                        "12",
                                        "00:60:00.000",
                                        "00:00:61",
                                        "1:2:3:4x",
                                        "9999:00:00.000",
                                        "00:00:01.0000",
                                        "-1:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct slice rest = slice_of(wrong[i]);
        int64_t ms = -1;
        const outcome result = cue_time_parse(&rest, &ms, NULL);
        if (result == OK)
            assert_true(rest.len > 0); // "1:2:3" of "1:2:3:4x": the caller sees the rest
        if (result != OK) assert_int_equal(ms, -1);
    }
}

static void a_time_is_written_with_two_digits_of_hours_or_more(void **state)
{
    (void)state;
    autobuffer out = buffer_init(ROOM);
    assert_int_equal(cue_time_format(3723004, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "01:02:03.004");
    out.len = 0;
    assert_int_equal(cue_time_format(100LL * 3600000, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "100:00:00.000");
}

static void timestamps_move_with_their_cue(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct slice out;
    assert_int_equal(
        cue_text_shift(&arena, slice_of("<00:00:01.000>a<00:00:03.000>b"), -2000, &out, NULL), OK);
    assert_true(slice_is(out, "a<00:00:01.000>b"));
    const struct slice plain = slice_of("plain");
    assert_int_equal(cue_text_shift(&arena, plain, -2000, &out, NULL), OK);
    assert_ptr_equal(out.at, plain.at);
}

static void a_timing_line_needs_its_arrow_and_its_order(void **state)
{
    (void)state;
    int64_t start = 0;
    int64_t end = 0;
    struct slice rest;
    assert_int_equal(cue_timing_parse(slice_of(" 00:01.000\t-->  00:02.000  line:0 "), &start, &end,
                                      &rest, NULL),
                     OK);
    assert_int_equal(start, 1000);
    assert_int_equal(end, 2000);
    assert_true(slice_is(rest, "line:0"));
    static const char *const wrong[] = {"00:01.000 -> 00:02.000",  "00:01.000 --> 00:01.000",
                                        "00:02.000 --> 00:01.000", "00:01.000 --> 00:02.000line:0",
                                        "--> 00:02.000",           "00:01.000 -->"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(cue_timing_parse(slice_of(wrong[i]), &start, &end, &rest, NULL), INVALID);
    assert_int_equal(start, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_well_formed),
        cmocka_unit_test(cleaning_twice_changes_nothing),
        cmocka_unit_test(times_are_read_in_every_form_people_write),
        cmocka_unit_test(a_time_is_written_with_two_digits_of_hours_or_more),
        cmocka_unit_test(timestamps_move_with_their_cue),
        cmocka_unit_test(a_timing_line_needs_its_arrow_and_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
