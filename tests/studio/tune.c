// SPDX-License-Identifier: Apache-2.0
//
// A survey of a real, small master, and what becomes of it. survey.c and transcode/compare.c are
// seen here at work.
#include "studio/tune.h"

#include "store/blob_folder.h"

#include "studio_place.h"

static const char three_rungs[] =
    "{\"rungs\": ["
    "{\"name\": \"large\", \"width\": 256, \"height\": 144, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 200},"
    "{\"name\": \"middle\", \"width\": 192, \"height\": 108, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 200},"
    "{\"name\": \"small\", \"width\": 128, \"height\": 72, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 200}]}";

struct place {
    char folder[128], program[PATH_MAX];
    struct blob_store *blobs;
    struct master_report *report;
    struct ladder ladder;
    uint64_t probes;
};

static outcome count_probes(void *context, uint64_t done, uint64_t total, struct why *why)
{
    struct place *place = context;
    (void)why;
    assert_true(done <= total);
    place->probes = done;
    return OK;
}

static void place_open(struct place *place)
{
    char path[PATH_MAX];
    *place = (struct place){.report = calloc(1, sizeof *place->report)};
    assert_non_null(place->report);
    folder_new(place->folder);
    need_ffmpeg(place->folder);
    master_new(place->folder, "256x144", "12", "9");
    (void)snprintf(path, sizeof path, "%s/blobs", place->folder);
    assert_ok(blob_folder_open(path, clock_system(), &place->blobs, &why_));
    (void)snprintf(path, sizeof path, "%s/master.mov", place->folder);
    autofd master = open(path, O_RDONLY);
    assert_ok(blob_put_file(place->blobs, "masters/m", master, &why_));
    program_path("primrose-transcode", place->program);
    autotranscoder *transcoder = NULL;
    const struct transcoder_options options = {.program = place->program};
    assert_ok(transcoder_open(&transcoder, &options, &why_));
    assert_ok(transcoder_probe(transcoder, master, NULL, place->report, &why_));
    assert_ok(rungs_parse(slice_of(three_rungs), "ladder", &place->ladder, &why_));
}

static void place_close(struct place *place)
{
    blob_store_close(&place->blobs);
    free(place->report);
    assert_ok(folder_remove(place->folder, &why_));
}

static struct tuning *tuned(struct place *place)
{
    struct tuning *tuning = calloc(1, sizeof *tuning);
    const struct transcode_watch watch = {count_probes, place};
    const struct tune_order order = {place->program,        "masters/m",    "build",
                                     &place->report->facts, &place->ladder, &watch};
    assert_non_null(tuning);
    place->probes = 0;
    assert_ok(tune_ladder(place->blobs, &order, tuning, &why_));
    return tuning;
}

static void rates_and_qualities_fall_as_they_must(const struct survey *survey)
{
    assert_int_equal(survey->shot_count, SURVEY_SHOTS_MAX);
    for (size_t i = 0; i < survey->shot_count; i++) {
        const struct survey_shot *shot = &survey->shots[i];
        assert_int_equal(shot->frames.first % 24, 0);
        assert_true(i == 0 || shot->complexity >= survey->shots[i - 1].complexity);
        for (size_t rung = 0; rung < 3; rung++)
            for (size_t point = 1; point < SURVEY_POINTS; point++) {
                const struct survey_point *points = shot->points[rung];
                assert_true(points[point].bps < points[point - 1].bps);
                assert_true(points[point].cdb[LOOK_XPSNR] < points[point - 1].cdb[LOOK_XPSNR]);
            }
        // on a screen of the largest size the smaller ones miss detail that no bits bring back
        assert_true(shot->points[0][0].cdb[LOOK_XPSNR] > shot->points[1][0].cdb[LOOK_XPSNR] + 200);
        assert_true(shot->points[1][0].cdb[LOOK_XPSNR] > shot->points[2][0].cdb[LOOK_XPSNR]);
        assert_in_range(shot->points[0][0].cdb[LOOK_XPSNR], 3000, 6000);
    }
}

static void a_title_is_surveyed_once_and_gets_a_ladder_that_is_never_dearer(void **state)
{
    (void)state;
    struct place place;
    place_open(&place);
    struct tuning *first = tuned(&place);
    assert_true(place.probes > 0);
    rates_and_qualities_fall_as_they_must(&first->survey);
    for (size_t i = 0; i < 3; i++) {
        assert_true(first->choices[i].bps <= first->choices[i].fixed_bps);
        assert_true(first->choices[i].is_dropped ||
                    (first->choices[i].cdb[LOOK_XPSNR] >= first->choices[i].fixed_cdb[LOOK_XPSNR] &&
                     first->choices[i].cdb[LOOK_SSIM] >= first->choices[i].fixed_cdb[LOOK_SSIM]));
    }
    assert_int_equal(first->ladder.rungs[0].width, 256);
    struct tuning *second = tuned(&place); // from the store
    assert_int_equal(place.probes, 0);
    assert_memory_equal(&second->survey, &first->survey, sizeof first->survey);
    assert_memory_equal(&second->ladder, &first->ladder,
                        first->ladder.count * sizeof first->ladder.rungs[0]);

    struct plan *plan = calloc(1, sizeof *plan);
    assert_non_null(plan);
    const struct plan_inputs inputs = {.title_id = "t",
                                       .master = "masters/m",
                                       .facts = &place.report->facts,
                                       .ladder = &first->ladder,
                                       .is_fitted = true,
                                       .poster = "",
                                       .encoder = "test"};
    assert_ok(plan_make(&inputs, plan, &why_));
    assert_int_equal(plan->ladder.count, first->ladder.count);
    assert_ok(tune_report(place.blobs, plan, first, &why_));
    char key[128];
    autobuffer report = buffer_init(1 << 20);
    autojson *json = NULL;
    (void)snprintf(key, sizeof key, "reports/t/%s-ladder.json", plan->id);
    assert_ok(blob_get(place.blobs, key, &report, &why_));
    assert_ok(json_parse(buffer_slice(&report), "the report", &json, &why_));
    assert_int_equal(json_array_size(json_object_get(json, "rungs")), 3);
    free(plan);
    free(first);
    free(second);
    place_close(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_is_surveyed_once_and_gets_a_ladder_that_is_never_dearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
