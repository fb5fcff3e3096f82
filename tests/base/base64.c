// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// RFC 4648 section 10, and bytes that need the last two letters.
static const struct {
    const char *bytes, *url, *padded;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "-_-_", "+/+/"},
};

static void the_vectors_of_the_standard_hold_both_ways(void **state)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const char *const texts[] = {vectors[i].url, vectors[i].padded};
        for (enum base64_form form = BASE64_URL; form <= BASE64_PADDED; form++) {
            autobuffer text = buffer_init(16);
            uint8_t bytes[8];
            size_t len;
            assert_int_equal(base64_format(form, slice_of(vectors[i].bytes), &text, NULL), OK);
            assert_true(slice_is(buffer_slice(&text), texts[form]));
            assert_int_equal(base64_parse(form, slice_of(texts[form]), bytes, 8, &len, NULL), OK);
            assert_true(slice_is((struct slice){bytes, len}, vectors[i].bytes));
        }
    }
}

static void all_bytes_of_all_lengths_come_back(void **state)
{
    struct prng prng = prng_init(7);
    for (size_t len = 0; len < 130; len++) {
        uint8_t bytes[130], back[130];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)prng_next(&prng);
        for (enum base64_form form = BASE64_URL; form <= BASE64_PADDED; form++) {
            autobuffer text = buffer_init(256);
            size_t back_len;
            assert_int_equal(base64_format(form, (struct slice){bytes, len}, &text, NULL), OK);
            assert_int_equal(base64_parse(form, buffer_slice(&text), back, len, &back_len, NULL),
                             OK);
            assert_int_equal(back_len, len);
            assert_memory_equal(back, bytes, len);
            if (form == BASE64_URL) assert_int_equal(text.len, BASE64_URL_LETTERS(len));
        }
    }
}

static void a_second_text_for_the_same_bytes_is_refused(void **state)
{
    static const char *const url[] = {"Z",     "Zg==",   "Zh",  "Zm9", "Zm+v",
                                      "Zm 9v", "Zm9v\n", "Zg=", "{}"};
    static const char *const padded[] = {
        "Zg", "Zg=", "Zh==", "Z===", "====", "Zm-_", "=Zm8", "Zg==Zg=="};
    uint8_t bytes[16];
    size_t len = 99;
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++)
        assert_int_equal(base64_parse(BASE64_URL, slice_of(url[i]), bytes, 16, &len, NULL),
                         INVALID);
    for (size_t i = 0; i < sizeof padded / sizeof padded[0]; i++)
        assert_int_equal(base64_parse(BASE64_PADDED, slice_of(padded[i]), bytes, 16, &len, NULL),
                         INVALID);
    assert_int_equal(len, 99);
}

static void what_does_not_fit_is_too_large(void **state)
{
    uint8_t bytes[2];
    size_t len;
    assert_int_equal(base64_parse(BASE64_URL, slice_of("Zm9v"), bytes, 2, &len, NULL), TOO_LARGE);
    autobuffer text = buffer_init(3);
    assert_int_equal(base64_format(BASE64_URL, slice_of("foo"), &text, NULL), TOO_LARGE);
    assert_int_equal(text.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_standard_hold_both_ways),
        cmocka_unit_test(all_bytes_of_all_lengths_come_back),
        cmocka_unit_test(a_second_text_for_the_same_bytes_is_refused),
        cmocka_unit_test(what_does_not_fit_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
