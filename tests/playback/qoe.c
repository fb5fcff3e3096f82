// SPDX-License-Identifier: Apache-2.0
#include "playback/qoe.h"

#include "store/table_sqlite.h"

#include "../store/place.h"

static struct qoe_session folded(const char *const *lines, size_t count)
{
    struct qoe_session session = qoe_session_init();
    for (size_t i = 0; i < count; i++) {
        struct cmcd_report report;
        assert_ok(cmcd_report_parse(slice_of(lines[i]), &report, &why_));
        qoe_session_fold(&session, &report);
    }
    return session;
}

static const struct qoe_sender sender = {"Chrome, Linux", "AS64496 Example Net"};

#define FOLDED(lines) folded(lines, sizeof(lines) / sizeof(lines)[0])

static void time_goes_to_the_state_that_was_told(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "e=ps,sta=s,sn=1,ts=1000,sid=\"session_1\",cid=\"film\"",
        "e=ps,sta=p,sn=2,ts=1800,msd=800,br=(1000)",
        "e=t,sta=p,sn=3,ts=11800",
        "e=br,sta=p,sn=4,ts=12800,br=(3000)",
        "e=ps,sta=r,sn=5,ts=14800",
        "e=ps,sta=p,sn=6,ts=16300",
        "e=ps,sta=k,sn=7,ts=17300",
        "e=ps,sta=p,sn=8,ts=19300",
        "e=ps,sta=e,sn=9,ts=20300",
    };
    const struct qoe_session session = FOLDED(lines);
    assert_int_equal(session.start_ms, 800);
    assert_int_equal(session.playing_ms, 13000 + 1000 + 1000); // the seek's two seconds are none
    assert_int_equal(session.rebuffer_ms, 1500);
    assert_int_equal(session.rebuffers, 1);
    assert_int_equal(session.switches, 1);
    assert_int_equal(session.kilobits, 11 * 1000 + 4 * 3000);
    assert_string_equal(session.title, "film");
}

static void what_comes_late_or_twice_changes_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "e=ps,sta=p,sn=5,ts=1000", "e=t,sta=p,sn=6,ts=3000", "e=t,sta=p,sn=6,ts=3000",
        "e=ps,sta=r,sn=4,ts=900",  "e=ps,sta=r,ts=9000",
    };
    const struct qoe_session session = FOLDED(lines);
    assert_int_equal(session.playing_ms, 2000);
    assert_int_equal(session.rebuffers, 0);
}

static void a_player_that_slept_has_not_played(void **state)
{
    (void)state;
    static const char *const lines[] = {"e=ps,sta=p,sn=1,ts=1000", "e=t,sta=p,sn=2,ts=90001000"};
    assert_int_equal(FOLDED(lines).playing_ms, 60000);
}

static void reports_become_one_record(void **state)
{
    (void)state;
    char folder[128], path[160];
    struct clock_manual clock = clock_manual_init(1000, 1795000000000);
    struct table_store *tables;
    folder_new(folder);
    (void)snprintf(path, sizeof path, "%s/primrose.db", folder);
    assert_ok(table_sqlite_open(path, &clock.clock, &tables, &why_));
    static const char *const lines[] = {"e=ps,sta=p,sn=1,ts=1000,sid=\"session_01A\",cid=\"film\"",
                                        "e=t,sta=p,sn=2,ts=5000,sid=\"session_01A\""};
    for (int i = 0; i < 2; i++) {
        struct cmcd_report report;
        assert_ok(cmcd_report_parse(slice_of(lines[i]), &report, &why_));
        assert_ok(qoe_record(tables, &report, &sender, 1795000000000, &why_));
    }
    autoarena arena = arena_init(65536);
    struct table_item item;
    assert_ok(tables->ops->get(tables, "qoe", "session", "session_01A", &arena, &item, &why_));
    autojson *json = NULL;
    assert_ok(json_parse(item.value, "record", &json, &why_));
    assert_int_equal(json_integer_value(json_object_get(json, "playing_ms")), 4000);
    assert_string_equal(json_string_value(json_object_get(json, "device")), "Chrome, Linux");
    assert_string_equal(json_string_value(json_object_get(json, "network")), sender.network);
    assert_true(item.expires_ms > 1795000000000);
    struct cmcd_report nameless;
    assert_ok(cmcd_report_parse(slice_of("e=t,sn=1,ts=1"), &nameless, &why_));
    struct why why;
    assert_int_equal(qoe_record(tables, &nameless, &sender, 0, &why), INVALID);
    table_store_close(&tables);
    assert_ok(folder_remove(folder, &why_));
}

static void devices_are_told_apart(void **state)
{
    (void)state;
    static const char *const agents[][2] = {
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 "
         "Safari/537.36",
         "Chrome, Linux"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604",
         "Safari, iOS"},
        {"Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge, Windows"},
        {"", "other, other"},
    };
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        char device[QOE_DEVICE_BYTES];
        qoe_device(slice_of(agents[i][0]), device);
        assert_string_equal(device, agents[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_to_the_state_that_was_told),
        cmocka_unit_test(what_comes_late_or_twice_changes_nothing),
        cmocka_unit_test(a_player_that_slept_has_not_played),
        cmocka_unit_test(reports_become_one_record),
        cmocka_unit_test(devices_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
