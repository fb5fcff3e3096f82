// SPDX-License-Identifier: Apache-2.0
//
// network.mmdb was made by network.pl with MaxMind's own writer.
#include "net/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct network_map *open_map(void)
{
    char path[1024];
    const char *source = getenv("PRIMROSE_SOURCE");
    struct network_map *map = NULL;
    struct why why = {""};
    (void)snprintf(path, sizeof path, "%s/tests/net/network.mmdb", source == NULL ? "." : source);
    if (network_open(path, &map, &why) != OK) fail_msg("%s", why.text);
    return map;
}

static void addresses_have_the_network_they_are_in(void **state)
{
    (void)state;
    static const struct {
        const char *address, *known, *unknown; // with the map, and without
    } cases[] = {
        {"192.0.2.1", "AS64496 Example Net", "192.0.2.0/24"},
        {"::ffff:192.0.2.9", "AS64496 Example Net", "192.0.2.0/24"},
        {"198.51.100.1", "AS64497", "198.51.100.0/24"},
        {"198.51.100.200", "198.51.100.0/24", "198.51.100.0/24"},
        {"2001:db8:5:6::1", "AS64498 Kabel S??d", "2001:db8:5::/48"},
        {"127.0.0.1", "127.0.0.0/24", "127.0.0.0/24"},
    };
    struct network_map *map = open_map();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address;
        char out[NETWORK_BYTES];
        assert_int_equal(address_parse(slice_of(cases[i].address), &address, NULL), OK);
        assert_string_equal(network_of(map, &address, out), cases[i].known);
        assert_string_equal(network_of(NULL, &address, out), cases[i].unknown);
    }
    network_close(&map);
    assert_null(map);
}

static void a_long_name_is_cut_and_no_address_has_none(void **state)
{
    (void)state;
    struct network_map *map = open_map();
    struct address address;
    char out[NETWORK_BYTES];
    assert_int_equal(address_parse(slice_of("203.0.113.7"), &address, NULL), OK);
    assert_int_equal(strlen(network_of(map, &address, out)), NETWORK_BYTES - 1);
    const struct address none = {.len = 0};
    assert_string_equal(network_of(map, &none, out), "");
    network_close(&map);
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    struct network_map *map = NULL;
    struct why why = {""};
    assert_int_equal(network_open("/nonexistent.mmdb", &map, &why), NOT_FOUND);
    assert_int_equal(network_open("/proc/self/exe", &map, &why), INVALID);
    assert_non_null(strstr(why.text, "MMDB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_the_network_they_are_in),
        cmocka_unit_test(a_long_name_is_cut_and_no_address_has_none),
        cmocka_unit_test(what_is_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
