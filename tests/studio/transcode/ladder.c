// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/ladder.h"

#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "media/mp4_reader.h"
#include "studio/transcode/prepare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 512, HEIGHT = 64 };

// The counter of tests/media/clip.h, drawn here.
static void draw(AVFrame *picture, uint64_t frame)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            picture->data[0][y * picture->linesize[0] + x] =
                (frame >> (x * COUNTER_BITS / WIDTH) & 1) != 0 ? 235 : 16;
    for (int plane = 1; plane < 3; plane++)
        memset(picture->data[plane], 128, (size_t)picture->linesize[plane] * HEIGHT / 2);
}

static struct master_facts *facts_of(struct frame_rate rate, uint64_t frame_count)
{
    struct master_facts *facts = calloc(1, sizeof *facts);
    assert_non_null(facts);
    facts->track_count = 1;
    facts->video.rate = rate;
    facts->video.frame_count = frame_count;
    return facts;
}

static void run(const struct video_job *job, uint64_t feed_end, struct rendition_result *results)
{
    struct ladder *ladder = NULL;
    AVFrame *picture = NULL;
    struct why why = {""};
    if (ladder_open(job, 1, &ladder, &why) != OK) fail_msg("%s", why.text);
    uint32_t width = 0, height = 0;
    ladder_size(ladder, &width, &height);
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    assert_int_equal(picture_make(&(struct prepared){width, height, RANGE_SDR}, &picture, NULL),
                     OK);
    for (uint64_t n = job->frames.first; n < feed_end && !ladder_is_done(ladder); n++) {
        draw(picture, n);
        assert_int_equal(ladder_put(ladder, n, picture, &why), OK);
    }
    if (ladder_finish(ladder, results, &why) != OK) fail_msg("%s", why.text);
    ladder_close(&ladder);
    av_frame_free(&picture);
}

static void fragments_are_the_grid_and_times_count_from_the_title(void **state)
{
    (void)state;
    struct master_facts *facts = facts_of((struct frame_rate){24000, 1001}, 110);
    const struct rendition_job renditions[] = {
        rig_rendition(clip_create("small.mp4"), 256, 32),
        rig_rendition(clip_create("large.mp4"), WIDTH, HEIGHT)};
    const struct video_job job = {.facts = facts,
                                  .frames = {48, 110},
                                  .segment_frames = 48,
                                  .renditions = renditions,
                                  .rendition_count = 2};
    struct rendition_result results[2];
    run(&job, 110, results);
    for (size_t i = 0; i < 2; i++) {
        unsigned numbers[CLIP_FRAMES_MAX];
        assert_int_equal(clip_numbers(renditions[i].output_fd, numbers, CLIP_FRAMES_MAX), 62);
        for (unsigned n = 0; n < 62; n++)
            assert_int_equal(numbers[n], 48 + n);
        autoarena arena = arena_init(1 << 24);
        struct mp4 *mp4 = NULL;
        struct mp4_cursor *cursor = NULL;
        assert_int_equal(mp4_open_fd(&arena, renditions[i].output_fd, "chunk", &mp4, NULL), OK);
        const struct mp4_track *track = mp4_track_at(mp4, 0);
        assert_true(track->is_usable);
        assert_int_equal(track->stream.timescale, 24000);
        assert_int_equal(track->stream.video.facts.width, renditions[i].width);
        assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, NULL), OK);
        for (int64_t n = 0; n < 62; n++) {
            struct sample sample;
            bool is_end = true;
            assert_int_equal(mp4_cursor_next(cursor, &sample, &is_end, NULL), OK);
            assert_false(is_end);
            assert_int_equal(sample.decode_ticks, (48 + n) * 1001);
            if (n == 0 || n == 48) assert_true(sample.is_sync && sample.shift_ticks == 0);
        }
        mp4_cursor_close(&cursor);
        mp4_close(&mp4);
        fd_close(&(int){renditions[i].output_fd});
    }
    free(facts);
}

static void it_is_done_when_lookahead_is_fed_and_ends_short_titles_all_the_same(void **state)
{
    (void)state;
    struct master_facts *facts = facts_of((struct frame_rate){25, 1}, 1000);
    const struct rendition_job rendition =
        rig_rendition(clip_create("lookahead.mp4"), WIDTH, HEIGHT);
    const struct video_job job = {.facts = facts,
                                  .frames = {0, 50},
                                  .segment_frames = 50,
                                  .renditions = &rendition,
                                  .rendition_count = 1};
    struct ladder *ladder = NULL;
    AVFrame *picture = NULL;
    assert_int_equal(ladder_open(&job, 1, &ladder, NULL), OK);
    assert_int_equal(picture_make(&(struct prepared){WIDTH, HEIGHT, RANGE_SDR}, &picture, NULL),
                     OK);
    draw(picture, 0);
    uint64_t fed = 0;
    for (; !ladder_is_done(ladder); fed++) // the same picture again: NULL
        assert_int_equal(ladder_put(ladder, fed, fed == 0 ? picture : NULL, NULL), OK);
    assert_in_range(fed, 51, 70);
    struct rendition_result result;
    assert_int_equal(ladder_finish(ladder, &result, NULL), OK);
    assert_true(result.bytes > 0);
    ladder_close(&ladder);
    av_frame_free(&picture);
    fd_close(&(int){rendition.output_fd});
    free(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_are_the_grid_and_times_count_from_the_title),
        cmocka_unit_test(it_is_done_when_lookahead_is_fed_and_ends_short_titles_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
