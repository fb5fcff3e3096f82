// SPDX-License-Identifier: Apache-2.0
//
// The frame of calls, through requests of a running service: keys, bodies, versions, cursors.
#include "app/call.h"

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct house house;
    char token[SECRET_TOKEN_BYTES], line[100];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    house_open(&fixture->house, ROLE_API);
    house_sign_in(&fixture->house, MEMBER_OPERATOR, fixture->token);
    (void)snprintf(fixture->line, sizeof fixture->line, "Authorization: Bearer %s", fixture->token);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    house_close(&fixture->house);
    free(fixture);
    return 0;
}

static int ask(struct fixture *fixture, const char *method, const char *path, const char *field,
               const char *body)
{
    const char *const fields[] = {fixture->line, "Content-Type: application/json", field, NULL};
    return house_ask(&fixture->house, method, path, fields, body);
}

static void id_of_answer(struct fixture *fixture, char *out)
{
    autojson *json = house_json(&fixture->house);
    (void)snprintf(out, ID_BYTES, "%s", json_string_value(json_object_get(json, "id")));
}

static void a_post_with_a_key_is_done_once(void **state)
{
    struct fixture *fixture = *state;
    static const char key[] = "Idempotency-Key: 8e03978e-40d5", body[] = "{\"name\":\"Gran\"}";
    char first[ID_BYTES], second[ID_BYTES];
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", key, body), 201);
    id_of_answer(fixture, first);
    assert_string_equal(house_field(&fixture->house, "Idempotency-Replayed"), "");
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", key, body), 201);
    id_of_answer(fixture, second);
    assert_string_equal(first, second);
    assert_string_equal(house_field(&fixture->house, "Idempotency-Replayed"), "true");
    assert_string_equal(house_field(&fixture->house, "ETag"), "\"1\"");
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", key, "{\"name\":\"Pa\"}"), 422);
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", "Idempotency-Key: x", body), 422);
}

static void a_refused_post_does_not_use_up_its_key(void **state)
{
    struct fixture *fixture = *state;
    static const char key[] = "Idempotency-Key: 8e03978e-40d5";
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", key, "{\"name\":\"\"}"), 422);
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", key, "{\"name\":\"Pa\"}"), 201);
}

static void a_fault_in_a_body_points_to_its_field(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", NULL, "{\"name\":\"x\",\"pin\":\"1\"}"),
                     422);
    autojson *problem = house_json(&fixture->house);
    const json_t *error = json_array_get(json_object_get(problem, "errors"), 0);
    assert_string_equal(json_string_value(json_object_get(error, "pointer")), "/pin");
    assert_int_equal(ask(fixture, "POST", "/v1/profiles", NULL, "{\"name\""), 422);
    const char *const text[] = {fixture->line, "Content-Type: text/plain", NULL};
    assert_int_equal(house_ask(&fixture->house, "POST", "/v1/profiles", text, "{}"), 415);
}

static void an_edit_of_an_old_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char path[] = "/v1/profiles/profile_example", body[] = "{\"name\":\"New\"}";
    char match[64];
    assert_int_equal(ask(fixture, "GET", path, NULL, NULL), 200);
    (void)snprintf(match, sizeof match, "If-Match: %s", house_field(&fixture->house, "ETag"));
    assert_int_equal(ask(fixture, "PATCH", path, match, body), 200);
    assert_int_equal(ask(fixture, "PATCH", path, match, body), 412);
    assert_int_equal(ask(fixture, "PATCH", path, "If-Match: *", body), 200);
    assert_int_equal(ask(fixture, "PATCH", path, NULL, body), 200);
}

static void pages_follow_their_cursor(void **state)
{
    struct fixture *fixture = *state;
    char path[300] = "/v1/events?limit=2";
    size_t seen = 0;
    for (int pages = 0; path[0] != '\0'; pages++) {
        assert_in_range(pages, 0, 20);
        assert_int_equal(ask(fixture, "GET", path, NULL, NULL), 200);
        autojson *page = house_json(&fixture->house);
        const char *next = json_string_value(json_object_get(page, "next_cursor"));
        const size_t count = json_array_size(json_object_get(page, "items"));
        assert_true(count > 0);
        seen += count;
        path[0] = '\0';
        if (next != NULL) (void)snprintf(path, sizeof path, "/v1/events?limit=2&cursor=%s", next);
    }
    assert_true(seen >= 4); // the house, the member, the profile, the session
    assert_int_equal(ask(fixture, "GET", "/v1/events?cursor=made-up", NULL, NULL), 422);
    assert_int_equal(ask(fixture, "GET", "/v1/events?limit=0", NULL, NULL), 422);
}

static void the_reason_of_a_change_is_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture, "POST", "/v1/members/member_example/rights",
                         "Primrose-Reason: ticket 17",
                         "{\"title_id\":\"zebra\",\"kind\":\"gift\"}"),
                     201);
    assert_int_equal(ask(fixture, "GET", "/v1/events?limit=1", NULL, NULL), 200);
    autojson *page = house_json(&fixture->house);
    const json_t *event = json_array_get(json_object_get(page, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(event, "action")), "right.granted");
    assert_string_equal(json_string_value(json_object_get(event, "reason")), "ticket 17");
    assert_string_equal(json_string_value(json_object_get(event, "actor")), "member_example");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_post_with_a_key_is_done_once),
        TEST(a_refused_post_does_not_use_up_its_key),
        TEST(a_fault_in_a_body_points_to_its_field),
        TEST(an_edit_of_an_old_version_is_refused),
        TEST(pages_follow_their_cursor),
        TEST(the_reason_of_a_change_is_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
