// SPDX-License-Identifier: Apache-2.0
#include "media/box_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *fields(uint32_t type, const char *body, size_t len)
{
    const struct box box = {.type = type, .body = {(const uint8_t *)body, len}};
    return box_fields(&box);
}

static void numbers_signs_and_fixed_points_are_told(void **state)
{
    (void)state;
    autojson *pasp = fields(BOX_TYPE('p', 'a', 's', 'p'), "\0\0\0\4\0\0\0\3", 8);
    assert_int_equal(json_integer_value(json_object_get(pasp, "horizontal")), 4);
    static const char elst[] =
        "\0\0\0\0\0\0\0\2\0\0\0\7\xff\xff\xff\xff\0\1\0\0\0\0\1\0\0\0\4\0\0\1\0\0";
    autojson *edits = fields(BOX_TYPE('e', 'l', 's', 't'), elst, sizeof elst - 1);
    const json_t *first = json_array_get(json_object_get(edits, "edits"), 0);
    assert_int_equal(json_integer_value(json_object_get(first, "media_time")), -1);
    assert_true(json_real_value(json_object_get(first, "rate")) == 1.0);
}

static void key_ids_are_told_as_hex(void **state)
{
    (void)state;
    static const char tenc[] = "\1\0\0\0\0\x19\1\0"
                               "0123456789abcdef";
    autojson *told = fields(BOX_TYPE('t', 'e', 'n', 'c'), tenc, sizeof tenc - 1);
    assert_int_equal(json_integer_value(json_object_get(told, "crypt_blocks")), 1);
    assert_int_equal(json_integer_value(json_object_get(told, "skip_blocks")), 9);
    assert_string_equal(json_string_value(json_object_get(told, "key_id")),
                        "30313233343536373839616263646566");
}

static void short_boxes_say_so_and_claimed_counts_are_not_believed(void **state)
{
    (void)state;
    autojson *mfhd = fields(BOX_TYPE('m', 'f', 'h', 'd'), "\0\0\0\0\0", 5);
    assert_non_null(json_object_get(mfhd, "fault"));
    autojson *trun = fields(BOX_TYPE('t', 'r', 'u', 'n'), "\0\0\x0f\1\xff\xff\xff\xff\0\0\0\0", 12);
    assert_non_null(json_object_get(trun, "fault"));
    autojson *empty = fields(BOX_TYPE('f', 't', 'y', 'p'), "", 0);
    assert_non_null(json_object_get(empty, "fault"));
}

static void bytes_that_are_no_text_are_told_as_hex(void **state)
{
    (void)state;
    static const char hdlr[] = "\0\0\0\0\0\0\0\0vide\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe";
    autojson *told = fields(BOX_TYPE('h', 'd', 'l', 'r'), hdlr, sizeof hdlr - 1);
    assert_string_equal(json_string_value(json_object_get(told, "name")), "fffe");
}

static void boxes_without_a_teller_have_no_fields(void **state)
{
    (void)state;
    assert_null(fields(BOX_TYPE('f', 'r', 'e', 'e'), "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_signs_and_fixed_points_are_told),
        cmocka_unit_test(key_ids_are_told_as_hex),
        cmocka_unit_test(short_boxes_say_so_and_claimed_counts_are_not_believed),
        cmocka_unit_test(bytes_that_are_no_text_are_told_as_hex),
        cmocka_unit_test(boxes_without_a_teller_have_no_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
