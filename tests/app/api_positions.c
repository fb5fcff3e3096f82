// SPDX-License-Identifier: Apache-2.0
//
// Plays, positions and lists of a profile, over HTTP. Named for api_positions; position_desk,
// api_lists and the limits of api_playback go with it.
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

static const char film[] = "{\"title_id\":\"the-lamplighter\"}";

static int64_t number_of(struct house *house, const char *key)
{
    autojson *json = house_json(house);
    return json_integer_value(json_object_get(json, key));
}

static void text_of(struct house *house, const char *key, char *out, size_t room)
{
    autojson *json = house_json(house);
    (void)snprintf(out, room, "%s", json_string_value(json_object_get(json, key)));
}

static size_t count_of(struct house *house, const char *token, const char *path)
{
    assert_int_equal(house_ask_as(house, token, "GET", path, NULL), 200);
    autojson *json = house_json(house);
    return json_array_size(json_object_get(json, "items"));
}

// Another device of the same member, with the same profile.
static void second_device(struct house *house, char *token)
{
    const struct accounts *accounts = &house->service->door.accounts;
    struct member member;
    struct session_grant grant;
    assert_int_equal(member_load(accounts, "member_example", &member, NULL), OK);
    assert_int_equal(session_begin(accounts, &member, "Phone", "device_phone", &grant, NULL), OK);
    assert_int_equal(
        session_choose_profile(accounts, member.id, "device_phone", "profile_example", NULL), OK);
    memcpy(token, grant.token, sizeof grant.token);
}

static void a_film_goes_on_where_another_device_left_it(void **state)
{
    (void)state;
    struct house house;
    char tv[SECRET_TOKEN_BYTES], phone[SECRET_TOKEN_BYTES], body[200];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, tv);
    second_device(&house, phone);
    assert_int_equal(house_ask_as(&house, tv, "PUT", "/v1/plans/house",
                                  "{\"name\":\"House\",\"streams\":9,\"streams_per_title\":9,"
                                  "\"highest\":\"uhd\",\"downloads\":9,\"has_catalogue\":true}"),
                     200);
    assert_int_equal(house_ask_as(&house, tv, "POST", "/v1/playback", film), 200);
    const int64_t now_ms = number_of(&house, "server_time_ms");
    (void)snprintf(body, sizeof body,
                   "{\"title_id\":\"the-lamplighter\",\"position_ms\":21000,\"duration_ms\":45000,"
                   "\"at_ms\":%lld}",
                   (long long)now_ms);
    assert_int_equal(house_ask_as(&house, tv, "POST", "/v1/positions", body), 200);
    assert_string_equal(buffer_text(&house.body), "{\"is_kept\":true}");
    assert_int_equal(house_ask_as(&house, tv, "POST", "/v1/positions", body), 200);
    assert_string_equal(buffer_text(&house.body), "{\"is_kept\":false}");
    (void)snprintf(body, sizeof body,
                   "{\"title_id\":\"the-lamplighter\",\"position_ms\":5000,\"at_ms\":%lld}",
                   (long long)now_ms - 600000); // the phone was paused ten minutes ago
    assert_int_equal(house_ask_as(&house, phone, "POST", "/v1/positions", body), 200);
    assert_int_equal(house_ask_as(&house, phone, "POST", "/v1/playback", film), 200);
    assert_int_equal(number_of(&house, "resume_ms"), 21000);
    assert_int_equal(count_of(&house, phone, "/v1/continue"), 1);
    assert_int_equal(house_ask_as(&house, tv, "PUT", "/v1/watched/the-lamplighter", NULL), 204);
    assert_int_equal(count_of(&house, phone, "/v1/continue"), 0);
    assert_int_equal(count_of(&house, phone, "/v1/history"), 1);
    assert_int_equal(house_ask_as(&house, phone, "POST", "/v1/playback", film), 200);
    assert_int_equal(number_of(&house, "resume_ms"), 0); // from the start again
    house_close(&house);
}

static void the_guest_of_an_open_house_resumes_too(void **state)
{
    (void)state;
    struct house house;
    static const char *const fields[] = {"Content-Type: text/plain;charset=UTF-8", NULL};
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_ask(&house, "POST", "/v1/positions", fields,
                               "{\"title_id\":\"the-lamplighter\",\"position_ms\":12000,"
                               "\"device_id\":\"browser-1\"}"),
                     200);
    assert_int_equal(house_get(&house, "/v1/positions/the-lamplighter"), 200);
    assert_int_equal(number_of(&house, "position_ms"), 12000);
    house_close(&house);
}

// The title and the cursor of a page that holds one.
static void read_page(struct house *house, const char *path, char *title, char *next, size_t room)
{
    assert_int_equal(house_get(house, path), 200);
    autojson *page = house_json(house);
    const json_t *items = json_object_get(page, "items");
    const json_t *item = json_array_get(items, 0);
    const char *cursor = json_string_value(json_object_get(page, "next_cursor"));
    assert_int_equal(json_array_size(items), 1);
    (void)snprintf(title, room, "%s", json_string_value(json_object_get(item, "title_id")));
    (void)snprintf(next, room, "%s", cursor == NULL ? "" : cursor);
}

static void history_has_pages_of_which_each_title_is_on_one(void **state)
{
    (void)state;
    struct house house;
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    static const char *const films[] = {"zebra", "the-lamplighter"};
    char title[200], next[200], path[300], body[200];
    house_open(&house, ROLE_ALL_OF_THEM);
    for (int i = 0; i < 2; i++) { // of one moment: by title
        (void)snprintf(body, sizeof body,
                       "{\"title_id\":\"%s\",\"position_ms\":12000,\"duration_ms\":45000,"
                       "\"at_ms\":1000,\"device_id\":\"tv\"}",
                       films[i]);
        assert_int_equal(house_ask(&house, "POST", "/v1/positions", fields, body), 200);
    }
    static const char *const lists[] = {"history", "continue"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "/v1/%s?limit=1", lists[i]);
        read_page(&house, path, title, next, sizeof title);
        assert_string_equal(title, "the-lamplighter");
        (void)snprintf(path, sizeof path, "/v1/%s?limit=1&cursor=%s", lists[i], next);
        read_page(&house, path, title, next, sizeof title);
        assert_string_equal(title, "zebra");
        assert_string_equal(next, "");
    }
    assert_int_equal(house_get(&house, "/v1/history?cursor=bm9uZQ"), 422); // "none"
    house_close(&house);
}

static void a_third_stream_of_a_title_may_take_one_over(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], session[ID_BYTES], body[200];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", film), 200);
    text_of(&house, "session_id", session, sizeof session);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", film), 200);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", film), 409);
    autojson *problem = house_json(&house);
    const json_t *first = json_array_get(json_object_get(problem, "sessions"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "id")), session);
    assert_string_equal(json_string_value(json_object_get(first, "device_name")), "TV");
    (void)snprintf(body, sizeof body,
                   "{\"title_id\":\"the-lamplighter\",\"position_ms\":1,\"session_id\":\"%s\"}",
                   session);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions", body), 200);
    char take[200];
    (void)snprintf(take, sizeof take, "{\"title_id\":\"the-lamplighter\",\"take_over\":\"%s\"}",
                   session);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", take), 200);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions", body), 410);
    assert_int_equal(count_of(&house, token, "/v1/streams"), 2);
    house_close(&house);
}

static void a_child_sees_and_plays_what_is_for_it(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(count_of(&house, token, "/v1/titles"), 2);
    assert_int_equal(house_ask_as(&house, token, "PATCH", "/v1/profiles/profile_example",
                                  "{\"maturity_age\":5}"),
                     200);
    assert_int_equal(count_of(&house, token, "/v1/titles"), 0); // from 6, and not rated
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/titles/the-lamplighter", NULL), 404);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", film), 403);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/watchlist/the-lamplighter", NULL),
                     404);
    house_close(&house);
}

static void lists_keep_what_was_put_on_them(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/watchlist/zebra", NULL), 204);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/watchlist/the-lamplighter", NULL),
                     204);
    assert_int_equal(count_of(&house, token, "/v1/watchlist"), 2);
    assert_int_equal(count_of(&house, token, "/v1/watchlist?limit=1"), 1);
    assert_int_equal(house_ask_as(&house, token, "DELETE", "/v1/watchlist/zebra", NULL), 204);
    assert_int_equal(count_of(&house, token, "/v1/watchlist"), 1);
    assert_int_equal(
        house_ask_as(&house, token, "PUT", "/v1/opinions/zebra", "{\"opinion\":\"meh\"}"), 422);
    assert_int_equal(
        house_ask_as(&house, token, "PUT", "/v1/opinions/zebra", "{\"opinion\":\"up\"}"), 204);
    assert_int_equal(count_of(&house, token, "/v1/opinions"), 1);
    house_close(&house);
}

static void what_is_no_position_is_refused(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], large[4000];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    memset(large, ' ', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (int i = 0; i < 2; i++) { // through the pool, and then on the loop
        assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions", "{"), 422);
        assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions", large), 413);
        assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions",
                                      "{\"title_id\":\"a/b\",\"position_ms\":1}"),
                         422);
        assert_int_equal(house_ask_as(&house, token, "POST", "/v1/positions",
                                      "{\"title_id\":\"a\",\"position_ms\":-1}"),
                         422);
        assert_int_equal(
            house_ask_as(&house, token, "POST", "/v1/positions",
                         "{\"title_id\":\"a\",\"position_ms\":1,\"session_id\":\"none\"}"),
            410);
        assert_int_equal(house_ask_as(&house, "ps_none", "POST", "/v1/positions", "{}"), 401);
    }
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_film_goes_on_where_another_device_left_it),
        cmocka_unit_test(the_guest_of_an_open_house_resumes_too),
        cmocka_unit_test(history_has_pages_of_which_each_title_is_on_one),
        cmocka_unit_test(a_third_stream_of_a_title_may_take_one_over),
        cmocka_unit_test(a_child_sees_and_plays_what_is_for_it),
        cmocka_unit_test(lists_keep_what_was_put_on_them),
        cmocka_unit_test(what_is_no_position_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
