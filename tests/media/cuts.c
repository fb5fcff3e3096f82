// SPDX-License-Identifier: Apache-2.0
#include "media/cuts.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES_MAX = 512, VIDEOS_MAX = 3, CUTS_MAX = 16 };

// A video of `frames` at 25/1 whose key frames are told one by one.
struct video {
    uint32_t timescale;
    size_t frames;
    size_t keys[24];
    size_t key_count;
};

static struct sample_source *make(const struct video *video, char *path)
{
    struct stream stream = movie_avc;
    stream.timescale = video->timescale;
    static struct coded_sample samples[FRAMES_MAX];
    movie_samples(samples, video->frames, FRAMES_MAX, video->timescale / 25, false);
    for (size_t i = 0; i < video->frames; i++) {
        samples[i].is_sync = false;
        for (size_t k = 0; k < video->key_count; k++)
            samples[i].is_sync = samples[i].is_sync || video->keys[k] == i;
    }
    const struct movie movie = {.stream = &stream,
                                .samples = samples,
                                .count = video->frames,
                                .samples_per_chunk = 9,
                                .has_stss = true};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    movie_put(&bytes, &movie);
    movie_save(&bytes, path);
    struct sample_source *source = NULL;
    static const char *list[1];
    list[0] = path;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    return source;
}

struct found {
    outcome result;
    struct why why;
    size_t count;
    int64_t frames[CUTS_MAX];
};

static struct found plan(const struct video *videos, size_t count)
{
    char paths[VIDEOS_MAX][MOVIE_PATH_BYTES];
    const char *lists[VIDEOS_MAX][1];
    struct sample_source *sources[VIDEOS_MAX];
    for (size_t i = 0; i < count; i++) {
        struct sample_source *made = make(&videos[i], paths[i]);
        sample_source_close(&made);
        lists[i][0] = paths[i];
        assert_int_equal(sample_source_open(lists[i], 1, 0, &sources[i], NULL), OK);
    }
    autoarena arena = arena_init(1024 * 1024);
    struct cuts cuts = {0};
    struct found found = {.why = {""}};
    found.result = cuts_plan(&arena, sources, count, 2000, &cuts, &found.why);
    found.count = cuts.count;
    for (size_t i = 0; i < cuts.count; i++)
        found.frames[i] = cuts.at[i] * 25 / cuts.timescale;
    for (size_t i = 0; i < count; i++) {
        sample_source_close(&sources[i]);
        (void)unlink(paths[i]);
    }
    return found;
}

static void expect(const struct video *videos, size_t count, const int64_t *frames,
                   size_t frame_count)
{
    const struct found found = plan(videos, count);
    if (found.result != OK) fail_msg("%s", found.why.text);
    assert_int_equal(found.count, frame_count);
    for (size_t i = 0; i < frame_count; i++)
        assert_int_equal(found.frames[i], frames[i]);
}

static void a_regular_video_is_cut_on_the_grid(void **state)
{
    (void)state;
    const struct video seconds = {12800, 210, {0, 25, 50, 75, 100, 125, 150, 175, 200}, 9};
    expect(&seconds, 1, (const int64_t[]){0, 50, 100, 150, 200}, 5);
    const struct video whole = {12800, 200, {0, 25, 50, 75, 100, 125, 150, 175}, 8};
    expect(&whole, 1, (const int64_t[]){0, 50, 100, 150}, 4); // no crumb at the end
}

static void a_cut_is_the_key_frame_nearest_the_grid(void **state)
{
    (void)state;
    const struct video early = {12800, 200, {0, 46, 60, 101, 140, 149, 160}, 7};
    expect(&early, 1, (const int64_t[]){0, 46, 101, 149}, 4);
}

static void videos_are_cut_where_all_have_a_key_frame(void **state)
{
    (void)state;
    const struct video videos[] = {
        {12800, 210, {0, 25, 50, 75, 100, 125, 150, 175, 200}, 9},
        {90000, 210, {0, 50, 60, 100, 150, 200}, 6},
        {12800, 210, {0, 50, 100, 110, 150, 170, 200}, 7},
    };
    expect(videos, 3, (const int64_t[]){0, 50, 100, 150, 200}, 5);
    const struct video apart[] = {
        {12800, 200, {0, 50, 60, 110, 160}, 5},
        {90000, 200, {0, 60, 100, 110, 160}, 5},
    };
    expect(apart, 2, (const int64_t[]){0, 60, 110, 160}, 4);
}

static void a_video_without_key_frames_near_the_grid_is_refused_with_the_place(void **state)
{
    (void)state;
    const struct video rare = {12800, 400, {0, 208}, 2};
    const struct found found = plan(&rare, 1);
    assert_int_equal(found.result, INVALID);
    if (strstr(found.why.text, "near 2.000 s: between 0.000 s and 8.320 s") == NULL)
        fail_msg("%s", found.why.text);
    const struct video one = {12800, 400, {0}, 1};
    assert_int_equal(plan(&one, 1).result, INVALID);
    const struct video late = {12800, 100, {3, 50}, 2};
    const struct found not_first = plan(&late, 1);
    assert_int_equal(not_first.result, INVALID);
    assert_non_null(strstr(not_first.why.text, "does not start with a key frame"));
    const struct video apart[] = {{12800, 200, {0, 50, 100, 150}, 4},
                                  {12800, 200, {0, 30, 80, 130, 180}, 5}};
    const struct found none = plan(apart, 2);
    assert_int_equal(none.result, INVALID);
    assert_non_null(strstr(none.why.text, "no common key frame"));
}

static void audio_alone_is_cut_by_time(void **state)
{
    (void)state;
    autoarena arena = arena_init(1024);
    struct cuts cuts;
    assert_int_equal(cuts_plan(&arena, NULL, 0, 4000, &cuts, NULL), OK);
    assert_int_equal(cuts.count, 1);
    assert_int_equal(cuts.step_ticks, 4 * (int64_t)cuts.timescale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_regular_video_is_cut_on_the_grid),
        cmocka_unit_test(a_cut_is_the_key_frame_nearest_the_grid),
        cmocka_unit_test(videos_are_cut_where_all_have_a_key_frame),
        cmocka_unit_test(a_video_without_key_frames_near_the_grid_is_refused_with_the_place),
        cmocka_unit_test(audio_alone_is_cut_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
