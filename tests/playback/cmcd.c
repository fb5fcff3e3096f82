// SPDX-License-Identifier: Apache-2.0
#include "playback/cmcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static outcome parse(const char *line, struct cmcd_report *out)
{
    struct why why = {""};
    return cmcd_report_parse(slice_of(line), out, &why);
}

static void a_line_of_the_standard_s_form_is_read(void **state)
{
    (void)state;
    struct cmcd_report report;
    assert_int_equal(parse("br=(1076;v 128),cid=\"prim\\\"rose\",e=ps,h=\"edge-1.example\",msd=488,"
                           "org.primrose-play=71,sid=\"session_01M7Z\",sn=4,sta=r,su,"
                           "ts=1795274408128,v=2,com.example-other=(1 2 3)",
                           &report),
                     OK);
    assert_int_equal(report.bitrate_kbps, 1076);
    assert_string_equal(report.content, "primrose");
    assert_string_equal(report.event, "ps");
    assert_string_equal(report.host, "edge-1.example");
    assert_string_equal(report.session, "session_01M7Z");
    assert_string_equal(report.state, "r");
    assert_int_equal(report.start_ms, 488);
    assert_int_equal(report.play_ms, 71);
    assert_int_equal(report.sequence, 4);
    assert_int_equal(report.at_ms, 1795274408128);
    assert_int_equal(report.frame_ms, -1);
    assert_string_equal(report.error, "");
}

static void numbers_that_are_none_and_long_texts_do_no_harm(void **state)
{
    (void)state;
    struct cmcd_report report;
    char line[600] = "sn=99999999999999999999,br=(),msd=abc,sid=\"";
    memset(line + strlen(line), 'x', 300);
    memcpy(line + strlen(line), "\"", 2);
    assert_int_equal(parse(line, &report), OK);
    assert_int_equal(report.sequence, -1);
    assert_int_equal(report.bitrate_kbps, -1);
    assert_int_equal(report.start_ms, -1);
    assert_int_equal(strlen(report.session), CMCD_TEXT_BYTES - 1);
}

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"=1",           "a=\"x",    "a=(1",    "a b",
                                        "{\"json\":1}", "a=1,,b=2", "a=\"x\"y"};
    struct cmcd_report report = {.sequence = 7};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(parse(wrong[i], &report), INVALID);
    char line[CMCD_LINE_BYTES + 2];
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_int_equal(parse(line, &report), INVALID);
    assert_int_equal(report.sequence, 7); // left alone
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_the_standard_s_form_is_read),
        cmocka_unit_test(numbers_that_are_none_and_long_texts_do_no_harm),
        cmocka_unit_test(what_is_no_report_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
