// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/conform.h"

#include "../../media/clip.h"
#include "base/file.h"
#include "base/random.h"
#include "media/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
    int fd;
    struct source source;
    struct master_report *report;
};

static const struct prepared counters = {512, 64, RANGE_SDR};

static struct rig rig_open(const char *path)
{
    struct rig rig = {.fd = clip_open(path), .report = calloc(1, sizeof(struct master_report))};
    struct why why = {""};
    if (probe_master(rig.fd, NULL, NULL, rig.report, &why) != OK ||
        source_open(rig.fd, NULL, &rig.source, &why) != OK)
        fail_msg("%s", why.text);
    assert_int_equal(rig.report->refusal, MASTER_ACCEPTED);
    return rig;
}

static void rig_close(struct rig *rig)
{
    source_close(&rig->source);
    free(rig->report);
    fd_close(&rig->fd);
}

static unsigned shown_at(struct conform *conform, uint64_t frame, bool *is_new)
{
    const AVFrame *picture = NULL;
    struct why why = {""};
    if (conform_frame(conform, frame, &picture, is_new, &why) != OK) fail_msg("%s", why.text);
    return counter_number(picture);
}

static void any_start_gives_the_frames_of_a_run_from_the_beginning(void **state)
{
    (void)state;
    struct rig rig = rig_open(clip_make(
        "any.mkv", "-f", "lavfi", "-i", counter_source("30000/1001", 150), "-vf",
        "select='not(between(n,70,75))'", "-vsync", "vfr", "-c:v", "libx264", "-g", "40", NULL));
    const struct master_video *video = &rig.report->facts.video;
    unsigned expected[160];
    autoconform whole = {.video = NULL};
    assert_int_equal(conform_open(&rig.source, video, 0, &counters, 1, &whole, NULL), OK);
    bool is_new = false;
    for (uint64_t n = 0; n < video->frame_count; n++) {
        expected[n] = shown_at(&whole, n, &is_new);
        assert_int_equal(is_new, n < 70 || n > 75);
    }
    struct prng prng = prng_init(11);
    for (int round = 0; round < 12; round++) {
        const uint64_t first = prng_below(&prng, video->frame_count);
        autoconform conform = {.video = NULL};
        assert_int_equal(conform_open(&rig.source, video, first, &counters, 1, &conform, NULL), OK);
        for (uint64_t n = first; n < video->frame_count && n < first + 10; n++)
            assert_int_equal(shown_at(&conform, n, &is_new), expected[n]);
    }
    rig_close(&rig);
}

static void the_last_picture_stays_when_there_are_no_more(void **state)
{
    (void)state;
    struct rig rig = rig_open(clip_make("end.mp4", "-f", "lavfi", "-i", counter_source("25", 30),
                                        "-c:v", "libx264", NULL));
    autoconform conform = {.video = NULL};
    assert_int_equal(
        conform_open(&rig.source, &rig.report->facts.video, 28, &counters, 1, &conform, NULL), OK);
    bool is_new = false;
    assert_int_equal(shown_at(&conform, 28, &is_new), 28);
    assert_int_equal(shown_at(&conform, 29, &is_new), 29);
    assert_true(is_new);
    assert_int_equal(shown_at(&conform, 30, &is_new), 29);
    assert_false(is_new);
    rig_close(&rig);
}

static void a_near_picture_costs_one_decode(void **state)
{
    (void)state;
    struct rig rig = rig_open(clip_make("near.mp4", "-f", "lavfi", "-i", counter_source("25", 100),
                                        "-c:v", "libx264", "-g", "30", "-sc_threshold", "0", NULL));
    const struct master_video *video = &rig.report->facts.video;
    const AVFrame *picture = NULL;
    autoconform near = {.video = NULL};
    assert_int_equal(conform_open(&rig.source, video, 40, &counters, 1, &near, NULL), OK);
    assert_int_equal(conform_near(&near, 40, 12, &picture, NULL), OK);
    assert_int_equal(counter_number(picture), 30);
    assert_int_equal(near.decoded_count, 1);
    autoconform exact = {.video = NULL};
    assert_int_equal(conform_open(&rig.source, video, 50, &counters, 1, &exact, NULL), OK);
    assert_int_equal(conform_near(&exact, 50, 12, &picture, NULL), OK);
    assert_int_equal(counter_number(picture), 50);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_start_gives_the_frames_of_a_run_from_the_beginning),
        cmocka_unit_test(the_last_picture_stays_when_there_are_no_more),
        cmocka_unit_test(a_near_picture_costs_one_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
