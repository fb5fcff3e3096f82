// SPDX-License-Identifier: Apache-2.0
//
// What is told and when; what it looks like on the wire is shown by play.py.
#include "player/telemetry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { S = 1000000 };

static const struct playout_rules rules = {
    .start_us = 1, .resume_us = 2 * S, .end_us = 60 * S, .track_count = 1};

static struct telemetry *open_one(const struct clock *clock)
{
    // Nobody listens there: what is sent is lost, and counted.
    const struct telemetry_options options = {
        .url = "http://127.0.0.1:1/", .title = "film \"one\"", .host = "edge-1", .clock = clock};
    struct telemetry *telemetry = NULL;
    struct why why = {""};
    if (telemetry_open(&options, &telemetry, &why) != OK) fail_msg("%s", why.text);
    return telemetry;
}

static void changes_of_state_are_told_once_each(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(100 * S, 1795000000000);
    struct telemetry *telemetry = open_one(&clock.clock);
    struct playout playout = playout_init(rules, 0, clock.now_us);
    struct telemetry_counts counts = {.sent = 0};
    telemetry_look(telemetry, &playout); // 1: starting
    telemetry_look(telemetry, &playout);
    playout_arrived(&playout, 0, 4 * S);
    telemetry_look(telemetry, &playout); // 2: playing
    clock.now_us += 6 * S;
    playout_advance(&playout, clock.now_us);
    playout_arrived(&playout, 0, 8 * S);
    telemetry_look(telemetry, &playout); // 3 and 4: a stall that is over already
    telemetry_look(telemetry, &playout);
    telemetry_bitrate(telemetry, 500000); // 5
    telemetry_bitrate(telemetry, 500000);
    telemetry_close(&telemetry, &counts);
    assert_null(telemetry);
    assert_int_equal(counts.sent, 0);
    assert_int_equal(counts.lost, 5);
}

static void requests_carry_the_keys_of_version_2(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(100 * S, 1795000000000);
    struct telemetry *telemetry = open_one(&clock.clock);
    const struct telemetry_request request = {.track = 'v',
                                              .bps = 830000,
                                              .top_bps = 2400000,
                                              .segment_s = 2,
                                              .buffer_s = 21.3,
                                              .estimate_bps = 1540000,
                                              .is_hls = true};
    const char *const *fields = telemetry_fields(telemetry, &request);
    assert_string_equal(fields[0], "CMCD-Object: br=(830),d=2000,ot=v,tb=(2400)");
    assert_string_equal(fields[1], "CMCD-Request: bl=(21300),mtp=(1500),su");
    assert_non_null(strstr(fields[2], "cid=\"film one\",sf=h,sid=\"session_"));
    assert_null(fields[3]);
    assert_true(strncmp(telemetry_session(telemetry), "session_", 8) == 0);
    telemetry_close(&telemetry, NULL);
}

static void a_stall_marks_the_next_request_and_no_other(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(100 * S, 1795000000000);
    struct telemetry *telemetry = open_one(&clock.clock);
    struct playout playout = playout_init(rules, 0, clock.now_us);
    const struct telemetry_request request = {.track = 'a'};
    playout_arrived(&playout, 0, 2 * S);
    telemetry_look(telemetry, &playout);
    clock.now_us += 5 * S;
    playout_advance(&playout, clock.now_us);
    telemetry_look(telemetry, &playout);
    assert_string_equal(telemetry_fields(telemetry, &request)[3], "CMCD-Status: bs");
    assert_null(telemetry_fields(telemetry, &request)[3]);
    telemetry_close(&telemetry, NULL);
}

static void nobody_is_a_good_listener(void **state)
{
    (void)state;
    struct telemetry *none = NULL;
    struct playout playout = playout_init(rules, 0, 0);
    telemetry_look(none, &playout);
    telemetry_started(none, 1, 1);
    telemetry_bitrate(none, 1);
    telemetry_failed(none, NOT_FOUND);
    assert_null(telemetry_fields(none, NULL));
    assert_string_equal(telemetry_session(none), "");
    telemetry_close(&none, NULL);
    assert_int_equal(telemetry_open_for("http://127.0.0.1:1/film.mpd", NULL, "", &none, NULL), OK);
    assert_null(none);
    assert_int_equal(telemetry_open_for("http://127.0.0.1:1/media/a/b/c.mpd", "", "", &none, NULL),
                     OK);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_state_are_told_once_each),
        cmocka_unit_test(requests_carry_the_keys_of_version_2),
        cmocka_unit_test(a_stall_marks_the_next_request_and_no_other),
        cmocka_unit_test(nobody_is_a_good_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
