// SPDX-License-Identifier: Apache-2.0
#include "media/av.h"

#include "base/file.h"
#include "clip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void errors_become_outcomes_with_what_the_library_said(void **state)
{
    (void)state;
    struct why why = {""};
    av_log_capture();
    av_note_clear();
    av_log(NULL, AV_LOG_WARNING, "not worth a note\n");
    av_log(NULL, AV_LOG_ERROR, "moov atom \x1b[31mnot found\n");
    assert_int_equal(av_fail(&why, AVERROR_INVALIDDATA, "%s cannot be read", "film.mov"), INVALID);
    assert_string_equal(why.text,
                        "film.mov cannot be read: Invalid data found when processing input "
                        "(moov atom ?[31mnot found)");
    av_note_clear();
    assert_int_equal(av_fail(&why, AVERROR(ENOMEM), "x"), NO_MEMORY);
    assert_int_equal(av_fail(&why, AVERROR_DECODER_NOT_FOUND, "x"), UNSUPPORTED);
    assert_int_equal(av_fail(&why, AVERROR(EIO), "x"), UNAVAILABLE);
    assert_int_equal(av_fail(&why, AVERROR_EXIT, "x"), INVALID);
}

static void readers_read_seek_and_end(void **state)
{
    (void)state;
    const char *path = clip_path("bytes");
    assert_int_equal(file_write_atomic(path, slice_of("0123456789"), 0644, NULL), OK);
    autofd fd = clip_open(path);
    AVIOContext *io = NULL;
    autosealed *file = NULL;
    assert_int_equal(sealed_file_open(fd, NULL, &file, NULL), OK);
    assert_int_equal(av_reader_open(file, &io, NULL), OK);
    unsigned char bytes[4] = {0};
    assert_int_equal(avio_size(io), 10);
    assert_int_equal(avio_seek(io, 7, SEEK_SET), 7);
    assert_int_equal(avio_read(io, bytes, 4), 3);
    assert_memory_equal(bytes, "789", 3);
    assert_int_equal(avio_seek(io, -2, SEEK_CUR), 8);
    assert_int_equal(avio_read(io, bytes, 1), 1);
    assert_int_equal(bytes[0], '8');
    assert_true(avio_seek(io, -20, SEEK_CUR) < 0);
    av_reader_close(&io);
    assert_null(io);
    av_reader_close(&io);
}

static void time_bases_become_timescales(void **state)
{
    (void)state;
    const struct media_time ntsc = media_time_of(5, (AVRational){1001, 24000});
    assert_int_equal(ntsc.ticks, 5005);
    assert_int_equal(ntsc.timescale, 24000);
    assert_int_equal(media_time_of(INT64_MAX / 2, (AVRational){1001, 1}).ticks, INT64_MAX);
    assert_int_equal(media_time_of(-(INT64_MAX / 2), (AVRational){1001, 1}).ticks, INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_become_outcomes_with_what_the_library_said),
        cmocka_unit_test(readers_read_seek_and_end),
        cmocka_unit_test(time_bases_become_timescales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
