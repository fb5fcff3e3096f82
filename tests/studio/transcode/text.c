// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static uint32_t text_track(const struct master_facts *facts)
{
    for (uint32_t i = 0; i < facts->track_count; i++)
        if (facts->tracks[i].kind == TRACK_TEXT && !facts->tracks[i].data) return i;
    fail_msg("no text track");
    return 0;
}

static outcome read_text(const char *path, struct buffer *out, uint64_t *cues, struct why *why)
{
    autofd master = clip_open(path);
    autofd output = clip_create("text.vtt");
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    const struct text_job job = {.master_fd = master,
                                 .facts = &report->facts,
                                 .track = text_track(&report->facts),
                                 .output_fd = output};
    struct text_result result = {.bytes = 0};
    const outcome done = transcoder_text(transcoder, &job, NULL, &result, why);
    free(report);
    if (done != OK) return done;
    *cues = result.cues;
    assert_int_equal(buffer_reserve(out, result.bytes + 1, NULL), OK);
    assert_int_equal(fd_read_at(output, out->at, result.bytes, 0, NULL), OK);
    out->len = result.bytes;
    return OK;
}

static const char captions[] = "1\n00:00:00,500 --> 00:00:01,250\n<i>Where</i> are you?\n\n"
                               "2\n00:00:01,500 --> 00:00:02,000\n- Here & now\n- Über alles\n\n"
                               "3\n00:00:03,000 --> 00:00:09,000\nLonger than the film\n";

static void every_kind_of_text_becomes_the_same_webvtt(void **state)
{
    (void)state;
    static const struct {
        const char *name, *codec;
    } cases[] = {{"t.mkv", "srt"}, {"t.mp4", "mov_text"}, {"a.mkv", "ass"}, {"w.mkv", "webvtt"}};
    const char *path = clip_path("captions.srt");
    assert_int_equal(file_write_atomic(path, slice_of(captions), 0644, NULL), OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer text = buffer_init(1 << 20);
        uint64_t cues = 0;
        struct why why = {""};
        const char *master =
            clip_make(cases[i].name, "-f", "lavfi", "-i", counter_source("25", 100), "-i",
                      clip_path("captions.srt"), "-c:v", "mpeg4", "-c:s", cases[i].codec, NULL);
        if (read_text(master, &text, &cues, &why) != OK) fail_msg("%s", why.text);
        const char *got = buffer_text(&text);
        assert_int_equal(cues, 3);
        assert_non_null(strstr(got, "WEBVTT\n"));
        assert_non_null(strstr(got, "00:00:00.500 --> 00:00:01.250"));
        assert_non_null(strstr(got, "are you?"));
        if (strcmp(cases[i].codec, "mov_text") != 0) // has its slants in boxes
            assert_non_null(strstr(got, "<i>Where</i>"));
        if (strstr(got, "Here &amp; now\n- Über alles") == NULL)
            fail_msg("%s: %s", cases[i].name, got);
        assert_non_null(strstr(got, "00:00:03.000 --> 00:00:04.000")); // cut at the film's end
    }
}

static void real_subtitle_tracks_are_read(void **state)
{
    (void)state;
    static const char *const names[] = {"sample_with_srt.mkv", "sample_with_ssa_subtitles.mkv"};
    for (size_t i = 0; i < 2; i++) {
        autobuffer text = buffer_init(1 << 20);
        uint64_t cues = 0;
        struct why why = {""};
        if (read_text(clip_shared(names[i]), &text, &cues, &why) != OK) fail_msg("%s", why.text);
        assert_true(cues >= 1);
        assert_null(strchr(buffer_text(&text), '{'));
    }
}

static void pictures_of_text_are_refused_with_a_way_out(void **state)
{
    (void)state;
    // A track of text, relabelled as one of bitmaps.
    assert_int_equal(file_write_atomic(clip_path("captions.srt"), slice_of(captions), 0644, NULL),
                     OK);
    const char *path =
        clip_make("pictures.mkv", "-f", "lavfi", "-i", counter_source("25", 100), "-i",
                  clip_path("captions.srt"), "-c:v", "mpeg4", "-c:s", "srt", NULL);
    autobuffer bytes = buffer_init(1 << 24);
    assert_int_equal(file_read(path, &bytes, NULL), OK);
    uint8_t *codec = memmem(bytes.at, bytes.len, "S_TEXT/UTF8", 11);
    assert_non_null(codec);
    memcpy(codec, "S_HDMV/PGS", 11);
    const char *master = clip_path("bitmaps.mkv");
    assert_int_equal(file_write_atomic(master, buffer_slice(&bytes), 0644, NULL), OK);
    autobuffer text = buffer_init(1 << 20);
    uint64_t cues = 0;
    struct why why = {""};
    assert_int_equal(read_text(master, &text, &cues, &why), UNSUPPORTED);
    assert_non_null(strstr(why.text, "sidecar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_text_becomes_the_same_webvtt),
        cmocka_unit_test(real_subtitle_tracks_are_read),
        cmocka_unit_test(pictures_of_text_are_refused_with_a_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
