// SPDX-License-Identifier: Apache-2.0
//
// Captions written into the SEI of AVC pictures, here and by a broadcaster, come out where they
// were.
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 90, BYTES_MAX = 1 << 20 };

// By frame from the tenth on: "Hello" is loaded, shown, and erased at frame 60.
static const uint16_t pairs[] = {0x94ae, 0x94ae, 0x9420, 0x9420, 0x94d0, 0x94d0,
                                 0xc8e5, 0xecec, 0xef80, 0x942f, 0x942f};

static uint16_t pair_of(unsigned frame)
{
    if (frame >= 10 && frame < 10 + sizeof pairs / sizeof pairs[0]) return pairs[frame - 10];
    return frame == 60 || frame == 61 ? 0x942c : 0x8080;
}

// user_data_registered_itu_t_t35 with one pair of field 1 (and nothing of field 2).
static outcome put_sei(struct buffer *out, unsigned frame)
{
    const uint16_t pair = pair_of(frame);
    const uint8_t nal[] = {0,
                           0,
                           0,
                           1,
                           6,
                           4,
                           14,
                           0xb5,
                           0x00,
                           0x31,
                           'G',
                           'A',
                           '9',
                           '4',
                           3,
                           0xc1,
                           0xff,
                           0xfc,
                           (uint8_t)(pair >> 8),
                           (uint8_t)pair,
                           0xff,
                           0x80};
    return buffer_put(out, (struct slice){nal, sizeof nal}, NULL);
}

// The stream with an SEI behind each access unit delimiter.
static void caption(const char *from, const char *to)
{
    static const uint8_t delimiter[] = {0, 0, 0, 1, 9};
    autobuffer in = buffer_init(BYTES_MAX), out = buffer_init(BYTES_MAX);
    unsigned frame = 0;
    assert_int_equal(file_read(from, &in, NULL), OK);
    for (size_t i = 0; i < in.len; i++) {
        const bool is_delimiter =
            i >= 5 && memcmp(in.at + i - 5, delimiter, sizeof delimiter) == 0; // and its one byte
        assert_int_equal(buffer_put_u8(&out, in.at[i], NULL), OK);
        if (is_delimiter) assert_int_equal(put_sei(&out, frame++), OK);
    }
    assert_int_equal(frame, FRAMES);
    assert_int_equal(file_write_atomic(to, buffer_slice(&out), 0644, NULL), OK);
}

static const char *captioned_clip(void)
{
    char bare[PATH_MAX], with[PATH_MAX];
    (void)snprintf(bare, sizeof bare, "%s",
                   clip_make("bare.h264", "-f", "lavfi", "-i", counter_source("30000/1001", FRAMES),
                             "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-x264-params",
                             "aud=1", NULL));
    (void)snprintf(with, sizeof with, "%s", clip_path("with.h264"));
    caption(bare, with);
    return clip_make("with.mp4", "-r", "30000/1001", "-i", with, "-c", "copy", NULL);
}

static outcome read_captions(const char *path, uint32_t channel, struct buffer *out,
                             struct why *why)
{
    autofd master = clip_open(path), output = clip_create("out.vtt");
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    assert_true(report->facts.video.has_captions);
    const struct text_job job = {master, &report->facts, report->facts.video.track, output,
                                 channel};
    struct text_result result = {.bytes = 0};
    const outcome done = transcoder_text(transcoder, &job, NULL, &result, why);
    free(report);
    if (done != OK) return done;
    assert_int_equal(buffer_reserve(out, result.bytes + 1, NULL), OK);
    assert_int_equal(fd_read_at(output, out->at, result.bytes, 0, NULL), OK);
    out->len = result.bytes;
    return OK;
}

static void captions_come_out_at_their_frames_and_in_their_place(void **state)
{
    (void)state;
    char clip[PATH_MAX];
    (void)snprintf(clip, sizeof clip, "%s", captioned_clip());
    autobuffer text = buffer_init(1 << 16);
    struct why why = {""};
    if (read_captions(clip, 1, &text, &why) != OK) fail_msg("%s", why.text);
    const char *got = buffer_text(&text);
    // frames 19 and 60 of 30000/1001
    if (strstr(got, "00:00:00.634 --> 00:00:02.002") == NULL) fail_msg("%s", got);
    assert_non_null(strstr(got, "Hello"));
    text.len = 0;
    assert_int_equal(read_captions(clip, 2, &text, &why), OK); // nobody speaks there
    assert_null(strstr(buffer_text(&text), "-->"));
    text.len = 0;
    assert_int_equal(read_captions(clip, 3, &text, &why), OK);
    assert_null(strstr(buffer_text(&text), "-->"));
    assert_int_equal(read_captions(clip, 5, &text, &why), INVALID);
}

static void a_broadcast_clip_has_its_captions(void **state)
{
    (void)state;
    autobuffer text = buffer_init(1 << 16);
    struct why why = {""};
    if (read_captions(clip_shared("fragmented_captions.mp4"), 1, &text, &why) != OK)
        fail_msg("%s", why.text);
    assert_non_null(strstr(buffer_text(&text), "MUSIC"));
}

static void a_master_without_captions_has_none(void **state)
{
    (void)state;
    autotranscoder *transcoder = rig_open(0);
    autofd master = clip_open(clip_make("none.mov", "-f", "lavfi", "-i", counter_source("25", 25),
                                        "-c:v", "libx264", "-preset", "ultrafast", NULL));
    struct master_report *report = rig_probe(transcoder, master);
    assert_false(report->facts.video.has_captions);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captions_come_out_at_their_frames_and_in_their_place),
        cmocka_unit_test(a_broadcast_clip_has_its_captions),
        cmocka_unit_test(a_master_without_captions_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
