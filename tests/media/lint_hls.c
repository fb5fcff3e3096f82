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

static void faults_of_playlists_are_seen(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {.rule = RULE_HLS_PEAK,
         .file = "main.m3u8",
         .find = "F:BANDWIDTH=",
         .with = "F:BANDWIDTH=1000,X-B="},
        {.rule = RULE_HLS_AVERAGE,
         .file = "main.m3u8",
         .find = "AVERAGE-BANDWIDTH=",
         .with = "AVERAGE-BANDWIDTH=1"},
        {.rule = RULE_CODEC_FORM, .file = "main.m3u8", .find = "\"avc1.", .with = "\"avc1,x."},
        {.rule = RULE_CODEC_MEDIA, .file = "main.m3u8", .find = "\"avc1.", .with = "\"avc3."},
        {.rule = RULE_CODEC_TWINS, .file = "main.m3u8", .find = "\"avc1.", .with = "\"avc3."},
        {.rule = RULE_CODEC_LIST, .file = "main.m3u8", .find = ",mp4a.40.2", .with = ""},
        {.rule = RULE_CODEC_ABSENT, .file = "main.m3u8", .find = "CODECS=", .with = "X-CODECS="},
        {.rule = RULE_FRAME_RATE,
         .file = "main.m3u8",
         .find = "FRAME-RATE=25",
         .with = "FRAME-RATE=30"},
        {.rule = RULE_FRAME_RATE, .file = "main.m3u8", .find = "FRAME-RATE=", .with = "X-RATE="},
        {.rule = RULE_SIZE, .file = "main.m3u8", .find = "320x180", .with = "640x360"},
        {.rule = RULE_TARGET,
         .file = "a-en.m3u8",
         .find = "TARGETDURATION:2",
         .with = "TARGETDURATION:1"},
        {.rule = RULE_TARGET_SHARED,
         .file = "a-en.m3u8",
         .find = "TARGETDURATION:2",
         .with = "TARGETDURATION:3"},
        {.rule = RULE_EXTINF,
         .file = "v-180p.m3u8",
         .find = "EXTINF:2.000",
         .with = "EXTINF:2.040"},
    };
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        damage_is_seen(folder, &damages[i]);
}

static void an_iframe_range_that_cuts_its_picture_is_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    const struct segment_entry *first = &made.presentation.tracks[0].segments[0];
    const char *find = arena_format(&arena, "BYTERANGE:%u@", first->key_size);
    const char *with = arena_format(&arena, "BYTERANGE:%u@", first->key_size - 1);
    damage_is_seen(
        folder, &(struct damage){
                    .rule = RULE_IFRAME, .file = "v-180p-iframe.m3u8", .find = find, .with = with});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_playlists_are_seen),
        cmocka_unit_test(an_iframe_range_that_cuts_its_picture_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
