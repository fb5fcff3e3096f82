// SPDX-License-Identifier: Apache-2.0
#include "rig.h"

#include "../media/clip.h"
#include "base/file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct transcoder *rig_open(int64_t silence_ms_max)
{
    char program[PATH_MAX];
    const char *build = getenv("PRIMROSE_BUILD");
    (void)snprintf(program, sizeof program, "%s/primrose-transcode",
                   build == NULL ? "build" : build);
    struct transcoder *transcoder = NULL;
    struct why why = {""};
    if (transcoder_open(
            &transcoder,
            &(struct transcoder_options){.program = program, .silence_ms_max = silence_ms_max},
            &why) != OK)
        fail_msg("%s", why.text);
    return transcoder;
}

struct master_report *rig_probe(struct transcoder *transcoder, int master_fd)
{
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    assert_non_null(report);
    if (transcoder_probe(transcoder, master_fd, NULL, report, &why) != OK) fail_msg("%s", why.text);
    if (report->refusal != MASTER_ACCEPTED) fail_msg("%s", report->reason.text);
    return report;
}

enum master_refusal rig_refusal(const char *path, struct why *sentence)
{
    autofd fd = clip_open(path);
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    assert_non_null(report);
    if (transcoder_probe(transcoder, fd, NULL, report, &why) != OK)
        fail_msg("%s: %s", path, why.text);
    const enum master_refusal refusal = report->refusal;
    *sentence = report->reason;
    free(report);
    return refusal;
}

uint32_t rig_segment_frames(const struct master_facts *facts)
{
    struct grid grid;
    assert_int_equal(grid_init(&grid, facts->video.rate, 2000, 1, NULL), OK);
    return grid.segment_frames;
}

struct rendition_job rig_rendition(int fd, uint32_t width, uint32_t height)
{
    return (struct rendition_job){.output_fd = fd,
                                  .encoder = "x264",
                                  .preset = "veryfast",
                                  .width = width,
                                  .height = height,
                                  .crf_tenths = 230};
}

int rig_chunk(struct transcoder *transcoder, int master_fd, const struct master_facts *facts,
              uint64_t first, uint64_t end, uint32_t width, uint32_t height)
{
    static unsigned made;
    char name[48];
    (void)snprintf(name, sizeof name, "chunk-%u.mp4", made++);
    const int fd = clip_create(name);
    const struct rendition_job rendition = rig_rendition(fd, width, height);
    const struct video_job job = {
        .master_fd = master_fd,
        .facts = facts,
        .frames = {first, end},
        .segment_frames = rig_segment_frames(facts),
        .renditions = &rendition,
        .rendition_count = 1,
    };
    struct video_result result;
    struct why why = {""};
    if (transcoder_video(transcoder, &job, NULL, &result, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(result.decode_errors, 0);
    assert_true(result.renditions[0].bytes > 0);
    return fd;
}
