// SPDX-License-Identifier: Apache-2.0
#include "media/box_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static outcome write_nested(struct buffer *bytes, struct why *why)
{
    struct box_writer writer = box_writer_init(bytes, why);
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'f'));
    full_box_begin(&writer, BOX_TYPE('m', 'f', 'h', 'd'), 1, 0x020304);
    put_u8(&writer, 5);
    put_u16(&writer, 0x0607);
    put_u24(&writer, 0x08090a);
    put_u64(&writer, 0x0b0c0d0e0f101112);
    box_end(&writer);
    put_zeros(&writer, 70);
    box_end(&writer);
    return box_writer_end(&writer);
}

static void sizes_are_filled_in_as_boxes_end(void **state)
{
    (void)state;
    static const uint8_t head[] = {0,   0,   0,   104, 'm', 'o', 'o', 'f', 0,  0, 0, 26,
                                   'm', 'f', 'h', 'd', 1,   2,   3,   4,   5,  6, 7, 8,
                                   9,   10,  11,  12,  13,  14,  15,  16,  17, 18};
    autobuffer bytes = buffer_init(4096);
    assert_int_equal(write_nested(&bytes, NULL), OK);
    assert_int_equal(bytes.len, 104);
    assert_memory_equal(bytes.at, head, sizeof head);
    for (size_t i = sizeof head; i < bytes.len; i++)
        assert_int_equal(bytes.at[i], 0);
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    for (size_t cap = 1; cap < 104; cap++) {
        autobuffer bytes = buffer_init(cap);
        struct why why = {""};
        assert_int_equal(write_nested(&bytes, &why), TOO_LARGE);
        assert_non_null(strstr(why.text, "limit"));
        assert_true(bytes.len <= cap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_filled_in_as_boxes_end),
        cmocka_unit_test(the_first_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
