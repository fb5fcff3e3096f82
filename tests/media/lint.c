// SPDX-License-Identifier: Apache-2.0
//
// A real package is judged, damaged in one place, judged again: each rule must see its fault, and
// the whole package must have none. Then packages of others.
#include "media/lint.h"

#include "base/file.h"
#include "clip.h"
#include "package_made.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 1 << 28, FILE_BYTES_MAX = 4 * 1024 * 1024 };

static bool has(const struct lint_report *report, enum lint_rule rule)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].rule == rule) return true;
    return false;
}

static void print(const struct lint_report *report)
{
    for (size_t i = 0; i < report->finding_count; i++)
        print_message("# %s %s: %s\n", lint_rule_info(report->findings[i].rule)->id,
                      report->findings[i].where, report->findings[i].sentence);
}

static struct lint_report lint(struct arena *arena, const char *folder)
{
    struct lint_report report;
    struct why why = {""};
    if (lint_folder(arena, folder, &report, &why) != OK) fail_msg("%s", why.text);
    return report;
}

// What is done to one file of the package: every `find` becomes `with`; or, where `patch` is told,
// the bytes `patch_at` behind the n-th `find` are overwritten.
struct damage {
    enum lint_rule rule;
    const char *file;
    const char *find;
    const char *with;
    size_t nth; // of a patch, from 1
    size_t patch_at;
    size_t patch_len;
};

static void replace_all(const struct buffer *in, const struct damage *damage, struct buffer *out)
{
    const size_t len = strlen(damage->find);
    size_t found = 0;
    for (size_t i = 0; i < in->len;) {
        const bool is_here = in->len - i >= len && memcmp(in->at + i, damage->find, len) == 0;
        const struct slice byte = {in->at + i, 1};
        assert_int_equal(buffer_put(out, is_here ? slice_of(damage->with) : byte, NULL), OK);
        found += is_here;
        i += is_here ? len : 1;
    }
    if (found == 0) fail_msg("%s has no \"%s\" to damage", damage->file, damage->find);
}

static void patch(const struct buffer *in, const struct damage *damage, struct buffer *out)
{
    const size_t len = strlen(damage->find);
    const uint8_t *at = in->at;
    for (size_t n = 0; n < damage->nth; n++) {
        at = memmem(at + (n > 0), in->len - (size_t)(at + (n > 0) - in->at), damage->find, len);
        if (at == NULL) fail_msg("%s has too few \"%s\" to damage", damage->file, damage->find);
    }
    assert_int_equal(buffer_put(out, (struct slice){in->at, in->len}, NULL), OK);
    memcpy(out->at + (at - in->at) + damage->patch_at, damage->with, damage->patch_len);
}

static void expect(const char *folder, const struct damage *damage)
{
    char path[PATH_MAX];
    autoarena arena = arena_init(ROOM);
    autobuffer before = buffer_init(FILE_BYTES_MAX);
    autobuffer after = buffer_init(FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", folder, damage->file);
    assert_int_equal(file_read(path, &before, NULL), OK);
    if (damage->patch_len > 0)
        patch(&before, damage, &after);
    else
        replace_all(&before, damage, &after);
    assert_int_equal(file_write_atomic(path, buffer_slice(&after), 0644, NULL), OK);
    const struct lint_report report = lint(&arena, folder);
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    if (has(&report, damage->rule)) return;
    print(&report);
    fail_msg("%s with \"%s\" in place of \"%s\": rule %s did not see it", damage->file,
             damage->with, damage->find, lint_rule_info(damage->rule)->id);
}

static void our_own_package_has_no_fault(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const struct lint_report report = lint(&arena, package_made(&arena, &made));
    print(&report);
    assert_int_equal(report.finding_count, 0);
    assert_int_equal(report.manifest_count, 2);
    assert_int_equal(report.segment_count, 4 + 4 + 4); // three files, each looked at once
}

static void faults_of_playlists_are_seen(void **state)
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
        {.rule = RULE_CAPTIONS, .file = "t-en-sdh.vtt", .find = "00:00:01", .with = "00:00:05"},
        {.rule = RULE_CAPTIONS, .file = "t-en-sdh.vtt", .find = "WEBVTT", .with = "WEBVT"},
    };
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        expect(folder, &damages[i]);
}

static void faults_of_descriptions_are_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
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
        expect(folder, &damages[i]);
}

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
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        expect(folder, &damages[i]);
}

// The first sample's flags say "depends on no other" (0x02000000); now they say that it is no sync
// sample.
static void a_wrong_sync_mark_is_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    char path[PATH_MAX];
    autobuffer before = buffer_init(FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/v-180p.mp4", folder);
    assert_int_equal(file_read(path, &before, NULL), OK);
    uint8_t *moof = memmem(before.at, before.len, "moof", 4);
    assert_non_null(moof);
    uint8_t *flags = memmem(moof, before.len - (size_t)(moof - before.at), "\2\0\0\0", 4);
    assert_non_null(flags);
    flags[1] = 1; // sample_is_non_sync_sample
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    const struct lint_report report = lint(&arena, folder);
    flags[1] = 0;
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    print(&report);
    assert_true(has(&report, RULE_SYNC_MARK));
}

static void an_iframe_range_that_cuts_its_picture_is_seen(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    const struct segment_entry *first = &made.presentation.tracks[0].segments[0];
    const char *find = arena_format(&arena, "BYTERANGE:%u@", first->key_size);
    const char *with = arena_format(&arena, "BYTERANGE:%u@", first->key_size - 1);
    expect(folder,
           &(struct damage){
               .rule = RULE_IFRAME, .file = "v-180p-iframe.m3u8", .find = find, .with = with});
}

static void thumbnail_sheets_are_measured(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report made;
    const char *folder = package_made(&arena, &made);
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:7\n#EXT-X-IMAGES-ONLY\n#EXTINF:6.5,\n"
        "#EXT-X-TILES:RESOLUTION=80x45,LAYOUT=4x2,DURATION=1\ns-0.jpg\n#EXT-X-ENDLIST\n";
    char path[PATH_MAX];
    const char *sheet = clip_make("s-0.jpg", "-f", "lavfi", "-i", "testsrc2=s=320x90:r=1:d=1",
                                  "-frames:v", "1", "-update", "1", NULL);
    autobuffer jpeg = buffer_init(FILE_BYTES_MAX);
    assert_int_equal(file_read(sheet, &jpeg, NULL), OK);
    (void)snprintf(path, sizeof path, "%s/s-0.jpg", folder);
    assert_int_equal(file_write_atomic(path, buffer_slice(&jpeg), 0644, NULL), OK);
    (void)snprintf(path, sizeof path, "%s/s.m3u8", folder);
    assert_int_equal(file_write_atomic(path, slice_of(playlist), 0644, NULL), OK);
    autobuffer main_text = buffer_init(FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/main.m3u8", folder);
    assert_int_equal(file_read(path, &main_text, NULL), OK);
    assert_int_equal(
        buffer_put_text(&main_text,
                        "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=9000,RESOLUTION=80x45,CODECS=\"jpeg\","
                        "URI=\"s.m3u8\"\n",
                        NULL),
        OK);
    assert_int_equal(file_write_atomic(path, buffer_slice(&main_text), 0644, NULL), OK);
    const struct lint_report report = lint(&arena, folder);
    print(&report);
    assert_int_equal(report.finding_count, 0);
    expect(folder,
           &(struct damage){
               .rule = RULE_THUMBNAILS, .file = "s.m3u8", .find = "80x45", .with = "79x45"});
    expect(folder,
           &(struct damage){
               .rule = RULE_THUMBNAILS, .file = "s-0.jpg", .find = "\xff\xd8\xff", .with = "GIF"});
}

// FFmpeg's muxers: faults that are known of them, on the same inputs.
static void known_faults_of_ffmpegs_packages_are_seen(void **state)
{
    (void)state;
    char high[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(ROOM);
    (void)snprintf(high, sizeof high, "%s", package_input_made("high.mp4"));
    (void)snprintf(sound, sizeof sound, "%s", package_input_made("sound.mp4"));
    (void)snprintf(folder, sizeof folder, "%s", clip_path("ffmpeg"));
    assert_int_equal(folder_make(folder, NULL), OK);
    (void)clip_make("ffmpeg/manifest.mpd", "-i", high, "-i", sound, "-c", "copy", "-t", "6", "-f",
                    "dash", "-hls_playlist", "1", "-seg_duration", "2", NULL);
    const struct lint_report report = lint(&arena, folder);
    print(&report);
    assert_true(has(&report, RULE_CMAF_BRAND));
    assert_true(has(&report, RULE_HLS_PEAK));
    assert_true(has(&report, RULE_FRAME_RATE));
}

static void a_muxed_stream_is_judged_by_its_picture(void **state)
{
    (void)state;
    char high[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(ROOM);
    (void)snprintf(high, sizeof high, "%s", package_input_made("high.mp4"));
    (void)snprintf(sound, sizeof sound, "%s", package_input_made("sound.mp4"));
    (void)snprintf(folder, sizeof folder, "%s", clip_path("muxed"));
    assert_int_equal(folder_make(folder, NULL), OK);
    (void)clip_make("muxed/media.m3u8", "-i", high, "-i", sound, "-c", "copy", "-f", "hls",
                    "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_flags", "single_file",
                    "-hls_playlist_type", "vod", NULL);
    const struct lint_report report = lint(&arena, folder);
    print(&report);
    assert_true(has(&report, RULE_ONE_TRACK));
    assert_int_equal(report.segment_count, 4);
    assert_int_equal(report.error_count, 0);
}

static void a_tiny_last_audio_segment_is_seen(void **state)
{
    (void)state;
    char picture[PATH_MAX];
    char sound[PATH_MAX];
    char folder[PATH_MAX];
    autoarena arena = arena_init(ROOM);
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
    const struct lint_report report = lint(&arena, folder);
    print(&report);
    assert_true(has(&report, RULE_TAIL));
}

static void a_folder_without_manifests_is_not_found(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
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
        cmocka_unit_test(faults_of_playlists_are_seen),
        cmocka_unit_test(faults_of_descriptions_are_seen),
        cmocka_unit_test(faults_of_media_are_seen),
        cmocka_unit_test(a_wrong_sync_mark_is_seen),
        cmocka_unit_test(an_iframe_range_that_cuts_its_picture_is_seen),
        cmocka_unit_test(thumbnail_sheets_are_measured),
        cmocka_unit_test(known_faults_of_ffmpegs_packages_are_seen),
        cmocka_unit_test(a_muxed_stream_is_judged_by_its_picture),
        cmocka_unit_test(a_tiny_last_audio_segment_is_seen),
        cmocka_unit_test(a_folder_without_manifests_is_not_found),
        cmocka_unit_test(every_rule_has_an_id_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
