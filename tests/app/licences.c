// SPDX-License-Identifier: Apache-2.0
#include "app/licences.h"

#include "store/stores.h"

#include "../store/place.h"

struct room {
    char data[128];
    struct stores stores;
};

static int open_room(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    folder_new(room->data);
    assert_ok(stores_open(&room->stores, room->data, clock_system(), &why_));
    *state = room;
    return 0;
}

static int close_room(void **state)
{
    struct room *room = *state;
    stores_close(&room->stores);
    assert_ok(folder_remove(room->data, &why_));
    free(room);
    return 0;
}

static outcome open_with(struct room *room, const struct licence_settings *settings, unsigned roles,
                         struct why *why)
{
    static const struct places nowhere;
    struct licences *licences = NULL;
    const outcome result = licences_open(settings, room->data, roles, &room->stores, &nowhere,
                                         clock_system(), &licences, why);
    licences_close(&licences);
    return result;
}

static bool has_file(const struct room *room, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/keys/%s", room->data, name);
    return path_exists(path);
}

static void a_role_opens_only_what_it_needs(void **state)
{
    struct room *room = *state;
    static const struct licence_settings plain = {.url = ""};
    assert_ok(open_with(room, &plain, ROLE_API, &why_));
    assert_true(has_file(room, "entitlement.pem"));
    assert_false(has_file(room, "ring")); // the api cannot open a content key
    assert_ok(open_with(room, &plain, ROLE_LICENSE, &why_));
    assert_true(has_file(room, "ring"));
    assert_true(has_file(room, "licence.pem"));
}

static void public_halves_are_enough_for_licences_and_too_little_for_the_api(void **state)
{
    struct room *room = *state;
    char private_path[200], public_path[200];
    autobuffer text = buffer_init(4096);
    autoentitlementkeys *keys = NULL;
    (void)snprintf(private_path, sizeof private_path, "%s/e.pem", room->data);
    (void)snprintf(public_path, sizeof public_path, "%s/e.public.pem", room->data);
    assert_ok(entitlement_keys_ensure(private_path, &why_));
    assert_ok(entitlement_keys_load(private_path, &keys, &why_));
    assert_ok(entitlement_keys_public(keys, &text, &why_));
    assert_ok(file_write_atomic(public_path, buffer_slice(&text), 0644, &why_));
    const struct licence_settings settings = {.entitlement_keys = public_path};
    struct why why = {""};
    assert_ok(open_with(room, &settings, ROLE_LICENSE, &why_));
    assert_int_equal(open_with(room, &settings, ROLE_API, &why), DENIED);
    assert_non_null(strstr(why.text, "e.public.pem"));
}

static void a_class_that_is_none_is_said_with_those_there_are(void **state)
{
    struct room *room = *state;
    const struct licence_settings settings = {.browser_class = "8k"};
    struct why why = {""};
    assert_int_equal(open_with(room, &settings, ROLE_LICENSE, &why), INVALID);
    assert_non_null(strstr(why.text, "uhd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_role_opens_only_what_it_needs, open_room, close_room),
        cmocka_unit_test_setup_teardown(
            public_halves_are_enough_for_licences_and_too_little_for_the_api, open_room,
            close_room),
        cmocka_unit_test_setup_teardown(a_class_that_is_none_is_said_with_those_there_are,
                                        open_room, close_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
