// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void grows_up_to_its_cap_and_no_further(void **state)
{
    (void)state;
    autobuffer buffer = buffer_init(1000);
    struct why why = {""};
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_put_text(&buffer, "0123456789", &why), OK);
    assert_int_equal(buffer_put_u8(&buffer, 'x', &why), TOO_LARGE);
    assert_non_null(strstr(why.text, "1000"));
    assert_int_equal(buffer.len, 1000);
    assert_memory_equal(buffer.at + 990, "0123456789", 10);
}

static void a_failed_append_changes_nothing(void **state)
{
    (void)state;
    autobuffer buffer = buffer_init(8);
    assert_int_equal(buffer_put_text(&buffer, "abc", NULL), OK);
    assert_int_equal(buffer_put_u64be(&buffer, 1, NULL), TOO_LARGE);
    assert_int_equal(buffer_format(&buffer, NULL, "%d", 123456), TOO_LARGE);
    assert_true(slice_is(buffer_slice(&buffer), "abc"));
}

static void writes_big_endian_and_patches(void **state)
{
    (void)state;
    autobuffer buffer = buffer_init(64);
    assert_int_equal(buffer_put_u32be(&buffer, 0, NULL), OK);
    assert_int_equal(buffer_put_u16be(&buffer, 0x0102, NULL), OK);
    assert_int_equal(buffer_put_u64be(&buffer, 0x1122334455667788, NULL), OK);
    buffer_patch_u32be(&buffer, 0, (uint32_t)buffer.len);
    static const uint8_t expected[] = {0,    0,    0,    14,   1,    2,    0x11,
                                       0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    assert_int_equal(buffer.len, sizeof expected);
    assert_memory_equal(buffer.at, expected, sizeof expected);
}

static void drops_from_the_front_and_formats_behind(void **state)
{
    (void)state;
    autobuffer buffer = buffer_init(4096);
    assert_int_equal(buffer_format(&buffer, NULL, "%s-%03d", "seg", 7), OK);
    buffer_drop(&buffer, 4);
    assert_string_equal(buffer_text(&buffer), "007");
    assert_int_equal(buffer.len, 3);
    buffer_release(&buffer);
    assert_int_equal(buffer_put_text(&buffer, "again", NULL), OK);
    assert_true(slice_is(buffer_slice(&buffer), "again"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_up_to_its_cap_and_no_further),
        cmocka_unit_test(a_failed_append_changes_nothing),
        cmocka_unit_test(writes_big_endian_and_patches),
        cmocka_unit_test(drops_from_the_front_and_formats_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
