// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// The real clips, what they are, and how they look to a viewer.
static const struct {
    const char *name;
    enum master_refusal refusal;
    uint32_t frames, seconds;
    uint64_t frame_count;
    uint32_t width, height;
} clips[] = {
    {"croatia_1080p25_avc_aac.mp4", MASTER_ACCEPTED, 25, 1, 200, 1920, 1080},
    {"bbb_hevc_8s.mp4", MASTER_ACCEPTED, 24, 1, 192, 640, 360},
    {"bbb_ac3_8s.mp4", MASTER_NO_VIDEO, 0, 0, 0, 0, 0},
    {"bbb_2500ms.ts", MASTER_ACCEPTED, 24, 1, 60, 1920, 1080},
    {"long_1080p_lowbitrate.mp4", MASTER_ACCEPTED, 30, 1, 10883, 1920, 1080},
    {"long_180p_av1.mp4", MASTER_ACCEPTED, 60, 1, 21766, 320, 180},
    {"hdr10-video-with-sdr-container.mp4", MASTER_ACCEPTED, 30, 1, 31, 1920, 1080},
    {"sample_with_colr_mdcv_and_clli.mp4", MASTER_ACCEPTED, 60000, 1001, 60, 1920, 1080},
    {"hlg10-color-test.mp4", MASTER_ACCEPTED, 30, 1, 9, 1920, 1080},
    {"sample_with_srt.mkv", MASTER_ACCEPTED, 30, 1, 30, 1080, 720},
    {"sample_with_ssa_subtitles.mkv", MASTER_ACCEPTED, 30, 1, 30, 1080, 720},
    {"fragmented_captions.mp4", MASTER_ACCEPTED, 30000, 1001, 61, 416, 234},
    {"sample_with_chapters.mp4", MASTER_ACCEPTED, 30000, 1001, 30, 1080, 720},
    {"sample_edit_list.mp4", MASTER_ACCEPTED, 30000, 1001, 77, 1080, 1920},
    {"sample_eac3.mp4", MASTER_NO_VIDEO, 0, 0, 0, 0, 0},
    {"sample_fragmented_clearkey.mp4", MASTER_ENCRYPTED, 0, 0, 0, 0, 0},
    {"imf-phdr/VIDEO_23e9a145-f2da-4183-86b2-1c399db41afb.mxf", MASTER_ACCEPTED, 24000, 1001, 24,
     3840, 2160},
    {"imf-phdr/AUDIO_a2a83e0a-a0ac-4785-8685-d868631f493a.mxf", MASTER_NO_VIDEO, 0, 0, 0, 0, 0},
    {"imf-phdr/ASSETMAP.xml", MASTER_NOT_MEDIA, 0, 0, 0, 0, 0},
    {"imf-phdr/CPL_cfad00b4-77b5-4d06-bd9d-48bc21c8fc0e.xml", MASTER_NOT_MEDIA, 0, 0, 0, 0, 0},
};

static void count_only(void *context, size_t index, const AVFrame *frame)
{
    (void)context, (void)index;
    assert_int_equal(frame->width % 2, 0);
}

static void encode_some(struct transcoder *transcoder, int master, const struct master_facts *facts,
                        const char *name)
{
    // The second segment where there is one: found by seeking.
    const uint32_t segment = rig_segment_frames(facts);
    const uint64_t count = facts->video.frame_count;
    const uint64_t first = count > segment ? segment : 0;
    const uint64_t end = count - first > segment ? first + segment : count;
    uint32_t width = 0, height = 0;
    master_display_size(&facts->video, &width, &height);
    autofd chunk =
        rig_chunk(transcoder, master, facts, first, end, 320, (320 * height / width + 1) / 2 * 2);
    const size_t decoded = clip_decode(chunk, count_only, NULL);
    if (decoded != end - first)
        fail_msg("%s: %zu pictures in place of %d", name, decoded, (int)(end - first));
}

static void every_real_clip_is_encoded_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clips / sizeof clips[0]; i++) {
        autofd master = clip_open(clip_shared(clips[i].name));
        autotranscoder *transcoder = rig_open(0);
        struct master_report *report = calloc(1, sizeof *report);
        struct why why = {""};
        if (transcoder_probe(transcoder, master, NULL, report, &why) != OK)
            fail_msg("%s: %s", clips[i].name, why.text);
        if (report->refusal != clips[i].refusal)
            fail_msg("%s: %s: %s", clips[i].name, master_refusal_code(report->refusal),
                     report->reason.text);
        if (report->refusal != MASTER_ACCEPTED) {
            assert_true(strlen(report->reason.text) > 10);
            free(report);
            continue;
        }
        const struct master_video *video = &report->facts.video;
        uint32_t width = 0, height = 0;
        master_display_size(video, &width, &height);
        if (video->rate.frames != clips[i].frames || video->rate.seconds != clips[i].seconds ||
            video->frame_count != clips[i].frame_count || width != clips[i].width ||
            height != clips[i].height)
            fail_msg("%s: %d frames at %u/%u, %ux%u", clips[i].name, (int)video->frame_count,
                     video->rate.frames, video->rate.seconds, width, height);
        encode_some(transcoder, master, &report->facts, clips[i].name);
        free(report);
    }
}

// Whatever comes of it, it comes: a report, a job done or failed, or a process that died and was
// buried.
static void try_mangled(const char *path)
{
    autofd master = clip_open(path);
    autotranscoder *transcoder = rig_open(20000);
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    const outcome probed = transcoder_probe(transcoder, master, NULL, report, &why);
    assert_int_not_equal(probed, TIMED_OUT);
    if (probed == OK && report->refusal == MASTER_ACCEPTED) {
        autofd output = clip_create("mangled-out.mp4");
        const struct rendition_job rendition = rig_rendition(output, 64, 64);
        const uint32_t segment = rig_segment_frames(&report->facts);
        const uint64_t count = report->facts.video.frame_count;
        const struct video_job job = {.master_fd = master,
                                      .facts = &report->facts,
                                      .frames = {0, count < segment ? count : segment},
                                      .segment_frames = segment,
                                      .renditions = &rendition,
                                      .rendition_count = 1};
        struct video_result result;
        assert_int_not_equal(transcoder_video(transcoder, &job, NULL, &result, &why), TIMED_OUT);
    } else {
        assert_true(strlen(probed == OK ? report->reason.text : why.text) > 0);
    }
    free(report);
}

static void mangled_masters_end_in_an_outcome(void **state)
{
    (void)state;
    static const char *const names[] = {"m.mp4", "m.mkv", "m.ts", "m.avi", "m.mxf"};
    struct prng prng = prng_init(20261121);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *whole = clip_make(names[i], "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=1",
                                      "-f", "lavfi", "-i", "sine=d=1:r=48000", "-c:v", "mpeg2video",
                                      "-c:a", i == 4 ? "pcm_s16le" : "mp2", NULL);
        autobuffer bytes = buffer_init(1 << 24);
        assert_int_equal(file_read(whole, &bytes, NULL), OK);
        for (int round = 0; round < 6; round++) {
            autobuffer bent = buffer_init(1 << 24);
            assert_int_equal(buffer_put(&bent, buffer_slice(&bytes), NULL), OK);
            for (int flips = 0; flips < 40; flips++) // half of them in the headers
                bent.at[prng_below(&prng, flips % 2 == 0 ? 2048 : bent.len)] ^=
                    (uint8_t)(1 + prng_below(&prng, 255));
            const char *path = clip_path("mangled");
            assert_int_equal(file_write_atomic(path, buffer_slice(&bent), 0644, NULL), OK);
            try_mangled(path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mangled_masters_end_in_an_outcome),
        cmocka_unit_test(every_real_clip_is_encoded_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
