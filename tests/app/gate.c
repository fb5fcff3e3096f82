// SPDX-License-Identifier: Apache-2.0
#include "app/gate.h"

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char media[] = "/media/the-lamplighter/3f9c/main.m3u8";

static int ask_with(struct house *house, const char *path, const char *method, const char *field,
                    const char *second, const char *body)
{
    const char *const fields[] = {"Content-Type: application/json", field, second, NULL};
    return house_ask(house, method, path, fields, body);
}

static void a_browser_shows_its_cookie_and_a_machine_its_token(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], cookie[128];
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    (void)snprintf(cookie, sizeof cookie, "Cookie: theme=dark; " GATE_COOKIE "=%s", token);
    assert_int_equal(ask_with(&house, media, "GET", cookie, NULL, NULL), 200);
    assert_int_equal(ask_with(&house, media, "GET", NULL, NULL, NULL), 401);
    assert_int_equal(house_ask_as(&house, token, "GET", media, NULL), 200); // from the file cache
    assert_int_equal(ask_with(&house, media, "GET", "Authorization: Basic eDp5", NULL, NULL), 401);
    house_close(&house);
}

static void a_cookie_changes_nothing_from_another_site(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES], cookie[128], own[128];
    static const char body[] = "{\"name\":\"Eve\"}", path[] = "/v1/profiles/profile_example";
    house_open(&house, ROLE_ALL_OF_THEM);
    house_sign_in(&house, MEMBER_MEMBER, token);
    (void)snprintf(cookie, sizeof cookie, "Cookie: " GATE_COOKIE "=%s", token);
    (void)snprintf(own, sizeof own, "Origin: http://%s", service_address(house.service));
    assert_int_equal(ask_with(&house, path, "PATCH", cookie, "Origin: https://evil.example", body),
                     403);
    assert_int_equal(ask_with(&house, path, "PATCH", cookie, own, body), 200);
    assert_int_equal(ask_with(&house, path, "GET", cookie, "Origin: https://evil.example", NULL),
                     200);
    house_close(&house);
}

static void an_open_house_takes_a_stale_cookie_for_a_guest(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(
        ask_with(&house, "/v1/titles", "GET", "Cookie: " GATE_COOKIE "=ps_old", NULL, NULL), 200);
    assert_int_equal(house_get(&house, "/v1/me"), 200);
    autojson *me = house_json(&house);
    const json_t *member = json_object_get(me, "member");
    assert_string_equal(json_string_value(json_object_get(member, "role")), "guest");
    assert_int_equal(house_get(&house, "/v1/members"), 401); // nobody keeps an open house
    house_close(&house);
}

static void another_process_closes_the_house_within_a_second(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(5000000, 1795000000000);
    struct house house;
    struct gate gate;
    bool is_open = false;
    house_open(&house, ROLE_API);
    struct accounts accounts = house.service->door.accounts;
    accounts.clock = &clock.clock;
    gate_init(&gate, &accounts);
    assert_false(gate_knows(&gate, &is_open));
    assert_int_equal(gate_is_open(&gate, &is_open, NULL), OK);
    assert_true(is_open);
    char token[SECRET_TOKEN_BYTES];
    house_sign_in(&house, MEMBER_OPERATOR, token);
    clock.now_us += GATE_OPEN_MS * 1000;
    assert_false(gate_knows(&gate, &is_open));
    assert_int_equal(gate_is_open(&gate, &is_open, NULL), OK);
    assert_false(is_open);
    assert_true(gate_knows(&gate, &is_open)); // for good
    house_close(&house);
}

static void classes_ask_for_what_they_say(void **state)
{
    (void)state;
    const struct caller nobody = {.kind = CALLER_NOBODY}, guest = caller_guest();
    const struct caller fresh = {.kind = CALLER_MEMBER},
                        editor = {.kind = CALLER_KEY, .rights = MAY_KEEP_CATALOGUE};
    const struct caller member = {.kind = CALLER_MEMBER, .profile = "profile_1"};
    static const struct {
        enum auth_class class;
        enum problem nobody, guest, fresh, member, editor;
    } cases[] = {
        {AUTH_PUBLIC, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE},
        {AUTH_MEMBER, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE,
         PROBLEM_NOT_ALLOWED},
        {AUTH_PROFILE, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NONE, PROBLEM_PROFILE_NEEDED, PROBLEM_NONE,
         PROBLEM_NOT_ALLOWED},
        {AUTH_VIEWER, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NONE, PROBLEM_PROFILE_NEEDED, PROBLEM_NONE,
         PROBLEM_NONE},
        {AUTH_CATALOGUE, PROBLEM_SIGN_IN_NEEDED, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NOT_ALLOWED,
         PROBLEM_NOT_ALLOWED, PROBLEM_NONE},
        {AUTH_STUDIO, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NONE, PROBLEM_NOT_ALLOWED,
         PROBLEM_NOT_ALLOWED, PROBLEM_NONE},
        {AUTH_HOUSE, PROBLEM_SIGN_IN_NEEDED, PROBLEM_SIGN_IN_NEEDED, PROBLEM_NOT_ALLOWED,
         PROBLEM_NOT_ALLOWED, PROBLEM_NOT_ALLOWED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(gate_check(cases[i].class, &nobody), cases[i].nobody);
        assert_int_equal(gate_check(cases[i].class, &guest), cases[i].guest);
        assert_int_equal(gate_check(cases[i].class, &fresh), cases[i].fresh);
        assert_int_equal(gate_check(cases[i].class, &member), cases[i].member);
        assert_int_equal(gate_check(cases[i].class, &editor), cases[i].editor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_shows_its_cookie_and_a_machine_its_token),
        cmocka_unit_test(a_cookie_changes_nothing_from_another_site),
        cmocka_unit_test(an_open_house_takes_a_stale_cookie_for_a_guest),
        cmocka_unit_test(another_process_closes_the_house_within_a_second),
        cmocka_unit_test(classes_ask_for_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
