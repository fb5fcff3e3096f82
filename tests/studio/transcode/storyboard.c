// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TILE_WIDTH = 256, TILE_HEIGHT = 32 };

static void keep_frame(void *context, size_t index, const AVFrame *frame)
{
    AVFrame **kept = context;
    assert_int_equal(index, 0);
    *kept = av_frame_clone(frame);
}

// A sheet's JPEG; only the picture file's own decoder is asked, the probe refuses still pictures.
static AVFrame *read_jpeg(const char *name)
{
    autofd raw = clip_open(clip_make("sheet.mkv", "-f", "mjpeg", "-i", clip_path(name), "-c:v",
                                     "ffv1", "-pix_fmt", "yuvj420p", NULL));
    AVFrame *frame = NULL;
    (void)clip_decode(raw, keep_frame, &frame);
    return frame;
}

static unsigned number_of_tile(const AVFrame *sheet, unsigned column, unsigned row)
{
    unsigned number = 0;
    for (unsigned bit = 0; bit < COUNTER_BITS; bit++) {
        const unsigned x = column * TILE_WIDTH + TILE_WIDTH * (2 * bit + 1) / (2 * COUNTER_BITS);
        const unsigned y = row * TILE_HEIGHT + TILE_HEIGHT / 2;
        if (sheet->data[0][(int)y * sheet->linesize[0] + (int)x] > 125) number |= 1u << bit;
    }
    return number;
}

static void thumbnails_show_their_times_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *name, *codec, *group;
        unsigned slack; // frames that a thumbnail may be early: the nearest key picture
    } cases[] = {
        {"intra.mov", "prores_ks", "1", 0},
        {"short.mp4", "libx264", "20", 12}, // half of a second's interval
        {"long.mp4", "libx264", "500", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autofd master = clip_open(clip_make(cases[i].name, "-f", "lavfi", "-i",
                                            counter_source("25", 260), "-c:v", cases[i].codec, "-g",
                                            cases[i].group, "-sc_threshold", "0", NULL));
        autotranscoder *transcoder = rig_open(0);
        struct master_report *report = rig_probe(transcoder, master);
        const int sheets[] = {clip_create("sheet-0.jpg"), clip_create("sheet-1.jpg")};
        const struct storyboard_job job = {.master_fd = master,
                                           .facts = &report->facts,
                                           .interval_ms = 1000,
                                           .columns = 3,
                                           .rows = 2,
                                           .tile_width = TILE_WIDTH,
                                           .tile_height = TILE_HEIGHT,
                                           .output_fds = sheets,
                                           .output_count = 2};
        assert_int_equal(storyboard_sheet_count(&job), 2);
        struct storyboard_result result;
        struct why why = {""};
        if (transcoder_storyboard(transcoder, &job, NULL, &result, &why) != OK)
            fail_msg("%s", why.text);
        assert_int_equal(result.tiles, 11);
        for (unsigned tile = 0; tile < 11; tile++) {
            AVFrame *sheet = read_jpeg(tile < 6 ? "sheet-0.jpg" : "sheet-1.jpg");
            assert_int_equal(sheet->width, 3 * TILE_WIDTH);
            assert_int_equal(sheet->height, 2 * TILE_HEIGHT);
            const unsigned shown = number_of_tile(sheet, tile % 3, tile % 6 / 3);
            if (shown > tile * 25 || shown + cases[i].slack < tile * 25)
                fail_msg("%s: thumbnail %u shows frame %u", cases[i].name, tile, shown);
            av_frame_free(&sheet);
        }
        for (size_t s = 0; s < 2; s++)
            fd_close(&(int){sheets[s]});
        free(report);
    }
}

static void a_poster_is_the_frame_asked_for_or_a_rich_one(void **state)
{
    (void)state;
    autofd master = clip_open(clip_make("poster.mp4", "-f", "lavfi", "-i",
                                        counter_source("25", 200), "-c:v", "libx264", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    autofd output = clip_create("poster.jpg");
    struct poster_job job = {.master_fd = master,
                             .facts = &report->facts,
                             .frame = 123,
                             .width = TILE_WIDTH,
                             .height = TILE_HEIGHT,
                             .output_fd = output};
    struct poster_result result;
    assert_int_equal(transcoder_poster(transcoder, &job, NULL, &result, NULL), OK);
    AVFrame *poster = read_jpeg("poster.jpg");
    assert_int_equal(number_of_tile(poster, 0, 0), 123);
    av_frame_free(&poster);
    free(report);

    // Black but for the middle: what is chosen is not black.
    autofd dark =
        clip_open(clip_make("dark.mp4", "-f", "lavfi", "-i", "testsrc2=s=256x144:r=25:d=8", "-vf",
                            "fade=in:75:5,fade=out:120:5", "-c:v", "libx264", NULL));
    report = rig_probe(transcoder, dark);
    autofd chosen = clip_create("chosen.jpg");
    job = (struct poster_job){.master_fd = dark,
                              .facts = &report->facts,
                              .frame = POSTER_ANY,
                              .width = 256,
                              .height = 144,
                              .output_fd = chosen};
    assert_int_equal(transcoder_poster(transcoder, &job, NULL, &result, NULL), OK);
    assert_in_range(result.frame, 76, 124);
    job.frame = 100000;
    assert_int_equal(transcoder_poster(transcoder, &job, NULL, &result, NULL), INVALID);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thumbnails_show_their_times_in_order),
        cmocka_unit_test(a_poster_is_the_frame_asked_for_or_a_rich_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
