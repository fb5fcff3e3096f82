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

static void faults_of_descriptions_are_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    const char *peak =
        arena_format(&arena, "bandwidth=\"%u\"", made.presentation.tracks[0].bandwidth_peak_bps);
    const char *less = arena_format(&arena, "bandwidth=\"%u\"",
                                    made.presentation.tracks[0].bandwidth_peak_bps - 10);
    const struct damage damages[] = {
        {.rule = RULE_MANIFEST, .file = "manifest.mpd", .find = "</MPD>", .with = "</MPX>"},
        {.rule = RULE_DASH_RATE,
         .file = "manifest.mpd",
         .find = " bandwidth=\"",
         .with = " bandwidth=\"9\" x=\""},
        {.rule = RULE_DASH_PEAK, .file = "manifest.mpd", .find = peak, .with = less},
        {.rule = RULE_ASPECT,
         .file = "manifest.mpd",
         .find = "sar=\"1:1\"",
         .with = "sar=\"65535:65535\""},
        {.rule = RULE_ASPECT, .file = "manifest.mpd", .find = "sar=\"1:1\"", .with = "sar=\"4:3\""},
        {.rule = RULE_SIZE,
         .file = "manifest.mpd",
         .find = "width=\"320\"",
         .with = "width=\"321\""},
        {.rule = RULE_FRAME_RATE,
         .file = "manifest.mpd",
         .find = "frameRate=\"25\"",
         .with = "frameRate=\"50\""},
        {.rule = RULE_CODEC_FORM,
         .file = "manifest.mpd",
         .find = "codecs=\"avc1.",
         .with = "codecs=\"avc3\" x=\""},
        {.rule = RULE_CODEC_TWINS,
         .file = "manifest.mpd",
         .find = "codecs=\"avc1.",
         .with = "codecs=\"avc3."},
        {.rule = RULE_CODEC_ABSENT, .file = "manifest.mpd", .find = "codecs=", .with = "x="},
        {.rule = RULE_DURATION,
         .file = "manifest.mpd",
         .find = "ationDuration=\"PT6",
         .with = "ationDuration=\"PT7"},
        {.rule = RULE_INDEX,
         .file = "manifest.mpd",
         .find = "indexRange=\"",
         .with = "indexRange=\"0-99\" x=\""},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        damage_is_seen(folder, &damages[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_descriptions_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
