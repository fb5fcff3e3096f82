// SPDX-License-Identifier: Apache-2.0
#include "app/service.h"

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void roles_are_words(void **state)
{
    (void)state;
    unsigned roles = 0;
    assert_int_equal(service_roles_parse("all", &roles, NULL), OK);
    assert_int_equal(roles, ROLE_ALL_OF_THEM);
    assert_int_equal(service_roles_parse("api, app", &roles, NULL), OK);
    assert_int_equal(roles, ROLE_API | ROLE_APP);
    struct why why = {""};
    assert_int_equal(service_roles_parse("api,orgin", &roles, &why), INVALID);
    assert_non_null(strstr(why.text, "did you mean origin"));
    assert_int_equal(service_roles_parse("", &roles, NULL), INVALID);
    assert_int_equal(roles, ROLE_API | ROLE_APP);
}

static void a_role_serves_its_own_paths_alone(void **state)
{
    (void)state;
    static const struct {
        unsigned role;
        int api, media, page;
    } cases[] = {
        {ROLE_API, 200, 404, 404}, {ROLE_ORIGIN, 404, 200, 404}, {ROLE_APP, 404, 404, 200}};
    for (size_t i = 0; i < 3; i++) {
        struct house house;
        house_open(&house, cases[i].role);
        assert_int_equal(house_get(&house, "/v1/titles"), cases[i].api);
        assert_int_equal(house_get(&house, "/media/the-lamplighter/3f9c/main.m3u8"),
                         cases[i].media);
        assert_int_equal(house_get(&house, "/"), cases[i].page);
        assert_int_equal(house_get(&house, "/readyz"), 200);
        house_close(&house);
    }
}

static void a_port_in_use_is_said_with_a_remedy(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    const struct service_options second = {.data = house.data,
                                           .listen = service_address(house.service),
                                           .roles = ROLE_ALL_OF_THEM,
                                           .loops = 1,
                                           .clock = clock_system()};
    struct service *service = NULL;
    struct why why = {""};
    assert_int_equal(service_open(&second, &service, &why), CONFLICT);
    assert_null(service);
    assert_non_null(strstr(why.text, "choose another port"));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_are_words),
        cmocka_unit_test(a_role_serves_its_own_paths_alone),
        cmocka_unit_test(a_port_in_use_is_said_with_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
