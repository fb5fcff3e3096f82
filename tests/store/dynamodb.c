// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb.h"

#include "place.h"

static void values_are_written_as_dynamodb_has_them(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 255, 'a'};
    const struct {
        json_t *value;
        const char *text;
    } cases[] = {
        {dynamodb_text("a\"b"), "{\"S\":\"a\\\"b\"}"},
        {dynamodb_number(-9007199254740993), "{\"N\":\"-9007199254740993\"}"},
        {dynamodb_bytes((struct slice){bytes, sizeof bytes}), "{\"B\":\"AP9h\"}"},
        {dynamodb_bytes(slice_of("")), "{\"B\":\"\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer text = buffer_init(200);
        autojson *value = cases[i].value;
        assert_non_null(value);
        assert_ok(json_format(value, &text, &why_));
        assert_string_equal(buffer_text(&text), cases[i].text);
    }
}

static void a_number_is_whole_or_corrupt(void **state)
{
    (void)state;
    autojson *item = NULL;
    assert_ok(json_parse(slice_of("{\"a\":{\"N\":\"-7\"},\"b\":{\"N\":\"1.5\"},\"c\":{\"S\":\"1\"},"
                                  "\"d\":{\"N\":\"99999999999999999999\"},\"e\":{\"N\":\"\"}}"),
                         "the test's", &item, &why_));
    int64_t number = 77;
    assert_ok(dynamodb_take_number(item, "a", &number, &why_));
    assert_int_equal(number, -7);
    static const char *const bad[] = {"b", "c", "d", "e", "missing"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dynamodb_take_number(item, bad[i], &number, NULL), CORRUPT);
    assert_int_equal(number, -7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_dynamodb_has_them),
        cmocka_unit_test(a_number_is_whole_or_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
