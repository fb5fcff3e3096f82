// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static bool has(const char *prefix_text, const char *address_text)
{
    struct prefix prefix;
    struct address address;
    assert_int_equal(prefix_parse(slice_of(prefix_text), &prefix, NULL), OK);
    assert_int_equal(address_parse(slice_of(address_text), &address, NULL), OK);
    return prefix_has(&prefix, &address);
}

static void prefixes_hold_their_addresses_and_no_others(void **state)
{
    (void)state;
    assert_true(has("192.0.2.0/24", "192.0.2.255"));
    assert_false(has("192.0.2.0/24", "192.0.3.0"));
    assert_true(has("192.0.2.9/31", "192.0.2.8")); // bits behind the prefix do not count
    assert_false(has("192.0.2.8/31", "192.0.2.10"));
    assert_true(has("203.0.113.7", "203.0.113.7"));
    assert_true(has("0.0.0.0/0", "203.0.113.7"));
    assert_false(has("0.0.0.0/0", "2001:db8::1")); // another family
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("192.0.2.0/24", "::ffff:192.0.2.1")); // mapped
    assert_false(prefix_has(&(struct prefix){.address.len = 4}, &(struct address){.len = 0}));
}

static void texts_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",    "192.0.2",      "192.0.2.256", "192.0.2.0/33", "::/129",  "192.0.2.0/",
        "a/8", "192.0.2.0/-1", "1.2.3.4/8/9", "12345::",      " 1.2.3.4"};
    (void)state;
    struct prefix prefix;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(prefix_parse(slice_of(wrong[i]), &prefix, NULL), INVALID);
    assert_false(prefix_of_bytes(slice_of("12345"), 4, 32, &prefix));
    assert_false(prefix_of_bytes(slice_of("1234"), 4, 33, &prefix));
}

static void sockets_say_whom_they_talk_to(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT_BYTES];
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_int_equal(inet_pton(AF_INET, "203.0.113.9", &four.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::9", &six.sin6_addr), 1);
    struct address address = address_of((const struct sockaddr *)&four);
    assert_string_equal(address_format(&address, text), "203.0.113.9");
    address = address_of((const struct sockaddr *)&six);
    assert_string_equal(address_format(&address, text), "2001:db8::9");
    address = address_of((const struct sockaddr *)&local);
    assert_string_equal(address_format(&address, text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_hold_their_addresses_and_no_others),
        cmocka_unit_test(texts_that_are_none_are_refused),
        cmocka_unit_test(sockets_say_whom_they_talk_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
