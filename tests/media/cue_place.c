// SPDX-License-Identifier: Apache-2.0
#include "media/cue_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void formats_as(struct cue_place place, const char *wanted)
{
    autobuffer out = buffer_init(1024);
    assert_int_equal(cue_place_format(&place, &out, NULL), OK);
    const char *got = buffer_text(&out);
    assert_string_equal(got == NULL ? "" : got, wanted);
}

static void a_box_is_an_edge_a_width_and_an_alignment(void **state)
{
    (void)state;
    formats_as((struct cue_place){.is_given = false}, "");
    struct cue_place place = {
        .is_given = true, .x = 1000, .y = 2050, .width = 8000, .height = 3005};
    formats_as(place, " line:50.55%,end size:80%");
    place.anchor = ANCHOR_TOP;
    place.align = ALIGN_LEFT;
    formats_as(place, " line:20.5% position:10% size:80% align:left");
    place.anchor = ANCHOR_MIDDLE;
    place.align = ALIGN_END;
    formats_as(place, " line:35.52%,center position:90% size:80% align:end");
    place.writing = WRITING_VERTICAL_RL;
    place.anchor = ANCHOR_TOP;
    formats_as(place, " vertical:rl line:10% position:50.55% size:30.05% align:end");
}

static void settings_come_back_as_the_box_they_came_from(void **state)
{
    (void)state;
    // A box that reaches to the picture's far side loses nothing.
    static const struct cue_place places[] = {
        {.is_given = true,
         .x = 1000,
         .y = 7000,
         .width = 6000,
         .height = 3000,
         .align = ALIGN_START,
         .anchor = ANCHOR_TOP},
        {.is_given = true, .x = 2500, .y = 0, .width = 5000, .height = 9000, .align = ALIGN_CENTER},
        {.is_given = true, .x = 0, .y = 0, .width = 4050, .height = 1333, .align = ALIGN_RIGHT},
        {.is_given = true,
         .x = 0,
         .y = 2000,
         .width = 10000,
         .height = 8000,
         .anchor = ANCHOR_MIDDLE},
        {.is_given = true,
         .x = 3000,
         .y = 500,
         .width = 7000,
         .height = 9500,
         .writing = WRITING_VERTICAL_LR,
         .align = ALIGN_START,
         .anchor = ANCHOR_TOP},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        autobuffer out = buffer_init(1024);
        assert_int_equal(cue_place_format(&places[i], &out, NULL), OK);
        const struct cue_place again = cue_place_of_settings(buffer_slice(&out));
        if (!cue_place_equal(&again, &places[i]))
            fail_msg("%s: %u %u %u %u, align %d, anchor %d", buffer_text(&out), again.x, again.y,
                     again.width, again.height, again.align, again.anchor);
    }
}

static void line_numbers_count_lines_from_either_end(void **state)
{
    (void)state;
    struct cue_place place = cue_place_of_settings(slice_of("line:0"));
    assert_int_equal(place.y, 0);
    assert_int_equal(place.anchor, ANCHOR_TOP);
    place = cue_place_of_settings(slice_of("line:-2 align:start"));
    assert_int_equal(place.height, 10000 - 533);
    assert_int_equal(place.anchor, ANCHOR_BOTTOM);
    assert_int_equal(place.align, ALIGN_START);
}

static void what_is_not_understood_says_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"",        "line:",        "line:auto",    "size:150%",
                                        "size:x%", "position:-1%", "align:middle", "region:a",
                                        "::",      "line:%"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(cue_place_of_settings(slice_of(texts[i])).is_given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_is_an_edge_a_width_and_an_alignment),
        cmocka_unit_test(settings_come_back_as_the_box_they_came_from),
        cmocka_unit_test(line_numbers_count_lines_from_either_end),
        cmocka_unit_test(what_is_not_understood_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
