// SPDX-License-Identifier: Apache-2.0
#include "license/clearkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// The example of Encrypted Media Extensions, section 9.1.3.
static void the_example_of_the_standard_is_read(void **state)
{
    struct clearkey_request request;
    assert_int_equal(clearkey_parse(slice_of("{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A\"],"
                                             "\"type\":\"temporary\"}"),
                                    &request, NULL),
                     OK);
    assert_int_equal(request.count, 1);
    assert_int_equal(request.kids[0].bytes[0], 0x2f);
    assert_int_equal(request.kids[0].bytes[15], 0xfc);
    assert_int_equal(request.type, CLEARKEY_TEMPORARY);
}

static void the_answer_has_the_form_of_the_standard(void **state)
{
    struct content_key keys[2] = {{.secret = {0}}, {.secret = {0}}};
    memset(keys[1].id.bytes, 0xff, KEY_ID_BYTES);
    autobuffer out = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    assert_int_equal(clearkey_format(keys, 2, CLEARKEY_PERSISTENT, &out, NULL), OK);
    assert_string_equal(buffer_text(&out),
                        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"k\":"
                        "\"AAAAAAAAAAAAAAAAAAAAAA\"},{\"kty\":\"oct\",\"kid\":"
                        "\"_____________________w\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}],"
                        "\"type\":\"persistent-license\"}");
}

static void the_most_keys_fit_in_the_answer(void **state)
{
    struct content_key keys[CLEARKEY_KIDS_MAX] = {{.secret = {1}}};
    autobuffer out = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    assert_int_equal(clearkey_format(keys, CLEARKEY_KIDS_MAX, CLEARKEY_TEMPORARY, &out, NULL), OK);
}

static void a_key_id_that_comes_twice_counts_once(void **state)
{
    struct clearkey_request request;
    assert_int_equal(clearkey_parse(slice_of("{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A\","
                                             "\"LwVHf8JLtPrv2GUXFW2v_A\"]}"),
                                    &request, NULL),
                     OK);
    assert_int_equal(request.count, 1);
}

static void what_is_no_request_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"kids\":[]}",
        "{\"kids\":\"LwVHf8JLtPrv2GUXFW2v_A\"}",
        "{\"kids\":[7]}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_\"]}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A==\"]}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_B\"]}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A\"],\"type\":\"permanent\"}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A\"],\"type\":7}",
        "{\"kids\":[\"LwVHf8JLtPrv2GUXFW2v_A\"]}x",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct clearkey_request request = {.count = 99};
        struct why why = {""};
        assert_int_equal(clearkey_parse(slice_of(wrong[i]), &request, &why), INVALID);
        assert_true(why.text[0] != '\0');
        assert_int_equal(request.count, 99);
    }
    static char large[CLEARKEY_REQUEST_BYTES_MAX + 1];
    memset(large, ' ', sizeof large);
    struct clearkey_request request;
    assert_int_equal(clearkey_parse((struct slice){(uint8_t *)large, sizeof large}, &request, NULL),
                     TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_standard_is_read),
        cmocka_unit_test(the_answer_has_the_form_of_the_standard),
        cmocka_unit_test(the_most_keys_fit_in_the_answer),
        cmocka_unit_test(a_key_id_that_comes_twice_counts_once),
        cmocka_unit_test(what_is_no_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
