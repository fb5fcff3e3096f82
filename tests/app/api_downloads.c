// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "account/download.h"
#include "account/right.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char film[] = "{\"title_id\":\"the-lamplighter\"}";

static void save_plan(struct house *house, const char *id, uint32_t downloads, bool has_catalogue)
{
    struct plan plan = {.streams = 3,
                        .streams_per_title = 2,
                        .highest = PICTURE_HD,
                        .downloads = downloads,
                        .has_catalogue = has_catalogue};
    struct plan before;
    const struct accounts *accounts = &house->service->door.accounts;
    if (plan_load(accounts, id, &before, NULL) == OK) plan.version = before.version;
    (void)snprintf(plan.id, sizeof plan.id, "%s", id);
    (void)snprintf(plan.name, sizeof plan.name, "%s", id);
    assert_int_equal(plan_save(accounts, (struct deed){"system", ""}, &plan, NULL), OK);
}

static void expect_problem(struct house *house, const char *code, const char *reason)
{
    autojson *problem = house_json(house);
    assert_string_equal(json_string_value(json_object_get(problem, "type")) + strlen("/problems/"),
                        code);
    if (reason == NULL) return;
    assert_string_equal(json_string_value(json_object_get(problem, "reason")), reason);
}

// The id of what was prepared.
static void prepare(struct house *house, const char *token, char out[ID_BYTES])
{
    assert_int_equal(house_ask_as(house, token, "POST", "/v1/downloads", film), 201);
    autojson *json = house_json(house);
    (void)snprintf(out, ID_BYTES, "%s", json_string_value(json_object_get(json, "id")));
}

static void a_title_is_downloaded_where_owners_and_plan_allow_it(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], id[ID_BYTES], path[100];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(
        house_ask_as(&house, token, "POST", "/v1/downloads", "{\"title_id\":\"zebra\"}"), 403);
    expect_problem(&house, "download-refused", "title");
    prepare(&house, token, id);
    (void)snprintf(path, sizeof path, "/v1/downloads/%s", id);
    save_plan(&house, "house", 0, true);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/downloads", film), 403);
    expect_problem(&house, "download-refused", "plan");
    assert_int_equal(house_ask_as(&house, token, "GET", path, NULL), 410);
    expect_problem(&house, "download-over", "plan");
    house_close(&house);
}

static void a_download_is_fetched_started_and_removed(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], id[ID_BYTES], path[100], start[120];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    prepare(&house, token, id);
    (void)snprintf(path, sizeof path, "/v1/downloads/%s", id);
    (void)snprintf(start, sizeof start, "%s/started", path);
    assert_int_equal(house_ask_as(&house, token, "GET", path, NULL), 200);
    autojson *found = house_json(&house);
    char manifest[200];
    (void)snprintf(manifest, sizeof manifest, "%s",
                   json_string_value(json_object_get(json_object_get(found, "manifests"), "hls")));
    assert_int_equal(house_ask_as(&house, token, "GET", manifest, NULL), 200);
    assert_int_equal(
        house_ask_as(&house, token, "PUT", start, "{\"started_at\":\"2100-01-01T00:00:00Z\"}"),
        200);
    autojson *started = house_json(&house);
    assert_string_not_equal(json_string_value(json_object_get(started, "started_at")),
                            "2100-01-01T00:00:00.000Z");
    assert_int_equal(house_ask_as(&house, token, "DELETE", path, NULL), 204);
    assert_int_equal(house_ask_as(&house, token, "GET", path, NULL), 404);
    assert_int_equal(house_ask_as(&house, token, "PUT", start, "{\"started_at\":null}"), 404);
    house_close(&house);
}

static void a_device_that_is_signed_out_has_no_downloads(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], id[ID_BYTES], path[100];
    const struct deed deed = {"system", ""};
    struct session_grant grant;
    struct member member;
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    const struct accounts *accounts = &house.service->door.accounts;
    prepare(&house, token, id);
    assert_int_equal(member_load(accounts, "member_example", &member, NULL), OK);
    assert_int_equal(session_begin(accounts, &member, "Phone", "device_phone", &grant, NULL), OK);
    assert_int_equal(
        session_choose_profile(accounts, member.id, "device_phone", "profile_example", NULL), OK);
    assert_int_equal(session_end(accounts, deed, member.id, "device_example", NULL), OK);
    (void)snprintf(path, sizeof path, "/v1/downloads/%s", id);
    assert_int_equal(house_ask_as(&house, grant.token, "GET", path, NULL), 410);
    expect_problem(&house, "download-over", "device");
    assert_int_equal(house_ask_as(&house, grant.token, "GET", "/v1/downloads", NULL), 200);
    autojson *page = house_json(&house);
    const json_t *first = json_array_get(json_object_get(page, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "over")), "device");
    house_close(&house);
}

static int64_t time_of(const json_t *json, const char *key)
{
    int64_t out_ms = 0;
    assert_int_equal(time_parse(json_string_value(json_object_get(json, key)), &out_ms, NULL), OK);
    return out_ms;
}

// A rental that was started is kept no longer than it lasts, though a download could be.
static void a_rented_title_is_kept_no_longer_than_its_right(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    const struct deed deed = {"system", ""};
    struct right right = {.title = "the-lamplighter", .kind = RIGHT_RENTAL};
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    const struct accounts *accounts = &house.service->door.accounts;
    save_plan(&house, "house", 5, false);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/downloads", film), 403);
    expect_problem(&house, "not-entitled", NULL);
    assert_int_equal(right_grant(accounts, deed, "member_example", &right, NULL), OK);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/downloads", film), 201);
    autojson *waiting = house_json(&house);
    assert_true(time_of(waiting, "start_by") <= right.ends_ms);
    assert_int_equal(right_start(accounts, "member_example", &right, NULL), OK);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/downloads", film), 201);
    autojson *begun = house_json(&house);
    assert_int_equal(time_of(begun, "ends_at"), right.ends_ms);
    house_close(&house);
}

// A title whose window closes tomorrow plays until then, and is not to be started later.
static void a_title_is_kept_no_longer_than_it_is_offered(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    autoarena arena = arena_init(1 << 20);
    struct title title;
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_MEMBER, token);
    const struct accounts *accounts = &house.service->door.accounts;
    const int64_t now_ms = clock_wall_ms(accounts->clock);
    struct title_avail avail = {.until_ms = (now_ms / 1000 + 86400) * 1000};
    assert_int_equal(title_load(accounts->tables, "the-lamplighter", &arena, &title, NULL), OK);
    title.entry.avails = &avail;
    title.entry.avail_count = 1;
    assert_int_equal(title_publish(accounts->tables, &title, NULL), OK);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/downloads", film), 201);
    autojson *kept = house_json(&house);
    assert_int_equal(time_of(kept, "ends_at"), avail.until_ms);
    assert_int_equal(time_of(kept, "start_by"), avail.until_ms);
    house_close(&house);
}

static void a_licence_device_is_named_as_devices_are(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    char body[200];
    (void)snprintf(body, sizeof body,
                   "{\"title_id\":\"the-lamplighter\",\"licence_device_id\":\"%s\"}",
                   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeX");
    assert_int_equal(house_ask(&house, "POST", "/v1/downloads", fields, body), 422);
    assert_non_null(strstr(buffer_text(&house.body), "/licence_device_id"));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_is_downloaded_where_owners_and_plan_allow_it),
        cmocka_unit_test(a_download_is_fetched_started_and_removed),
        cmocka_unit_test(a_device_that_is_signed_out_has_no_downloads),
        cmocka_unit_test(a_rented_title_is_kept_no_longer_than_its_right),
        cmocka_unit_test(a_title_is_kept_no_longer_than_it_is_offered),
        cmocka_unit_test(a_licence_device_is_named_as_devices_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
