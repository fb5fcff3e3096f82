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

static void faults_of_media_are_seen(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {.rule = RULE_MEDIA, .file = "v-180p.mp4", .find = "moof", .with = "mooo"},
        {.rule = RULE_CMAF_BRAND, .file = "v-180p.mp4", .find = "cmf", .with = "xmf"},
        {.rule = RULE_SAP, .file = "v-180p.mp4", .find = "\x65\x88", .with = "\x61\x88"}, // no IDR
        {.rule = RULE_TIMELINE,
         .file = "v-90p.mp4",
         .find = "tfdt",
         .with = "\x7f",
         .nth = 2,
         .patch_at = 11,
         .patch_len = 1},
        {.rule = RULE_ALIGNMENT,
         .file = "v-90p.mp4",
         .find = "tfdt",
         .with = "\x7f",
         .nth = 2,
         .patch_at = 11,
         .patch_len = 1},
        {.rule = RULE_INDEX,
         .file = "v-180p.mp4",
         .find = "sidx",
         .with = "\0\0\1\0",
         .nth = 1,
         .patch_at = 12,
         .patch_len = 4},
        {.rule = RULE_PRIMING, .file = "a-en.mp4", .find = "edts", .with = "skip"},
        {.rule = RULE_ASPECT,
         .file = "v-180p.mp4",
         .find = "pasp",
         .with = "\0\0\xff\xff",
         .nth = 1,
         .patch_at = 4,
         .patch_len = 4},
        {.rule = RULE_EDIT,
         .file = "a-en.mp4",
         .find = "elst",
         .with = "\0\0\0\0\0\1\0\0",
         .nth = 1,
         .patch_at = 20,
         .patch_len = 8},
        {.rule = RULE_CODEC_MEDIA, .file = "v-180p.mp4", .find = "avc1", .with = "avc3"},
    };
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        damage_is_seen(folder, &damages[i]);
}

// The first sample's flags say "depends on no other" (0x02000000); now they say that it is no sync
// sample.
static void a_wrong_sync_mark_is_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    char path[PATH_MAX];
    autobuffer before = buffer_init(DAMAGE_FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/v-180p.mp4", folder);
    assert_int_equal(file_read(path, &before, NULL), OK);
    uint8_t *moof = memmem(before.at, before.len, "moof", 4);
    assert_non_null(moof);
    uint8_t *flags = memmem(moof, before.len - (size_t)(moof - before.at), "\2\0\0\0", 4);
    assert_non_null(flags);
    flags[1] = 1; // sample_is_non_sync_sample
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    const struct lint_report report = lint_of(&arena, folder);
    flags[1] = 0;
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    lint_print(&report);
    assert_true(lint_saw(&report, RULE_SYNC_MARK));
}

static void a_tiny_last_audio_segment_is_seen(void **state)
{
    (void)state;
    char picture[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    (void)snprintf(folder, sizeof folder, "%s", clip_path("tail"));
    assert_int_equal(folder_make(folder, NULL), OK);
    // 8 s are 375 frames of AAC; with priming 376: 94, 94, 94, 93 and 1.
    (void)snprintf(
        sound, sizeof sound, "%s",
        clip_make("eight.m4a", "-f", "lavfi", "-i", "sine=r=48000:d=8", "-c:a", "aac", NULL));
    (void)snprintf(picture, sizeof picture, "%s",
                   clip_make("eight.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=8", "-c:v",
                             "libx264", "-preset", "ultrafast", "-g", "50", "-sc_threshold", "0",
                             NULL));
    (void)clip_make("tail/m%v.m3u8", "-i", picture, "-i", sound, "-c", "copy", "-f", "hls",
                    "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_playlist_type", "vod",
                    "-var_stream_map", "v:0,agroup:a a:0,agroup:a", "-master_pl_name", "main.m3u8",
                    NULL);
    const struct lint_report report = lint_of(&arena, folder);
    lint_print(&report);
    assert_true(lint_saw(&report, RULE_TAIL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_media_are_seen),
        cmocka_unit_test(a_wrong_sync_mark_is_seen),
        cmocka_unit_test(a_tiny_last_audio_segment_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
