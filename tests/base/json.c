// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void strictness_is_kept(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"a\":1,}", "{'a':1}", "{\"a\":1} x", "{\"a\":1,\"a\":2}", "\"\xff\"", "", "[1", "nul"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        json_t *out = NULL;
        struct why why = {""};
        assert_int_equal(json_parse(slice_of(refused[i]), "test.json", &out, &why), INVALID);
        assert_null(out);
        assert_non_null(strstr(why.text, "test.json"));
    }
}

static void members_are_checked_by_type_and_range(void **state)
{
    (void)state;
    autojson *object = NULL;
    assert_int_equal(json_parse(slice_of("{\"name\":\"x\",\"n\":5,\"list\":[],\"none\":null}"), "t",
                                &object, NULL),
                     OK);
    const char *text = "kept";
    int64_t number = 9;
    json_t *list = NULL;
    assert_int_equal(json_text(object, "t", "n", &text, NULL), INVALID);
    assert_int_equal(json_text(object, "t", "gone", &text, NULL), INVALID);
    assert_int_equal(json_text_optional(object, "t", "none", &text, NULL), OK);
    assert_string_equal(text, "kept");
    assert_int_equal(json_text(object, "t", "name", &text, NULL), OK);
    assert_string_equal(text, "x");
    assert_int_equal(json_integer_in(object, "t", "n", 6, 10, &number, NULL), INVALID);
    assert_int_equal(json_integer_in(object, "t", "gone", 0, 10, &number, NULL), INVALID);
    assert_int_equal(json_integer_optional(object, "t", "gone", 0, 10, &number, NULL), OK);
    assert_int_equal(number, 9);
    assert_int_equal(json_integer_in(object, "t", "n", 0, 10, &number, NULL), OK);
    assert_int_equal(number, 5);
    assert_int_equal(json_array_of(object, "t", "list", &list, NULL), OK);
    assert_int_equal(json_array_of(object, "t", "name", &list, NULL), INVALID);
}

static void formats_within_the_cap(void **state)
{
    (void)state;
    autojson *object = json_pack("{s:s, s:i}", "b", "\u00e9\"", "a", 1);
    autobuffer out = buffer_init(100), small = buffer_init(5);
    assert_int_equal(json_format(object, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "{\"b\":\"\u00e9\\\"\",\"a\":1}");
    assert_int_equal(json_format(object, &small, NULL), TOO_LARGE);
    assert_int_equal(small.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strictness_is_kept),
        cmocka_unit_test(members_are_checked_by_type_and_range),
        cmocka_unit_test(formats_within_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
