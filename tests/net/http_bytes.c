// SPDX-License-Identifier: Apache-2.0
#include "net/http_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Every entry again, from the lists as the RFCs write them.
static bool in(uint8_t byte, const char *list)
{
    return byte != 0 && strchr(list, byte) != NULL;
}

static void every_byte_has_the_classes_of_the_rfcs(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t byte = (uint8_t)c;
        const bool digit = c >= '0' && c <= '9';
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        const bool pchar = digit || alpha || in(byte, "-._~!$&'()*+,;=:@%");
        assert_int_equal(byte_is(byte, BYTE_TOKEN), digit || alpha || in(byte, "!#$%&'*+-.^_`|~"));
        assert_int_equal(byte_is(byte, BYTE_VALUE), c == '\t' || (c >= ' ' && c != 0x7f));
        assert_int_equal(byte_is(byte, BYTE_PATH), pchar || c == '/');
        assert_int_equal(byte_is(byte, BYTE_QUERY), pchar || in(byte, "/?[]{}|^`"));
        assert_int_equal(byte_is(byte, BYTE_HOST), digit || alpha || in(byte, "-._~"));
        assert_int_equal(byte_is(byte, BYTE_DIGIT), digit);
        assert_int_equal(byte_is(byte, BYTE_HEX), hex);
    }
}

static void authorities_are_host_and_port_alone(void **state)
{
    (void)state;
    static const char *const good[] = {"a",        "example.com",    "example.com:80",
                                       "h:",       "127.0.0.1:8080", "[::1]",
                                       "[::1]:80", "a_b-c~d"};
    static const char *const bad[] = {"",    ":80",  "a:b", "a:80:81", "a:65536", "u@h", "a/b",
                                      "a b", "[::1", "[]",  "[::1]80", "[g]",     "a,b", "a%41"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(http_is_authority(slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(http_is_authority(slice_of(bad[i])));
}

static void escapes_are_whole(void **state)
{
    (void)state;
    assert_true(http_is_escaped(slice_of("/a%20b"), BYTE_PATH));
    assert_false(http_is_escaped(slice_of("/a%2"), BYTE_PATH));
    assert_false(http_is_escaped(slice_of("/a%2g"), BYTE_PATH));
    assert_false(http_is_escaped(slice_of("/a?b"), BYTE_PATH));
    assert_true(http_is_escaped((struct slice){NULL, 0}, BYTE_PATH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_the_classes_of_the_rfcs),
        cmocka_unit_test(authorities_are_host_and_port_alone),
        cmocka_unit_test(escapes_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
