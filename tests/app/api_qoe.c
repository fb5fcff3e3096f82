// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const fields[] = {
    "Content-Type: application/cmcd",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", NULL};

static json_t *play(struct house *house)
{
    static const char *const json[] = {"Content-Type: application/json", NULL};
    assert_int_equal(house_ask(house, "POST", "/v1/playback", json, "{\"title_id\":\"zebra\"}"),
                     200);
    return house_json(house);
}

static void what_a_player_reports_is_what_operators_read(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    autojson *session = play(&house);
    char reports[600];
    const char *id = json_string_value(json_object_get(session, "session_id"));
    (void)snprintf(reports, sizeof reports,
                   "e=ps,sta=p,sn=1,ts=1000,msd=321,org.primrose-play=40,cid=\"zebra\",sid=\"%s\"\n"
                   "e=ps,sta=e,sn=2,ts=31000,sid=\"%s\"\n",
                   id, id);
    assert_int_equal(house_ask(&house, "POST", "/v1/telemetry/cmcd", fields, reports), 204);
    assert_int_equal(house_get(&house, "/v1/qoe?hours=1"), 200);
    assert_string_equal(house_field(&house, "Cache-Control"), "no-store");
    autojson *summary = house_json(&house);
    const json_t *group = json_array_get(json_object_get(summary, "by_title"), 0);
    assert_string_equal(json_string_value(json_object_get(group, "name")), "zebra");
    const json_t *start = json_object_get(group, "start_ms");
    const json_t *whole = json_object_get(start, "whole");
    const json_t *call = json_object_get(start, "play_call");
    assert_int_equal(json_integer_value(json_object_get(whole, "p50")), 321);
    assert_int_equal(json_integer_value(json_object_get(call, "p50")), 40);
    const json_t *device = json_array_get(json_object_get(summary, "by_device"), 0);
    assert_string_equal(json_string_value(json_object_get(device, "name")), "Chrome, Linux");
    const json_t *network = json_array_get(json_object_get(summary, "by_network"), 0);
    assert_string_equal(json_string_value(json_object_get(network, "name")), "127.0.0.0/24");
    house_close(&house);
}

static void what_is_no_report_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_ask(&house, "POST", "/v1/telemetry/cmcd", fields, "{}"), 422);
    assert_int_equal(house_ask(&house, "POST", "/v1/telemetry/cmcd", fields, "e=t,sn=1"), 422);
    assert_int_equal(house_get(&house, "/v1/qoe?hours=0"), 422);
    assert_int_equal(house_get(&house, "/v1/qoe?hours=many"), 422);
    char many[1000] = "";
    for (int i = 0; i < 101; i++)
        memcpy(many + strlen(many), "e=t,\n", 6);
    assert_int_not_equal(house_ask(&house, "POST", "/v1/telemetry/cmcd", fields, many), 204);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_player_reports_is_what_operators_read),
        cmocka_unit_test(what_is_no_report_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
