// SPDX-License-Identifier: Apache-2.0
#include "manifest_read.h"

enum { ROOM = 8 * 1024 * 1024 };

static const char multivariant[] =
    "#EXTM3U\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a.m3u8\",GROUP-ID=\"aac\",NAME=\"English\",LANGUAGE=\"en\","
    "DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\"\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"ad.m3u8\",GROUP-ID=\"aac\",NAME=\"AD\",LANGUAGE=\"en\","
    "CHARACTERISTICS=\"public.accessibility.describes-video\",CHANNELS=\"6/JOC\"\n"
    "#EXT-X-MEDIA:TYPE=SUBTITLES,URI=\"t.m3u8\",GROUP-ID=\"text\",NAME=\"CC\",LANGUAGE=\"de\","
    "CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\"\n"
    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC1\",INSTREAM-ID=\"CC1\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=7118880,AVERAGE-BANDWIDTH=5607714,CODECS=\"avc1.640028,mp4a.40."
    "2\","
    "RESOLUTION=1920x1080,FRAME-RATE=23.976,VIDEO-RANGE=SDR,AUDIO=\"aac\",SUBTITLES=\"text\"\n"
    "hd/v1.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=6000000,CODECS=\"avc1.640028,ec-3\",RESOLUTION=1920x1080,AUDIO="
    "\"aac\"\n"
    "hd/v1.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=140000,CODECS=\"mp4a.40.2\",AUDIO=\"aac\"\n"
    "a.m3u8\n"
    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=830908,CODECS=\"avc1.640028\",RESOLUTION=1920x1080,URI="
    "\"v1i.m3u8\"\n"
    "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1000,RESOLUTION=160x90,CODECS=\"jpeg\",URI=\"s.m3u8\"\n";

static void a_multivariant_playlist_becomes_renditions_and_variants(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, multivariant);
    assert_int_equal(manifest->format, MANIFEST_HLS);
    assert_int_equal(manifest->rendition_count, 6); // three media, one video, I-frames, images
    assert_int_equal(manifest->variant_count, 3);
    const struct rendition *video = &manifest->renditions[manifest->variants[0].rendition];
    assert_ptr_equal(video, &manifest->renditions[manifest->variants[1].rendition]);
    assert_int_equal(video->kind, TRACK_VIDEO);
    assert_false(video->is_muxed);
    assert_int_equal(video->bandwidth_bps, 6000000); // the lowest that plays it
    assert_int_equal(video->video.width, 1920);
    assert_int_equal(video->video.frame_rate.frames, 24000);
    assert_int_equal(video->video.frame_rate.seconds, 1001);
    assert_int_equal(video->need, NEED_PLAYLIST);
    assert_string_equal(video->needed.url, "https://cdn.example/film/hd/v1.m3u8");
    assert_int_equal(manifest->variants[0].average_bps, 5607714);
    assert_string_equal(manifest->variants[0].text_group, "text");
    const struct rendition *alone = &manifest->renditions[manifest->variants[2].rendition];
    assert_int_equal(alone->kind, TRACK_AUDIO);
    assert_string_equal(alone->label, "English");
}

static void audio_and_text_say_what_they_are_for(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, multivariant);
    static const struct {
        enum track_kind kind;
        enum track_role role;
        uint32_t channels;
        const char *language;
        bool is_default;
    } wanted[] = {
        {TRACK_AUDIO, ROLE_MAIN, 2, "en", true},
        {TRACK_AUDIO, ROLE_DESCRIPTION, 6, "en", false},
        {TRACK_TEXT, ROLE_CAPTION, 0, "de", false},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct rendition *rendition = &manifest->renditions[i];
        assert_int_equal(rendition->kind, wanted[i].kind);
        assert_int_equal(rendition->role, wanted[i].role);
        assert_int_equal(rendition->channels, wanted[i].channels);
        assert_string_equal(rendition->language, wanted[i].language);
        assert_int_equal(rendition->is_default, wanted[i].is_default);
    }
    assert_true(manifest->renditions[4].is_trick_play);
    assert_int_equal(manifest->renditions[5].kind, TRACK_IMAGE);
}

static void a_media_playlist_alone_is_a_manifest_of_one(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena,
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXTINF:1.5,\nb.ts\n#EXT-X-ENDLIST\n");
    assert_int_equal(manifest->rendition_count, 1);
    assert_int_equal(manifest->renditions[0].segment_count, 2);
    assert_int_equal(manifest->renditions[0].need, NEED_NOTHING);
    assert_true(manifest->renditions[0].is_muxed);
    assert_int_equal(manifest->duration_us, 3500000);
    assert_false(manifest->is_live);
}

static void variants_without_groups_are_muxed(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena,
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.4d001f,mp4a.40.2\"\nv.m3u8\n");
    assert_true(manifest->renditions[0].is_muxed);
    assert_int_equal(manifest->renditions[0].kind, TRACK_VIDEO);
}

static void faults_come_with_their_line(void **state)
{
    (void)state;
    read_refused("#EXTM3U\n", INVALID, "neither variants nor segments");
    read_refused("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=abc\nv.m3u8\n", INVALID, "line 3");
    read_refused("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n", UNSUPPORTED, "line 2");
    read_refused("#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n", INVALID, "URI is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_multivariant_playlist_becomes_renditions_and_variants),
        cmocka_unit_test(audio_and_text_say_what_they_are_for),
        cmocka_unit_test(a_media_playlist_alone_is_a_manifest_of_one),
        cmocka_unit_test(variants_without_groups_are_muxed),
        cmocka_unit_test(faults_come_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
