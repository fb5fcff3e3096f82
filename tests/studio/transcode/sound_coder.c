// SPDX-License-Identifier: Apache-2.0
//
// What the coders make, as our own reader, ffmpeg and mediainfo see it.
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "media/mp4_reader.h"
#include "media/source.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 2 * 48000 };

// Two seconds of picture, and 5.1 whose centre speaks at another pitch than its sides.
static const char *surround(const char *name, const char *levels)
{
    char graph[512];
    (void)snprintf(graph, sizeof graph, "aevalsrc=%s:c=5.1:s=48000:d=2", levels);
    return clip_make(name, "-f", "lavfi", "-i", counter_source("25", 50), "-f", "lavfi", "-i",
                     graph, "-c:v", "mpeg4", "-c:a", "pcm_s24le", NULL);
}

#define TONE(level, hertz) level "*sin(2*PI*" hertz "*t)"
static const char even_levels[] = TONE("0.1", "400") "|" TONE("0.1", "500") "|" TONE(
    "0.2", "1000") "|0|" TONE("0.05", "600") "|" TONE("0.05", "700");

// The one that most tests take.
static const char *even_clip(void)
{
    static bool is_made;
    if (!is_made) (void)surround("even.mov", even_levels);
    is_made = true;
    return clip_path("even.mov");
}

static struct audio_result make(const char *clip, enum sound_form form, const char *name)
{
    const struct sound_recipe *recipe = sound_recipe(form);
    autotranscoder *transcoder = rig_open(0);
    autofd master = clip_open(clip), output = clip_create(name);
    struct master_report *report = rig_probe(transcoder, master);
    const struct audio_job job = {.audio_fd = master,
                                  .facts = &report->facts,
                                  .track = 1,
                                  .start = report->facts.video.start,
                                  .output_fd = output,
                                  .bitrate_bps = recipe->bitrate_bps,
                                  .channels = recipe->channels,
                                  .segment_frames = 50,
                                  .codec = recipe->codec,
                                  .mix = recipe->mix};
    struct audio_result result;
    struct why why = {""};
    if (transcoder_audio(transcoder, &job, NULL, &result, &why) != OK) fail_msg("%s", why.text);
    free(report);
    return result;
}

// The file's own words: its stream, and how many samples are presented.
static struct stream read_back(const char *name, struct arena *arena, uint64_t *out_samples)
{
    struct why why = {""};
    autofd fd = clip_open(clip_path(name));
    struct mp4 *mp4 = NULL;
    struct mp4_cursor *cursor = NULL;
    if (mp4_open_fd(arena, fd, name, &mp4, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(mp4_cursor_open(arena, mp4, 0, &cursor, &why), OK);
    const struct stream stream = mp4_track_at(mp4, 0)->stream;
    int64_t end = 0;
    for (bool is_end = false; !is_end;) {
        struct sample sample;
        assert_int_equal(mp4_cursor_next(cursor, &sample, &is_end, &why), OK);
        if (!is_end) end = sample.decode_ticks + sample.duration_ticks;
    }
    *out_samples = (uint64_t)end;
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
    return stream;
}

static void each_form_has_its_codec_its_channels_and_its_length(void **state)
{
    (void)state;
    static const char *const codecs[SOUND_FORM_COUNT] = {"mp4a.40.2", "mp4a.40.2", "ec-3", "opus",
                                                         "mp4a.40.2"};
    char clip[PATH_MAX];
    (void)snprintf(clip, sizeof clip, "%s", even_clip());
    for (int form = 0; form < SOUND_FORM_COUNT; form++) {
        autoarena arena = arena_init(1 << 24);
        char name[32], text[CODEC_BYTES];
        uint64_t samples = 0;
        (void)snprintf(name, sizeof name, "form-%d.mp4", form);
        const struct audio_result made = make(clip, (enum sound_form)form, name);
        const struct stream stream = read_back(name, &arena, &samples);
        assert_int_equal(stream_codec_text(&stream, text, NULL), OK);
        assert_string_equal(text, codecs[form]);
        assert_int_equal(stream.audio.channels, sound_recipe((enum sound_form)form)->channels);
        assert_int_equal(stream.audio.sample_rate, 48000);
        assert_int_equal(samples, SAMPLES);
        assert_int_equal(made.samples, SAMPLES);
        assert_true(stream.loudness.is_measured);
        assert_in_range(abs(stream.loudness.programme - (int)made.programme), 0, 13);
    }
}

// The sound of channel `channel`, decoded by libavcodec, priming and all.
static size_t decode(const char *name, int channel, float *out, size_t room)
{
    struct why why = {""};
    autofd fd = clip_open(clip_path(name));
    autosource source = {.io = NULL};
    autodecoder decoder = {.source = NULL};
    if (source_open(fd, NULL, &source, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(stream_decoder_open(&source, 0, 1, &decoder, &why), OK);
    AVFrame *frame = av_frame_alloc();
    size_t count = 0;
    while (stream_decoder_next(&decoder, frame, &why) == OK) {
        assert_int_equal(frame->format, AV_SAMPLE_FMT_FLTP);
        assert_true(count + (size_t)frame->nb_samples <= room);
        memcpy(out + count, frame->extended_data[channel],
               (size_t)frame->nb_samples * sizeof(float));
        count += (size_t)frame->nb_samples;
        av_frame_unref(frame);
    }
    av_frame_free(&frame);
    return count;
}

// How strong `hertz` is in a second of samples (Goertzel's sum at that frequency).
static double strength(const float *samples, double hertz)
{
    double re = 0, im = 0;
    for (int i = 0; i < 48000; i++) {
        re += (double)samples[i] * cos(2 * 3.141592653589793 * hertz * i / 48000);
        im += (double)samples[i] * sin(2 * 3.141592653589793 * hertz * i / 48000);
    }
    return 2 * sqrt(re * re + im * im) / 48000;
}

static void a_dialogue_boost_raises_the_centre_against_all_else(void **state)
{
    (void)state;
    char clip[PATH_MAX];
    (void)snprintf(clip, sizeof clip, "%s", even_clip());
    float *plain = calloc(SAMPLES + 8192, sizeof *plain), *boost = calloc(SAMPLES + 8192, 4);
    (void)make(clip, FORM_AAC_STEREO, "plain.mp4");
    (void)make(clip, FORM_DIALOGUE_BOOST, "boost.mp4");
    assert_true(decode("plain.mp4", 0, plain, SAMPLES + 8192) > SAMPLES);
    assert_true(decode("boost.mp4", 0, boost, SAMPLES + 8192) > SAMPLES);
    const float *a = plain + 24000, *b = boost + 24000;
    // ITU-R BS.775: left as it is, centre and surround 3 dB lower; right is not heard on the left
    assert_in_range((int)(1000 * strength(a, 400)), 97, 103);
    assert_in_range((int)(1000 * strength(a, 1000)), 137, 146);
    assert_true(strength(a, 500) < 0.002);
    const double centre = strength(b, 1000) / strength(a, 1000);
    assert_in_range((int)(1000 * centre), 1390, 1440);
    assert_in_range((int)(1000 * strength(b, 400) / strength(a, 400)), 480, 520);
    assert_in_range((int)(1000 * strength(b, 600) / strength(a, 600)), 480, 520);
    free(plain);
    free(boost);
}

static void a_mix_is_lowered_by_what_it_exceeds_and_a_source_never(void **state)
{
    (void)state;
    char loud[PATH_MAX];
    (void)snprintf(
        loud, sizeof loud, "%s",
        surround("loud.mov", TONE("0.9", "400") "|" TONE("0.9", "400") "|" TONE(
                                 "0.9", "400") "|0|" TONE("0.1", "600") "|" TONE("0.1", "700")));
    const struct audio_result stereo = make(loud, FORM_AAC_STEREO, "lowered.mp4");
    // 0.9 + 0.707 * 0.9 + 0.07: 4.1 dB over full scale
    assert_in_range(stereo.lowered, 370, 430);
    assert_in_range(stereo.true_peak + 5, 0, 10);
    const struct audio_result whole = make(loud, FORM_AAC_SURROUND, "whole.mp4");
    assert_int_equal(whole.lowered, 0);
    assert_in_range(-whole.true_peak, 70, 110); // 0.9 is -0.92 dB
    const struct audio_result quiet = make(even_clip(), FORM_AAC_STEREO, "quiet.mp4");
    assert_int_equal(quiet.lowered, 0);
}

// syncinfo, then strmtyp 2, substreamid 3, frmsiz 11, fscod 2, numblkscod 2, acmod 3, lfeon 1,
// bsid 5, dialnorm 5 (ETSI TS 102 366 annex E.1.2).
static void e_ac_3_tells_its_loudness_in_every_frame(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 24);
    const struct audio_result made = make(even_clip(), FORM_EAC3_SURROUND, "dialnorm.mp4");
    const int expected = (int)((-made.programme + 50) / 100);
    assert_in_range(expected, 5, 30);
    struct why why = {""};
    autofd fd = clip_open(clip_path("dialnorm.mp4"));
    struct mp4 *mp4 = NULL;
    struct mp4_cursor *cursor = NULL;
    assert_int_equal(mp4_open_fd(&arena, fd, "dialnorm.mp4", &mp4, &why), OK);
    assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, &why), OK);
    size_t frames = 0;
    for (bool is_end = false; !is_end; frames++) {
        struct sample sample;
        uint8_t head[8];
        assert_int_equal(mp4_cursor_next(cursor, &sample, &is_end, &why), OK);
        if (is_end) break;
        assert_int_equal(fd_read_at(fd, head, sizeof head, sample.offset, &why), OK);
        assert_int_equal(head[0] << 8 | head[1], 0x0b77);
        assert_int_equal((head[5] & 7) << 2 | head[6] >> 6, expected);
    }
    assert_in_range(frames, SAMPLES / 1536, SAMPLES / 1536 + 2);
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
}

// The configuration that libavformat's own muxer writes of the same coding.
static void the_boxes_are_those_that_ffmpeg_writes(void **state)
{
    (void)state;
    static const struct {
        enum sound_form form;
        const char *encoder, *bps;
    } cases[] = {{FORM_EAC3_SURROUND, "eac3", "384000"}, {FORM_OPUS_STEREO, "libopus", "96000"}};
    char clip[PATH_MAX];
    (void)snprintf(clip, sizeof clip, "%s", even_clip());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autoarena arena = arena_init(1 << 24);
        uint64_t samples = 0;
        (void)make(clip, cases[i].form, "ours.mp4");
        (void)clip_make("theirs.mp4", "-i", clip, "-vn", "-c:a", cases[i].encoder, "-b:a",
                        cases[i].bps, "-ac", cases[i].form == FORM_OPUS_STEREO ? "2" : "6", NULL);
        const struct stream ours = read_back("ours.mp4", &arena, &samples);
        const struct stream theirs = read_back("theirs.mp4", &arena, &samples);
        assert_int_equal(ours.config.len, theirs.config.len);
        assert_memory_equal(ours.config.at, theirs.config.at, ours.config.len);
    }
}

static void silence_has_no_loudness_and_no_centre_no_dialogue(void **state)
{
    (void)state;
    const struct audio_result mute =
        make(surround("mute.mov", "0|0|0|0|0|0"), FORM_EAC3_SURROUND, "mute.mp4");
    assert_false(mute.is_measured);
    autotranscoder *transcoder = rig_open(0);
    autofd master = clip_open(clip_make("two.mov", "-f", "lavfi", "-i", counter_source("25", 50),
                                        "-f", "lavfi", "-i", "sine=500:d=2", "-ac", "2", "-c:v",
                                        "mpeg4", "-c:a", "pcm_s16le", NULL));
    autofd output = clip_create("none.mp4");
    struct master_report *report = rig_probe(transcoder, master);
    assert_false(report->facts.tracks[1].has_centre);
    struct audio_job job = {.audio_fd = master,
                            .facts = &report->facts,
                            .track = 1,
                            .start = report->facts.video.start,
                            .output_fd = output,
                            .bitrate_bps = 128000,
                            .channels = 2,
                            .segment_frames = 50,
                            .mix = MIX_DIALOGUE};
    struct audio_result result;
    struct why why = {""};
    assert_int_equal(transcoder_audio(transcoder, &job, NULL, &result, &why), INVALID);
    assert_non_null(strstr(why.text, "no centre channel"));
    job.channels = 6;
    assert_int_equal(transcoder_audio(transcoder, &job, NULL, &result, &why), INVALID);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_has_its_codec_its_channels_and_its_length),
        cmocka_unit_test(a_dialogue_boost_raises_the_centre_against_all_else),
        cmocka_unit_test(a_mix_is_lowered_by_what_it_exceeds_and_a_source_never),
        cmocka_unit_test(e_ac_3_tells_its_loudness_in_every_frame),
        cmocka_unit_test(the_boxes_are_those_that_ffmpeg_writes),
        cmocka_unit_test(silence_has_no_loudness_and_no_centre_no_dialogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
