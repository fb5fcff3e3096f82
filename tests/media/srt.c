// SPDX-License-Identifier: Apache-2.0
#include "media/srt.h"

#include "media/webvtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4 * 1024 * 1024 };

static void writes(const char *in, const char *wanted)
{
    autoarena arena = arena_init(ROOM);
    struct cue_list list;
    struct why why = {""};
    if (srt_parse(&arena, slice_of(in), &list, &why) != OK) fail_msg("%s", why.text);
    autobuffer out = buffer_init(ROOM);
    assert_int_equal(webvtt_format(&list, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), wanted);
}

static void becomes_webvtt(void **state)
{
    (void)state;
    writes("\xef\xbb\xbf"
           "1\r\n00:00:01,000 --> 00:00:04,000\r\n<i>Hello</i>\r\nyou\r\n\r\n"
           "2\r\n00:00:05,500 --> 00:00:06,250 X1:10 X2:20\r\nTom & Jerry\r\n",
           "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<i>Hello</i>\nyou\n\n"
           "00:00:05.500 --> 00:00:06.250\nTom &amp; Jerry\n\n");
}

static void habits_are_understood(void **state)
{
    (void)state;
    // No numbers, no empty line between cues, dots, short fractions, an empty line inside a cue, a
    // number as the last line of text.
    writes("0:00:01.5 --> 0:00:02,25\none\n\nstill one\n7\n00:00:03,000 --> 00:00:04,000\n"
           "1984\n\n8\n00:00:05,000 --> 00:00:06,000\nend\n42\n",
           "WEBVTT\n\n00:00:01.500 --> 00:00:02.250\none\nstill one\n\n"
           "00:00:03.000 --> 00:00:04.000\n1984\n\n00:00:05.000 --> 00:00:06.000\nend\n42\n\n");
}

static void borrowed_markup_becomes_settings_or_goes(void **state)
{
    (void)state;
    writes("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}Up {\\i1}there{\\i0}\n\n"
           "2\n00:00:03,000 --> 00:00:04,000\n<font color=\"red\">Red</font> <B>bold</B>\n",
           "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nUp there\n\n"
           "00:00:03.000 --> 00:00:04.000\nRed <b>bold</b>\n\n");
}

static void a_bad_timing_line_is_told_and_does_not_spill_into_its_neighbour(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct cue_list list;
    assert_int_equal(srt_parse(&arena,
                               slice_of("1\n00:00:01,000 --> 00:00:02,000\nkept\n\n"
                                        "2\n00:00:03,000 -> 00:00:04,000\nlost\n\n"
                                        "3\n00:00:06,000 --> 00:00:05,000\nlost too\n"),
                               &list, NULL),
                     OK);
    assert_int_equal(list.count, 1);
    assert_true(slice_is(list.cues[0].text, "kept"));
    assert_int_equal(list.fault_count, 2);
    assert_int_equal(list.faults[0].line, 6);
    assert_int_equal(list.faults[1].line, 10);
}

static void what_is_no_srt_is_refused(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct cue_list list;
    struct why why = {""};
    assert_int_equal(srt_parse(&arena, slice_of("Dear editor,\nplease find\n"), &list, &why),
                     INVALID);
    assert_non_null(strstr(why.text, "not an SRT file"));
    assert_int_equal(
        srt_parse(&arena, slice_of("1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n"), &list, &why),
        UNSUPPORTED);
    assert_non_null(strstr(why.text, "line 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(becomes_webvtt),
        cmocka_unit_test(habits_are_understood),
        cmocka_unit_test(borrowed_markup_becomes_settings_or_goes),
        cmocka_unit_test(a_bad_timing_line_is_told_and_does_not_spill_into_its_neighbour),
        cmocka_unit_test(what_is_no_srt_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
