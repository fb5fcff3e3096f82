// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "media/box.h"
#include "media/mp4_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_numbers(int fd, uint64_t first, uint64_t end)
{
    unsigned numbers[CLIP_FRAMES_MAX];
    const size_t count = clip_numbers(fd, numbers, CLIP_FRAMES_MAX);
    assert_int_equal(count, end - first);
    for (size_t i = 0; i < count; i++)
        if (numbers[i] != first + i) fail_msg("frame %d shows %u", (int)(first + i), numbers[i]);
}

static void chunks_hold_exactly_their_frames_at_every_rate(void **state)
{
    (void)state;
    static const struct {
        const char *rate, *name;
        uint32_t frames, seconds;
        const char *codec, *option, *value;
    } cases[] = {
        // B pictures, a group of 250, cuts everywhere but at key pictures
        {"24000/1001", "a.mp4", 24000, 1001, "libx264", "-bf", "3"},
        {"25", "b.mkv", 25, 1, "libx264", "-bf", "3"}, // a container of milliseconds
        {"30000/1001", "c.mov", 30000, 1001, "prores_ks", "-profile:v", "3"},
        {"50", "d.ts", 50, 1, "mpeg2video", "-bf", "2"}, // no index, times from 1.4 s on
        {"60", "e.mkv", 60, 1, "libx264", "-g", "37"},   // 16 or 17 ms to a frame
        {"60000/1001", "f.mp4", 60000, 1001, "libx265", "-preset", "ultrafast"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autofd master = clip_open(clip_make(cases[i].name, "-f", "lavfi", "-i",
                                            counter_source(cases[i].rate, 331), "-c:v",
                                            cases[i].codec, cases[i].option, cases[i].value, "-b:v",
                                            "3M", "-x265-params", "log-level=none", NULL));
        autotranscoder *transcoder = rig_open(0);
        struct master_report *report = rig_probe(transcoder, master);
        const struct master_video *video = &report->facts.video;
        print_message("# %s at %s\n", cases[i].codec, cases[i].rate);
        assert_int_equal(video->rate.frames, cases[i].frames);
        assert_int_equal(video->rate.seconds, cases[i].seconds);
        assert_int_equal(video->frame_count, 331);
        assert_false(video->variable_rate);
        const uint32_t segment = rig_segment_frames(&report->facts);
        const uint64_t last = 331 / segment * segment;
        const struct frame_span spans[] = {{0, segment}, {segment, 2 * segment}, {last, 331}};
        for (size_t s = 0; s < sizeof spans / sizeof spans[0]; s++) {
            autofd chunk = rig_chunk(transcoder, master, &report->facts, spans[s].first,
                                     spans[s].end, 512, 64);
            expect_numbers(chunk, spans[s].first, spans[s].end);
        }
        free(report);
    }
}

static void variable_rates_are_conformed_by_timestamps(void **state)
{
    (void)state;
    // Frames 40 to 44 and every third from 60 on are missing: what came before them stays on
    // screen.
    autofd master =
        clip_open(clip_make("variable.mkv", "-f", "lavfi", "-i", counter_source("25", 100), "-vf",
                            "select='not(between(n,40,44))*(lt(n,60)+mod(n,3))'", "-vsync", "vfr",
                            "-c:v", "libx264", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    assert_true(report->facts.video.variable_rate);
    assert_int_equal(report->facts.video.rate.frames, 25);
    const uint64_t end = report->facts.video.frame_count;
    for (uint64_t first = 0; first < end; first += 50) {
        const uint64_t chunk_end = first + 50 < end ? first + 50 : end;
        autofd chunk = rig_chunk(transcoder, master, &report->facts, first, chunk_end, 512, 64);
        unsigned numbers[CLIP_FRAMES_MAX];
        assert_int_equal(clip_numbers(chunk, numbers, CLIP_FRAMES_MAX), chunk_end - first);
        for (uint64_t n = first; n < chunk_end; n++) {
            uint64_t shown = n >= 40 && n <= 44 ? 39 : n;
            if (shown >= 60 && shown % 3 == 0) shown = shown == 60 ? 59 : shown - 1;
            if (shown != numbers[n - first])
                fail_msg("frame %d shows %u, not %d", (int)n, numbers[n - first], (int)shown);
        }
    }
    free(report);
}

// Everything before the first moof: ftyp and moov.
static void read_init(int fd, struct buffer *out)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    struct box box = {.size = 0};
    uint64_t offset = 0;
    while (true) {
        assert_int_equal(box_read(fd, (uint64_t)info.st_size, offset, &box, NULL), OK);
        if (box.type == BOX_TYPE('m', 'o', 'o', 'f')) break;
        offset += box.size;
    }
    assert_int_equal(buffer_reserve(out, (size_t)offset, NULL), OK);
    assert_int_equal(fd_read_at(fd, out->at, (size_t)offset, 0, NULL), OK);
    out->len = (size_t)offset;
}

static void read_whole(int fd, struct buffer *out)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(buffer_reserve(out, (size_t)info.st_size, NULL), OK);
    assert_int_equal(fd_read_at(fd, out->at, (size_t)info.st_size, 0, NULL), OK);
    out->len = (size_t)info.st_size;
}

// Noise and motion, so that the encoder has something to decide.
static const char *busy_master(void)
{
    return clip_make("busy.mp4", "-f", "lavfi", "-i",
                     "testsrc2=s=320x180:r=25:d=8,noise=alls=12:allf=t:all_seed=7", "-c:v",
                     "libx264", "-preset", "ultrafast", "-crf", "12", NULL);
}

static void all_chunks_of_a_rendition_have_the_same_headers(void **state)
{
    (void)state;
    autofd master = clip_open(busy_master());
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    autobuffer first = buffer_init(1 << 20);
    for (uint64_t at = 0; at < 200; at += 50) {
        autofd chunk = rig_chunk(transcoder, master, &report->facts, at, at + 50, 160, 90);
        autobuffer init = buffer_init(1 << 20);
        read_init(chunk, at == 0 ? &first : &init);
        assert_true(at == 0 || slice_equal(buffer_slice(&first), buffer_slice(&init)));
    }
    free(report);
}

static void the_same_chunk_is_the_same_bytes_from_any_process(void **state)
{
    (void)state;
    autofd master = clip_open(busy_master());
    autobuffer first = buffer_init(1 << 24), second = buffer_init(1 << 24);
    for (int i = 0; i < 2; i++) {
        autotranscoder *transcoder = rig_open(0);
        struct master_report *report = rig_probe(transcoder, master);
        if (i == 1) { // another job before it changes nothing
            autofd other = rig_chunk(transcoder, master, &report->facts, 100, 150, 320, 180);
            assert_true(other >= 0);
        }
        autofd chunk = rig_chunk(transcoder, master, &report->facts, 50, 150, 320, 180);
        read_whole(chunk, i == 0 ? &first : &second);
        free(report);
    }
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
}

// What a chunk holds: the size of each coded picture, in decode order, and a sum over the pixels of
// each decoded one.
struct content {
    uint32_t sizes[CLIP_FRAMES_MAX];
    uint64_t sums[CLIP_FRAMES_MAX];
    size_t count; // of earlier chunks
};

static void sum_picture(void *context, size_t index, const AVFrame *frame)
{
    struct content *content = context;
    uint64_t sum = 14695981039346656037u;
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < frame->height / (plane == 0 ? 1 : 2); y++)
            for (int x = 0; x < frame->width / (plane == 0 ? 1 : 2); x++)
                sum = (sum ^ frame->data[plane][y * frame->linesize[plane] + x]) * 1099511628211u;
    content->sums[content->count + index] = sum;
}

static void add_chunk(struct content *content, int fd)
{
    autoarena arena = arena_init(1 << 24);
    struct mp4 *mp4 = NULL;
    struct mp4_cursor *cursor = NULL;
    assert_int_equal(mp4_open_fd(&arena, fd, "chunk", &mp4, NULL), OK);
    assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, NULL), OK);
    const size_t decoded = clip_decode(fd, sum_picture, content);
    for (size_t i = 0; i < decoded; i++) {
        struct sample sample;
        bool is_end = true;
        assert_int_equal(mp4_cursor_next(cursor, &sample, &is_end, NULL), OK);
        assert_false(is_end);
        content->sizes[content->count + i] = sample.size;
    }
    content->count += decoded;
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
}

static void joined_chunks_are_what_one_encoder_makes_of_the_whole(void **state)
{
    (void)state;
    autofd master = clip_open(busy_master());
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    static struct content whole, joined;
    autofd all = rig_chunk(transcoder, master, &report->facts, 0, 200, 320, 180);
    add_chunk(&whole, all);
    for (uint64_t at = 0; at < 200; at += 50) {
        autofd chunk = rig_chunk(transcoder, master, &report->facts, at, at + 50, 320, 180);
        add_chunk(&joined, chunk);
    }
    // Bytes differ in one stuffing bit of a slice's end, into which x264 puts its frame count, and
    // in idr_pic_id.
    assert_int_equal(whole.count, 200);
    assert_int_equal(joined.count, 200);
    assert_memory_equal(joined.sizes, whole.sizes, 200 * sizeof whole.sizes[0]);
    assert_memory_equal(joined.sums, whole.sums, 200 * sizeof whole.sums[0]);
    free(report);
}

static void one_decode_feeds_a_ladder_of_any_order_and_shape(void **state)
{
    (void)state;
    autofd master = clip_open(clip_make("ladder.mp4", "-f", "lavfi", "-i", counter_source("25", 60),
                                        "-c:v", "libx264", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    static const uint32_t sizes[][2] = {{256, 32}, {512, 64}, {128, 64}, {512, 64}, {1024, 128}};
    enum { SIZE_COUNT = sizeof sizes / sizeof sizes[0] };
    struct rendition_job renditions[SIZE_COUNT];
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "rung-%zu.mp4", i);
        renditions[i] = rig_rendition(clip_create(name), sizes[i][0], sizes[i][1]);
    }
    const struct video_job job = {.master_fd = master,
                                  .facts = &report->facts,
                                  .frames = {0, 50},
                                  .segment_frames = 50,
                                  .renditions = renditions,
                                  .rendition_count = SIZE_COUNT};
    struct video_result result;
    assert_int_equal(transcoder_video(transcoder, &job, NULL, &result, NULL), OK);
    assert_true(result.decoded <= 60);
    assert_true(result.lookahead > 0 && result.lookahead <= 10);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct stat info;
        assert_int_equal(fstat(renditions[i].output_fd, &info), 0);
        assert_int_equal(result.renditions[i].bytes, info.st_size);
        expect_numbers(renditions[i].output_fd, 0, 50);
        fd_close(&renditions[i].output_fd);
    }
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_hold_exactly_their_frames_at_every_rate),
        cmocka_unit_test(variable_rates_are_conformed_by_timestamps),
        cmocka_unit_test(all_chunks_of_a_rendition_have_the_same_headers),
        cmocka_unit_test(the_same_chunk_is_the_same_bytes_from_any_process),
        cmocka_unit_test(joined_chunks_are_what_one_encoder_makes_of_the_whole),
        cmocka_unit_test(one_decode_feeds_a_ladder_of_any_order_and_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
