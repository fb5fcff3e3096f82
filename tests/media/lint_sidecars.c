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

static void captions_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {.rule = RULE_CAPTIONS, .file = "t-en-sdh.vtt", .find = "00:00:01", .with = "00:00:05"},
        {.rule = RULE_CAPTIONS, .file = "t-en-sdh.vtt", .find = "WEBVTT", .with = "WEBVT"},
    };
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        damage_is_seen(folder, &damages[i]);
}

static void thumbnail_sheets_are_measured(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:7\n#EXT-X-IMAGES-ONLY\n#EXTINF:6.5,\n"
        "#EXT-X-TILES:RESOLUTION=80x45,LAYOUT=4x2,DURATION=1\ns-0.jpg\n#EXT-X-ENDLIST\n";
    char path[PATH_MAX];
    const char *sheet = clip_make("s-0.jpg", "-f", "lavfi", "-i", "testsrc2=s=320x90:r=1:d=1",
                                  "-frames:v", "1", "-update", "1", NULL);
    autobuffer jpeg = buffer_init(DAMAGE_FILE_BYTES_MAX);
    assert_int_equal(file_read(sheet, &jpeg, NULL), OK);
    (void)snprintf(path, sizeof path, "%s/s-0.jpg", folder);
    assert_int_equal(file_write_atomic(path, buffer_slice(&jpeg), 0644, NULL), OK);
    (void)snprintf(path, sizeof path, "%s/s.m3u8", folder);
    assert_int_equal(file_write_atomic(path, slice_of(playlist), 0644, NULL), OK);
    autobuffer main_text = buffer_init(DAMAGE_FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/main.m3u8", folder);
    assert_int_equal(file_read(path, &main_text, NULL), OK);
    assert_int_equal(
        buffer_put_text(&main_text,
                        "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=9000,RESOLUTION=80x45,CODECS=\"jpeg\","
                        "URI=\"s.m3u8\"\n",
                        NULL),
        OK);
    assert_int_equal(file_write_atomic(path, buffer_slice(&main_text), 0644, NULL), OK);
    const struct lint_report report = lint_of(&arena, folder);
    lint_print(&report);
    assert_int_equal(report.finding_count, 0);
    damage_is_seen(
        folder, &(struct damage){
                    .rule = RULE_THUMBNAILS, .file = "s.m3u8", .find = "80x45", .with = "79x45"});
    damage_is_seen(folder, &(struct damage){.rule = RULE_THUMBNAILS,
                                            .file = "s-0.jpg",
                                            .find = "\xff\xd8\xff",
                                            .with = "GIF"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captions_that_cannot_be_read_are_told),
        cmocka_unit_test(thumbnail_sheets_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
