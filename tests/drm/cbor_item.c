// SPDX-License-Identifier: Apache-2.0
#include "drm/cbor_item.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct slice hex(const char *text, uint8_t *out)
{
    const size_t len = strlen(text) / 2;
    assert_int_equal(slice_hex(slice_of(text), out, len, NULL), OK);
    return (struct slice){out, len};
}

// RFC 8949, appendix A.
static void the_standards_examples_are_read(void **state)
{
    static const struct {
        const char *hex;
        enum cbor_kind kind;
        int64_t number;
        uint64_t count;
    } cases[] = {
        {"00", CBOR_UINT, 0, 0},
        {"17", CBOR_UINT, 23, 0},
        {"1818", CBOR_UINT, 24, 0},
        {"1903e8", CBOR_UINT, 1000, 0},
        {"1b000000e8d4a51000", CBOR_UINT, 1000000000000, 0},
        {"20", CBOR_NEGINT, -1, 0},
        {"3863", CBOR_NEGINT, -100, 0},
        {"3903e7", CBOR_NEGINT, -1000, 0},
        {"80", CBOR_ARRAY, 0, 0},
        {"83010203", CBOR_ARRAY, 0, 3},
        {"a201020304", CBOR_MAP, 0, 2},
        {"c11a514b67b0", CBOR_TAG, 0, 1},
        {"f5", CBOR_OTHER, 0, 0},
        {"f6", CBOR_OTHER, 0, 0},
    };
    (void)state;
    uint8_t bytes[32];
    struct cbor_item item;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice rest = hex(cases[i].hex, bytes);
        assert_int_equal(cbor_item_take(&rest, &item, NULL), OK);
        assert_int_equal(item.kind, cases[i].kind);
        assert_int_equal(item.number, cases[i].number);
        assert_int_equal(item.count, cases[i].count);
    }
    struct slice rest = hex("fb3ff199999999999a", bytes);
    assert_int_equal(cbor_item_take(&rest, &item, NULL), OK);
    assert_int_equal(item.kind, CBOR_FLOAT);
    assert_true(item.real > 1.09 && item.real < 1.11);
    rest = hex("6449455446", bytes);
    assert_int_equal(cbor_item_take(&rest, &item, NULL), OK);
    assert_true(item.kind == CBOR_TEXT && slice_is(item.bytes, "IETF"));
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",                   // nothing
        "18",                 // cut off
        "5f42010243030405ff", // bytes of indefinite length
        "9f01ff",             // array likewise
        "bf6161f5ff",         // map likewise
        "ff",                 // a break with nothing to break
        "62c328",             // not UTF-8
        "1bffffffffffffffff", // past int64
        "3bffffffffffffffff",
        "5bffffffffffffffff00", // more bytes than there are
        "1c",                   // reserved
    };
    (void)state;
    uint8_t bytes[32];
    struct cbor_item item;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct slice rest = hex(wrong[i], bytes);
        const size_t len = rest.len;
        assert_int_equal(cbor_item_take(&rest, &item, NULL), INVALID);
        assert_int_equal(rest.len, len);
    }
}

static void skipping_takes_all_that_is_inside_and_no_more(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct slice whole, rest = hex("a26161820102c1a1010205"
                                   "07",
                                   bytes);
    // {"a": [1, 2], 1({1: 2}): 5}, 7
    assert_int_equal(cbor_item_skip(&rest, &whole, NULL), OK);
    assert_int_equal(whole.len, 11);
    assert_int_equal(rest.len, 1);
    rest = hex("8181818181818101", bytes); // seven deep
    assert_int_equal(cbor_item_skip(&rest, NULL, NULL), OK);
    rest = hex("818181818181818101", bytes);
    assert_int_equal(cbor_item_skip(&rest, NULL, NULL), INVALID);
    rest = hex("9bffffffffffffffff", bytes); // an array of everything
    assert_int_equal(cbor_item_skip(&rest, NULL, NULL), INVALID);
    rest = hex("bb800000000000000000", bytes); // twice the pairs overflow
    assert_int_equal(cbor_item_skip(&rest, NULL, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples_are_read),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(skipping_takes_all_that_is_inside_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
