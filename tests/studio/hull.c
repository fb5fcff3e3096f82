// SPDX-License-Identifier: Apache-2.0
#include "studio/hull.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char ladder_text[] =
    "{\"rungs\": [{\"name\": \"720p\", \"width\": 1280, \"height\": 720, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 200, \"maxrate_bps\": 3000000,"
    " \"bufsize_bits\": 3000000},"
    " {\"name\": \"360p\", \"width\": 640, \"height\": 360, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 220, \"maxrate_bps\": 1000000,"
    " \"bufsize_bits\": 1000000}]}";

static struct ladder ladder(void)
{
    struct ladder ladder;
    assert_int_equal(rungs_parse(slice_of(ladder_text), "ladder", &ladder, NULL), OK);
    return ladder;
}

// Rates halve every 6 of crf: at offsets 0, 4, 8 and 13 that is 1, 0.63, 0.40 and 0.22. Quality
// falls by a quarter of a decibel for each of crf.
static void draw(struct survey_point *points, uint64_t bps, uint32_t cdb)
{
    static const uint64_t percent[SURVEY_POINTS] = {100, 63, 40, 22};
    for (size_t i = 0; i < SURVEY_POINTS; i++) {
        const uint32_t fallen = cdb - survey_offsets[i] * 25 / 10;
        points[i] = (struct survey_point){bps * percent[i] / 100, {fallen, fallen}};
    }
}

// The small picture cannot do better than 34 dB on the screen; the large one does so at crf 28
// (8 above its own: 36 - 2), for 40 % of 1.5 Mb/s instead of 800 kb/s.
static void a_small_picture_at_a_high_rate_becomes_a_large_one_at_a_low_rate(void **state)
{
    (void)state;
    const struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 1};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    draw(survey.shots[0].points[0], 1500000, 3600);
    draw(survey.shots[0].points[1], 800000, 3400);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(chosen.count, 2);
    assert_int_equal(choices[0].size_of, 0);
    assert_int_equal(choices[0].crf_tenths, 200);
    assert_int_equal(choices[1].size_of, 0);
    assert_int_equal(choices[1].crf_tenths, 280);
    assert_in_range(choices[1].bps, 599000, 601000);
    assert_int_equal(choices[1].fixed_bps, 800000);
    assert_int_equal(choices[1].cdb[LOOK_SSIM], 3400);
    assert_string_equal(choices[1].name, "720p-2");
    assert_int_equal(chosen.rungs[1].width, 1280);
    assert_int_equal(chosen.rungs[1].maxrate_bps, 1000000); // the cap stays
}

// By XPSNR crf 28 would do, by SSIM it takes crf 24: 30 of 36 dB at its own, 29 wanted.
static void both_ways_of_looking_must_be_pleased(void **state)
{
    (void)state;
    const struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 1};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    draw(survey.shots[0].points[0], 1000000, 3600);
    draw(survey.shots[0].points[1], 800000, 3400);
    for (size_t i = 0; i < SURVEY_POINTS; i++) {
        survey.shots[0].points[0][i].cdb[LOOK_SSIM] -= 600;
        survey.shots[0].points[1][i].cdb[LOOK_SSIM] -= 500;
    }
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(choices[1].size_of, 0);
    assert_int_equal(choices[1].crf_tenths, 240);
    assert_int_equal(choices[1].cdb[LOOK_SSIM], 2900);
    assert_int_equal(choices[1].cdb[LOOK_XPSNR], 3500);
}

// In one shot the large picture is no bargain: it would have to be finer for all.
static void what_does_not_hold_in_every_shot_is_not_done(void **state)
{
    (void)state;
    const struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 2};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    draw(survey.shots[0].points[0], 1500000, 3600);
    draw(survey.shots[0].points[1], 800000, 3400);
    draw(survey.shots[1].points[0], 2900000, 3450);
    draw(survey.shots[1].points[1], 900000, 3400);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(choices[1].size_of, 1); // at crf 22: 2.3 Mb/s, over its cap of 1
    assert_int_equal(choices[1].crf_tenths, 220);
    draw(survey.shots[1].points[0], 1300000, 3450);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(choices[1].size_of, 1); // under the cap at crf 22, but dearer than it was
}

static void a_cap_that_bites_is_what_has_to_be_reached(void **state)
{
    (void)state;
    const struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 1};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    draw(survey.shots[0].points[0], 6000000, 3600); // the cap of 3 Mb/s: some crf 26, 34.5 dB
    draw(survey.shots[0].points[1], 800000, 3000);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_in_range(choices[0].fixed_bps, 2999000, 3000000);
    assert_in_range(choices[0].fixed_cdb[LOOK_XPSNR], 3445, 3455);
    assert_int_equal(choices[0].crf_tenths, 200); // as ever: another scene may be easier
}

static void rungs_that_look_alike_are_one_but_the_largest_stays(void **state)
{
    (void)state;
    struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 1};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    fixed.rungs[fixed.count++] = (struct rung){.name = "180p",
                                               .width = 320,
                                               .height = 180,
                                               .encoder = "x264",
                                               .preset = "veryfast",
                                               .crf_tenths = 230};
    // a cartoon without detail: the small ones lose nothing
    draw(survey.shots[0].points[0], 1500000, 4040);
    draw(survey.shots[0].points[1], 300000, 4020);
    draw(survey.shots[0].points[2], 100000, 4000);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(chosen.count, 2);
    assert_false(choices[0].is_dropped); // who knows what no probe saw
    assert_true(choices[1].is_dropped);
    assert_false(choices[2].is_dropped);
    assert_string_equal(chosen.rungs[0].name, "720p");
    assert_string_equal(chosen.rungs[1].name, "180p");
    autobuffer text = buffer_init(1 << 16);
    assert_int_equal(hull_text(&fixed, choices, &text, NULL), OK);
    assert_int_equal(buffer_put(&text, (struct slice){(const uint8_t *)"", 1}, NULL), OK);
    assert_non_null(strstr((const char *)text.at, "a cheaper one looks the same"));
    assert_non_null(strstr((const char *)text.at, "15.8 % fewer"));
}

static void other_encoders_and_ranges_are_left_alone(void **state)
{
    (void)state;
    struct ladder fixed = ladder();
    struct survey survey = {.shot_count = 1};
    struct hull_choice choices[LADDER_RUNGS_MAX];
    struct ladder chosen;
    memcpy(fixed.rungs[0].encoder, "x265", 5);
    draw(survey.shots[0].points[0], 1500000, 3600);
    draw(survey.shots[0].points[1], 800000, 3400);
    hull_choose(&fixed, &survey, &chosen, choices);
    assert_int_equal(choices[1].size_of, 1);
    assert_memory_equal(&chosen, &fixed, sizeof fixed.rungs[0] * 2);
}

static void a_survey_survives_being_written_and_read(void **state)
{
    (void)state;
    struct survey survey = {.shot_count = 2}, read;
    autobuffer text = buffer_init(SURVEY_BYTES_MAX);
    for (size_t i = 0; i < 2; i++) {
        survey.shots[i].frames = (struct frame_span){i * 48, i * 48 + 48};
        survey.shots[i].complexity = 1000 + i;
        for (size_t rung = 0; rung < 2; rung++)
            draw(survey.shots[i].points[rung], 1000000 + rung, 3500);
    }
    assert_int_equal(survey_format(&survey, 2, &text, NULL), OK);
    assert_int_equal(survey_parse(buffer_slice(&text), 2, &read, NULL), OK);
    assert_memory_equal(&read, &survey, sizeof read);
    assert_int_equal(survey_parse(buffer_slice(&text), 3, &read, NULL), INVALID);
    for (size_t len = 0; len < text.len; len += 5)
        assert_int_equal(survey_parse(slice_part(buffer_slice(&text), 0, len), 2, &read, NULL),
                         INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_picture_at_a_high_rate_becomes_a_large_one_at_a_low_rate),
        cmocka_unit_test(both_ways_of_looking_must_be_pleased),
        cmocka_unit_test(what_does_not_hold_in_every_shot_is_not_done),
        cmocka_unit_test(a_cap_that_bites_is_what_has_to_be_reached),
        cmocka_unit_test(rungs_that_look_alike_are_one_but_the_largest_stays),
        cmocka_unit_test(other_encoders_and_ranges_are_left_alone),
        cmocka_unit_test(a_survey_survives_being_written_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
