// SPDX-License-Identifier: Apache-2.0
#include "delivery/steering.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SITES                                                                                      \
    "\"sites\":["                                                                                  \
    "{\"id\":\"cdn\",\"tier\":\"cdn\",\"host\":\"d1.cdn.example\"},"                               \
    "{\"id\":\"isp-7\",\"tier\":\"isp\",\"host\":\"c7.isp.example\"},"                             \
    "{\"id\":\"fra-1\",\"tier\":\"edge\",\"host\":\"fra1.example\",\"weight\":3},"                 \
    "{\"id\":\"fra-2\",\"tier\":\"edge\",\"host\":\"fra2.example\"},"                              \
    "{\"id\":\"ams\",\"tier\":\"edge\",\"host\":\"ams.example\",\"is_down\":true}]"
#define MAP                                                                                        \
    "{\"ttl_s\":60," SITES ",\"zones\":["                                                          \
    "{\"prefixes\":[\"192.0.2.0/24\",\"2001:db8::/32\"],\"sites\":[\"cdn\",\"isp-7\",\"fra-1\"]}," \
    "{\"prefixes\":[\"192.0.2.128/25\"],\"sites\":[\"ams\",\"cdn\"]}],"                            \
    "\"elsewhere\":[\"fra-1\",\"fra-2\",\"ams\",\"cdn\"]}"

static struct steering_map *map_of(const char *text)
{
    struct steering_map *map = NULL;
    struct why why = {""};
    if (steering_map_parse(slice_of(text), "map", &map, &why) != OK) fail_msg("%s", why.text);
    return map;
}

// The ids, with spaces between them.
static const char *chosen(const struct steering_map *map, const char *client)
{
    static char ids[512];
    struct address address = {.len = 0};
    struct steering_choice choice;
    size_t len = 0;
    if (client[0] != '\0') assert_int_equal(address_parse(slice_of(client), &address, NULL), OK);
    steering_choose(map, &address, &choice);
    ids[0] = '\0';
    for (size_t i = 0; i < choice.count; i++)
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%s", i == 0 ? "" : " ",
                                choice.sites[i]->id);
    return ids;
}

static void the_longest_prefix_gives_the_sites_nearest_tier_first(void **state)
{
    (void)state;
    autosteering *map = map_of(MAP);
    assert_string_equal(chosen(map, "192.0.2.1"), "isp-7 fra-1 cdn");
    assert_string_equal(chosen(map, "192.0.2.127"), "isp-7 fra-1 cdn");
    assert_string_equal(chosen(map, "192.0.2.128"), "cdn"); // the longer prefix; ams is down
    assert_string_equal(chosen(map, "2001:db8:ffff::1"), "isp-7 fra-1 cdn");
    assert_non_null(strstr(chosen(map, "2001:db9::1"), "fra-2"));
    assert_non_null(strstr(chosen(map, "198.51.100.1"), "fra-2"));
    assert_non_null(strstr(chosen(map, ""), "fra-2"));
}

// By weight, 3 to 1, over networks; and a network stays where it is.
static void a_tier_is_spread_by_weight_over_networks(void **state)
{
    enum { NETWORKS = 4000 };
    (void)state;
    autosteering *map = map_of(MAP);
    char client[ADDRESS_TEXT_BYTES], first[512];
    int heavy = 0;
    for (int i = 0; i < NETWORKS; i++) {
        (void)snprintf(client, sizeof client, "10.%d.%d.1", i / 256, i % 256);
        (void)snprintf(first, sizeof first, "%s", chosen(map, client));
        heavy += strncmp(first, "fra-1 ", 6) == 0;
        (void)snprintf(client, sizeof client, "10.%d.%d.200", i / 256, i % 256);
        assert_string_equal(chosen(map, client), first);
    }
    assert_in_range(heavy, NETWORKS * 72 / 100, NETWORKS * 78 / 100);
}

static void the_document_clones_the_stored_pathway(void **state)
{
    (void)state;
    autosteering *map = map_of(MAP);
    struct address client;
    struct steering_choice choice;
    autobuffer text = buffer_init(STEERING_DOCUMENT_BYTES_MAX);
    assert_int_equal(address_parse(slice_of("192.0.2.1"), &client, NULL), OK);
    steering_choose(map, &client, &choice);
    assert_int_equal(steering_document(map, &choice, &text, NULL), OK);
    assert_string_equal(
        buffer_text(&text),
        "{\"VERSION\":1,\"TTL\":60,\"PATHWAY-PRIORITY\":[\"isp-7\",\"fra-1\",\"cdn\",\".\"],"
        "\"PATHWAY-CLONES\":["
        "{\"BASE-ID\":\".\",\"ID\":\"isp-7\",\"URI-REPLACEMENT\":{\"HOST\":\"c7.isp.example\"}"
        "},"
        "{\"BASE-ID\":\".\",\"ID\":\"fra-1\",\"URI-REPLACEMENT\":{\"HOST\":\"fra1.example\"}},"
        "{\"BASE-ID\":\".\",\"ID\":\"cdn\",\"URI-REPLACEMENT\":{\"HOST\":\"d1.cdn.example\"}}]}");
}

static void maps_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "{" SITES "}",
        "{" SITES ",\"zones\":[]}",
        "{" SITES ",\"zones\":[],\"elsewhere\":[\"nowhere\"]}",
        "{\"ttl_s\":0," SITES ",\"zones\":[],\"elsewhere\":[]}",
        "{" SITES ",\"zones\":[{\"prefixes\":[\"1.2.3.4/40\"],\"sites\":[]}],\"elsewhere\":[]}",
        "{" SITES ",\"zones\":[{\"prefixes\":[\"10.0.0.0/8\",\"10.9.0.0/8\"],\"sites\":[]}],"
        "\"elsewhere\":[]}",
        "{\"sites\":[{\"id\":\"a\",\"tier\":\"moon\",\"host\":\"h\"}],\"zones\":[],"
        "\"elsewhere\":[]}",
        "{\"sites\":[{\"id\":\"a\",\"tier\":\"cdn\",\"host\":\"h/x\"}],\"zones\":[],"
        "\"elsewhere\":[]}",
        "{\"sites\":[{\"id\":\"a\",\"tier\":\"cdn\",\"host\":\"h:8443\"}],\"zones\":[],"
        "\"elsewhere\":[]}",
        "{\"sites\":[{\"id\":\".\",\"tier\":\"cdn\",\"host\":\"h\"}],\"zones\":[],"
        "\"elsewhere\":[]}",
    };
    (void)state;
    struct steering_map *map = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (steering_map_parse(slice_of(wrong[i]), "map", &map, NULL) != INVALID)
            fail_msg("%s", wrong[i]);
    assert_null(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_prefix_gives_the_sites_nearest_tier_first),
        cmocka_unit_test(a_tier_is_spread_by_weight_over_networks),
        cmocka_unit_test(the_document_clones_the_stored_pathway),
        cmocka_unit_test(maps_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
