// SPDX-License-Identifier: Apache-2.0
#include "media/master.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void display_sizes_are_upright_square_and_even(void **state)
{
    (void)state;
    static const struct {
        struct master_video video;
        uint32_t width, height;
    } cases[] = {
        {{.width = 1920, .height = 1080, .sar_width = 1, .sar_height = 1}, 1920, 1080},
        {{.width = 1920, .height = 1080}, 1920, 1080}, // an aspect nobody told
        {{.width = 1440, .height = 1080, .sar_width = 4, .sar_height = 3}, 1920, 1080},
        {{.width = 720, .height = 576, .sar_width = 16, .sar_height = 15}, 768, 576},
        {{.width = 720, .height = 480, .sar_width = 8, .sar_height = 9}, 720, 540},
        {{.width = 321, .height = 181, .sar_width = 1, .sar_height = 1}, 322, 182},
        {{.width = 1920, .height = 1080, .sar_width = 1, .sar_height = 1, .rotation_degrees = 90},
         1080,
         1920},
        {{.width = 720, .height = 576, .sar_width = 64, .sar_height = 45, .rotation_degrees = 270},
         576,
         1024},
        {{.width = 1, .height = 1, .sar_width = 1, .sar_height = 1}, 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t width = 0, height = 0;
        master_display_size(&cases[i].video, &width, &height);
        assert_int_equal(width, cases[i].width);
        assert_int_equal(height, cases[i].height);
    }
}

static void refusals_have_codes_and_outcomes(void **state)
{
    (void)state;
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    assert_non_null(report);
    assert_int_equal(master_accept(report, &why), OK);
    for (int i = MASTER_ACCEPTED + 1; i < MASTER_REFUSAL_COUNT; i++) {
        report->refusal = (enum master_refusal)i;
        (void)snprintf(report->reason.text, sizeof report->reason.text, "because of %d", i);
        assert_int_equal(master_accept(report, &why), master_refusal_outcome(report->refusal));
        assert_int_not_equal(master_refusal_outcome(report->refusal), OK);
        assert_string_equal(why.text, report->reason.text);
        assert_true(strlen(master_refusal_code(report->refusal)) > 0);
    }
    free(report);
}

static void facts_go_through_json_and_are_checked(void **state)
{
    (void)state;
    struct master_facts *facts = calloc(1, sizeof *facts), *again = calloc(1, sizeof *again);
    assert_non_null(facts);
    assert_non_null(again);
    struct why why = {""};
    assert_int_equal(master_facts_check(facts, &why), INVALID);
    facts->track_count = 2;
    facts->video = (struct master_video){.track = 1,
                                         .rate = {24000, 1001},
                                         .frame_count = 172800,
                                         .start = {-3, 90000},
                                         .width = 3840,
                                         .height = 2160,
                                         .fields = FIELDS_BOTTOM_FIRST,
                                         .range = RANGE_HLG,
                                         .colour = {9, 18, 9, true},
                                         .mastering = {.red = {34000, 16000}, .luminance_min = 50}};
    facts->tracks[0] = (struct master_track){.kind = TRACK_TEXT, .role = ROLE_FORCED};
    (void)snprintf(facts->tracks[0].language, LANGUAGE_BYTES, "pt-BR");
    assert_int_equal(master_facts_check(facts, &why), OK);
    autojson *json = NULL;
    assert_int_equal(master_facts_format(facts, &json, NULL), OK);
    assert_int_equal(master_facts_parse(json, again, NULL), OK);
    assert_int_equal(again->video.frame_count, 172800);
    assert_int_equal(again->video.start.ticks, -3);
    assert_int_equal(again->video.fields, FIELDS_BOTTOM_FIRST);
    assert_int_equal(again->video.range, RANGE_HLG);
    assert_int_equal(again->video.mastering.red[1], 16000);
    assert_int_equal(again->tracks[0].role, ROLE_FORCED);
    assert_string_equal(again->tracks[0].language, "pt-BR");
    assert_int_equal(json_object_set_new(json_array_get(json_object_get(json, "tracks"), 1), "role",
                                         json_string("villain")),
                     0);
    assert_int_equal(master_facts_parse(json, again, &why), INVALID);
    assert_non_null(strstr(why.text, "villain"));
    facts->video.track = 2;
    assert_int_equal(master_facts_check(facts, &why), INVALID);
    free(facts);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(display_sizes_are_upright_square_and_even),
        cmocka_unit_test(refusals_have_codes_and_outcomes),
        cmocka_unit_test(facts_go_through_json_and_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
