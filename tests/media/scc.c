// SPDX-License-Identifier: Apache-2.0
#include "media/scc.h"

#include "caption_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char head[] = "Scenarist_SCC V1.0\n\n";

static void reads(const char *lines, const char *wanted)
{
    char file[4096];
    (void)snprintf(file, sizeof file, "%s%s", head, lines);
    reads_as(slice_of(file), NULL, wanted);
}

static void pop_on_is_shown_from_its_end_of_caption_to_its_erasure(void **state)
{
    (void)state;
    // RCL RCL PAC row 15 "Hello" EOC EOC at frames 30 .. : EOC is the tenth pair.
    reads("00:00:01;00\t9420 9420 9470 9470 c8e5 ecec ef80 942f 942f\n\n"
          "00:00:03;00\t942c 942c\n",
          "00:00:01.235 --> 00:00:03.003 line:90%,end position:10% size:80% align:left\nHello\n\n");
}

static void rows_apart_are_cues_of_their_own(void **state)
{
    (void)state;
    reads("00:00:00;00\t9420 9420 91d0 91d0 54ef f080 9470 9470 4cef f780 942f 942f\n"
          "00:00:02;00\t942c\n",
          "00:00:00.334 --> 00:00:02.002 line:10% position:10% size:80% align:left\nTop\n\n"
          "00:00:00.334 --> 00:00:02.002 line:90%,end position:10% size:80% align:left\nLow\n\n");
}

static void colours_and_slopes_are_kept(void **state)
{
    (void)state;
    // PAC row 15 yellow, "ab", mid-row italics, "cd".
    reads("00:00:00;00\t9420 9420 94ea 94ea 6162 91ae 91ae e364 942f\n00:00:02;00\t942c\n",
          "00:00:00.267 --> 00:00:02.002 line:90%,end position:10% size:80% align:left\n"
          "<c.yellow>ab </c><c.yellow><i>cd</i></c>\n\n");
}

static void roll_up_shows_a_row_from_its_first_letter(void **state)
{
    (void)state;
    reads("00:00:01;00\t9425 9425 94ad 94ad 9470 9470 4f6e e580\n"
          "00:00:03;00\t94ad 94ad 5477 ef80\n"
          "00:00:05;00\t942c 942c\n",
          "00:00:01.201 --> 00:00:03.003 line:90%,end position:10% size:80% align:left\nOne\n\n"
          "00:00:03.003 --> 00:00:05.005 line:90%,end position:10% size:80% "
          "align:left\nOne\nTwo\n\n");
}

static void paint_on_is_shown_as_it_is_painted(void **state)
{
    (void)state;
    reads("00:00:01;00\t9429 9429 9470 9470 c8e9 942c\n",
          "00:00:01.134 --> 00:00:01.168 line:90%,end position:10% size:80% align:left\nHi\n\n");
}

static void special_letters_replace_their_stand_ins(void **state)
{
    (void)state;
    // "a", the extended A-tilde over a stand-in "A", a music note, a backspaced "x".
    reads("00:00:00;00\t9420 9420 9470 9470 61c1 1320 1320 9137 9137 f880 94a1 942f\n"
          "00:00:02;00\t942c\n",
          "00:00:00.367 --> 00:00:02.002 line:90%,end position:10% size:80% align:left\n"
          "aÃ♪\n\n");
}

static void centred_rows_are_centred(void **state)
{
    (void)state;
    // Indent 12 and eight letters: columns 12 to 19 of 0 to 31.
    reads("00:00:00;00\t9420 9420 9476 9476 6162 e364 e5e6 6768 942f\n00:00:02;00\t942c\n",
          "00:00:00.267 --> 00:00:02.002 line:90%,end size:80%\nabcdefgh\n\n");
}

static void what_is_never_erased_goes_after_sixteen_seconds(void **state)
{
    (void)state;
    reads("00:00:00;00\t9420 9420 9470 9470 c8e9 942f\n",
          "00:00:00.167 --> 00:00:16.167 line:90%,end position:10% size:80% align:left\nHi\n\n");
}

static void the_other_channel_is_another_caption(void **state)
{
    (void)state;
    static const char both[] =
        "Scenarist_SCC V1.0\n\n"
        "00:00:00;00\t9420 9420 9470 9470 c8e9 942f 1c20 1c20 1c70 1c70 5461 1c2f\n"
        "00:00:02;00\t942c 1c2c\n";
    const struct caption_options second = {.channel = 1};
    reads_as(slice_of(both), &second,
             "00:00:00.367 --> 00:00:02.035 line:90%,end position:10% size:80% align:left\nTa\n\n");
}

static void the_programme_may_start_at_an_hour(void **state)
{
    (void)state;
    static const char hour[] = "Scenarist_SCC V1.0\n\n"
                               "01:00:00;00\t9420 9420 9470 9470 c8e9 942f\n01:00:02;00\t942c\n";
    const struct caption_options start = {.start = "01:00:00;00"};
    reads_as(slice_of(hour), &start,
             "00:00:00.167 --> 00:00:02.002 line:90%,end position:10% size:80% align:left\nHi\n\n");
}

static void faults_have_their_line(void **state)
{
    (void)state;
    autoarena arena = arena_init(CAPTION_CASE_ROOM);
    struct cue_list list;
    const struct scc_options options = {.channel = 0};
    static const char text[] = "Scenarist_SCC V1.0\n\n00:00:00;00\t9420 9420 9470 c8e9 942f\n"
                               "00:00:61;00\t942c\n00:00:02;00 94zz\n00:00:03;00 942c";
    assert_int_equal(scc_parse(&arena, slice_of(text), &options, &list, NULL), OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.fault_count, 2);
    assert_int_equal(list.faults[0].line, 4);
    assert_int_equal(list.faults[1].line, 5);
    refuses(slice_of("Scenarist_SCC V1.0\n\nnothing\n"), INVALID, "line 3");
    refuses(slice_of("Scenarist_SCC V1.0\n"), INVALID, "no caption");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pop_on_is_shown_from_its_end_of_caption_to_its_erasure),
        cmocka_unit_test(rows_apart_are_cues_of_their_own),
        cmocka_unit_test(colours_and_slopes_are_kept),
        cmocka_unit_test(roll_up_shows_a_row_from_its_first_letter),
        cmocka_unit_test(paint_on_is_shown_as_it_is_painted),
        cmocka_unit_test(special_letters_replace_their_stand_ins),
        cmocka_unit_test(centred_rows_are_centred),
        cmocka_unit_test(what_is_never_erased_goes_after_sixteen_seconds),
        cmocka_unit_test(the_other_channel_is_another_caption),
        cmocka_unit_test(the_programme_may_start_at_an_hour),
        cmocka_unit_test(faults_have_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
