// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "media/source.h"

#include <libavutil/mastering_display_metadata.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keep_fifth(void *context, size_t index, const AVFrame *frame)
{
    AVFrame **kept = context;
    if (index == 5) *kept = av_frame_clone(frame);
}

// Picture 5 of the master as the pipeline makes it, at its display size.
static AVFrame *prepared(const char *path, uint32_t *width, uint32_t *height)
{
    autofd master = clip_open(path);
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    master_display_size(&report->facts.video, width, height);
    const uint32_t segment = rig_segment_frames(&report->facts);
    const uint64_t count = report->facts.video.frame_count;
    autofd chunk = rig_chunk(transcoder, master, &report->facts, 0,
                             count < segment ? count : segment, *width, *height);
    AVFrame *picture = NULL;
    (void)clip_decode(chunk, keep_fifth, &picture);
    assert_non_null(picture);
    assert_int_equal(picture->width, *width);
    assert_int_equal(picture->height, *height);
    assert_int_equal(picture->format, AV_PIX_FMT_YUV420P);
    assert_int_equal(picture->color_primaries, AVCOL_PRI_BT709);
    assert_int_equal(picture->color_trc, AVCOL_TRC_BT709);
    assert_int_equal(picture->colorspace, AVCOL_SPC_BT709);
    assert_int_equal(picture->color_range, AVCOL_RANGE_MPEG);
    free(report);
    return picture;
}

static uint8_t middle(const AVFrame *picture, int plane)
{
    const int half = plane == 0 ? 1 : 2;
    return picture->data[plane][picture->height / half / 2 * picture->linesize[plane] +
                                picture->width / half / 2];
}

static void every_source_of_red_becomes_the_red_of_bt709(void **state)
{
    (void)state;
    static const struct {
        const char *name, *filter, *codec, *format, *range, *space;
    } cases[] = {
        {"rgb.mov", "null", "png", "rgb24", "pc", "rgb"},
        {"rgb.mkv", "null", "ffv1", "gbrp10le", "pc", "rgb"},
        {"sd.mkv", "scale=out_color_matrix=bt601", "ffv1", "yuv420p", "tv", "smpte170m"},
        {"hd.mkv", "scale=out_color_matrix=bt709", "ffv1", "yuv422p10le", "tv", "bt709"},
        {"full.mkv", "scale=out_color_matrix=bt709:out_range=full", "ffv1", "yuv444p", "pc",
         "bt709"},
        {"prores.mov", "scale=out_color_matrix=bt709", "prores_ks", "yuva444p10le", "tv", "bt709"},
        {"wide.mkv",
         "zscale=m=bt2020nc:p=bt2020:t=bt2020-10:pin=bt709:tin=bt709:rin=full:r=limited", "ffv1",
         "yuv422p10le", "tv", "bt2020nc"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char filter[192];
        (void)snprintf(filter, sizeof filter, "%s,format=%s", cases[i].filter, cases[i].format);
        const char *path = clip_make(cases[i].name, "-f", "lavfi", "-i",
                                     "color=red:s=1280x720:r=25:d=0.4,format=gbrp", "-vf", filter,
                                     "-c:v", cases[i].codec, "-color_range", cases[i].range,
                                     "-colorspace", cases[i].space, "-color_primaries",
                                     strncmp(cases[i].space, "bt2020", 6) == 0 ? "bt2020" : "bt709",
                                     "-color_trc", "bt709", NULL);
        uint32_t width, height;
        AVFrame *picture = prepared(path, &width, &height);
        if (abs(middle(picture, 0) - 63) > 3 || abs(middle(picture, 1) - 102) > 3 ||
            abs(middle(picture, 2) - 240) > 3)
            fail_msg("%s: red is %d, %d, %d", cases[i].name, middle(picture, 0), middle(picture, 1),
                     middle(picture, 2));
        av_frame_free(&picture);
    }
}

static double difference(const AVFrame *a, const AVFrame *b)
{
    double sum = 0;
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            sum += abs(a->data[0][y * a->linesize[0] + x] - b->data[0][y * b->linesize[0] + x]);
    return sum / a->width / a->height;
}

static void turned_pictures_stand_upright(void **state)
{
    (void)state;
    static const char *const turns[] = {"90", "180", "270"};
    char flat[128];
    (void)snprintf(flat, sizeof flat, "%s",
                   clip_make("flat.mov", "-f", "lavfi", "-i", "testsrc2=s=1280x720:d=0.4", "-c:v",
                             "mpeg4", "-q:v", "2", NULL));
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        char tag[16], path[128];
        (void)snprintf(tag, sizeof tag, "rotate=%s", turns[i]);
        (void)snprintf(
            path, sizeof path, "%s",
            clip_make("turn.mov", "-i", flat, "-c", "copy", "-metadata:s:v:0", tag, NULL));
        uint32_t width, height;
        AVFrame *ours = prepared(path, &width, &height), *theirs = NULL;
        autofd witness = clip_open(clip_make("upright.mkv", "-i", path, "-c:v", "ffv1", NULL));
        (void)clip_decode(witness, keep_fifth, &theirs);
        assert_true(difference(ours, theirs) < 4);
        av_frame_free(&ours);
        av_frame_free(&theirs);
    }
}

static void anamorphic_pictures_get_square_pixels(void **state)
{
    (void)state;
    // A circle of a 16:9 picture squeezed into 720x576: as wide as high again.
    const char *path = clip_make("squeezed.mov", "-f", "lavfi", "-i",
                                 "color=s=1024x576:d=1,format=yuv420p,geq=lum='if(lt(hypot(X-512,Y-"
                                 "288),200),235,16)':cb=128:cr="
                                 "128,scale=720:576,setsar=64/45",
                                 "-c:v", "mpeg4", "-q:v", "2", NULL);
    uint32_t width, height;
    AVFrame *picture = prepared(path, &width, &height);
    assert_int_equal(width, 1024);
    assert_int_equal(picture->sample_aspect_ratio.num, picture->sample_aspect_ratio.den);
    int across = 0, down = 0;
    for (int x = 0; x < picture->width; x++)
        across += picture->data[0][288 * picture->linesize[0] + x] > 125;
    for (int y = 0; y < picture->height; y++)
        down += picture->data[0][y * picture->linesize[0] + 512] > 125;
    assert_in_range(across, 396, 404);
    assert_in_range(down, 396, 404);
    av_frame_free(&picture);
}

// How much rows differ from the mean of their neighbours: a comb has much of it.
static double combing(const AVFrame *frame)
{
    double sum = 0;
    for (int y = 1; y < frame->height - 1; y++)
        for (int x = 0; x < frame->width; x++) {
            const uint8_t *at = frame->data[0] + (ptrdiff_t)y * frame->linesize[0] + x;
            sum += abs(2 * at[0] - at[-frame->linesize[0]] - at[frame->linesize[0]]);
        }
    return sum / frame->width / frame->height;
}

static void interlaced_pictures_lose_their_combs(void **state)
{
    (void)state;
    static const char *const scans[] = {"interlace=scan=tff:lowpass=0",
                                        "interlace=scan=bff:lowpass=0"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = clip_make("comb.mkv", "-f", "lavfi", "-i",
                                     "color=s=320x192:r=50:d=2,format=yuv420p,geq=lum='if(lt(mod(X-"
                                     "6*N+3200,80),40),200,40)':cb="
                                     "128:cr=128",
                                     "-vf", scans[i], "-c:v", "mpeg2video", "-flags", "+ilme+ildct",
                                     "-q:v", "2", NULL);
        autofd master = clip_open(path);
        AVFrame *raw = NULL;
        (void)clip_decode(master, keep_fifth, &raw);
        uint32_t width, height;
        AVFrame *picture = prepared(path, &width, &height);
        assert_true(combing(raw) > 8);
        assert_true(combing(picture) < combing(raw) / 4);
        av_frame_free(&raw);
        av_frame_free(&picture);
    }
}

static void odd_sizes_grow_to_even_ones(void **state)
{
    (void)state;
    uint32_t width, height;
    AVFrame *picture = prepared(
        clip_make("odd.mkv", "-f", "lavfi", "-i", "testsrc=s=321x181:d=1", "-c:v", "ffv1", NULL),
        &width, &height);
    assert_int_equal(width, 322);
    assert_int_equal(height, 182);
    av_frame_free(&picture);
}

static void hdr_grey_becomes_grey_that_can_be_seen(void **state)
{
    (void)state;
    // Linear light 1 is 100 cd/m2: 10, 100 and 800 cd/m2 must come out neutral and in this order.
    static const char *const transfers[] = {"smpte2084", "arib-std-b67"};
    static const char *const levels[] = {"0.1", "1", "8"};
    for (size_t t = 0; t < 2; t++) {
        int before = 16;
        for (size_t i = 0; i < 3; i++) {
            char source[256];
            (void)snprintf(source, sizeof source,
                           "color=black:s=192x108:d=1,format=gbrpf32le,geq=r=%s:g=%s:b=%s,"
                           "zscale=tin=linear:pin=bt2020:rin=full:npl=100:t=%s:p=bt2020:m=bt2020nc:"
                           "r=limited,format=yuv420p10le",
                           levels[i], levels[i], levels[i], transfers[t]);
            const char *path = clip_make("hdr.mkv", "-f", "lavfi", "-i", source, "-c:v", "ffv1",
                                         "-color_trc", transfers[t], "-color_primaries", "bt2020",
                                         "-colorspace", "bt2020nc", "-color_range", "tv", NULL);
            uint32_t width, height;
            AVFrame *picture = prepared(path, &width, &height);
            assert_in_range(middle(picture, 1), 126, 130);
            assert_in_range(middle(picture, 2), 126, 130);
            if (middle(picture, 0) <= before + 5)
                fail_msg("%s %s00 cd/m2: luma %d after %d", transfers[t], levels[i],
                         middle(picture, 0), before);
            before = middle(picture, 0);
            av_frame_free(&picture);
        }
        assert_in_range(before, 170, 235);
    }
}

// Picture 5 of the master in its own range, by x265.
static AVFrame *kept_hdr(const char *path, struct master_report **out_report)
{
    autofd master = clip_open(path);
    autofd chunk = clip_create("hdr-chunk.mp4");
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    assert_int_not_equal(report->facts.video.range, RANGE_SDR);
    struct rendition_job rendition = rig_rendition(chunk, 320, 180);
    (void)snprintf(rendition.encoder, sizeof rendition.encoder, "x265");
    (void)snprintf(rendition.preset, sizeof rendition.preset, "ultrafast");
    const uint64_t count = report->facts.video.frame_count;
    const struct video_job job = {
        .master_fd = master,
        .facts = &report->facts,
        .frames = {0, count < 48 ? count : 48},
        .segment_frames = 48,
        .range = report->facts.video.range,
        .renditions = &rendition,
        .rendition_count = 1,
    };
    struct video_result result;
    struct why why = {""};
    if (transcoder_video(transcoder, &job, NULL, &result, &why) != OK) fail_msg("%s", why.text);
    AVFrame *picture = NULL;
    (void)clip_decode(chunk, keep_fifth, &picture);
    assert_non_null(picture);
    *out_report = report;
    return picture;
}

static int middle_of_16(const AVFrame *picture, int plane)
{
    const int half = plane == 0 ? 1 : 2;
    const uint8_t *row =
        picture->data[plane] + picture->height / half / 2 * picture->linesize[plane];
    uint16_t value;
    memcpy(&value, row + 2 * (picture->width / half / 2), sizeof value);
    return value;
}

static void hdr_keeps_its_light_where_it_is_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *name, *filter, *format, *primaries, *transfer, *space, *range;
        int luma;
        enum AVColorTransferCharacteristic kept;
    } cases[] = {
        {"pq.mkv", "geq=lum=600:cb=512:cr=512", "yuv420p10le", "bt2020", "smpte2084", "bt2020nc",
         "tv", 600, AVCOL_TRC_SMPTE2084},
        {"hlg.mkv", "geq=lum=480:cb=512:cr=512", "yuv422p10le", "bt2020", "arib-std-b67",
         "bt2020nc", "tv", 480, AVCOL_TRC_ARIB_STD_B67},
        // Grey is grey in any primaries: 600 of 1023 in full range is 64 + 876 * 600 / 1023.
        {"p3.mkv", "geq=r=600:g=600:b=600", "gbrp10le", "smpte432", "smpte2084", "rgb", "pc", 578,
         AVCOL_TRC_SMPTE2084},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char filter[192];
        (void)snprintf(filter, sizeof filter, "format=%s,%s", cases[i].format, cases[i].filter);
        const char *path = clip_make(
            cases[i].name, "-f", "lavfi", "-i", "color=gray:s=320x180:r=25:d=0.6", "-vf", filter,
            "-c:v", "ffv1", "-color_range", cases[i].range, "-colorspace", cases[i].space,
            "-color_primaries", cases[i].primaries, "-color_trc", cases[i].transfer, NULL);
        struct master_report *report = NULL;
        AVFrame *picture = kept_hdr(path, &report);
        assert_int_equal(picture->format, AV_PIX_FMT_YUV420P10LE);
        assert_int_equal(picture->color_primaries, AVCOL_PRI_BT2020);
        assert_int_equal(picture->color_trc, cases[i].kept);
        assert_int_equal(picture->colorspace, AVCOL_SPC_BT2020_NCL);
        if (abs(middle_of_16(picture, 0) - cases[i].luma) > 3 ||
            abs(middle_of_16(picture, 1) - 512) > 3 || abs(middle_of_16(picture, 2) - 512) > 3)
            fail_msg("%s: grey is %d, %d, %d", cases[i].name, middle_of_16(picture, 0),
                     middle_of_16(picture, 1), middle_of_16(picture, 2));
        av_frame_free(&picture);
        free(report);
    }
}

// The mastering display and light levels of a real HDR10 clip reach the coded stream.
static void hdr10_metadata_is_carried_through(void **state)
{
    (void)state;
    struct master_report *report = NULL;
    AVFrame *picture = kept_hdr(clip_shared("sample_with_colr_mdcv_and_clli.mp4"), &report);
    const struct master_video *video = &report->facts.video;
    const AVFrameSideData *side =
        av_frame_get_side_data(picture, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
    assert_non_null(side);
    const AVMasteringDisplayMetadata *display = (const void *)side->data;
    assert_true(video->mastering.luminance_max > 0);
    assert_true(fabs(av_q2d(display->max_luminance) * 10000 - video->mastering.luminance_max) < 2);
    assert_true(fabs(av_q2d(display->display_primaries[0][0]) * 50000 - video->mastering.red[0]) <
                2);
    const AVFrameSideData *levels =
        av_frame_get_side_data(picture, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
    assert_non_null(levels);
    assert_int_equal(((const AVContentLightMetadata *)(const void *)levels->data)->MaxCLL,
                     video->max_cll);
    av_frame_free(&picture);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_source_of_red_becomes_the_red_of_bt709),
        cmocka_unit_test(turned_pictures_stand_upright),
        cmocka_unit_test(anamorphic_pictures_get_square_pixels),
        cmocka_unit_test(interlaced_pictures_lose_their_combs),
        cmocka_unit_test(odd_sizes_grow_to_even_ones),
        cmocka_unit_test(hdr_grey_becomes_grey_that_can_be_seen),
        cmocka_unit_test(hdr_keeps_its_light_where_it_is_wanted),
        cmocka_unit_test(hdr10_metadata_is_carried_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
