// SPDX-License-Identifier: Apache-2.0
#include "media/box.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES(bytes)                                                                               \
    {                                                                                              \
        (const uint8_t *)(bytes), sizeof(bytes) - 1                                                \
    }
#define SLICE(bytes) ((struct slice)BYTES(bytes))

static void walks_boxes_of_every_header_form(void **state)
{
    (void)state;
    static const char bytes[] = "\0\0\0\x0a"
                                "freeab"
                                "\0\0\0\x01mdat\0\0\0\0\0\0\0\x13"
                                "xyz"
                                "\0\0\0\x19uuid0123456789abcdef!"
                                "\0\0\0\0skip-to the end";
    struct box_walk walk = box_walk_init(SLICE(bytes), 100);
    struct box box;
    assert_int_equal(box_next(&walk, &box, NULL), OK);
    assert_int_equal(box.type, BOX_TYPE('f', 'r', 'e', 'e'));
    assert_int_equal(box.offset, 100);
    assert_true(slice_is(box.body, "ab"));
    assert_int_equal(box_next(&walk, &box, NULL), OK);
    assert_int_equal(box.header_bytes, 16);
    assert_int_equal(box.offset, 110);
    assert_true(slice_is(box.body, "xyz"));
    assert_int_equal(box_next(&walk, &box, NULL), OK);
    assert_int_equal(box.header_bytes, 24);
    assert_true(slice_is(box.body, "!"));
    assert_int_equal(box_next(&walk, &box, NULL), OK);
    assert_true(slice_is(box.body, "-to the end"));
    assert_false(box_walk_has(&walk));
}

static void refuses_boxes_that_lie_about_their_size(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        const char *part;
    } cases[] = {
        {BYTES("\0\0\0\x07moov"), "less than its header"},
        {BYTES("\0\0\0\x09moov"), "cut off: 8 of its 9 bytes"},
        {BYTES("\0\0\0\x01moov\0\0\0\0"), "cut off in its header"},
        {BYTES("\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"), "cut off"},
        {BYTES("\0\0\0\x10uuid01234567"), "less than its header"},
        {BYTES("\0\0\1"), "too few for a box"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct box_walk walk = box_walk_init(cases[i].bytes, 0);
        struct box box = {.type = 7};
        struct why why = {""};
        assert_true(box_walk_has(&walk));
        assert_int_equal(box_next(&walk, &box, &why), INVALID);
        assert_non_null(strstr(why.text, cases[i].part));
        assert_int_equal(box.type, 7);
    }
    struct box_walk end = box_walk_init(SLICE("\0\0\0\0"), 0); // QuickTime's terminator
    assert_false(box_walk_has(&end));
}

static void finds_children_behind_the_fields_of_a_container(void **state)
{
    (void)state;
    static const char bytes[] = "\0\0\0\x1cstsd\0\0\0\0\0\0\0\1"
                                "\0\0\0\x0c"
                                "abcdwxyz";
    struct box_walk walk = box_walk_init(SLICE(bytes), 0);
    struct box stsd, child;
    struct why why = {""};
    assert_int_equal(box_next(&walk, &stsd, NULL), OK);
    assert_int_equal(box_find(&stsd, BOX_TYPE('a', 'b', 'c', 'd'), &child, NULL), OK);
    assert_int_equal(child.offset, 16);
    assert_true(slice_is(child.body, "wxyz"));
    assert_int_equal(box_find(&stsd, BOX_TYPE('n', 'o', 'n', 'e'), &child, &why), NOT_FOUND);
    assert_string_equal(why.text, "the stsd box at byte 0 has no none box");
}

static void fields_past_the_end_are_zero_and_remembered(void **state)
{
    (void)state;
    struct fields fields = fields_of(SLICE("\1\0\0\2\0\0\0\3\x12\x34\x56"));
    const struct full_box full = fields_full_box(&fields);
    assert_int_equal(full.version, 1);
    assert_int_equal(full.flags, 2);
    assert_int_equal(fields_u32(&fields), 3);
    assert_int_equal(fields_u16(&fields), 0x1234);
    assert_false(fields.is_short);
    assert_int_equal(fields_u32(&fields), 0);
    assert_true(fields.is_short);
    assert_int_equal(fields_u8(&fields), 0); // what was left is gone
    const struct box box = {.type = BOX_TYPE('e', 'l', 's', 't'), .offset = 9};
    struct why why = {""};
    assert_int_equal(fields_check(&fields, &box, &why), INVALID);
    assert_string_equal(why.text, "the elst box at byte 9 is too short for its fields");
}

static void reads_and_loads_boxes_of_a_file_with_caps(void **state)
{
    (void)state;
    static const char bytes[] = "\0\0\0\x0c"
                                "ftypcmfc"
                                "\0\0\0\x20moov....";
    char path[] = "/tmp/box-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(fd_write(fd, SLICE(bytes), NULL), OK);

    struct box box, loaded;
    struct why why = {""};
    assert_int_equal(box_read(fd, 24, 0, &box, NULL), OK);
    assert_int_equal(box.size, 12);
    autobuffer small = buffer_init(11);
    assert_int_equal(box_load(fd, &box, &small, &loaded, &why), TOO_LARGE);
    autobuffer room = buffer_init(12);
    assert_int_equal(box_load(fd, &box, &room, &loaded, NULL), OK);
    assert_true(slice_is(loaded.body, "cmfc"));
    assert_int_equal(box_read(fd, 24, 12, &box, &why), INVALID);
    assert_string_equal(why.text,
                        "the moov box at byte 12 is cut off: 12 of its 32 bytes are there");
}

static void every_kind_is_listed_once(void **state)
{
    (void)state;
    char text[BOX_TYPE_TEXT_BYTES];
    assert_string_equal(box_type_text(BOX_TYPE('u', 'r', 'l', ' '), text), "url ");
    assert_string_equal(box_type_text(1, text), "0x00000001");
    assert_string_equal(box_kind_of(BOX_TYPE('m', 'o', 'o', 'f'))->meaning, "movie fragment");
    assert_null(box_kind_of(BOX_TYPE('n', 'o', 'n', 'e')));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_boxes_of_every_header_form),
        cmocka_unit_test(refuses_boxes_that_lie_about_their_size),
        cmocka_unit_test(finds_children_behind_the_fields_of_a_container),
        cmocka_unit_test(fields_past_the_end_are_zero_and_remembered),
        cmocka_unit_test(reads_and_loads_boxes_of_a_file_with_caps),
        cmocka_unit_test(every_kind_is_listed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
