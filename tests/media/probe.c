// SPDX-License-Identifier: Apache-2.0
#include "media/probe.h"

#include "base/file.h"
#include "clip.h"
#include "media/av.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct master_report *probe(const char *path)
{
    autofd fd = clip_open(path);
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    assert_non_null(report);
    if (probe_master(fd, NULL, NULL, report, &why) != OK) fail_msg("%s: %s", path, why.text);
    return report;
}

static void expect_refusal(const char *path, enum master_refusal refusal, const char *words)
{
    struct master_report *report = probe(path);
    struct why why = {""};
    if (report->refusal != refusal)
        fail_msg("%s: %s (%s), not %s", path, master_refusal_code(report->refusal),
                 report->reason.text, master_refusal_code(refusal));
    assert_int_not_equal(master_accept(report, &why), OK);
    if (strstr(why.text, words) == NULL) fail_msg("\"%s\" is not in \"%s\"", words, why.text);
    free(report);
}

static size_t size_of(const char *path)
{
    autobuffer text = buffer_init((size_t)1 << 28);
    assert_int_equal(file_read(path, &text, NULL), OK);
    return text.len;
}

static void what_is_no_master_is_refused_with_its_code_and_sentence(void **state)
{
    (void)state;
    const char *text = clip_path("text.txt");
    assert_int_equal(
        file_write_atomic(text, slice_of("This is a shopping list:\n- milk\n- eggs\n"), 0644, NULL),
        OK);
    expect_refusal(text, MASTER_NOT_MEDIA, "no media file");
    const char *empty = clip_path("empty.mov");
    assert_int_equal(file_write_atomic(empty, slice_of(""), 0644, NULL), OK);
    expect_refusal(empty, MASTER_NOT_MEDIA, "empty");
    expect_refusal(
        clip_make("picture.png", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", NULL),
        MASTER_NOT_MEDIA, "no media file");
    expect_refusal(clip_make("sound.wav", "-f", "lavfi", "-i", "sine=d=1", NULL), MASTER_NO_VIDEO,
                   "sidecar");
    expect_refusal(clip_make("sound.mp4", "-f", "lavfi", "-i", "sine=d=1", NULL), MASTER_NO_VIDEO,
                   "no video track");
}

static void copies_that_break_off_are_truncated(void **state)
{
    (void)state;
    static const char *const names[] = {"t.mp4", "t.mov", "t.mkv", "t.mxf"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char cut[16];
        (void)snprintf(cut, sizeof cut, "cut-%s", names[i]);
        // The MP4 has its index in front, the MOV behind its media.
        const char *whole =
            clip_make(names[i], "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6", "-c:v",
                      strcmp(names[i], "t.mxf") == 0 ? "mpeg2video" : "mpeg4", "-b:v", "1M",
                      "-movflags", strcmp(names[i], "t.mp4") == 0 ? "+faststart" : "0", NULL);
        struct master_report *report = probe(whole);
        assert_int_equal(report->refusal, MASTER_ACCEPTED);
        assert_int_equal(report->facts.faststart, i == 0);
        free(report);
        expect_refusal(clip_cut(cut, whole, size_of(whole) * 6 / 10), MASTER_TRUNCATED, "copy");
    }
}

static void timestamps_that_go_back_are_refused(void **state)
{
    (void)state;
    const char *once = clip_make("once.ts", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4",
                                 "-c:v", "mpeg2video", NULL);
    autobuffer text = buffer_init((size_t)1 << 26);
    assert_int_equal(file_read(once, &text, NULL), OK);
    assert_int_equal(file_read(once, &text, NULL), OK); // the same again behind it
    const char *twice = clip_path("twice.ts");
    assert_int_equal(file_write_atomic(twice, buffer_slice(&text), 0644, NULL), OK);
    expect_refusal(twice, MASTER_TIMESTAMPS, "go back");
}

static void pictures_nobody_can_read_are_refused(void **state)
{
    (void)state;
    // A pixel format without a scaler, and a codec nobody knows.
    expect_refusal(clip_make("odd.nut", "-f", "rawvideo", "-pixel_format", "uyyvyy411",
                             "-video_size", "64x64", "-t", "1", "-i", "/dev/zero", "-c", "copy",
                             NULL),
                   MASTER_PIXEL_FORMAT, "uyyvyy411");
    const char *known =
        clip_make("known.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", "mpeg4", NULL);
    autobuffer text = buffer_init((size_t)1 << 24);
    assert_int_equal(file_read(known, &text, NULL), OK);
    for (size_t i = 0; i + 7 < text.len; i++)
        if (memcmp(text.at + i, "V_MPEG4", 7) == 0) memcpy(text.at + i, "V_ZZZZ4", 7);
    const char *unknown = clip_path("unknown.mkv");
    assert_int_equal(file_write_atomic(unknown, buffer_slice(&text), 0644, NULL), OK);
    expect_refusal(unknown, MASTER_CODEC, "no decoder");
}

static void encrypted_files_are_refused(void **state)
{
    (void)state;
    expect_refusal(clip_make("crypt.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v",
                             "libx264", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key",
                             "00112233445566778899aabbccddeeff", "-encryption_kid",
                             "0123456789abcdef0123456789abcdef", NULL),
                   MASTER_ENCRYPTED, "in the clear");
}

static void a_track_without_time_has_zero_duration(void **state)
{
    (void)state;
    // A header for a video track, and nothing behind it.
    const char *path = clip_make("nothing.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v",
                                 "mpeg4", "-movflags", "+empty_moov+frag_keyframe", NULL);
    autobuffer text = buffer_init((size_t)1 << 24);
    assert_int_equal(file_read(path, &text, NULL), OK);
    const uint8_t *moof = memmem(text.at, text.len, "moof", 4);
    assert_non_null(moof);
    expect_refusal(clip_cut("header.mp4", path, (size_t)(moof - text.at) - 4), MASTER_ZERO_DURATION,
                   "no duration");
}

static void a_report_survives_the_way_through_json(void **state)
{
    (void)state;
    struct master_report *report =
        probe(clip_make("json.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=30000/1001:d=1",
                        "-c:v", "mpeg4", NULL));
    struct master_report *again = calloc(1, sizeof *again);
    autojson *json = NULL;
    assert_int_equal(master_report_format(report, &json, NULL), OK);
    assert_int_equal(master_report_parse(json, again, NULL), OK);
    assert_memory_equal(&report->facts.video.rate, &again->facts.video.rate,
                        sizeof report->facts.video.rate);
    assert_int_equal(report->facts.video.frame_count, again->facts.video.frame_count);
    assert_string_equal(report->facts.tracks[0].codec, again->facts.tracks[0].codec);
    assert_int_equal(
        json_object_set_new(json_object_get(json, "facts"), "size_bytes", json_string("many")), 0);
    struct why why = {""};
    assert_int_equal(master_report_parse(json, again, &why), INVALID);
    assert_non_null(strstr(why.text, "size_bytes"));
    free(report);
    free(again);
}

int main(void)
{
    av_log_capture();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_master_is_refused_with_its_code_and_sentence),
        cmocka_unit_test(copies_that_break_off_are_truncated),
        cmocka_unit_test(timestamps_that_go_back_are_refused),
        cmocka_unit_test(pictures_nobody_can_read_are_refused),
        cmocka_unit_test(encrypted_files_are_refused),
        cmocka_unit_test(a_track_without_time_has_zero_duration),
        cmocka_unit_test(a_report_survives_the_way_through_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
