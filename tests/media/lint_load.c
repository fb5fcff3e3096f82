// SPDX-License-Identifier: Apache-2.0
#include "media/lint.h"

#include "clip.h"
#include "damage.h"
#include "package_made.h"

#include "base/file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_cannot_be_loaded_is_told(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {.rule = RULE_MANIFEST, .file = "main.m3u8", .find = "#EXTM3U", .with = "#EXTM3V"},
        {.rule = RULE_MANIFEST, .file = "a-en.m3u8", .find = "#EXTINF:", .with = "#EXTINF:x"},
        {.rule = RULE_FILE_MISSING, .file = "main.m3u8", .find = "a-en.m3u8", .with = "gone.m3u8"},
        {.rule = RULE_FILE_MISSING,
         .file = "v-180p.m3u8",
         .find = "v-180p.mp4",
         .with = "gone.mp4"},
        {.rule = RULE_OUTSIDE,
         .file = "main.m3u8",
         .find = "a-en.m3u8",
         .with = "https://cdn.example/a.m3u8"},
        {.rule = RULE_OUTSIDE, .file = "main.m3u8", .find = "a-en.m3u8", .with = "%2e%2e/a.m3u8"},
        {.rule = RULE_RANGE, .file = "v-180p.m3u8", .find = "BYTERANGE:", .with = "BYTERANGE:99"},
    };
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        damage_is_seen(folder, &damages[i]);
}

static void a_muxed_stream_is_judged_by_its_picture(void **state)
{
    (void)state;
    char high[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    (void)snprintf(high, sizeof high, "%s", package_input_made("high.mp4"));
    (void)snprintf(sound, sizeof sound, "%s", package_input_made("sound.mp4"));
    (void)snprintf(folder, sizeof folder, "%s", clip_path("muxed"));
    assert_int_equal(folder_make(folder, NULL), OK);
    (void)clip_make("muxed/media.m3u8", "-i", high, "-i", sound, "-c", "copy", "-f", "hls",
                    "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_flags", "single_file",
                    "-hls_playlist_type", "vod", NULL);
    const struct lint_report report = lint_of(&arena, folder);
    lint_print(&report);
    assert_true(lint_saw(&report, RULE_ONE_TRACK));
    assert_int_equal(report.segment_count, 4);
    assert_int_equal(report.error_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_loaded_is_told),
        cmocka_unit_test(a_muxed_stream_is_judged_by_its_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
