// SPDX-License-Identifier: Apache-2.0
#include "studio/transcoder.h"

#include "../media/clip.h"
#include "base/file.h"
#include "rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// The one child of this process.
static pid_t child_of_this(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    autobuffer text = buffer_init(4096);
    assert_int_equal(file_read(path, &text, NULL), OK);
    uint64_t pid = 0;
    assert_int_equal(slice_u64(slice_trim(buffer_slice(&text)), INT32_MAX, &pid, NULL), OK);
    return (pid_t)pid;
}

static outcome kill_child(void *context, uint64_t done, uint64_t total, struct why *why)
{
    (void)total, (void)why;
    int *words = context;
    if (++*words == 2) assert_int_equal(kill(child_of_this(), SIGKILL), 0);
    return OK;
}

static outcome lose_interest(void *context, uint64_t done, uint64_t total, struct why *why)
{
    (void)context, (void)total;
    return done > 8 ? (fail)(why, CONFLICT, "the lease went to another worker") : OK;
}

static const char *small_master(void)
{
    return clip_make("small.mp4", "-f", "lavfi", "-i", counter_source("25", 150), "-c:v", "libx264",
                     "-preset", "ultrafast", NULL);
}

struct bench {
    int master;
    struct transcoder *transcoder;
    struct master_report *report;
    struct rendition_job rendition;
    struct video_job job;
};

static struct bench bench_open(int64_t silence_ms_max)
{
    struct bench bench = {.master = clip_open(small_master()),
                          .transcoder = rig_open(silence_ms_max)};
    bench.report = rig_probe(bench.transcoder, bench.master);
    bench.rendition = rig_rendition(clip_create("bench.mp4"), 512, 64);
    bench.job = (struct video_job){.master_fd = bench.master,
                                   .facts = &bench.report->facts,
                                   .frames = {0, 150},
                                   .segment_frames = 50,
                                   .rendition_count = 1};
    return bench;
}

static void bench_close(struct bench *bench)
{
    transcoder_close(&bench->transcoder);
    free(bench->report);
    fd_close(&bench->rendition.output_fd);
    fd_close(&bench->master);
}

static void a_killed_process_is_an_outcome_and_the_next_call_works(void **state)
{
    (void)state;
    struct bench bench = bench_open(0);
    bench.job.renditions = &bench.rendition;
    struct video_result result = {.decoded = 12345};
    struct why why = {""};
    int words = 0;
    const struct transcode_watch watch = {kill_child, &words};
    assert_int_equal(transcoder_video(bench.transcoder, &bench.job, &watch, &result, &why),
                     UNAVAILABLE);
    assert_non_null(strstr(why.text, "signal 9"));
    assert_int_equal(result.decoded, 12345);
    assert_int_equal(ftruncate(bench.rendition.output_fd, 0), 0);
    assert_int_equal(transcoder_video(bench.transcoder, &bench.job, NULL, &result, &why), OK);
    assert_int_equal(result.decoded, 150);
    bench_close(&bench);
}

static void a_watch_that_says_stop_stops_the_job_with_its_own_outcome(void **state)
{
    (void)state;
    struct bench bench = bench_open(0);
    bench.job.renditions = &bench.rendition;
    struct video_result result;
    struct why why = {""};
    const struct transcode_watch watch = {lose_interest, NULL};
    assert_int_equal(transcoder_video(bench.transcoder, &bench.job, &watch, &result, &why),
                     CONFLICT);
    assert_string_equal(why.text, "the lease went to another worker");
    bench_close(&bench);
}

static void programs_that_end_or_hang_are_outcomes(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        outcome result;
    } cases[] = {
        {"/bin/false", UNAVAILABLE},
        {"/bin/true", UNAVAILABLE},
        {"/bin/sleep", TIMED_OUT}, // for as many seconds as its words say: bytes of memory
    };
    autofd master = clip_open(small_master());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autotranscoder *transcoder = NULL;
        struct why why = {""};
        const struct transcoder_options options = {.program = cases[i].program,
                                                   .silence_ms_max = 300};
        assert_int_equal(transcoder_open(&transcoder, &options, &why), OK);
        struct master_report *report = calloc(1, sizeof *report);
        assert_int_equal(transcoder_probe(transcoder, master, NULL, report, &why), cases[i].result);
        assert_true(strlen(why.text) > 0);
        free(report);
    }
}

static void a_program_that_is_not_there_is_told_at_once(void **state)
{
    (void)state;
    struct transcoder *transcoder = NULL;
    struct why why = {""};
    const struct transcoder_options options = {.program = "/nonexistent/primrose-transcode"};
    assert_int_equal(transcoder_open(&transcoder, &options, &why), NOT_FOUND);
    assert_null(transcoder);
    assert_non_null(strstr(why.text, "/nonexistent/primrose-transcode"));
}

static void each_master_has_a_process_of_its_own(void **state)
{
    (void)state;
    autotranscoder *transcoder = rig_open(0);
    autofd first = clip_open(small_master());
    autofd second = clip_open(clip_make("other.mp4", "-f", "lavfi", "-i", counter_source("24", 48),
                                        "-c:v", "libx264", "-preset", "ultrafast", NULL));
    free(rig_probe(transcoder, first));
    const pid_t of_first = child_of_this();
    free(rig_probe(transcoder, first));
    assert_int_equal(child_of_this(), of_first);
    free(rig_probe(transcoder, second));
    assert_int_not_equal(child_of_this(), of_first);
}

static void jobs_that_make_no_sense_are_refused_with_a_sentence(void **state)
{
    (void)state;
    struct bench bench = bench_open(0);
    struct video_result result;
    const struct {
        struct video_job job;
        uint32_t width;
        const char *preset, *encoder;
        outcome result;
    } cases[] = {
        {{.frames = {10, 60}, .segment_frames = 50}, 512, "veryfast", "x264", INVALID},
        {{.frames = {0, 60}, .segment_frames = 50}, 512, "veryfast", "x264", INVALID},
        {{.frames = {0, 200}, .segment_frames = 50}, 512, "veryfast", "x264", INVALID},
        {{.frames = {50, 50}, .segment_frames = 50}, 512, "veryfast", "x264", INVALID},
        {{.frames = {0, 50}, .segment_frames = 0}, 512, "veryfast", "x264", INVALID},
        {{.frames = {0, 50}, .segment_frames = 50}, 511, "veryfast", "x264", INVALID},
        {{.frames = {0, 50}, .segment_frames = 50}, 512, "warp9", "x264", INVALID},
        {{.frames = {0, 50}, .segment_frames = 50}, 512, "veryfast", "x999", NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rendition_job rendition = bench.rendition;
        rendition.width = cases[i].width;
        (void)snprintf(rendition.preset, sizeof rendition.preset, "%s", cases[i].preset);
        (void)snprintf(rendition.encoder, sizeof rendition.encoder, "%s", cases[i].encoder);
        struct video_job job = cases[i].job;
        job.master_fd = bench.master;
        job.facts = &bench.report->facts;
        job.renditions = &rendition;
        job.rendition_count = 1;
        struct why why = {""};
        assert_int_equal(transcoder_video(bench.transcoder, &job, NULL, &result, &why),
                         cases[i].result);
        assert_true(strlen(why.text) > 10);
    }
    bench_close(&bench);
}

static void storyboards_need_a_sheet_per_full_grid(void **state)
{
    (void)state;
    struct master_facts facts = {.duration = {45, 1}, .video = {.rate = {24, 1}}};
    const struct storyboard_job job = {
        .facts = &facts, .interval_ms = 2000, .columns = 5, .rows = 2};
    assert_int_equal(storyboard_sheet_count(&job), 3); // 23 thumbnails
    const struct storyboard_job senseless = {
        .facts = &facts, .interval_ms = 0, .columns = 5, .rows = 2};
    assert_int_equal(storyboard_sheet_count(&senseless), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_is_an_outcome_and_the_next_call_works),
        cmocka_unit_test(a_watch_that_says_stop_stops_the_job_with_its_own_outcome),
        cmocka_unit_test(programs_that_end_or_hang_are_outcomes),
        cmocka_unit_test(a_program_that_is_not_there_is_told_at_once),
        cmocka_unit_test(each_master_has_a_process_of_its_own),
        cmocka_unit_test(jobs_that_make_no_sense_are_refused_with_a_sentence),
        cmocka_unit_test(storyboards_need_a_sheet_per_full_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
