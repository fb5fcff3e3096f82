// SPDX-License-Identifier: Apache-2.0
#include "media/source.h"

#include "base/file.h"
#include "clip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void seeking_lands_at_a_key_picture_at_or_before_the_time(void **state)
{
    (void)state;
    autofd fd = clip_open(clip_make("keys.mp4", "-f", "lavfi", "-i", counter_source("25", 200),
                                    "-c:v", "libx264", "-g", "30", "-sc_threshold", "0", NULL));
    autosource source = {.io = NULL};
    autodecoder decoder = {.source = NULL};
    assert_int_equal(source_open(fd, NULL, &source, NULL), OK);
    assert_int_equal(stream_decoder_open(&source, 0, 1, &decoder, NULL), OK);
    AVFrame *frame = av_frame_alloc();
    static const unsigned wanted[] = {137, 0, 29, 30, 199, 31};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_int_equal(stream_decoder_seek(&decoder, (struct media_time){wanted[i], 25}, NULL),
                         OK);
        assert_int_equal(stream_decoder_next(&decoder, frame, NULL), OK);
        assert_int_equal(counter_number(frame), wanted[i] / 30 * 30);
        av_frame_unref(frame);
    }
    assert_int_equal(stream_decoder_rewind(&decoder, NULL), OK);
    unsigned count = 0;
    while (stream_decoder_next(&decoder, frame, NULL) == OK) {
        assert_int_equal(counter_number(frame), count++);
        av_frame_unref(frame);
    }
    assert_int_equal(count, 200);
    assert_int_equal(decoder.errors, 0);
    av_frame_free(&frame);
}

static void the_descriptors_own_position_is_left_alone(void **state)
{
    (void)state;
    autofd fd = clip_open(clip_make("still.mkv", "-f", "lavfi", "-i", counter_source("25", 10),
                                    "-c:v", "mpeg4", NULL));
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    autosource source = {.io = NULL};
    assert_int_equal(source_open(fd, NULL, &source, NULL), OK);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
}

static void lists_that_name_other_files_are_not_followed(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9999 RTP/AVP 96\n",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *path = clip_path("list");
        assert_int_equal(file_write_atomic(path, slice_of(lists[i]), 0644, NULL), OK);
        autofd fd = clip_open(path);
        autosource source = {.io = NULL};
        struct why why = {""};
        assert_int_equal(source_open(fd, NULL, &source, &why), UNSUPPORTED);
        assert_null(source.container);
    }
}

static void broken_packets_are_counted_and_passed_over(void **state)
{
    (void)state;
    const char *whole = clip_make("whole.mkv", "-f", "lavfi", "-i", counter_source("25", 100),
                                  "-c:v", "ffv1", "-g", "1", "-slicecrc", "1", NULL);
    autobuffer bytes = buffer_init((size_t)1 << 26);
    assert_int_equal(file_read(whole, &bytes, NULL), OK);
    for (size_t i = bytes.len / 2; i < bytes.len / 2 + 64; i++)
        bytes.at[i] ^= 0x5a;
    const char *path = clip_path("broken.mkv");
    assert_int_equal(file_write_atomic(path, buffer_slice(&bytes), 0644, NULL), OK);
    autofd fd = clip_open(path);
    autosource source = {.io = NULL};
    autodecoder decoder = {.source = NULL};
    assert_int_equal(source_open(fd, NULL, &source, NULL), OK);
    assert_int_equal(stream_decoder_open(&source, 0, 1, &decoder, NULL), OK);
    AVFrame *frame = av_frame_alloc();
    unsigned count = 0;
    while (stream_decoder_next(&decoder, frame, NULL) == OK) {
        count++;
        av_frame_unref(frame);
    }
    assert_in_range(count, 90, 100);
    av_frame_free(&frame);
}

int main(void)
{
    av_log_capture();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeking_lands_at_a_key_picture_at_or_before_the_time),
        cmocka_unit_test(the_descriptors_own_position_is_left_alone),
        cmocka_unit_test(lists_that_name_other_files_are_not_followed),
        cmocka_unit_test(broken_packets_are_counted_and_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
