// SPDX-License-Identifier: Apache-2.0
//
// Measuring, with real pictures and sound made by FFmpeg, through the program behind the wall. look
// and listen are what it measures with.
#include "../../media/clip.h"
#include "../rig.h"
#include "base/file.h"
#include "studio/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct measurement *measured(const char *path)
{
    autofd master = clip_open(path);
    autotranscoder *transcoder = rig_open(0);
    struct master_report *report = rig_probe(transcoder, master);
    struct measurement *out = calloc(1, sizeof *out);
    struct qc_rules rules = qc_rules_default();
    struct why why = {""};
    assert_non_null(out);
    rules.limits[QC_BLACK].max = rules.limits[QC_FREEZE].max = rules.limits[QC_SILENCE].max = 900;
    if (check_measure(transcoder, master, &report->facts, &rules, NULL, out, &why) != OK)
        fail_msg("%s", why.text);
    free(report);
    return out;
}

static void has_span(const struct measurement *m, enum span_kind kind, int64_t start_ms,
                     int64_t end_ms)
{
    for (size_t i = 0; i < m->span_count; i++)
        if (m->spans[i].kind == kind && llabs(m->spans[i].start_ms - start_ms) <= 50 &&
            llabs(m->spans[i].end_ms - end_ms) <= 50)
            return;
    for (size_t i = 0; i < m->span_count; i++)
        print_message("%s %lld .. %lld\n", span_word(m->spans[i].kind),
                      (long long)m->spans[i].start_ms, (long long)m->spans[i].end_ms);
    fail_msg("no %s from %lld to %lld ms", span_word(kind), (long long)start_ms, (long long)end_ms);
}

static void black_freeze_and_silence_are_found_where_they_are(void **state)
{
    (void)state;
    // 0..2 s moving, 2..4 black, 4..5 moving, 5..7 still, 7..8 moving; sound from 0 to 3 and 6 on.
    const char *path = clip_make(
        "spans.mov", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i",
        "color=black:s=320x180:r=25:d=2", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-f",
        "lavfi", "-i", "color=gray:s=320x180:r=25:d=2", "-f", "lavfi", "-i",
        "testsrc2=s=320x180:r=25:d=1", "-f", "lavfi", "-i",
        "aevalsrc='0.1*sin(1000*2*PI*t)*(lt(t\\,3)+gt(t\\,6))':s=48000:d=8", "-filter_complex",
        "[0][1][2][3][4]concat=n=5:v=1:a=0", "-c:v", "prores_ks", "-profile:v", "0", "-c:a",
        "pcm_s16le", NULL);
    struct measurement *m = measured(path);
    assert_int_equal(m->frames, 200);
    assert_true(m->is_seen && !m->is_transport);
    has_span(m, SPAN_BLACK, 2000, 4000);
    has_span(m, SPAN_FREEZE, 5000, 7000);
    has_span(m, SPAN_SILENCE, 3000, 6000);
    assert_int_equal(m->span_count, 3);
    assert_int_equal(m->combed, 0);
    free(m);
}

static void loudness_is_that_of_the_standard(void **state)
{
    (void)state;
    // EBU Tech 3341 case 1: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS; its peak is -23 dBTP.
    // Case 6: 5.0 with L, R at -28, C at -24, Ls, Rs at -30 dBFS is -23 LUFS as well.
    const char *stereo =
        clip_make("stereo.mov", "-f", "lavfi", "-i", "color=s=64x64:r=25:d=8", "-f", "lavfi", "-i",
                  "aevalsrc='0.0707946*sin(1000*2*PI*t)|0.0707946*sin(1000*2*PI*t)':s=48000:d=8",
                  "-c:v", "mpeg4", "-c:a", "pcm_s24le", NULL);
    struct measurement *m = measured(stereo);
    assert_int_equal(m->audio_count, 1);
    assert_in_range(m->audio[0].integrated + 2310, 0, 20);
    assert_in_range(m->audio[0].true_peak + 2320, 0, 40);
    assert_int_equal(m->audio[0].spoken_ms, 0); // a tone does not speak
    assert_int_equal(m->audio[0].dialogue, MEASURE_SILENT);
    free(m);
    const char *surround = clip_make(
        "surround.mov", "-f", "lavfi", "-i", "color=s=64x64:r=25:d=8", "-f", "lavfi", "-i",
        "aevalsrc='0.0398107*sin(1000*2*PI*t)|0.0398107*sin(1000*2*PI*t)|0.0630957*sin(1000*2*PI*t)"
        "|0.9*sin(50*2*PI*t)|0.0316228*sin(1000*2*PI*t)|0.0316228*sin(1000*2*PI*t)'"
        ":s=48000:d=8:c=5.1",
        "-c:v", "mpeg4", "-c:a", "pcm_s24le", NULL);
    m = measured(surround);
    assert_in_range(m->audio[0].integrated + 2310, 0, 20);
    free(m);
}

// A synthetic voice of some nine seconds 12 dB below the noise and the chords before and behind it,
// in the centre of 5.1 and in stereo.
static void dialogue_is_heard_where_somebody_speaks(void **state)
{
    (void)state;
    static const char *const layouts[] = {
        "[v]pan=stereo|c0=c0|c1=c0[w]",
        "[v]pan=5.1|c0=0*c0|c1=0*c0|c2=c0|c3=0*c0|c4=0*c0|c5=0*c0[w]"};
    static const char *const loud[] = {"c0=c0|c1=c0", "c0=c0|c1=c0|c2=c0|c3=0*c0|c4=c0|c5=c0"};
    for (size_t i = 0; i < 2; i++) {
        char graph[1024];
        (void)snprintf(
            graph, sizeof graph,
            "flite=voice=slt:text='We waited at the station until midnight but the train never "
            "came. She sells sea shells by the sea shore and nobody ever asked her why. Tell me "
            "again what he said when you opened the door and saw the letter.',"
            "aresample=48000,atrim=0:9,volume=-12dB[v];%s;"
            "anoisesrc=d=3:c=pink:r=48000:a=0.5:seed=1,pan=%s|%s[n];"
            "aevalsrc='0.3*sin(440*2*PI*t)+0.3*sin(550*2*PI*t)':s=48000:d=3,pan=%s|%s[c];"
            "[n][w][c]concat=n=3:v=0:a=1",
            layouts[i], i == 0 ? "stereo" : "5.1", loud[i], i == 0 ? "stereo" : "5.1", loud[i]);
        const char *path =
            clip_make("voice.mov", "-f", "lavfi", "-i", "color=s=64x64:r=25:d=15", "-f", "lavfi",
                      "-i", graph, "-c:v", "mpeg4", "-c:a", "pcm_s24le", "-y", NULL);
        struct measurement *m = measured(path);
        const struct measure_audio *audio = &m->audio[0];
        assert_in_range(audio->spoken_ms, 3000, 9000);
        assert_true(audio->dialogue < audio->integrated - 500);
        assert_in_range(audio->dialogue + 3200, 0, 700);
        free(m);
    }
}

static void clipping_and_lasting_silence_are_told(void **state)
{
    (void)state;
    const char *path =
        clip_make("clips.mov", "-f", "lavfi", "-i", "color=s=64x64:r=25:d=4", "-f", "lavfi", "-i",
                  "aevalsrc='if(between(t\\,1\\,1.2)\\,1.5*sin(440*2*PI*t)\\,0.2*sin(440*2*PI*t))':"
                  "s=48000:d=4",
                  "-f", "lavfi", "-i", "anullsrc=d=4:r=48000", "-map", "0", "-map", "1", "-map",
                  "2", "-t", "4", "-c:v", "mpeg4", "-c:a", "pcm_s16le", NULL);
    struct measurement *m = measured(path);
    has_span(m, SPAN_CLIPPING, 1000, 1200);
    has_span(m, SPAN_SILENCE, 0, 4000);
    assert_int_equal(m->span_counts[SPAN_CLIPPING], 1);
    assert_int_equal(m->audio_count, 2);
    assert_int_equal(m->audio[1].integrated, MEASURE_SILENT);
    free(m);
}

static void fields_and_pulldown_are_seen(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        bool is_combed, is_pulldown;
    } cases[] = {
        {"null", false, false},
        {"tinterlace=mode=interleave_top,fieldorder=tff", true, false},
        {"telecine=pattern=23", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char chain[160];
        (void)snprintf(chain, sizeof chain, "scroll=h=0.01:v=0.002,%s", cases[i].filter);
        const char *path =
            clip_make("fields.mov", "-f", "lavfi", "-i", "testsrc2=s=480x270:r=24:d=3", "-vf",
                      chain, "-c:v", "prores_ks", "-profile:v", "1", NULL);
        struct measurement *m = measured(path);
        struct qc_report *report = calloc(1, sizeof *report);
        const struct qc_rules rules = qc_rules_default();
        struct master_facts *facts = calloc(1, sizeof *facts);
        report->rules = &rules;
        facts->video.fields = FIELDS_PROGRESSIVE;
        check_measured(facts, m, report);
        assert_true(m->moving > 30);
        assert_int_equal(report->verdicts[QC_INTERLACE], cases[i].is_combed ? QC_WARN : QC_PASS);
        assert_int_equal(report->verdicts[QC_CADENCE], cases[i].is_pulldown ? QC_WARN : QC_PASS);
        free(report);
        free(facts);
        free(m);
    }
}

static void damage_and_cut_transport_streams_are_told(void **state)
{
    (void)state;
    const char *whole = clip_make("whole.ts", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6",
                                  "-f", "lavfi", "-i", "sine=d=6", "-c:v", "libx264", "-g", "25",
                                  "-preset", "ultrafast", "-b:v", "1M", "-c:a", "aac", NULL);
    char kept[256];
    (void)snprintf(kept, sizeof kept, "%s", whole);
    struct measurement *m = measured(kept);
    assert_true(m->is_transport && !m->is_cut);
    assert_int_equal(m->continuity_errors, 0);
    assert_int_equal(m->span_counts[SPAN_DAMAGE], 0);
    free(m);

    autobuffer bytes = buffer_init(16 << 20);
    assert_int_equal(file_read(kept, &bytes, NULL), OK);
    // Cut inside a packet, and behind whole packets in the middle of a PES.
    m = measured(clip_cut("cut.ts", kept, bytes.len * 2 / 3 / 188 * 188 + 100));
    assert_true(m->is_cut);
    free(m);
    // 200 packets lost in the middle.
    const size_t at = bytes.len / 2 / 188 * 188;
    memmove(bytes.at + at, bytes.at + at + 200 * 188, bytes.len - at - 200 * 188);
    bytes.len -= 200 * 188;
    const char *lost = clip_path("lost.ts");
    assert_int_equal(file_write_atomic(lost, buffer_slice(&bytes), 0644, NULL), OK);
    m = measured(lost);
    assert_true(m->continuity_errors > 0);
    free(m);
}

static void pictures_that_cannot_be_decoded_have_their_time(void **state)
{
    (void)state;
    const char *whole =
        clip_make("damaged.mov", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-c:v",
                  "libx264", "-g", "25", "-bf", "0", "-preset", "ultrafast", NULL);
    char kept[256];
    (void)snprintf(kept, sizeof kept, "%s", whole);
    autobuffer bytes = buffer_init(16 << 20);
    assert_int_equal(file_read(kept, &bytes, NULL), OK);
    for (size_t i = bytes.len / 2; i < bytes.len / 2 + 400; i++)
        bytes.at[i] = 0xff;
    const char *damaged = clip_path("hurt.mov");
    assert_int_equal(file_write_atomic(damaged, buffer_slice(&bytes), 0644, NULL), OK);
    struct measurement *m = measured(damaged);
    assert_true(m->span_counts[SPAN_DAMAGE] > 0);
    assert_in_range(m->spans[0].start_ms, 500, 3500);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(black_freeze_and_silence_are_found_where_they_are),
        cmocka_unit_test(loudness_is_that_of_the_standard),
        cmocka_unit_test(dialogue_is_heard_where_somebody_speaks),
        cmocka_unit_test(clipping_and_lasting_silence_are_told),
        cmocka_unit_test(fields_and_pulldown_are_seen),
        cmocka_unit_test(damage_and_cut_transport_streams_are_told),
        cmocka_unit_test(pictures_that_cannot_be_decoded_have_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
