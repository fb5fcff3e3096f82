// SPDX-License-Identifier: Apache-2.0
#include "playback/qoe.h"

#include "base/random.h"
#include "store/table_sqlite.h"

#include "../store/place.h"

static const int64_t now_ms = 1795000000000;

// A session that began at `began_ms`, started in `start_ms`, played 60 s and rebuffered 3 s.
static const struct qoe_sender sender = {"Chrome, Linux", "AS64496 Example Net"};

static void add(struct table_store *tables, int64_t began_ms, const char *title, int start_ms,
                const char *error)
{
    char id[ID_BYTES], line[300];
    id_make("session", began_ms, id);
    for (int i = 0; i < 3; i++) {
        struct cmcd_report report;
        if (i == 0)
            (void)snprintf(line, sizeof line,
                           "e=ps,sta=p,sn=1,ts=1000,br=(2000),msd=%d,cid=\"%s\",h=\"edge-1\","
                           "ec=\"%s\",sid=\"%s\"",
                           start_ms, title, error, id);
        else
            (void)snprintf(line, sizeof line, "e=ps,sta=%c,sn=%d,ts=%d,sid=\"%s\"",
                           i == 1 ? 'r' : 'p', i + 1, i == 1 ? 61000 : 64000, id);
        assert_ok(cmcd_report_parse(slice_of(line), &report, &why_));
        assert_ok(qoe_record(tables, &report, &sender, now_ms, &why_));
    }
}

static json_int_t whole_start(const json_t *group, const char *which)
{
    const json_t *start = json_object_get(json_object_get(group, "start_ms"), "whole");
    return json_integer_value(json_object_get(start, which));
}

static void sessions_are_summed_by_what_they_share(void **state)
{
    (void)state;
    char folder[128], path[160];
    struct clock_manual clock = clock_manual_init(1000, now_ms);
    struct table_store *tables;
    folder_new(folder);
    (void)snprintf(path, sizeof path, "%s/primrose.db", folder);
    assert_ok(table_sqlite_open(path, &clock.clock, &tables, &why_));
    add(tables, now_ms - 7200000, "old", 9000, "");
    for (int i = 0; i < 20; i++)
        add(tables, now_ms - 1000 * i, "film-a", 100 * (i + 1), "");
    add(tables, now_ms - 500, "film-b", 700, "1001");
    autojson *json = NULL;
    assert_ok(qoe_summary(tables, now_ms - 3600000, &json, &why_));
    const json_t *all = json_object_get(json, "all");
    assert_int_equal(json_integer_value(json_object_get(all, "sessions")), 21);
    const json_t *titles = json_object_get(json, "by_title");
    assert_int_equal(json_array_size(titles), 2);
    const json_t *a = json_array_get(titles, 0), *b = json_array_get(titles, 1);
    assert_string_equal(json_string_value(json_object_get(a, "name")), "film-a");
    assert_int_equal(whole_start(a, "p50"), 1100);
    assert_int_equal(whole_start(a, "p95"), 1900);
    assert_int_equal(whole_start(b, "p95"), 700);
    const double rebuffer = json_real_value(json_object_get(b, "rebuffer_percent"));
    assert_true(rebuffer > 4.76 && rebuffer < 4.77); // 3 of 63 s
    const double kbps = json_real_value(json_object_get(b, "kbps"));
    assert_true(kbps > 1999.0 && kbps < 2001.0);
    const json_t *failures = json_object_get(b, "failures");
    assert_int_equal(json_integer_value(json_object_get(failures, "1001")), 1);
    assert_int_equal(json_array_size(json_object_get(json, "by_edge")), 1);
    const json_t *network = json_array_get(json_object_get(json, "by_network"), 0);
    assert_string_equal(json_string_value(json_object_get(network, "name")), "AS64496 Example Net");
    assert_int_equal(json_integer_value(json_object_get(network, "sessions")), 21);
    table_store_close(&tables);
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_are_summed_by_what_they_share)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
