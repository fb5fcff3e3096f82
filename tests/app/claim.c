// SPDX-License-Identifier: Apache-2.0
#include "app/claim.h"

#include "house.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <cmocka.h>

static void read_code(const struct house *house, char *out)
{
    char path[100];
    struct stat facts;
    autobuffer text = buffer_init(100);
    (void)snprintf(path, sizeof path, "%s/claim", house->data);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(file_read(path, &text, NULL), OK);
    (void)snprintf(out, CLAIM_BYTES, "%.*s", SLICE_ARG(slice_trim(buffer_slice(&text))));
}

static int claim(struct house *house, const char *code)
{
    char body[200];
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    (void)snprintf(body, sizeof body,
                   "{\"code\":\"%s\",\"login\":\"ada\",\"password\":\"correct horse\"}", code);
    return house_ask(house, "POST", "/v1/house/claim", fields, body);
}

static void whoever_reads_the_data_folder_claims_the_house_once(void **state)
{
    (void)state;
    struct house house;
    char code[CLAIM_BYTES], path[100];
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_get(&house, "/v1/titles"), 200);
    read_code(&house, code);
    assert_int_equal(claim(&house, "0000-0000-0000-0000"), 403);
    assert_int_equal(claim(&house, code), 201);
    autojson *session = house_json(&house);
    const char *role =
        json_string_value(json_object_get(json_object_get(session, "member"), "role"));
    assert_string_equal(role, "operator");
    assert_non_null(strstr(house_field(&house, "Set-Cookie"), "HttpOnly; SameSite=Strict"));
    (void)snprintf(path, sizeof path, "%s/claim", house.data);
    assert_false(path_exists(path));
    assert_int_equal(claim(&house, code), 403);
    assert_int_equal(house_get(&house, "/v1/titles"), 401);
    assert_int_equal(house_get(&house, "/media/the-lamplighter/3f9c/main.m3u8"), 401);
    house_close(&house);
}

static void codes_cannot_be_tried_for_long(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    for (int i = 0; i < 10; i++)
        assert_int_equal(claim(&house, "x"), 403);
    assert_int_equal(claim(&house, "x"), 429);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_reads_the_data_folder_claims_the_house_once),
        cmocka_unit_test(codes_cannot_be_tried_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
