// SPDX-License-Identifier: Apache-2.0
#include "base/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum shape { ROUND, SQUARE };
static const char *const shapes[] = {"round", "square"};

struct sample {
    char name[8];
    enum shape shape;
    bool is_red;
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    int64_t e;
    struct {
        uint32_t frames;
    } rate;
};

static const struct record_member members[] = {
    RECORD_TEXT(struct sample, name),       RECORD_WORD(struct sample, shape, shapes),
    RECORD_BOOL(struct sample, is_red),     RECORD_U8(struct sample, a),
    RECORD_U16(struct sample, b),           RECORD_U32(struct sample, c),
    RECORD_U64(struct sample, d),           RECORD_I64(struct sample, e),
    RECORD_U32(struct sample, rate.frames),
};
static const struct record record = RECORD("a sample", members);

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    const struct sample in = {"prime",    SQUARE,    true,      255, 65535,
                              UINT32_MAX, INT64_MAX, INT64_MIN, {24}};
    autojson *json = json_object();
    assert_int_equal(record_format(&record, &in, json, NULL), OK);
    autobuffer text = buffer_init(4096);
    assert_int_equal(json_format(json, &text, NULL), OK);
    assert_true(slice_starts(buffer_slice(&text), "{\"name\":\"prime\",\"shape\":\"square\","
                                                  "\"is_red\":true,\"a\":255,"));
    struct sample out;
    memset(&out, 0, sizeof out);
    assert_int_equal(record_parse(&record, json, &out, NULL), OK);
    assert_string_equal(out.name, in.name);
    assert_int_equal(out.shape, SQUARE);
    assert_true(out.is_red);
    assert_int_equal(out.a, in.a);
    assert_int_equal(out.b, in.b);
    assert_int_equal(out.c, in.c);
    assert_int_equal(out.d, in.d);
    assert_int_equal(out.e, in.e);
    assert_int_equal(out.rate.frames, 24);
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"name", "\"much too long\""},
        {"name", "7"},
        {"shape", "\"oval\""},
        {"is_red", "1"},
        {"a", "256"},
        {"a", "-1"},
        {"b", "65536"},
        {"c", "4294967296"},
        {"d", "-1"},
        {"e", "\"minus\""},
        {"rate.frames", "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sample in = {"prime", ROUND, false, 1, 2, 3, 4, 5, {6}};
        autojson *json = json_object();
        assert_int_equal(record_format(&record, &in, json, NULL), OK);
        json_t *value = json_loads(cases[i].value, JSON_DECODE_ANY, NULL);
        assert_int_equal(json_object_set_new(json, cases[i].key, value), 0);
        struct sample out;
        struct why why = {""};
        assert_int_equal(record_parse(&record, json, &out, &why), INVALID);
        assert_non_null(strstr(why.text, cases[i].key));
    }
}

static void text_that_is_not_utf8_is_written_as_none(void **state)
{
    (void)state;
    const struct sample in = {"\xff\xfe", ROUND, false, 1, 2, 3, 4, 5, {6}};
    autojson *json = json_object();
    assert_int_equal(record_format(&record, &in, json, NULL), OK);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(text_that_is_not_utf8_is_written_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
