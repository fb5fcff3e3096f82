// SPDX-License-Identifier: Apache-2.0
#include "net/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct http_request request;

static struct http_exchange asked(const char *peer, const char *forwarded)
{
    struct http_exchange exchange = {.request = &request};
    request.fields[0].name = slice_of("X-Forwarded-For");
    request.fields[0].value = slice_of(forwarded);
    request.field_count = 1;
    assert_int_equal(address_parse(slice_of(peer), &exchange.peer, NULL), OK);
    return exchange;
}

static void a_country_is_that_of_the_client_behind_our_proxies(void **state)
{
    (void)state;
    char map[1024], country[TERRITORY_BYTES];
    const char *source = getenv("PRIMROSE_SOURCE");
    struct places places;
    (void)snprintf(map, sizeof map, "%s/tests/net/territory.mmdb", source == NULL ? "." : source);
    assert_int_equal(places_open("10.0.0.0/8", map, &places, NULL), OK);
    struct http_exchange exchange = asked("10.0.0.4", "198.51.100.1, 192.0.2.1");
    struct address client = places_client(&places, &exchange);
    assert_string_equal(places_country(&places, &client, country), "DE");
    exchange = asked("203.0.113.9", "192.0.2.1"); // says so itself
    client = places_client(&places, &exchange);
    assert_string_equal(places_country(&places, &client, country), "");
    places_close(&places);
}

static void without_settings_the_peer_is_the_client_and_nowhere(void **state)
{
    (void)state;
    char country[TERRITORY_BYTES], text[ADDRESS_TEXT_BYTES];
    struct places places;
    assert_int_equal(places_open(NULL, "", &places, NULL), OK);
    const struct http_exchange exchange = asked("192.0.2.1", "198.51.100.1");
    const struct address client = places_client(&places, &exchange);
    assert_string_equal(address_format(&client, text), "192.0.2.1");
    assert_string_equal(places_country(&places, &client, country), "");
    places_close(&places);
    assert_int_equal(places_open("10.0.0.0/40", NULL, &places, NULL), INVALID);
    assert_int_equal(places_open("", "/nonexistent.mmdb", &places, NULL), NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_country_is_that_of_the_client_behind_our_proxies),
        cmocka_unit_test(without_settings_the_peer_is_the_client_and_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
