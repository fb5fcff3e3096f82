// SPDX-License-Identifier: Apache-2.0
//
// territory.mmdb was made by territory.pl with MaxMind's own writer.
#include "net/territory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct territory_map *open_map(void)
{
    char path[1024];
    const char *source = getenv("PRIMROSE_SOURCE");
    struct territory_map *map = NULL;
    struct why why = {""};
    (void)snprintf(path, sizeof path, "%s/tests/net/territory.mmdb", source == NULL ? "." : source);
    if (territory_open(path, &map, &why) != OK) fail_msg("%s", why.text);
    return map;
}

static void addresses_have_the_country_they_are_used_in(void **state)
{
    static const struct {
        const char *address, *territory;
    } cases[] = {
        {"192.0.2.1", "DE"},    {"192.0.2.255", "DE"},  {"192.0.3.0", ""},
        {"198.51.100.1", "FR"}, {"198.51.100.200", ""}, {"2001:db8::1", "AT"},
        {"2001:db9::1", ""},    {"127.0.0.1", ""},      {"::ffff:192.0.2.9", "DE"},
    };
    struct territory_map *map = open_map();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address;
        char out[TERRITORY_BYTES];
        assert_int_equal(address_parse(slice_of(cases[i].address), &address, NULL), OK);
        assert_string_equal(territory_of(map, &address, out), cases[i].territory);
        assert_string_equal(territory_of(NULL, &address, out), "");
    }
    const struct address none = {.len = 0};
    char out[TERRITORY_BYTES];
    assert_string_equal(territory_of(map, &none, out), "");
    territory_close(&map);
    assert_null(map);
}

static void what_is_no_map_is_refused(void **state)
{
    struct territory_map *map = NULL;
    struct why why = {""};
    assert_int_equal(territory_open("/nonexistent.mmdb", &map, &why), NOT_FOUND);
    assert_int_equal(territory_open("/proc/self/exe", &map, &why), INVALID);
    assert_non_null(strstr(why.text, "MMDB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_the_country_they_are_used_in),
        cmocka_unit_test(what_is_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
