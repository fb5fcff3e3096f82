// SPDX-License-Identifier: Apache-2.0
#include "studio/ladder.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_ladder_takes_the_shape_of_the_picture_and_never_enlarges(void **state)
{
    (void)state;
    struct ladder demo;
    assert_int_equal(ladder_find("demo", &demo, NULL), OK);
    static const struct {
        uint32_t width, height;
        const char *sizes;
    } cases[] = {
        {1920, 1080, "1920x1080 1280x720 854x480 480x270 "},
        {3840, 2160, "1920x1080 1280x720 854x480 480x270 "},
        {1920, 804, "1920x804 1280x536 854x358 480x202 "},   // scope
        {1440, 1080, "1440x1080 960x720 640x480 360x270 "},  // 4:3
        {1080, 1920, "1080x1920 720x1280 480x854 270x480 "}, // upright
        {1280, 720, "1280x720 854x480 480x270 "},
        {1278, 720, "1278x720 852x480 480x270 "}, // height decides
        {720, 720, "720x720 480x480 270x270 "},
        {1279, 719, "1280x720 854x480 480x270 "}, // odd: one pixel is no enlargement
        {320, 180, "320x180 "},                   // smaller than all
        {99, 31, "98x30 "},
        {1, 1, "2x2 "},
        {2, 8000, "2x1920 2x1280 2x854 2x480 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ladder fitted;
        char sizes[200] = "";
        size_t len = 0;
        ladder_fit(&demo, &(struct ladder_picture){cases[i].width, cases[i].height, RUNG_SDR},
                   &fitted);
        for (size_t j = 0; j < fitted.count; j++)
            len += (size_t)snprintf(sizes + len, sizeof sizes - len, "%ux%u ",
                                    fitted.rungs[j].width, fitted.rungs[j].height);
        assert_string_equal(sizes, cases[i].sizes);
    }
}

// Every size there is: even sides, nothing enlarged, and the shape kept to within a pixel.
static void fitting_keeps_its_promises_for_any_size(void **state)
{
    (void)state;
    struct ladder mission, fitted;
    assert_int_equal(ladder_find("mission", &mission, NULL), OK);
    for (uint32_t width = 16; width < 4400; width += 37) {
        for (uint32_t height = 16; height < 4400; height += 41) {
            const struct ladder_picture picture = {width, height, (width + height) % 2};
            ladder_fit(&mission, &picture, &fitted);
            assert_true(fitted.count >= 1 && fitted.count <= mission.count);
            for (size_t i = 0; i < fitted.count; i++) {
                const struct rung *rung = &fitted.rungs[i];
                assert_true(rung->width % 2 == 0 && rung->height % 2 == 0);
                assert_true(rung->width >= 2 && rung->height >= 2);
                assert_true(rung->width <= width + 1 && rung->height <= height + 1);
                const double exact = (double)rung->width * height / width;
                const double inverse = (double)rung->height * width / height;
                assert_true((exact > rung->height - 1.01 && exact < rung->height + 1.01) ||
                            (inverse > rung->width - 1.01 && inverse < rung->width + 1.01) ||
                            fitted.count <= 2 || rung->height == 2 || rung->width == 2);
            }
        }
    }
}

static void hdr_masters_have_hdr_rungs_instead_of_their_twins(void **state)
{
    (void)state;
    static const struct {
        struct ladder_picture picture;
        const char *names;
    } cases[] = {
        {{3840, 2160, RUNG_HDR},
         "2160p-hdr 1440p-hdr 1080p-hdr 720p-hdr 1080p 900p 720p 540p 432p 360p 270p 240p "},
        {{3840, 2160, RUNG_SDR}, "2160p 1440p 1080p 900p 720p 540p 432p 360p 270p 240p "},
        {{1920, 1080, RUNG_HDR}, "1080p-hdr 720p-hdr 1080p 900p 720p 540p 432p 360p 270p 240p "},
        {{1920, 1080, RUNG_SDR}, "1080p 900p 720p 540p 432p 360p 270p 240p "},
        {{640, 360, RUNG_HDR}, "720p-hdr 360p 270p 240p "}, // in its own size
    };
    struct ladder mission;
    assert_int_equal(ladder_find("mission", &mission, NULL), OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ladder fitted;
        char names[200] = "";
        size_t len = 0;
        ladder_fit(&mission, &cases[i].picture, &fitted);
        for (size_t j = 0; j < fitted.count; j++) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s ", fitted.rungs[j].name);
            assert_true(fitted.rungs[j].width <= cases[i].picture.width);
        }
        assert_string_equal(names, cases[i].names);
    }
}

static const char file_text[] =
    "{\"rungs\": [{\"name\": \"low\", \"width\": 640, \"height\": 360, \"encoder\": \"x264\","
    " \"preset\": \"fast\", \"crf_tenths\": 235},"
    " {\"name\": \"high\", \"width\": 1280, \"height\": 720, \"encoder\": \"x264\","
    " \"preset\": \"medium\", \"crf_tenths\": 210, \"maxrate_bps\": 3000000,"
    " \"bufsize_bits\": 6000000}]}";

static void a_file_is_read_and_sorted_from_the_largest_down(void **state)
{
    (void)state;
    char path[] = "/tmp/primrose-ladder-XXXXXX.json";
    autofd fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(file_text), NULL), OK);
    struct ladder ladder;
    struct why why = {""};
    const outcome found = ladder_find(path, &ladder, &why);
    assert_int_equal(unlink(path), 0);
    if (found != OK) fail_msg("%s", why.text);
    assert_int_equal(ladder.count, 2);
    assert_string_equal(ladder.rungs[0].name, "high");
    assert_int_equal(ladder.rungs[0].bufsize_bits, 6000000);
    assert_string_equal(ladder.rungs[1].preset, "fast");
    assert_int_equal(ladder.rungs[1].maxrate_bps, 0);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace, *sentence;
    } cases[] = {
        {"\"low\"", "\"high\"", "rungs[1].name is \"high\", as rungs[0] has it"},
        {"\"low\"", "\"Low\"", "lower-case letters"},
        {"640", "641", "both sides must be even"},
        {"640", "8194", "allowed are 16 to 8192"},
        {"\"preset\": \"fast\",", "", "rungs[0].preset is missing"},
        {"\"crf_tenths\": 235", "\"crf\": 23", "did you mean \"crf_tenths\"?"},
        {", \"maxrate_bps\": 3000000", "", "go together"},
        {"235", "23.5", "whole number"},
        {"rungs", "steps", "no key here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1000];
        const char *at = strstr(file_text, cases[i].find);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - file_text), file_text,
                       cases[i].replace, at + strlen(cases[i].find));
        struct ladder ladder = {.count = 77};
        struct why why = {""};
        assert_int_equal(rungs_parse(slice_of(text), "my.json", &ladder, &why), INVALID);
        if (strstr(why.text, cases[i].sentence) == NULL) fail_msg("%s: %s", text, why.text);
        assert_int_equal(ladder.count, 77);
    }
    struct ladder ladder;
    struct why why = {""};
    assert_int_equal(rungs_parse(slice_of("{\"rungs\": []}"), "x", &ladder, NULL), INVALID);
    assert_int_equal(rungs_parse(slice_of("{}"), "x", &ladder, NULL), INVALID);
    assert_int_equal(ladder_find("misson", &ladder, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "mission"));
    assert_int_equal(ladder_find("/nowhere/x.json", &ladder, &why), NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_takes_the_shape_of_the_picture_and_never_enlarges),
        cmocka_unit_test(hdr_masters_have_hdr_rungs_instead_of_their_twins),
        cmocka_unit_test(fitting_keeps_its_promises_for_any_size),
        cmocka_unit_test(a_file_is_read_and_sorted_from_the_largest_down),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
