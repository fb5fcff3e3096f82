// SPDX-License-Identifier: Apache-2.0
//
// Real media from ffmpeg through the real child process. Covers decoder_child.c too.
#include "player/decoder.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MEDIA_BYTES_MAX = 8 * 1024 * 1024, WAIT_MS = 20000 };

static char folder[] = "/tmp/primrose-decoder-XXXXXX";
static struct buffer film; // fragmented MP4: init and fragments in one
static size_t init_bytes;  // up to the first moof

static int run_ffmpeg(const char *out)
{
    const pid_t child = fork();
    if (child == 0) {
        execlp("ffmpeg", "ffmpeg", "-v", "error", "-f", "lavfi", "-i",
               "testsrc2=size=320x180:rate=24:duration=2", "-c:v", "libx264", "-preset",
               "ultrafast", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-y", out,
               (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

static int make_film(void **state)
{
    (void)state;
    char path[256];
    if (mkdtemp(folder) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/film.mp4", folder);
    film = buffer_init(MEDIA_BYTES_MAX);
    if (run_ffmpeg(path) != 0 || file_read(path, &film, NULL) != OK) return -1;
    const uint8_t *moof = memmem(film.at, film.len, "moof", 4);
    if (moof == NULL) return -1;
    init_bytes = (size_t)(moof - film.at) - 4;
    return 0;
}

static int drop_film(void **state)
{
    (void)state;
    buffer_release(&film);
    return folder_remove(folder, NULL) != OK;
}

static const char *program(void)
{
    static char path[512];
    const char *build = getenv("PRIMROSE_BUILD");
    (void)snprintf(path, sizeof path, "%s/primrose-decode", build == NULL ? "build" : build);
    return path;
}

static struct slice init_part(void)
{
    return slice_part(buffer_slice(&film), 0, init_bytes);
}

static struct slice media_part(void)
{
    return slice_part(buffer_slice(&film), init_bytes, film.len);
}

static void every_frame_of_every_run_is_counted(void **state)
{
    (void)state;
    struct decoder *decoder = NULL;
    struct decoder_counts counts = {0, 0};
    assert_int_equal(decoder_open(&decoder, program(), NULL), OK);
    for (int run = 0; run < 2; run++) { // a switch of renditions is a new run
        assert_int_equal(decoder_feed(decoder, DECODER_INIT, init_part(), NULL), OK);
        assert_int_equal(decoder_feed(decoder, DECODER_MEDIA, media_part(), NULL), OK);
    }
    assert_int_equal(decoder_wait_first(decoder, WAIT_MS, NULL), OK);
    assert_int_equal(decoder_finish(decoder, WAIT_MS, &counts, NULL), OK);
    assert_int_equal(counts.frames, 96);
    assert_int_equal(counts.errors, 0);
    decoder_close(&decoder);
    assert_null(decoder);
}

static void media_that_is_none_is_an_error_not_a_crash(void **state)
{
    (void)state;
    struct decoder *decoder = NULL;
    struct decoder_counts counts = {0, 0};
    struct why why = {""};
    assert_int_equal(decoder_open(&decoder, program(), NULL), OK);
    assert_int_equal(decoder_feed(decoder, DECODER_MEDIA, slice_of("this is no media"), NULL), OK);
    assert_int_equal(decoder_feed(decoder, DECODER_INIT, init_part(), NULL), OK);
    assert_int_equal(decoder_feed(decoder, DECODER_MEDIA, slice_part(media_part(), 0, 3000), NULL),
                     OK);
    assert_int_equal(decoder_finish(decoder, WAIT_MS, &counts, &why), OK);
    assert_true(counts.errors >= 1);
    decoder_close(&decoder);
}

static void a_decoder_that_is_never_fed_ends_at_once(void **state)
{
    (void)state;
    struct decoder *decoder = NULL;
    struct decoder_counts counts = {7, 7};
    assert_int_equal(decoder_open(&decoder, program(), NULL), OK);
    assert_int_equal(decoder_wait_first(decoder, 1, NULL), TIMED_OUT);
    assert_int_equal(decoder_finish(decoder, WAIT_MS, &counts, NULL), OK);
    assert_int_equal(counts.frames, 0);
    decoder_close(&decoder);
}

static void a_missing_program_is_said_so(void **state)
{
    (void)state;
    struct decoder *decoder = NULL;
    struct why why = {""};
    assert_int_equal(decoder_open(&decoder, NULL, &why), NOT_FOUND); // none beside this test
    assert_non_null(strstr(why.text, "primrose-decode"));
    assert_null(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_of_every_run_is_counted),
        cmocka_unit_test(media_that_is_none_is_an_error_not_a_crash),
        cmocka_unit_test(a_decoder_that_is_never_fed_ends_at_once),
        cmocka_unit_test(a_missing_program_is_said_so),
    };
    return cmocka_run_group_tests(tests, make_film, drop_film);
}
