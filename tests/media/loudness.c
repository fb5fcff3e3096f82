// SPDX-License-Identifier: Apache-2.0
#include "media/loudness.h"

#include "media/box_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct box put(struct buffer *bytes, const struct loudness *loudness)
{
    struct why why = {""};
    struct box_writer writer = box_writer_init(bytes, &why);
    loudness_put(&writer, loudness);
    assert_int_equal(box_writer_end(&writer), OK);
    if (bytes->len == 0) return (struct box){.type = 0};
    struct box_walk walk = box_walk_init(buffer_slice(bytes), 0);
    struct box udta;
    assert_int_equal(box_next(&walk, &udta, &why), OK);
    return udta;
}

static void the_box_has_the_bytes_of_the_standard(void **state)
{
    (void)state;
    autobuffer bytes = buffer_init(1024);
    const struct loudness loudness = {true, true, -2300, -2425, -100};
    (void)put(&bytes, &loudness);
    // -23 LUFS is 139 steps of 0.25 above -57.75, -24.25 is 134; -1 dBTP is 672 steps below 20.
    static const uint8_t expected[] = {0,    0,   0,   41,  'u',  'd', 't', 'a', 0,    0,    0,
                                       33,   'l', 'u', 'd', 't',  0,   0,   0,   25,   't',  'l',
                                       'o',  'u', 0,   0,   0,    0,   0,   0,   0x00, 0x02, 0xa0,
                                       0x23, 2,   1,   139, 0x23, 2,   134, 0x23};
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.at, expected, sizeof expected);
}

static void what_is_written_is_read_to_a_step(void **state)
{
    (void)state;
    for (int16_t level = -5700; level <= 300; level = (int16_t)(level + 37)) {
        autobuffer bytes = buffer_init(1024);
        const struct loudness given = {true, level % 2 == 0, level, (int16_t)(level / 2),
                                       (int16_t)(level / 3)};
        struct loudness found = {.is_measured = false};
        struct why why = {""};
        const struct box udta = put(&bytes, &given);
        assert_int_equal(loudness_parse(&udta, &found, &why), OK);
        assert_true(found.is_measured);
        assert_int_equal(found.has_anchor, given.has_anchor);
        assert_in_range(abs(found.programme - given.programme), 0, 13);
        if (given.has_anchor) assert_in_range(abs(found.anchor - given.anchor), 0, 13);
        assert_in_range(abs(found.true_peak - given.true_peak), 0, 3);
    }
    autobuffer bytes = buffer_init(1024);
    const struct loudness none = {.is_measured = false};
    assert_int_equal(put(&bytes, &none).type, 0);
    assert_int_equal(bytes.len, 0);
}

static void what_is_cut_off_or_speaks_of_something_else_is_not_believed(void **state)
{
    (void)state;
    struct why why = {""};
    autobuffer bytes = buffer_init(1024);
    const struct loudness given = {true, true, -2300, -2400, -100};
    const struct box whole = put(&bytes, &given);
    // a tlou that counts more measurements than it holds
    bytes.at[34] = 9;
    struct loudness found = {.is_measured = false};
    assert_int_equal(loudness_parse(&whole, &found, &why), INVALID);
    assert_false(found.is_measured);
    // of a downmix
    bytes.at[34] = 2;
    bytes.at[28] = 1;
    assert_int_equal(loudness_parse(&whole, &found, &why), OK);
    assert_false(found.is_measured);
    // inner boxes that reach past their parent
    bytes.at[28] = 0;
    bytes.at[19] = 200;
    assert_int_equal(loudness_parse(&whole, &found, &why), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_box_has_the_bytes_of_the_standard),
        cmocka_unit_test(what_is_written_is_read_to_a_step),
        cmocka_unit_test(what_is_cut_off_or_speaks_of_something_else_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
