// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "app/operations.h"
#include "base/file.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_document_is_served_as_it_is_embedded(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_get(&house, "/v1/openapi.json"), 200);
    assert_true(slice_equal(buffer_slice(&house.body), openapi_text()));
    assert_string_equal(house_field(&house, "Content-Type"), "application/json");
    house_close(&house);
}

static void an_answer_that_did_not_change_is_not_sent_again(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_get(&house, "/v1/titles"), 200);
    char condition[64];
    (void)snprintf(condition, sizeof condition, "If-None-Match: %s", house_field(&house, "ETag"));
    const char *const fields[] = {condition, NULL};
    assert_int_equal(house_ask(&house, "GET", "/v1/titles", fields, NULL), 304);
    assert_int_equal(house.body.len, 0);
    assert_int_equal(house_ask(&house, "GET", "/v1/titles?limit=1", fields, NULL), 200);
    house_close(&house);
}

static void health_is_not_cached_and_head_works(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ORIGIN);
    assert_int_equal(house_get(&house, "/livez"), 200);
    assert_string_equal(house_field(&house, "Cache-Control"), "no-store");
    assert_int_equal(house_ask(&house, "HEAD", "/readyz", NULL, NULL), 200);
    assert_string_equal(house_field(&house, "Content-Length"), "15");
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_served_as_it_is_embedded),
        cmocka_unit_test(an_answer_that_did_not_change_is_not_sent_again),
        cmocka_unit_test(health_is_not_cached_and_head_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
