// SPDX-License-Identifier: Apache-2.0
#include "app/steering_desk.h"

#include "base/file.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SITE(id, tail) "{\"id\":\"" id "\",\"tier\":\"edge\",\"host\":\"" id ".example\"" tail "}"
#define MAP(tail)                                                                                  \
    "{\"sites\":[" SITE("one", "") "," SITE(                                                       \
        "two", tail) "],\"zones\":[{\"prefixes\":[\"127.0.0.0/"                                    \
                     "8\"],\"sites\":[\"one\",\"two\"]}],\"elsewhere\":[]}"

static char folder[] = "/tmp/steering-XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return 1;
    (void)snprintf(path, sizeof path, "%s/map.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : 1;
}

static void write_map(const char *text)
{
    assert_int_equal(file_write_atomic(path, slice_of(text), 0600, NULL), OK);
}

// How many pathways a player on this machine is given, the stored one among them.
static size_t pathways(struct house *house)
{
    assert_int_equal(house_get(house, "/v1/steering?_HLS_pathway=.&_HLS_throughput=5000000"), 200);
    assert_string_equal(house_field(house, "Content-Type"), "application/vnd.apple.steering-list");
    assert_string_equal(house_field(house, "Access-Control-Allow-Origin"), "*");
    assert_non_null(strstr(house_field(house, "Cache-Control"), "no-store"));
    json_t *json = house_json(house);
    const size_t count = json_array_size(json_object_get(json, "PATHWAY-PRIORITY"));
    assert_int_equal(json_array_size(json_object_get(json, "PATHWAY-CLONES")), count - 1);
    json_decref(json);
    return count;
}

static void a_player_is_given_the_sites_that_are_up_now(void **state)
{
    (void)state;
    struct house house;
    struct why why = {""};
    write_map(MAP(""));
    house_open_steering(&house, ROLE_STEERING, path);
    assert_int_equal(pathways(&house), 3);
    write_map(MAP(",\"is_down\":true"));
    assert_true(service_renew(house.service, &why));
    assert_int_equal(pathways(&house), 2);
    write_map("{");
    assert_false(service_renew(house.service, &why)); // said once; the map at hand stays
    assert_true(service_renew(house.service, &why));
    assert_int_equal(pathways(&house), 2);
    assert_int_equal(house_get(&house, "/media/the-lamplighter/3f9c/main.m3u8"), 404); // its role
    house_close(&house);
}

static void a_house_without_a_map_steers_nobody(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_STEERING);
    assert_int_equal(house_get(&house, "/v1/steering"), 404);
    house_close(&house);
    struct steering_desk *desk = NULL;
    assert_int_equal(steering_desk_open("/nowhere/map.json", &desk, NULL), NOT_FOUND);
    assert_null(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_player_is_given_the_sites_that_are_up_now),
        cmocka_unit_test(a_house_without_a_map_steers_nobody),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
