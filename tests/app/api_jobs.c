// SPDX-License-Identifier: Apache-2.0
#include "app/service.h"

#include "house.h"
#include "house_jobs.h"
#include "studio/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const json_t *first(const json_t *json, const char *list)
{
    return json_array_get(json_object_get(json, list), 0);
}

static int64_t number_of(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static void jobs_and_a_map_of_chunks_are_shown(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/jobs/the-lamplighter", NULL), 404);
    house_jobs_make(&house.service->stores);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/jobs", NULL), 200);
    {
        autojson *jobs = house_json(&house);
        const json_t *ingest = first(jobs, "ingests");
        assert_string_equal(json_string_value(json_object_get(ingest, "title")), "The Lamplighter");
        assert_string_equal(json_string_value(json_object_get(ingest, "state")), "running");
        assert_string_equal(json_string_value(json_object_get(ingest, "stage")), "encode");
        const json_t *title = first(jobs, "titles"), *parked = first(jobs, "parked");
        assert_string_equal(json_string_value(json_object_get(title, "id")), "the-lamplighter");
        assert_int_equal(number_of(title, "leased"), 1);
        assert_int_equal(number_of(title, "parked"), 1);
        assert_true(json_is_null(json_object_get(title, "left_ms"))); // nobody waits for it
        assert_string_equal(json_string_value(json_object_get(first(jobs, "workers"), "name")),
                            "host-1");
        assert_string_equal(json_string_value(json_object_get(parked, "reason")),
                            "the picture is green");
    }
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/jobs/the-lamplighter", NULL), 200);
    autojson *map = house_json(&house);
    assert_int_equal(number_of(map, "chunks"), 3);
    assert_int_equal(number_of(map, "chunk_ms"), 8000);
    assert_string_equal(json_string_value(json_object_get(first(map, "tracks"), "track")),
                        "v-360p");
    assert_string_equal(json_string_value(json_object_get(first(map, "tracks"), "states")), "pld");
    house_close(&house);
}

static void an_operator_sets_priorities_and_gives_new_tries(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body;
        int status;
    } steps[] = {
        {"PATCH", "/v1/jobs/the-lamplighter", "{\"priority\":-5}", 204},
        {"PATCH", "/v1/jobs/the-lamplighter", "{\"priority\":1001}", 422},
        {"PATCH", "/v1/jobs/none", "{\"priority\":0}", 404},
        {"PATCH", "/v1/jobs/a%20b", "{\"priority\":0}", 404},
        {"POST", "/v1/jobs/the-lamplighter/retries", "{\"track\":\"v-360p\",\"chunk\":1}", 409},
        {"POST", "/v1/jobs/the-lamplighter/retries", "{\"track\":\"v-720p\",\"chunk\":0}", 404},
        {"POST", "/v1/jobs/the-lamplighter/retries", "{\"track\":\"v-360p\",\"chunk\":0}", 204},
        {"POST", "/v1/jobs/the-lamplighter/retries", "{\"track\":\"v-360p\",\"chunk\":0}", 409},
    };
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    house_jobs_make(&house.service->stores);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int status =
            house_ask_as(&house, token, steps[i].method, steps[i].path, steps[i].body);
        if (status != steps[i].status)
            fail_msg("%s %s %s: %d", steps[i].method, steps[i].path, steps[i].body, status);
    }
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/jobs/the-lamplighter", NULL), 200);
    autojson *map = house_json(&house);
    assert_int_equal(number_of(map, "priority"), -5); // the job with new tries too
    assert_string_equal(json_string_value(json_object_get(first(map, "tracks"), "states")), "rld");
    house_close(&house);
}

static const char *state_of_ingest(struct house *house, const char *token)
{
    static char state[20];
    assert_int_equal(house_ask_as(house, token, "GET", "/v1/jobs", NULL), 200);
    autojson *jobs = house_json(house);
    const char *word = json_string_value(json_object_get(first(jobs, "ingests"), "state"));
    (void)snprintf(state, sizeof state, "%s", word == NULL ? "" : word);
    return state;
}

static void an_operator_ends_an_ingest_and_forgets_it(void **state)
{
    (void)state;
    static const char path[] = "/v1/jobs/the-lamplighter";
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    struct board board;
    struct why why = {""};
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_ask_as(&house, token, "DELETE", path, NULL), 404);
    board = (struct board){.tables = house.service->stores.tables, .clock = clock_system()};
    assert_int_equal(board_begin(&board, "the-lamplighter", "", NULL), OK);
    assert_int_equal(board_tell(&board, "read", 0, 0, NULL), OK);
    assert_int_equal(house_ask_as(&house, token, "DELETE", path, NULL), 204);
    assert_string_equal(state_of_ingest(&house, token), "running"); // until it hears of it
    assert_int_equal(board_tell(&board, "probe", 0, 0, &why), UNAVAILABLE);
    assert_int_equal(board_end(&board, BOARD_CANCELLED, why.text, NULL), OK);
    assert_string_equal(state_of_ingest(&house, token), "cancelled");
    assert_int_equal(house_ask_as(&house, token, "DELETE", path, NULL), 204);
    assert_string_equal(state_of_ingest(&house, token), "");
    house_close(&house);
}

static void reports_are_of_what_is_published_or_of_the_version_that_is_named(void **state)
{
    (void)state;
    static const char path[] = "/v1/reports/the-lamplighter";
    struct house house;
    house_open(&house, ROLE_API);
    assert_int_equal(house_get(&house, path), 404);
    house_jobs_make(&house.service->stores);
    assert_int_equal(house_get(&house, path), 200); // an open house shows what it does
    autojson *reply = house_json(&house);
    const json_t *report = json_object_get(reply, "report"), *finding = first(report, "findings");
    assert_true(json_is_true(json_object_get(reply, "is_published")));
    assert_string_equal(json_string_value(json_object_get(report, "verdict")), "warn");
    assert_string_equal(json_string_value(json_object_get(finding, "start")), "00:00:01:00");
    assert_int_equal(house_get(&house, "/v1/reports/the-lamplighter?version=3f9c"), 200);
    assert_int_equal(house_get(&house, "/v1/reports/the-lamplighter?version=..%2F"), 404);
    assert_int_equal(house_get(&house, "/v1/reports/the-lamplighter?version=0000"), 404);
    assert_int_equal(house_get(&house, "/v1/reports/none"), 404);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_and_a_map_of_chunks_are_shown),
        cmocka_unit_test(an_operator_sets_priorities_and_gives_new_tries),
        cmocka_unit_test(an_operator_ends_an_ingest_and_forgets_it),
        cmocka_unit_test(reports_are_of_what_is_published_or_of_the_version_that_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
