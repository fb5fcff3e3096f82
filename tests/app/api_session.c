// SPDX-License-Identifier: Apache-2.0
//
// A member's day through the API: signing in, choosing a profile, devices, and those who keep
// members and the house. Named for api_session; api_profiles, api_members and api_house go with it.
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

static const char *const json_only[] = {"Content-Type: application/json", NULL};

static int post(struct house *house, const char *path, const char *body)
{
    return house_ask(house, "POST", path, json_only, body);
}

static void text_of(struct house *house, const char *key, char *out, size_t room)
{
    autojson *json = house_json(house);
    (void)snprintf(out, room, "%s", json_string_value(json_object_get(json, key)));
}

static void a_member_signs_in_chooses_watches_and_leaves(void **state)
{
    (void)state;
    struct house house;
    char first[SECRET_TOKEN_BYTES], token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, first);
    assert_int_equal(post(&house, "/v1/sessions", "{\"login\":\"ada\",\"password\":\"wrong\"}"),
                     401);
    assert_int_equal(
        post(&house, "/v1/sessions",
             "{\"login\":\"Ada\",\"password\":\"correct horse battery\",\"device_name\":\"TV\"}"),
        201);
    text_of(&house, "token", token, sizeof token);
    assert_int_equal(
        house_ask_as(&house, token, "POST", "/v1/playback", "{\"title_id\":\"zebra\"}"), 403);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/sessions/current/profile",
                                  "{\"profile_id\":\"profile_example\",\"pin\":\"0000\"}"),
                     403);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/sessions/current/profile",
                                  "{\"profile_id\":\"profile_example\",\"pin\":\"4711\"}"),
                     200);
    assert_int_equal(
        house_ask_as(&house, token, "POST", "/v1/playback", "{\"title_id\":\"zebra\"}"), 200);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/sessions/refresh", NULL), 201);
    text_of(&house, "token", first, sizeof first);
    assert_int_equal(house_ask_as(&house, first, "DELETE", "/v1/sessions/current", NULL), 204);
    assert_int_equal(house_ask_as(&house, first, "GET", "/v1/me", NULL), 401);
    house_close(&house);
}

static void a_child_cannot_widen_what_it_sees(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_ask_as(&house, token, "PUT", "/v1/sessions/current/profile",
                                  "{\"profile_id\":\"profile_example-kids\"}"),
                     200);
    assert_int_equal(house_ask_as(&house, token, "PATCH", "/v1/profiles/profile_example-kids",
                                  "{\"maturity_age\":12}"),
                     403);
    assert_int_equal(house_ask_as(&house, token, "POST", "/v1/profiles", "{\"name\":\"x\"}"), 403);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/members", NULL), 403);
    house_close(&house);
}

static void a_new_password_signs_the_other_devices_out(void **state)
{
    (void)state;
    struct house house;
    char here[SECRET_TOKEN_BYTES], there[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, here);
    assert_int_equal(
        post(&house, "/v1/sessions", "{\"login\":\"ada\",\"password\":\"correct horse battery\"}"),
        201);
    text_of(&house, "token", there, sizeof there);
    assert_int_equal(
        house_ask_as(&house, here, "PUT", "/v1/me/password",
                     "{\"password\":\"correct horse battery\",\"new_password\":\"another one\"}"),
        204);
    assert_int_equal(house_ask_as(&house, here, "GET", "/v1/devices", NULL), 200);
    autojson *page = house_json(&house);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 1);
    assert_int_equal(house_ask_as(&house, there, "GET", "/v1/me", NULL), 401);
    house_close(&house);
}

// Support keeps members, and cannot make itself more.
static void support_stays_support(void **state)
{
    (void)state;
    struct house house;
    char operator[SECRET_TOKEN_BYTES], key[SECRET_TOKEN_BYTES], ben[ID_BYTES], path[100];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, operator);
    assert_int_equal(house_ask_as(&house, operator, "POST", "/v1/keys",
                                  "{\"name\":\"desk\",\"role\":\"support\"}"),
                     201);
    text_of(&house, "key", key, sizeof key);
    assert_int_equal(house_ask_as(&house, key, "POST", "/v1/members",
                                  "{\"login\":\"ben\",\"password\":\"a long password\"}"),
                     201);
    text_of(&house, "id", ben, sizeof ben);
    (void)snprintf(path, sizeof path, "/v1/members/%s", ben);
    assert_int_equal(house_ask_as(&house, key, "PATCH", path, "{\"territory\":\"FR\"}"), 200);
    assert_int_equal(house_ask_as(&house, key, "PATCH", path, "{\"plan\":\"none\"}"), 422);
    assert_int_equal(house_ask_as(&house, key, "PATCH", path, "{\"role\":\"operator\"}"), 403);
    assert_int_equal(house_ask_as(&house, key, "PATCH", "/v1/members/member_example",
                                  "{\"password\":\"mine from now on\"}"),
                     403);
    assert_int_equal(house_ask_as(&house, key, "GET", "/v1/keys", NULL), 403);
    assert_int_equal(house_ask_as(&house, key, "GET", "/v1/me", NULL), 403);
    house_close(&house);
}

static void a_disabled_member_is_signed_out_everywhere(void **state)
{
    (void)state;
    struct house house;
    char operator[SECRET_TOKEN_BYTES], token[SECRET_TOKEN_BYTES], ben[ID_BYTES], path[100];
    static const char sign_in[] = "{\"login\":\"ben\",\"password\":\"a long password\"}";
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, operator);
    assert_int_equal(house_ask_as(&house, operator, "POST", "/v1/members", sign_in), 201);
    text_of(&house, "id", ben, sizeof ben);
    assert_int_equal(post(&house, "/v1/sessions", sign_in), 201);
    text_of(&house, "token", token, sizeof token);
    (void)snprintf(path, sizeof path, "/v1/members/%s", ben);
    assert_int_equal(house_ask_as(&house, operator, "PATCH", path, "{\"is_disabled\":true}"), 200);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/me", NULL), 401);
    assert_int_equal(post(&house, "/v1/sessions", sign_in), 401);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_signs_in_chooses_watches_and_leaves),
        cmocka_unit_test(a_child_cannot_widen_what_it_sees),
        cmocka_unit_test(a_new_password_signs_the_other_devices_out),
        cmocka_unit_test(support_stays_support),
        cmocka_unit_test(a_disabled_member_is_signed_out_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
