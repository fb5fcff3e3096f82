// SPDX-License-Identifier: Apache-2.0
#include "net/client_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *client_of(const char *trusted, const char *peer, const char *const *lines)
{
    static char text[ADDRESS_TEXT_BYTES];
    struct trusted_proxies proxies;
    struct address from;
    struct http_request request = {.field_count = 0};
    assert_int_equal(trusted_proxies_parse(trusted, &proxies, NULL), OK);
    assert_int_equal(address_parse(slice_of(peer), &from, NULL), OK);
    for (size_t i = 0; lines[i] != NULL; i++)
        request.fields[request.field_count++] =
            (struct http_field){.name = slice_of("X-Forwarded-For"), .value = slice_of(lines[i])};
    const struct address client = client_address(&proxies, from, &request);
    return address_format(&client, text);
}

static void only_what_a_proxy_of_ours_wrote_counts(void **state)
{
    static const struct {
        const char *trusted, *peer, *lines[3], *client;
    } cases[] = {
        {"", "203.0.113.7", {"6.6.6.6"}, "203.0.113.7"},
        {"10.0.0.0/8", "203.0.113.7", {"6.6.6.6"}, "203.0.113.7"},
        {"10.0.0.0/8", "10.0.0.4", {NULL}, "10.0.0.4"},
        {"10.0.0.0/8", "10.0.0.4", {"203.0.113.7"}, "203.0.113.7"},
        {"10.0.0.0/8", "10.0.0.4", {"6.6.6.6, 203.0.113.7, 10.0.0.9"}, "203.0.113.7"},
        {"10.0.0.0/8", "10.0.0.4", {"6.6.6.6, 203.0.113.7", "10.0.0.9"}, "203.0.113.7"},
        {"10.0.0.0/8, 192.0.2.1", "192.0.2.1", {"2001:db8::7"}, "2001:db8::7"},
        {"10.0.0.0/8", "10.0.0.4", {"unknown"}, "10.0.0.4"},
        {"10.0.0.0/8", "10.0.0.4", {"203.0.113.7, , 10.0.0.9"}, "10.0.0.9"},
        {"10.0.0.0/8", "10.0.0.4", {"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(client_of(cases[i].trusted, cases[i].peer, cases[i].lines),
                            cases[i].client);
}

static void a_list_without_end_ends(void **state)
{
    static char list[4096];
    for (int i = 0; i < 100; i++) {
        char entry[32];
        (void)snprintf(entry, sizeof entry, "%s10.0.1.%d", i == 0 ? "" : ",", i);
        (void)strncat(list, entry, sizeof list - strlen(list) - 1);
    }
    const char *const lines[] = {list, NULL};
    assert_string_equal(client_of("10.0.0.0/8", "10.0.0.4", lines), "10.0.1.84"); // 16 hops
}

static void a_list_of_proxies_names_its_fault(void **state)
{
    struct trusted_proxies proxies = {.count = 7};
    struct why why = {""};
    assert_int_equal(trusted_proxies_parse("10.0.0.0/8, load-balancer", &proxies, &why), INVALID);
    assert_non_null(strstr(why.text, "load-balancer"));
    assert_int_equal(proxies.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_a_proxy_of_ours_wrote_counts),
        cmocka_unit_test(a_list_without_end_ends),
        cmocka_unit_test(a_list_of_proxies_names_its_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
