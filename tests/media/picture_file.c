// SPDX-License-Identifier: Apache-2.0
#include "media/picture_file.h"

#include "base/file.h"
#include "clip.h"
#include "media/source.h"

#include <libavutil/mastering_display_metadata.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { COUNT = 5 };

static const struct picture_stream pictures = {
    .type = "dpx ",
    .rate = {24000, 1001},
    .colour = {9, 16, 0, false},
    .mastering = {{35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}, 10000000, 50},
    .max_cll = 1000,
    .max_fall = 400,
};

// Writes numbered DPX pictures into a file, from memory and from their files in turn.
static int wrap(void)
{
    struct why why = {""};
    autopictures *file = NULL;
    (void)clip_make("p_%d.dpx", "-f", "lavfi", "-i", counter_source("24", COUNT), NULL);
    const int fd = memfd_create("pictures", 0);
    assert_int_equal(picture_file_open(fd, &pictures, &file, &why), OK);
    for (int i = 1; i <= COUNT; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p_%d.dpx", i);
        autobuffer bytes = buffer_init(1 << 24);
        autofd picture = clip_open(clip_path(name));
        assert_int_equal(file_read(clip_path(name), &bytes, &why), OK);
        const outcome put = i % 2 == 0 ? picture_file_put(file, buffer_slice(&bytes), &why)
                                       : picture_file_put_fd(file, picture, &why);
        if (put != OK) fail_msg("%s", why.text);
    }
    assert_int_equal(picture_file_finish(file, &why), OK);
    return fd;
}

static void count_picture(void *context, size_t index, const AVFrame *frame)
{
    size_t *seen = context;
    assert_int_equal(frame->width, 512);
    assert_int_equal(index, *seen);
    ++*seen;
}

static void libavformat_finds_the_pictures_their_rate_and_their_light(void **state)
{
    (void)state;
    struct why why = {""};
    autofd fd = wrap();
    autosource source = {.io = NULL};
    if (source_open(fd, NULL, &source, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(source.container->nb_streams, 1);
    AVStream *stream = source.container->streams[0];
    assert_int_equal(stream->codecpar->codec_id, AV_CODEC_ID_DPX);
    assert_int_equal(stream->nb_frames, COUNT);
    assert_int_equal(stream->r_frame_rate.num, 24000);
    assert_int_equal(stream->r_frame_rate.den, 1001);
    assert_int_equal(stream->codecpar->color_primaries, 9);
    const uint8_t *side =
        av_stream_get_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, NULL);
    assert_non_null(side);
    assert_int_equal(
        (int)av_q2d(((const AVMasteringDisplayMetadata *)(const void *)side)->max_luminance), 1000);
    size_t pictures_seen = 0;
    assert_int_equal(clip_decode(fd, count_picture, &pictures_seen), COUNT);
    assert_int_equal(pictures_seen, COUNT);
}

static void pictures_of_no_bytes_are_refused(void **state)
{
    (void)state;
    struct why why = {""};
    autopictures *file = NULL;
    autofd fd = memfd_create("pictures", 0), empty = memfd_create("empty", 0);
    assert_int_equal(picture_file_open(fd, &pictures, &file, &why), OK);
    assert_int_equal(picture_file_put_fd(file, empty, &why), INVALID);
    assert_int_equal(picture_file_put(file, (struct slice){NULL, 0}, &why), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libavformat_finds_the_pictures_their_rate_and_their_light),
        cmocka_unit_test(pictures_of_no_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
