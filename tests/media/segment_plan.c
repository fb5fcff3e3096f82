// SPDX-License-Identifier: Apache-2.0
#include "media/segment_plan.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES_MAX = 800 };

static const int64_t two_seconds[] = {0, 2000, 4000, 6000, 8000};

struct planned {
    outcome result;
    struct why why;
    struct arena arena;
    struct segment_plan plan;
};

static struct planned plan_at(const struct movie *movie, const int64_t *at, size_t cut_count)
{
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    char path[MOVIE_PATH_BYTES];
    const char *const list[] = {path};
    movie_put(&bytes, movie);
    movie_save(&bytes, path);
    struct sample_source *source = NULL;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    const struct cuts cuts = {.at = at, .count = cut_count, .timescale = 1000, .step_ticks = 2000};
    struct planned planned = {.why = {""}, .arena = arena_init(1024 * 1024)};
    planned.result = segment_plan_make(&planned.arena, source, &cuts, &planned.plan, &planned.why);
    sample_source_close(&source);
    (void)unlink(path);
    return planned;
}

static struct planned plan_movie(const struct movie *movie, size_t cut_count)
{
    return plan_at(movie, two_seconds, cut_count);
}

static struct movie make_movie(const struct stream *stream, struct coded_sample *samples,
                               size_t count, size_t group)
{
    const bool is_video = stream->kind == TRACK_VIDEO;
    movie_samples(samples, count, group, is_video ? 512 : 1024, is_video);
    return (struct movie){.stream = stream,
                          .samples = samples,
                          .count = count,
                          .samples_per_chunk = 7,
                          .has_stss = is_video};
}

static void audio_of_any_length_gets_no_crumb_of_a_segment(void **state)
{
    (void)state;
    // 8.0 s of video in four segments; audio from 7 s to 17 s
    for (size_t count = 329; count < SAMPLES_MAX; count++) {
        struct coded_sample samples[SAMPLES_MAX];
        const struct movie movie = make_movie(&movie_aac, samples, count, 1);
        struct planned planned = plan_movie(&movie, 4);
        assert_int_equal(planned.result, OK);
        const struct segment_plan *plan = &planned.plan;
        uint64_t next = 0;
        uint32_t total = 0;
        for (size_t i = 0; i < plan->count; i++) {
            assert_int_equal(plan->segments[i].decode_ticks, next);
            const int64_t off = (int64_t)next - (int64_t)i * 96000;
            assert_true(off >= -512 && off <= 512);
            assert_true(plan->segments[i].duration_ticks >= 46000);
            assert_true(plan->segments[i].duration_ticks < 96000 + 48000 + 1024);
            next += plan->segments[i].duration_ticks;
            total += plan->segments[i].samples;
        }
        assert_int_equal(total, count);
        assert_int_equal(next, count * 1024);
        arena_release(&planned.arena);
    }
}

static void video_is_cut_at_its_sync_samples(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES_MAX];
    const struct movie movie = make_movie(&movie_avc, samples, 210, 25);
    struct planned planned = plan_movie(&movie, 5);
    assert_int_equal(planned.result, OK);
    assert_int_equal(planned.plan.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(planned.plan.segments[i].samples, i < 4 ? 50 : 10);
        assert_int_equal(planned.plan.segments[i].sap_type, 1);
    }
    arena_release(&planned.arena);
}

static void pictures_shown_before_the_first_of_a_segment_make_it_sap_type_2(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES_MAX];
    const struct movie movie = make_movie(&movie_avc, samples, 210, 25);
    samples[100].shift_ticks =
        1024; // the key picture at 4 s is shown behind the two that follow it
    samples[101].shift_ticks = -512;
    samples[102].shift_ticks = -512;
    const int64_t at[] = {0, 2000, 4080}; // times at which the key pictures are shown
    struct planned planned = plan_at(&movie, at, 3);
    if (planned.result != OK) fail_msg("%s", planned.why.text);
    assert_int_equal(planned.plan.segments[1].sap_type, 1);
    assert_int_equal(planned.plan.segments[2].sap_type, 2);
    arena_release(&planned.arena);
}

static void a_video_without_a_sync_sample_at_a_cut_is_refused(void **state)
{
    (void)state;
    struct coded_sample samples[SAMPLES_MAX];
    const struct movie movie = make_movie(&movie_avc, samples, 210, 60);
    struct planned planned = plan_movie(&movie, 5);
    assert_int_equal(planned.result, INVALID);
    assert_non_null(strstr(planned.why.text, "no key frame at 2.000 s"));
    arena_release(&planned.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_of_any_length_gets_no_crumb_of_a_segment),
        cmocka_unit_test(video_is_cut_at_its_sync_samples),
        cmocka_unit_test(pictures_shown_before_the_first_of_a_segment_make_it_sap_type_2),
        cmocka_unit_test(a_video_without_a_sync_sample_at_a_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
