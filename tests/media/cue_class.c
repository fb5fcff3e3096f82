// SPDX-License-Identifier: Apache-2.0
#include "media/cue_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4096 };

static void put(struct cue_writer *writer, struct cue_style style, const char *text,
                enum cue_space space)
{
    assert_int_equal(cue_writer_text(writer, &style, slice_of(text), space, NULL), OK);
}

static const struct cue_style plain, yellow = {.colour = 0xffff00ff},
                                     loud = {.colour = 0xff8800ff,
                                             .background = 0x00000080,
                                             .size_percent = 150,
                                             .is_bold = true,
                                             .is_italic = true,
                                             .is_underlined = true};

static void runs_open_and_close_where_looks_change(void **state)
{
    (void)state;
    autobuffer out = buffer_init(ROOM);
    struct cue_writer writer = cue_writer_init(&out);
    put(&writer, plain, "a <b> & ", SPACE_COLLAPSE);
    put(&writer, yellow, "c", SPACE_COLLAPSE);
    put(&writer, yellow, "d", SPACE_COLLAPSE);
    assert_int_equal(cue_writer_break(&writer, NULL), OK);
    put(&writer, loud, "e", SPACE_COLLAPSE);
    assert_int_equal(cue_writer_finish(&writer, NULL), OK);
    assert_string_equal(buffer_text(&out), "a &lt;b&gt; &amp; <c.yellow>cd</c>\n"
                                           "<c.fg_ff8800.bg_00000080.size_150><b><i><u>e</u></i>"
                                           "</b></c>");
}

static void no_line_is_empty_or_ends_with_a_space(void **state)
{
    (void)state;
    autobuffer out = buffer_init(ROOM);
    struct cue_writer writer = cue_writer_init(&out);
    put(&writer, plain, " \n a  b\t", SPACE_COLLAPSE);
    assert_int_equal(cue_writer_break(&writer, NULL), OK);
    put(&writer, yellow, "   ", SPACE_COLLAPSE);
    assert_int_equal(cue_writer_break(&writer, NULL), OK);
    put(&writer, plain, "\n  \n  c  d  \n\n", SPACE_PRESERVE);
    assert_int_equal(cue_writer_finish(&writer, NULL), OK);
    assert_string_equal(buffer_text(&out), "a b\n  c  d");
}

static void a_cue_without_anything_to_see_is_empty(void **state)
{
    (void)state;
    autobuffer out = buffer_init(ROOM);
    assert_int_equal(buffer_put_text(&out, "before", NULL), OK);
    struct cue_writer writer = cue_writer_init(&out);
    assert_int_equal(cue_writer_tag(&writer, "<ruby>", NULL), OK);
    put(&writer, loud, " \n ", SPACE_PRESERVE);
    assert_int_equal(cue_writer_finish(&writer, NULL), OK);
    assert_string_equal(buffer_text(&out), "before");
}

static void classes_say_what_runs_look_like(void **state)
{
    (void)state;
    struct cue_style style = {0};
    assert_true(cue_class_apply(slice_of("fg_ff8800"), &style));
    assert_true(cue_class_apply(slice_of("bg_00000080"), &style));
    assert_true(cue_class_apply(slice_of("size_150"), &style));
    assert_int_equal(style.colour, 0xff8800ff);
    assert_int_equal(style.background, 0x80);
    assert_int_equal(style.size_percent, 150);
    assert_true(cue_class_apply(slice_of("bg_lime"), &style));
    assert_int_equal(style.background, 0x00ff00ff);
    static const char *const strange[] = {"loud",      "fg_",   "fg_ff88",  "fg_gggggg",
                                          "bg_orange", "size_", "size_9999"};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_false(cue_class_apply(slice_of(strange[i]), &style));
}

static void only_classes_that_players_do_not_know_are_defined_once(void **state)
{
    (void)state;
    autobuffer out = buffer_init(ROOM);
    const struct slice text =
        slice_of("<c.lime.fg_ff8800>a</c><c.fg_ff8800.size_80>b</c><c.x>c</c>");
    assert_int_equal(cue_class_define(text, 0, &out, NULL), OK);
    assert_int_equal(cue_class_define(text, 0, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "STYLE\n::cue(.fg_ff8800) { color: #ff8800ff }\n\n"
                                           "STYLE\n::cue(.size_80) { font-size: 80% }\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_open_and_close_where_looks_change),
        cmocka_unit_test(no_line_is_empty_or_ends_with_a_space),
        cmocka_unit_test(a_cue_without_anything_to_see_is_empty),
        cmocka_unit_test(classes_say_what_runs_look_like),
        cmocka_unit_test(only_classes_that_players_do_not_know_are_defined_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
