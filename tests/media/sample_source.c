// SPDX-License-Identifier: Apache-2.0
#include "media/sample_source.h"

#include "base/file.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHUNKS = 5, CHUNK_SAMPLES = 100, GROUP = 50, FRAME = 512 };

struct chunks {
    char paths[CHUNKS][MOVIE_PATH_BYTES];
    const char *list[CHUNKS];
};

// Chunk files as workers write them: chunk i starts at i * 100 frames, moved by `shifts[i]`.
static void make_chunks(struct chunks *chunks, const struct stream *const *streams,
                        const int64_t *shifts)
{
    struct coded_sample samples[CHUNK_SAMPLES];
    movie_samples(samples, CHUNK_SAMPLES, GROUP, FRAME, true);
    for (size_t i = 0; i < CHUNKS; i++) {
        const struct movie movie = {
            .stream = streams[i], .samples = samples, .count = CHUNK_SAMPLES, .seed = (uint8_t)i};
        autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
        movie_put_fragments(&bytes, &movie, GROUP,
                            (uint64_t)((int64_t)(i * CHUNK_SAMPLES * FRAME) + shifts[i]));
        movie_save(&bytes, chunks->paths[i]);
        chunks->list[i] = chunks->paths[i];
    }
}

static void unlink_chunks(const struct chunks *chunks)
{
    for (size_t i = 0; i < CHUNKS; i++)
        (void)unlink(chunks->paths[i]);
}

static const struct stream *const same[CHUNKS] = {&movie_avc, &movie_avc, &movie_avc, &movie_avc,
                                                  &movie_avc};

static void chunks_read_as_one_stream_twice(void **state)
{
    (void)state;
    struct chunks chunks;
    make_chunks(&chunks, same, (const int64_t[CHUNKS]){0});
    struct sample_source *source = NULL;
    assert_int_equal(sample_source_open(chunks.list, CHUNKS, 0, &source, NULL), OK);
    assert_true(stream_is_same(sample_source_stream(source), &movie_avc));
    for (int round = 0; round < 2; round++) {
        struct sample sample;
        bool is_end = false;
        for (size_t i = 0; i < CHUNKS * CHUNK_SAMPLES; i++) {
            uint8_t head[2];
            struct window_file file;
            assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
            assert_false(is_end);
            assert_int_equal(sample.decode_ticks, i * FRAME);
            assert_int_equal(sample.file, i / CHUNK_SAMPLES);
            assert_int_equal(sample_source_file(source, sample.file, &file, NULL), OK);
            assert_int_equal(fd_read_at(file.fd, head, 2, sample.offset, NULL), OK);
            assert_int_equal(head[0], i / CHUNK_SAMPLES);
            assert_int_equal(head[1], i % CHUNK_SAMPLES);
        }
        assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
        assert_true(is_end);
        assert_int_equal(sample_source_rewind(source, NULL), OK);
    }
    sample_source_close(&source);
    unlink_chunks(&chunks);
}

// Reads until something is wrong.
static outcome read_all(const struct chunks *chunks, struct why *why)
{
    struct sample_source *source = NULL;
    outcome result = sample_source_open(chunks->list, CHUNKS, 0, &source, why);
    for (bool is_end = false; result == OK && !is_end;) {
        struct sample sample;
        result = sample_source_next(source, &sample, &is_end, why);
    }
    sample_source_close(&source);
    return result;
}

static void a_missing_or_foreign_chunk_is_named(void **state)
{
    (void)state;
    struct stream other = movie_avc;
    other.video.facts.width = 320;
    const struct {
        const struct stream *third;
        int64_t shift;
        const char *part;
    } cases[] = {
        {&movie_avc, 1024, "media is missing between 8.000 s and 8.080 s"},
        {&movie_avc, -512, "media overlaps between 8.000 s and 7.960 s"},
        {&other, 0, "its decoder setup is another"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chunks chunks;
        const struct stream *streams[CHUNKS];
        memcpy(streams, same, sizeof streams);
        streams[2] = cases[i].third;
        make_chunks(&chunks, streams, (const int64_t[CHUNKS]){[2] = cases[i].shift});
        struct why why = {""};
        assert_int_equal(read_all(&chunks, &why), INVALID);
        if (strstr(why.text, cases[i].part) == NULL) fail_msg("%s", why.text);
        assert_non_null(strstr(why.text, chunks.paths[2]));
        unlink_chunks(&chunks);
    }
}

static struct frame_rate rate_of(uint32_t timescale, const uint32_t *durations, size_t count)
{
    struct stream stream = movie_avc;
    stream.timescale = timescale;
    struct coded_sample samples[CHUNK_SAMPLES];
    movie_samples(samples, CHUNK_SAMPLES, GROUP, FRAME, false);
    for (size_t i = 0; i < CHUNK_SAMPLES; i++)
        samples[i].duration_ticks = durations[i % count];
    const struct movie movie = {.stream = &stream, .samples = samples, .count = CHUNK_SAMPLES};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    char path[MOVIE_PATH_BYTES];
    movie_put_fragments(&bytes, &movie, GROUP, 0);
    movie_save(&bytes, path);
    const char *const list[] = {path};
    struct sample_source *source = NULL;
    struct sample_timing timing;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    assert_int_equal(sample_timing_read(source, &timing, NULL), OK);
    assert_int_equal(timing.count, CHUNK_SAMPLES);
    sample_source_close(&source);
    (void)unlink(path);
    return timing.rate;
}

static void the_frame_rate_is_exact_where_it_can_be(void **state)
{
    (void)state;
    static const struct {
        uint32_t timescale;
        uint32_t durations[3];
        size_t count;
        struct frame_rate rate;
    } cases[] = {
        {24000, {1001}, 1, {24000, 1001}},
        {90000, {3003}, 1, {30000, 1001}},
        {12800, {512}, 1, {25, 1}},
        {1000, {33, 33, 34}, 3, {30, 1}},
        {90000, {3753, 3754}, 2, {24000, 1001}},
        {1000, {70, 73, 74}, 3, {13829, 1000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct frame_rate rate =
            rate_of(cases[i].timescale, cases[i].durations, cases[i].count);
        assert_int_equal(rate.frames, cases[i].rate.frames);
        assert_int_equal(rate.seconds, cases[i].rate.seconds);
    }
}

static void a_file_without_that_track_is_refused(void **state)
{
    (void)state;
    struct chunks chunks;
    make_chunks(&chunks, same, (const int64_t[CHUNKS]){0});
    struct sample_source *source = NULL;
    struct why why = {""};
    assert_int_equal(sample_source_open(chunks.list, CHUNKS, 1, &source, &why), INVALID);
    assert_non_null(strstr(why.text, "has 1 tracks, there is no number 2"));
    const char *const absent[] = {"/nonexistent/film.mp4"};
    assert_int_equal(sample_source_open(absent, 1, 0, &source, &why), NOT_FOUND);
    assert_null(source);
    unlink_chunks(&chunks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_read_as_one_stream_twice),
        cmocka_unit_test(a_missing_or_foreign_chunk_is_named),
        cmocka_unit_test(the_frame_rate_is_exact_where_it_can_be),
        cmocka_unit_test(a_file_without_that_track_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
