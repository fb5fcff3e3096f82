// SPDX-License-Identifier: Apache-2.0
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "media/mp4_reader.h"
#include "media/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Decoded sound: planar float as libavcodec's AAC decoder gives it.
struct sound {
    float *samples; // of channel 0
    size_t count, room;
    int channels, rate;
};

// What the file itself says is heard: from its sample table and its edit list.
static size_t presented_samples(int fd, uint32_t *priming)
{
    struct why why = {""};
    autoarena arena = arena_init(1 << 24);
    struct mp4 *mp4 = NULL;
    struct mp4_cursor *cursor = NULL;
    if (mp4_open_fd(&arena, fd, "audio", &mp4, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, &why), OK);
    int64_t first = 0, end = 0;
    bool is_end = false;
    for (size_t i = 0; !is_end; i++) {
        struct sample sample;
        if (mp4_cursor_next(cursor, &sample, &is_end, &why) != OK) fail_msg("%s", why.text);
        if (is_end) break;
        if (i == 0) first = sample.decode_ticks;
        end = sample.decode_ticks + sample.duration_ticks;
    }
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
    *priming = (uint32_t)-first;
    return (size_t)end;
}

// What a listener hears: priming, which has times before zero, is dropped, and so is what the last
// frame has too much.
static struct sound decode_sound(int fd)
{
    struct why why = {""};
    autosource source = {.io = NULL};
    autodecoder decoder = {.source = NULL};
    if (source_open(fd, NULL, &source, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(stream_decoder_open(&source, 0, 1, &decoder, &why), OK);
    struct sound sound = {.room = 48000 * 60};
    sound.samples = calloc(sound.room, sizeof *sound.samples);
    AVFrame *frame = av_frame_alloc();
    size_t decoded = 0;
    while (stream_decoder_next(&decoder, frame, &why) == OK) {
        assert_true(sound.count + (size_t)frame->nb_samples <= sound.room);
        memcpy(sound.samples + decoded, frame->data[0], (size_t)frame->nb_samples * sizeof(float));
        decoded += (size_t)frame->nb_samples;
        sound.channels = frame->ch_layout.nb_channels;
        sound.rate = frame->sample_rate;
        av_frame_unref(frame);
    }
    av_frame_free(&frame);
    uint32_t priming = 0;
    sound.count = presented_samples(fd, &priming);
    assert_int_equal(priming, 1024);
    assert_in_range(decoded, sound.count + priming, sound.count + priming + 1023);
    memmove(sound.samples, sound.samples + priming, sound.count * sizeof(float));
    return sound;
}

// Where a silent beginning ends.
static double onset_s(const struct sound *sound)
{
    for (size_t i = 0; i < sound->count; i++)
        if (fabsf(sound->samples[i]) > 0.05F) return (double)i / sound->rate;
    return -1;
}

static struct audio_result encode(struct transcoder *transcoder, int fd,
                                  const struct master_facts *facts, uint32_t track,
                                  struct media_time start, uint32_t channels, int output)
{
    const struct audio_job job = {.audio_fd = fd,
                                  .facts = facts,
                                  .track = track,
                                  .start = start,
                                  .output_fd = output,
                                  .bitrate_bps = 128000,
                                  .channels = channels,
                                  .segment_frames = rig_segment_frames(facts)};
    struct audio_result result;
    struct why why = {""};
    if (transcoder_audio(transcoder, &job, NULL, &result, &why) != OK) fail_msg("%s", why.text);
    return result;
}

static uint32_t audio_track(const struct master_facts *facts)
{
    for (uint32_t i = 0; i < facts->track_count; i++)
        if (facts->tracks[i].kind == TRACK_AUDIO && !facts->tracks[i].data) return i;
    fail_msg("no audio track");
    return 0;
}

// A tone that starts 1.5 s into the film, in containers and codecs that place it by different
// means.
static void sound_starts_where_the_picture_says(void **state)
{
    (void)state;
    static const struct {
        const char *name, *codec, *delay, *offset;
        double start_s;
    } cases[] = {
        {"a.mov", "pcm_s24le", "adelay=1500:all=1", "0", 1.5},
        {"b.mp4", "aac", "adelay=1500:all=1", "0", 1.5},    // priming in an edit list
        {"c.mkv", "ac3", "adelay=500:all=1", "1", 1.5},     // the track starts a second late
        {"d.ts", "mp2", "adelay=1500:all=1", "0", 1.5},     // everything starts at 1.4 s
        {"e.mp4", "aac", "adelay=2000:all=1", "-0.5", 1.5}, // the track starts before the picture
        {"f.mkv", "libopus", "adelay=1500:all=1", "0",
         1.493}, // the muxer moves the picture by the priming
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char filter[96];
        (void)snprintf(filter, sizeof filter, "%s,apad,atrim=0:6,asetpts=PTS+(%s)/TB",
                       cases[i].delay, cases[i].offset);
        autofd master =
            clip_open(clip_make(cases[i].name, "-f", "lavfi", "-i", counter_source("25", 100), "-f",
                                "lavfi", "-i", "sine=1000:r=44100:d=1", "-af", filter, "-c:v",
                                "mpeg2video", "-c:a", cases[i].codec, "-ar", "48000", NULL));
        autotranscoder *transcoder = rig_open(0);
        struct master_report *report = rig_probe(transcoder, master);
        autofd output = clip_create("sound.mp4");
        const struct audio_result result =
            encode(transcoder, master, &report->facts, audio_track(&report->facts),
                   report->facts.video.start, 0, output);
        struct sound sound = decode_sound(output);
        assert_int_equal(sound.rate, 48000);
        assert_int_equal(sound.channels, 2);
        assert_int_equal(sound.count, 4 * 48000); // as long as the picture, to the sample
        assert_int_equal(result.samples, 4 * 48000);
        assert_int_equal(result.priming_samples, 1024);
        // A coded tone begins a few milliseconds soft; a lost priming would be 21 ms.
        if (fabs(onset_s(&sound) - cases[i].start_s) > 0.006)
            fail_msg("%s: the tone starts at %.4f s", cases[i].name, onset_s(&sound));
        free(sound.samples);
        free(report);
    }
}

static void channels_are_kept_or_mixed_as_asked(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t asked, made;
    } cases[] = {
        {"aevalsrc='0.4*sin(3000*t)':c=mono:d=2", 0, 2},
        {"aevalsrc='0.4*sin(3000*t)|0':c=stereo:d=2", 0, 2},
        {"aevalsrc='0.4*sin(3000*t)|0|0|0|0|0':c=5.1:d=2", 0, 6},
        {"aevalsrc='0.4*sin(3000*t)|0|0|0|0|0':c=5.1:d=2", 2, 2},
        {"aevalsrc='0.4*sin(3000*t)|0|0|0|0|0|0|0':c=7.1:d=2", 0, 6},
        {"aevalsrc='0.4*sin(3000*t)|0':c=stereo:d=2", 6, 6},
    };
    autotranscoder *transcoder = rig_open(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autofd master = clip_open(
            clip_make("channels.mov", "-f", "lavfi", "-i", counter_source("24000/1001", 48), "-f",
                      "lavfi", "-i", cases[i].source, "-c:v", "mpeg4", "-c:a", "pcm_s16le", NULL));
        struct master_report *report = rig_probe(transcoder, master);
        autofd output = clip_create("channels-out.mp4");
        const struct audio_result result =
            encode(transcoder, master, &report->facts, audio_track(&report->facts),
                   report->facts.video.start, cases[i].asked, output);
        assert_int_equal(result.channels, cases[i].made);
        assert_int_equal(result.samples, 96096); // 48 frames at 24000/1001
        struct sound sound = decode_sound(output);
        assert_int_equal(sound.channels, cases[i].made);
        assert_int_equal(sound.count, 96096);
        double power = 0;
        for (size_t s = 0; s < sound.count; s++)
            power += (double)sound.samples[s] * (double)sound.samples[s];
        assert_true(sqrt(power / (double)sound.count) > 0.05);
        free(sound.samples);
        free(report);
    }
}

static void a_sidecar_starts_with_the_title_and_is_filled_to_its_end(void **state)
{
    (void)state;
    autofd master = clip_open(clip_make("silent.mov", "-f", "lavfi", "-i",
                                        counter_source("25", 125), "-c:v", "mpeg4", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    autofd sidecar =
        clip_open(clip_make("description.wav", "-f", "lavfi", "-i", "sine=600:d=3", NULL));
    autofd output = clip_create("description.mp4");
    const struct audio_result result =
        encode(transcoder, sidecar, &report->facts, AUDIO_TRACK_FIRST, (struct media_time){0, 1}, 0,
               output);
    assert_int_equal(result.samples, 5 * 48000);
    assert_in_range(result.silence_samples, 2 * 48000 - 100, 2 * 48000 + 100);
    struct sound sound = decode_sound(output);
    assert_int_equal(sound.count, 5 * 48000);
    assert_true(onset_s(&sound) < 0.006);
    for (size_t i = 3 * 48000 + 4800; i < sound.count; i++)
        assert_true(fabsf(sound.samples[i]) < 0.001F);
    free(sound.samples);
    free(report);
}

static void a_gap_in_the_sound_stays_a_gap(void **state)
{
    (void)state;
    // Sound from 0 to 1 s and from 3 s on, by timestamps alone.
    autofd master = clip_open(clip_make("gap.mkv", "-f", "lavfi", "-i", counter_source("25", 125),
                                        "-f", "lavfi", "-i", "sine=800:r=48000:d=5", "-af",
                                        "aselect='lt(t,1)+gt(t,3)'", "-c:v", "mpeg4", "-c:a",
                                        "pcm_s16le", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    autofd output = clip_create("gap-out.mp4");
    const struct audio_result result =
        encode(transcoder, master, &report->facts, audio_track(&report->facts),
               report->facts.video.start, 0, output);
    assert_in_range(result.silence_samples, 2 * 48000 - 3000, 2 * 48000 + 3000);
    struct sound sound = decode_sound(output);
    for (size_t i = 48000 + 4800; i < 3 * 48000 - 4800; i++)
        assert_true(fabsf(sound.samples[i]) < 0.001F);
    double power = 0;
    for (size_t i = 3 * 48000 + 4800; i < sound.count; i++)
        power += (double)sound.samples[i] * (double)sound.samples[i];
    assert_true(power > 1);
    free(sound.samples);
    free(report);
}

static void jobs_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    autofd master = clip_open(clip_make("mute.mov", "-f", "lavfi", "-i", counter_source("25", 50),
                                        "-c:v", "mpeg4", NULL));
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    autofd output = clip_create("none.mp4");
    struct audio_job job = {.audio_fd = master,
                            .facts = &report->facts,
                            .track = AUDIO_TRACK_FIRST,
                            .start = report->facts.video.start,
                            .output_fd = output,
                            .bitrate_bps = 128000,
                            .segment_frames = 50};
    struct audio_result result;
    struct why why = {""};
    assert_int_equal(transcoder_audio(transcoder, &job, NULL, &result, &why), INVALID);
    assert_non_null(strstr(why.text, "no audio track"));
    job.track = 0;
    assert_int_equal(transcoder_audio(transcoder, &job, NULL, &result, &why), INVALID);
    assert_non_null(strstr(why.text, "no audio track"));
    job.bitrate_bps = 1;
    assert_int_equal(transcoder_audio(transcoder, &job, NULL, &result, &why), INVALID);
    assert_non_null(strstr(why.text, "outside"));
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_starts_where_the_picture_says),
        cmocka_unit_test(channels_are_kept_or_mixed_as_asked),
        cmocka_unit_test(a_sidecar_starts_with_the_title_and_is_filled_to_its_end),
        cmocka_unit_test(a_gap_in_the_sound_stays_a_gap),
        cmocka_unit_test(jobs_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
