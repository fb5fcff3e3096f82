// SPDX-License-Identifier: Apache-2.0
//
// Encodings: RFC 8949 appendix A.
#include "drm/cbor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct cbor_reader reader_of(const char *bytes, size_t len)
{
    return cbor_reader_init((struct slice){(const uint8_t *)bytes, len}, "the example");
}

#define READER(text) reader_of(text, sizeof(text) - 1)

static void numbers_are_those_of_the_appendix(void **state)
{
    static const struct {
        int64_t value;
        const char *hex;
    } cases[] = {
        {0, "00"},
        {23, "17"},
        {24, "1818"},
        {255, "18ff"},
        {256, "190100"},
        {1000000, "1a000f4240"},
        {-1, "20"},
        {-100, "3863"},
        {-1000, "3903e7"},
        {INT64_MAX, "1b7fffffffffffffff"},
        {INT64_MIN, "3b7fffffffffffffff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t expected[9];
        const size_t len = strlen(cases[i].hex) / 2;
        autobuffer out = buffer_init(16);
        int64_t back = 7;
        assert_int_equal(slice_hex(slice_of(cases[i].hex), expected, len, NULL), OK);
        assert_int_equal(cbor_put_int(&out, cases[i].value, NULL), OK);
        assert_int_equal(out.len, len);
        assert_memory_equal(out.at, expected, len);
        struct cbor_reader reader = cbor_reader_init(buffer_slice(&out), "a number");
        assert_int_equal(cbor_take_int(&reader, &back, NULL), OK);
        assert_true(back == cases[i].value);
        assert_int_equal(cbor_expect_end(&reader, NULL), OK);
    }
}

static void a_nested_message_reads_as_it_was_written(void **state)
{
    autobuffer out = buffer_init(64);
    uint8_t bytes[3];
    struct slice text;
    size_t count;
    assert_int_equal(cbor_put_map(&out, 1, NULL), OK);
    assert_int_equal(cbor_put_int(&out, -7, NULL), OK);
    assert_int_equal(cbor_put_array(&out, 2, NULL), OK);
    assert_int_equal(cbor_put_bytes(&out, slice_of("abc"), NULL), OK);
    assert_int_equal(cbor_put_text(&out, slice_of("\xc3\xbc"), NULL), OK);
    struct cbor_reader reader = cbor_reader_init(buffer_slice(&out), "the example");
    assert_int_equal(cbor_expect_map(&reader, 1, NULL), OK);
    assert_int_equal(cbor_expect_int(&reader, -7, NULL), OK);
    assert_int_equal(cbor_take_array(&reader, 2, &count, NULL), OK);
    assert_int_equal(count, 2);
    assert_int_equal(cbor_take_exactly(&reader, bytes, 3, NULL), OK);
    assert_int_equal(cbor_take_text(&reader, 2, &text, NULL), OK);
    assert_true(slice_is(text, "\xc3\xbc"));
    assert_int_equal(cbor_expect_end(&reader, NULL), OK);
}

static void numbers_have_one_encoding(void **state)
{
    static const char *const longer[] = {"1817", "1900ff", "1a0000ffff", "1b00000000ffffffff"};
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[9];
        const size_t len = strlen(longer[i]) / 2;
        uint64_t value;
        assert_int_equal(slice_hex(slice_of(longer[i]), bytes, len, NULL), OK);
        struct cbor_reader reader = cbor_reader_init((struct slice){bytes, len}, "the example");
        assert_int_equal(cbor_take_uint(&reader, UINT64_MAX, &value, NULL), INVALID);
    }
}

static void other_types_lengths_and_ends_are_refused(void **state)
{
    struct slice content;
    uint64_t value;
    int64_t number;
    size_t count;
    struct cbor_reader reader = READER("\x5f\x41x\xff"); // a string of indefinite length
    assert_int_equal(cbor_take_bytes(&reader, 9, &content, NULL), INVALID);
    reader = READER("\x9f\xff");
    assert_int_equal(cbor_take_array(&reader, 9, &count, NULL), INVALID);
    reader = READER("\xf6"); // null
    assert_int_equal(cbor_take_int(&reader, &number, NULL), INVALID);
    reader = READER("\xd8\x20\x00"); // a tag
    assert_int_equal(cbor_take_int(&reader, &number, NULL), INVALID);
    reader = READER("\x20");
    assert_int_equal(cbor_take_uint(&reader, 9, &value, NULL), INVALID);
    reader = READER("\x1b\x80\0\0\0\0\0\0\0");
    assert_int_equal(cbor_take_int(&reader, &number, NULL), INVALID);
    reader = READER("\x43"
                    "ab");
    assert_int_equal(cbor_take_bytes(&reader, 9, &content, NULL), INVALID);
    reader = READER("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"
                    "ab");
    assert_int_equal(cbor_take_bytes(&reader, 9, &content, NULL), INVALID);
    reader = READER("\x9b\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_int_equal(cbor_take_array(&reader, 9, &count, NULL), INVALID);
    reader = READER("\x61\xff"); // not UTF-8
    assert_int_equal(cbor_take_text(&reader, 9, &content, NULL), INVALID);
    reader = READER("");
    assert_int_equal(cbor_take_text(&reader, 9, &content, NULL), INVALID);
    reader = READER("\x00\x00");
    assert_int_equal(cbor_take_int(&reader, &number, NULL), OK);
    assert_int_equal(cbor_expect_end(&reader, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_appendix),
        cmocka_unit_test(a_nested_message_reads_as_it_was_written),
        cmocka_unit_test(numbers_have_one_encoding),
        cmocka_unit_test(other_types_lengths_and_ends_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
