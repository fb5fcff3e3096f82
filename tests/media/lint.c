// SPDX-License-Identifier: Apache-2.0
//
// A real package is judged, and packages of others. Its parts (lint_hls.c and so on) damage it in
// one place at a time: each rule must see its fault.
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

static void our_own_package_has_no_fault(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const struct lint_report report = lint_of(&arena, package_made(&arena, &made));
    lint_print(&report);
    assert_int_equal(report.finding_count, 0);
    assert_int_equal(report.manifest_count, 2);
    assert_int_equal(report.segment_count, 4 + 4 + 4); // three files, each looked at once
}

// FFmpeg's muxers: faults that are known of them, on the same inputs.
static void known_faults_of_ffmpegs_packages_are_seen(void **state)
{
    (void)state;
    char high[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    (void)snprintf(high, sizeof high, "%s", package_input_made("high.mp4"));
    (void)snprintf(sound, sizeof sound, "%s", package_input_made("sound.mp4"));
    (void)snprintf(folder, sizeof folder, "%s", clip_path("ffmpeg"));
    assert_int_equal(folder_make(folder, NULL), OK);
    (void)clip_make("ffmpeg/manifest.mpd", "-i", high, "-i", sound, "-c", "copy", "-t", "6", "-f",
                    "dash", "-hls_playlist", "1", "-seg_duration", "2", NULL);
    const struct lint_report report = lint_of(&arena, folder);
    lint_print(&report);
    assert_true(lint_saw(&report, RULE_CMAF_BRAND));
    assert_true(lint_saw(&report, RULE_HLS_PEAK));
    assert_true(lint_saw(&report, RULE_FRAME_RATE));
}

static void a_folder_without_manifests_is_not_found(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct lint_report report;
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", clip_path("empty"));
    assert_int_equal(folder_make(folder, NULL), OK);
    assert_int_equal(lint_folder(&arena, folder, &report, NULL), NOT_FOUND);
    assert_int_equal(lint_folder(&arena, clip_path("nowhere"), &report, NULL), NOT_FOUND);
}

static void every_rule_has_an_id_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < LINT_RULE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(lint_rule_info((enum lint_rule)a)->id,
                                    lint_rule_info((enum lint_rule)b)->id);
    assert_string_equal(severity_word(lint_rule_info(RULE_SAP)->severity), "error");
    assert_string_equal(severity_word(lint_rule_info(RULE_CMAF_BRAND)->severity), "warning");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_package_has_no_fault),
        cmocka_unit_test(known_faults_of_ffmpegs_packages_are_seen),
        cmocka_unit_test(a_folder_without_manifests_is_not_found),
        cmocka_unit_test(every_rule_has_an_id_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
