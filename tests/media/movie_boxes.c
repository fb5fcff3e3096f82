// SPDX-License-Identifier: Apache-2.0
#include "media/movie_boxes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void samples_are_said_to_be_in_the_same_file(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0,   0,   0,   36,  'd', 'i', 'n', 'f', 0, 0, 0, 28,
                                       'd', 'r', 'e', 'f', 0,   0,   0,   0,   0, 0, 0, 1,
                                       0,   0,   0,   12,  'u', 'r', 'l', ' ', 0, 0, 0, 1};
    autobuffer bytes = buffer_init(64);
    struct box_writer writer = box_writer_init(&bytes, NULL);
    put_own_data(&writer);
    assert_int_equal(box_writer_end(&writer), OK);
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.at, expected, sizeof expected);
}

static void a_picture_is_shown_as_it_is(void **state)
{
    (void)state;
    autobuffer bytes = buffer_init(64);
    struct box_writer writer = box_writer_init(&bytes, NULL);
    put_unity_matrix(&writer);
    assert_int_equal(box_writer_end(&writer), OK);
    assert_int_equal(bytes.len, 36);
    // 16.16 but for the last column, 2.30
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(read_u32be(bytes.at + 4 * i), i == 8       ? 1u << 30
                                                       : i % 4 == 0 ? 1u << 16
                                                                    : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_said_to_be_in_the_same_file),
        cmocka_unit_test(a_picture_is_shown_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
