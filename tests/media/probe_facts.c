// SPDX-License-Identifier: Apache-2.0
#include "media/probe_facts.h"

#include "base/file.h"
#include "clip.h"
#include "media/av.h"
#include "media/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct master_report *probe(const char *path)
{
    autofd fd = clip_open(path);
    struct master_report *report = calloc(1, sizeof *report);
    struct why why = {""};
    assert_non_null(report);
    if (probe_master(fd, NULL, NULL, report, &why) != OK) fail_msg("%s: %s", path, why.text);
    return report;
}

static void geometry_and_fields_are_found(void **state)
{
    (void)state;
    char upright[128];
    (void)snprintf(upright, sizeof upright, "%s",
                   clip_make("upright.mov", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=1", "-c:v",
                             "mpeg4", NULL));
    struct master_report *turned = probe(
        clip_make("turned.mov", "-i", upright, "-c", "copy", "-metadata:s:v:0", "rotate=90", NULL));
    uint32_t width = 0, height = 0;
    assert_int_equal(turned->facts.video.rotation_degrees, 270); // the program counts the other way

    master_display_size(&turned->facts.video, &width, &height);
    assert_int_equal(width, 180);
    assert_int_equal(height, 320);
    free(turned);

    struct master_report *wide =
        probe(clip_make("wide.mov", "-f", "lavfi", "-i", "testsrc2=s=720x576:d=1,setsar=64/45",
                        "-c:v", "mpeg4", NULL));
    master_display_size(&wide->facts.video, &width, &height);
    assert_int_equal(width, 1024);
    assert_int_equal(height, 576);
    free(wide);

    struct master_report *odd =
        probe(clip_make("odd.mkv", "-f", "lavfi", "-i", "testsrc=s=321x181:d=1", "-c:v", "ffv1",
                        "-g", "1", "-pix_fmt", "yuv444p10le", NULL));
    master_display_size(&odd->facts.video, &width, &height);
    assert_int_equal(width, 322);
    assert_int_equal(height, 182);
    assert_int_equal(odd->facts.video.bit_depth, 10);
    assert_true(odd->facts.video.intra_only);
    free(odd);

    struct master_report *woven =
        probe(clip_make("woven.mpg", "-f", "lavfi", "-i", "testsrc2=s=320x192:r=50:d=1", "-vf",
                        "interlace=scan=tff", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", NULL));
    assert_int_equal(woven->facts.video.fields, FIELDS_TOP_FIRST);
    assert_int_equal(woven->facts.video.rate.frames, 25);
    free(woven);
}

static void colour_and_hdr_are_found(void **state)
{
    (void)state;
    struct master_report *report = probe(clip_make(
        "hdr.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x192:d=1", "-pix_fmt", "yuv420p10le", "-c:v",
        "libx265", "-x265-params",
        "log-level=none:colorprim=9:transfer=16:colormatrix=9:max-cll=1000,400:"
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
        NULL));
    const struct master_video *video = &report->facts.video;
    assert_int_equal(video->range, RANGE_PQ);
    assert_int_equal(video->colour.primaries, 9);
    assert_int_equal(video->colour.matrix, 9);
    assert_int_equal(video->max_cll, 1000);
    assert_int_equal(video->max_fall, 400);
    assert_int_equal(video->mastering.luminance_max, 10000000);
    assert_int_equal(video->mastering.luminance_min, 50);
    assert_int_equal(video->mastering.red[0], 34000);
    free(report);
}

static void tracks_carry_languages_roles_and_channels(void **state)
{
    (void)state;
    const char *captions = clip_path("two.srt");
    assert_int_equal(file_write_atomic(captions,
                                       slice_of("1\n00:00:00,200 --> 00:00:00,900\nHello\n"), 0644,
                                       NULL),
                     OK);
    struct master_report *report = probe(
        clip_make("tracks.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-f", "lavfi", "-i",
                  "aevalsrc=0|0|0|0|0|0:c=5.1:d=1", "-f", "lavfi", "-i", "sine=d=1:r=44100", "-i",
                  captions, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "mpeg4",
                  "-c:a", "pcm_s16le", "-c:s", "srt", "-metadata:s:a:0", "language=ger",
                  "-metadata:s:a:1", "language=eng", "-disposition:a:1", "visual_impaired",
                  "-metadata:s:s:0", "language=fre", "-disposition:s:0", "hearing_impaired", NULL));
    assert_int_equal(report->facts.track_count, 4);
    const struct master_track *tracks = report->facts.tracks;
    assert_int_equal(tracks[0].kind, TRACK_VIDEO);
    assert_int_equal(tracks[1].kind, TRACK_AUDIO);
    assert_int_equal(tracks[1].channels, 6);
    assert_string_equal(tracks[1].language, "de");
    assert_int_equal(tracks[2].role, ROLE_DESCRIPTION);
    assert_int_equal(tracks[2].sample_rate, 44100);
    assert_int_equal(tracks[3].kind, TRACK_TEXT);
    assert_int_equal(tracks[3].role, ROLE_CAPTION);
    assert_string_equal(tracks[3].language, "fr");
    assert_string_equal(tracks[3].codec, "subrip");
    free(report);
}

int main(void)
{
    av_log_capture();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometry_and_fields_are_found),
        cmocka_unit_test(colour_and_hdr_are_found),
        cmocka_unit_test(tracks_carry_languages_roles_and_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
