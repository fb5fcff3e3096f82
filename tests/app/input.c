// SPDX-License-Identifier: Apache-2.0
#include "app/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct form {
    char name[8], style[24];
    bool is_big;
    uint32_t count;
    int64_t at_ms;
};

static const struct input_field fields[] = {
    INPUT_FIELD(struct form, name, "name", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct form, style, "style", INPUT_OBJECT, INPUT_OPTIONAL, 0, 0),
    INPUT_FIELD(struct form, is_big, "is_big", INPUT_BOOL, INPUT_OPTIONAL, 0, 0),
    INPUT_FIELD(struct form, count, "count", INPUT_U32, INPUT_OPTIONAL, 1, 9),
    INPUT_FIELD(struct form, at_ms, "at", INPUT_TIME, INPUT_OPTIONAL, 0, 0),
};

static outcome read(const char *text, struct form *form, struct input_fault *fault)
{
    autojson *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return input_read(json, fields, INPUT_COUNT(fields), form, fault, NULL);
}

static void a_body_is_read_by_its_table(void **state)
{
    (void)state;
    struct form form = {.count = 4};
    struct input_fault fault;
    assert_int_equal(read("{\"name\":\"ada\",\"is_big\":true,\"style\":{\"a\":1},"
                          "\"at\":\"2026-11-21T11:12:43.5Z\"}",
                          &form, &fault),
                     OK);
    assert_string_equal(form.name, "ada");
    assert_string_equal(form.style, "{\"a\":1}");
    assert_true(form.is_big);
    assert_int_equal(form.count, 4); // was not sent
    assert_int_equal(form.at_ms, 1795259563500);
    assert_string_equal(fault.pointer, "");
}

static void a_fault_points_to_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pointer;
    } cases[] = {
        {"{}", "/name"},
        {"[]", ""},
        {"{\"name\":7}", "/name"},
        {"{\"name\":\"\"}", "/name"},
        {"{\"name\":\"too long by far\"}", "/name"},
        {"{\"name\":\"a\",\"count\":0}", "/count"},
        {"{\"name\":\"a\",\"count\":10}", "/count"},
        {"{\"name\":\"a\",\"count\":\"1\"}", "/count"},
        {"{\"name\":\"a\",\"is_big\":1}", "/is_big"},
        {"{\"name\":\"a\",\"style\":[]}", "/style"},
        {"{\"name\":\"a\",\"style\":{\"a\":\"far too long for it\"}}", "/style"},
        {"{\"name\":\"a\",\"at\":\"yesterday\"}", "/at"},
        {"{\"name\":\"a\",\"at\":7}", "/at"},
        {"{\"name\":\"a\",\"cout\":1}", "/cout"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct form form = {.count = 1};
        struct input_fault fault = {"?"};
        assert_int_equal(read(cases[i].text, &form, &fault), INVALID);
        assert_string_equal(fault.pointer, cases[i].pointer);
    }
}

static void sentences_of_shapes_become_pointers(void **state)
{
    (void)state;
    struct input_fault fault;
    input_pointer_of("the request: avails[2].from must be a text", &fault);
    assert_string_equal(fault.pointer, "/avails/2/from");
    input_pointer_of("title.json: a is b", &fault);
    assert_string_equal(fault.pointer, "");
    input_pointer_of("the request must be an object", &fault);
    assert_string_equal(fault.pointer, "");
}

static void times_are_strict(void **state)
{
    (void)state;
    int64_t ms;
    assert_int_equal(time_parse("1970-01-01T00:00:01Z", &ms, NULL), OK);
    assert_int_equal(ms, 1000);
    assert_int_equal(time_parse("1970-01-01T00:00:01.0029Z", &ms, NULL), OK);
    assert_int_equal(ms, 1002);
    static const char *const bad[] = {"", "2026-11-21", "2026-11-21T11:12:43",
                                      "2026-11-21T11:12:43+01"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(time_parse(bad[i], &ms, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_read_by_its_table),
        cmocka_unit_test(a_fault_points_to_its_field),
        cmocka_unit_test(sentences_of_shapes_become_pointers),
        cmocka_unit_test(times_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
