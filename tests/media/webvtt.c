// SPDX-License-Identifier: Apache-2.0
#include "media/webvtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4 * 1024 * 1024 };

static struct cue_list parsed(struct arena *arena, const char *text)
{
    struct cue_list list;
    struct why why = {""};
    if (webvtt_parse(arena, slice_of(text), &list, &why) != OK) fail_msg("%s", why.text);
    return list;
}

static void writes(const char *in, const char *wanted)
{
    autoarena arena = arena_init(ROOM);
    const struct cue_list list = parsed(&arena, in);
    autobuffer out = buffer_init(ROOM);
    assert_int_equal(webvtt_format(&list, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), wanted);
}

static void any_line_ends_and_a_byte_order_mark_give_one_normal_form(void **state)
{
    (void)state;
    static const char normal[] = "WEBVTT\n\nintro\n00:00:01.000 --> 00:00:04.000\nHello\nyou\n\n";
    writes("WEBVTT\n\nintro\n00:01.000 --> 00:04.000\nHello\nyou\n", normal);
    writes(
        "\xef\xbb\xbfWEBVTT a film\r\n\r\nintro\r\n00:01.000 --> 00:04.000\r\nHello\r\nyou\r\n\r\n",
        normal);
    writes("WEBVTT\r\rintro\r00:01.000-->00:04.000\rHello\ryou", normal);
}

static void known_settings_stay_and_others_go(void **state)
{
    (void)state;
    writes("WEBVTT\n\n00:01.000 --> 00:04.000 line:-1 x:y align:start  region:a<b size:50%\nHi\n",
           "WEBVTT\n\n00:00:01.000 --> 00:00:04.000 line:-1 align:start size:50%\nHi\n\n");
}

static void styles_and_regions_stay_and_notes_go(void **state)
{
    (void)state;
    writes("WEBVTT\n\nNOTE\nby hand\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:a\n\n"
           "00:01.000 --> 00:04.000\nHi\n\nNOTE done",
           "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:a\n\n"
           "00:00:01.000 --> 00:00:04.000\nHi\n\n");
}

static void cues_come_out_by_start_and_may_overlap(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct cue_list list =
        parsed(&arena, "WEBVTT\n\n00:05.000 --> 00:09.000\nc\n\n00:01.000 --> 00:08.000\na\n\n"
                       "00:05.000 --> 00:06.000\nd\n\n00:02.000 --> 00:03.000\nb\n");
    static const char *const order[] = {"a", "b", "c", "d"};
    assert_int_equal(list.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(slice_is(list.cues[i].text, order[i]));
}

static void a_bad_cue_is_told_with_its_line_and_the_others_stay(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct cue_list list = parsed(&arena, "WEBVTT\n\n"
                                                "00:01.000 --> 00:04.000\ngood\n\n" // lines 3, 4
                                                "00:09.000 --> 00:03.000\nbackwards\n\n"    // 6
                                                "00:09.000 --> 00:61.000\nno second 61\n\n" // 9
                                                "just words\n\n"                            // 12
                                                "00:10.000 --> 00:11.000\n\n"               // 14
                                                "00:12.000 --> 00:13.000\nalso good\n");
    assert_int_equal(list.count, 2);
    assert_int_equal(list.fault_count, 4);
    static const struct {
        uint32_t line;
        const char *says;
    } faults[] = {
        {6, "ends 6000 ms before"}, {9, "end at 59"}, {12, "no timing line"}, {14, "no text"}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(list.faults[i].line, faults[i].line);
        if (strstr(list.faults[i].sentence, faults[i].says) == NULL)
            fail_msg("\"%s\" says nothing of \"%s\"", list.faults[i].sentence, faults[i].says);
    }
}

static void a_timing_line_starts_a_cue_even_without_an_empty_line(void **state)
{
    (void)state;
    writes("WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:02.000 --> 00:03.000\nb\n",
           "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\n00:00:02.000 --> 00:00:03.000\nb\n\n");
}

static void refused(struct slice text, outcome wanted, const char *says)
{
    autoarena arena = arena_init(ROOM);
    struct cue_list list = {.count = 77};
    struct why why = {""};
    assert_int_equal(webvtt_parse(&arena, text, &list, &why), wanted);
    if (strstr(why.text, says) == NULL) fail_msg("\"%s\" says nothing of \"%s\"", why.text, says);
    assert_int_equal(list.count, 77);
}

static void other_encodings_and_other_files_are_refused_with_the_way_out(void **state)
{
    (void)state;
    static const uint8_t utf16[] = {0xff, 0xfe, 'W', 0, 'E', 0};
    refused((struct slice){utf16, sizeof utf16}, UNSUPPORTED, "iconv -f UTF-16 -t UTF-8");
    refused(slice_of("WEBVTT\n\n00:01.000 --> 00:02.000\ncaf\xe9\n"), UNSUPPORTED, "line 4");
    refused(slice_of("WEBVTT\n\n\xed\xa0\x80\n"), UNSUPPORTED, "line 3"); // a surrogate
    refused((struct slice){(const uint8_t *)"WEBVTT\n\0", 8}, UNSUPPORTED, "NUL bytes");
    refused(slice_of("1\n00:00:01,000 --> 00:00:02,000\nHi\n"), INVALID, "WEBVTT");
    refused(slice_of("WEBVTTX\n"), INVALID, "WEBVTT");
    refused(slice_of("WEBVTT\n\n00:02.000 --> 00:01.000\nHi\n"), INVALID, "line 3");
}

static void an_empty_track_is_one(void **state)
{
    (void)state;
    writes("WEBVTT", "WEBVTT\n\n");
    writes("WEBVTT\n\nNOTE nobody speaks\n", "WEBVTT\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_line_ends_and_a_byte_order_mark_give_one_normal_form),
        cmocka_unit_test(known_settings_stay_and_others_go),
        cmocka_unit_test(styles_and_regions_stay_and_notes_go),
        cmocka_unit_test(cues_come_out_by_start_and_may_overlap),
        cmocka_unit_test(a_bad_cue_is_told_with_its_line_and_the_others_stay),
        cmocka_unit_test(a_timing_line_starts_a_cue_even_without_an_empty_line),
        cmocka_unit_test(other_encodings_and_other_files_are_refused_with_the_way_out),
        cmocka_unit_test(an_empty_track_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
