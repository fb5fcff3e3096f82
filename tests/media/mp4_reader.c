// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_reader.h"

#include "base/file.h"
#include "base/random.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES = 200, GROUP = 25, FRAME = 512 };

struct opened {
    char path[MOVIE_PATH_BYTES];
    struct arena arena;
    struct mp4 *mp4;
    struct mp4_cursor *cursor;
};

static void open_bytes(struct opened *opened, const struct buffer *bytes)
{
    movie_save(bytes, opened->path);
    opened->arena = arena_init(MOVIE_BYTES_MAX);
    struct why why = {""};
    const outcome result = mp4_open(&opened->arena, opened->path, &opened->mp4, &why);
    if (result != OK) fail_msg("%s", why.text);
    assert_int_equal(mp4_track_count(opened->mp4), 1);
    assert_int_equal(mp4_cursor_open(&opened->arena, opened->mp4, 0, &opened->cursor, NULL), OK);
}

static void close_all(struct opened *opened)
{
    mp4_cursor_close(&opened->cursor);
    mp4_close(&opened->mp4);
    arena_release(&opened->arena);
    (void)unlink(opened->path);
}

// Every sample has the times it was given, less `shift`, and its own bytes.
static void check_samples(struct opened *opened, const struct movie *movie, int64_t shift)
{
    uint8_t expected[1024], found[1024];
    int64_t decode = shift;
    for (size_t i = 0; i < movie->count; i++) {
        const struct coded_sample *given = &movie->samples[i];
        struct sample sample;
        bool is_end = true;
        assert_int_equal(mp4_cursor_next(opened->cursor, &sample, &is_end, NULL), OK);
        assert_false(is_end);
        assert_int_equal(sample.size, given->bytes.len);
        assert_int_equal(sample.decode_ticks, decode);
        assert_int_equal(sample.duration_ticks, given->duration_ticks);
        assert_int_equal(sample.shift_ticks, given->shift_ticks);
        assert_int_equal(sample.is_sync, given->is_sync);
        movie_fill(expected, sample.size, movie->seed, i);
        assert_int_equal(fd_read_at(mp4_fd(opened->mp4), found, sample.size, sample.offset, NULL),
                         OK);
        assert_memory_equal(found, expected, sample.size);
        decode += given->duration_ticks;
    }
    struct sample sample;
    bool is_end = false;
    assert_int_equal(mp4_cursor_next(opened->cursor, &sample, &is_end, NULL), OK);
    assert_true(is_end);
}

static struct movie video_movie(struct coded_sample *samples)
{
    movie_samples(samples, SAMPLES, GROUP, FRAME, true);
    return (struct movie){.stream = &movie_avc,
                          .samples = samples,
                          .count = SAMPLES,
                          .seed = 7,
                          .samples_per_chunk = 3,
                          .has_stss = true};
}

static void reads_back_tables_of_every_shape(void **state)
{
    (void)state;
    static const size_t per_chunk[] = {1, 3, 64, SAMPLES, 1000};
    struct coded_sample samples[SAMPLES];
    for (size_t i = 0; i < sizeof per_chunk / sizeof per_chunk[0]; i++) {
        struct movie movie = video_movie(samples);
        movie.samples_per_chunk = per_chunk[i];
        movie.has_large_offsets = i % 2 == 1;
        autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
        movie_put(&bytes, &movie);
        struct opened opened;
        open_bytes(&opened, &bytes);
        assert_false(mp4_is_fragmented(opened.mp4));
        check_samples(&opened, &movie, 0);
        mp4_cursor_rewind(opened.cursor);
        check_samples(&opened, &movie, 0);
        const struct mp4_track *track = mp4_track_at(opened.mp4, 0);
        assert_int_equal(track->stream.video.facts.width, 640);
        assert_string_equal(track->stream.language, "de");
        assert_int_equal(track->duration.ticks, SAMPLES * FRAME);
        close_all(&opened);
    }
}

static void reads_back_fragments(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES];
    const struct movie movie = video_movie(samples);
    for (uint64_t start = 0; start < 3000000000; start += 1234567890) {
        autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
        movie_put_fragments(&bytes, &movie, GROUP, start);
        struct opened opened;
        open_bytes(&opened, &bytes);
        assert_true(mp4_is_fragmented(opened.mp4));
        check_samples(&opened, &movie, (int64_t)start);
        mp4_cursor_rewind(opened.cursor);
        check_samples(&opened, &movie, (int64_t)start);
        close_all(&opened);
    }
}

static void an_audio_track_keeps_its_priming(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES];
    movie_samples(samples, SAMPLES, 1, 1024, false);
    struct stream stream = movie_aac;
    stream.audio.priming_ticks = 1024;
    const struct movie movie = {.stream = &stream, .samples = samples, .count = SAMPLES, .seed = 1};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    movie_put_fragments(&bytes, &movie, 50, 0);
    struct opened opened;
    open_bytes(&opened, &bytes);
    check_samples(&opened, &movie, -1024);
    assert_string_equal(mp4_track_at(opened.mp4, 0)->stream.language, "de");
    close_all(&opened);
}

static void refuses_other_kinds_of_file_by_name(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        outcome result;
        const char *part;
    } cases[] = {
        {{(const uint8_t *)"\x1a\x45\xdf\xa3 matroska", 14}, UNSUPPORTED, "Matroska"},
        {{(const uint8_t *)"RIFFxxxxAVI ", 12}, UNSUPPORTED, "AVI or WAVE"},
        {{(const uint8_t *)"", 0}, UNSUPPORTED, "of no known kind"},
        {{(const uint8_t *)"hello world, this is text", 25}, UNSUPPORTED, "ffmpeg -i IN"},
        {{(const uint8_t *)"\0\0\0\x10"
                           "ftypisom\0\0\0\0",
          16},
         INVALID,
         "no moov"},
        {{(const uint8_t *)"\0\0\0\x10"
                           "ftypisom\0\0\0\0\0\0\1\0mdat1234",
          28},
         INVALID,
         "the mdat box at byte 16 is cut off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer bytes = buffer_init(1024);
        assert_int_equal(buffer_put(&bytes, cases[i].bytes, NULL), OK);
        char path[MOVIE_PATH_BYTES];
        movie_save(&bytes, path);
        autoarena arena = arena_init(MOVIE_BYTES_MAX);
        struct mp4 *mp4 = NULL;
        struct why why = {""};
        assert_int_equal(mp4_open(&arena, path, &mp4, &why), cases[i].result);
        assert_null(mp4);
        if (strstr(why.text, cases[i].part) == NULL) fail_msg("%s", why.text);
        assert_non_null(strstr(why.text, path));
        (void)unlink(path);
    }
}

static void a_file_cut_anywhere_is_refused_or_read_in_part_never_past_its_end(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES];
    const struct movie movie = video_movie(samples);
    struct prng prng = prng_init(77);
    for (int round = 0; round < 100; round++) {
        autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
        if (round % 2 == 0)
            movie_put(&bytes, &movie);
        else
            movie_put_fragments(&bytes, &movie, GROUP, 0);
        bytes.len = (size_t)prng_below(&prng, bytes.len);
        char path[MOVIE_PATH_BYTES];
        movie_save(&bytes, path);
        autoarena arena = arena_init(MOVIE_BYTES_MAX);
        struct mp4 *mp4 = NULL;
        struct mp4_cursor *cursor = NULL;
        outcome result = mp4_open(&arena, path, &mp4, NULL);
        if (result == OK) result = mp4_cursor_open(&arena, mp4, 0, &cursor, NULL);
        size_t count = 0;
        for (bool is_end = false; result == OK && !is_end;) {
            struct sample sample;
            result = mp4_cursor_next(cursor, &sample, &is_end, NULL);
            if (result != OK || is_end) break;
            assert_true(sample.offset + sample.size <= bytes.len);
            count++;
        }
        // A cut between two fragments leaves a shorter file that is whole.
        assert_true(result != OK || (round % 2 == 1 && count < SAMPLES && count % GROUP == 0));
        mp4_cursor_close(&cursor);
        mp4_close(&mp4);
        (void)unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_tables_of_every_shape),
        cmocka_unit_test(reads_back_fragments),
        cmocka_unit_test(an_audio_track_keeps_its_priming),
        cmocka_unit_test(refuses_other_kinds_of_file_by_name),
        cmocka_unit_test(a_file_cut_anywhere_is_refused_or_read_in_part_never_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
