// SPDX-License-Identifier: Apache-2.0
#include "app/service.h"

#include "house.h"
#include "house_jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_and_a_map_of_chunks_are_shown),
        cmocka_unit_test(an_operator_sets_priorities_and_gives_new_tries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
