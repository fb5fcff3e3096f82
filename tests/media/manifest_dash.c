// SPDX-License-Identifier: Apache-2.0
#include "manifest_read.h"

enum { ROOM = 8 * 1024 * 1024 };

#define MPD_OPEN "<MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static' "

// What a well-known packager writes for on-demand.
static const char on_demand[] =
    "<?xml version='1.0'?>" MPD_OPEN "minBufferTime='PT2S' mediaPresentationDuration='PT8S'>"
    "<BaseURL>cdn/</BaseURL><Period id='0'>"
    "<AdaptationSet contentType='video' width='1920' height='1080' frameRate='12800/512' "
    "par='16:9'>"
    "<SupplementalProperty schemeIdUri='urn:mpeg:mpegB:cicp:TransferCharacteristics' value='16'/>"
    "<Representation id='v1' bandwidth='6856372' codecs='avc1.640028' mimeType='video/mp4' "
    "sar='1:1'>"
    "<BaseURL>v1.mp4</BaseURL><SegmentBase indexRange='883-962' timescale='12800'>"
    "<Initialization range='0-882'/></SegmentBase></Representation></AdaptationSet>"
    "<AdaptationSet contentType='audio' lang='en'>"
    "<Accessibility schemeIdUri='urn:tva:metadata:cs:AudioPurposeCS:2007' value='1'/>"
    "<Role schemeIdUri='urn:mpeg:dash:role:2011' value='main'/><Label>English AD</Label>"
    "<Representation id='a' bandwidth='128000' codecs='mp4a.40.2' mimeType='audio/mp4' "
    "audioSamplingRate='48000'>"
    "<AudioChannelConfiguration schemeIdUri='urn:mpeg:mpegB:cicp:ChannelConfiguration' value='12'/>"
    "<BaseURL>https://other.example/a.mp4</BaseURL><SegmentBase "
    "indexRange='794-885'/></Representation>"
    "</AdaptationSet>"
    "<AdaptationSet mimeType='text/vtt' lang='de'><Role schemeIdUri='urn:mpeg:dash:role:2011' "
    "value='caption'/>"
    "<Representation id='t' bandwidth='1'><BaseURL>t.vtt</BaseURL></Representation></AdaptationSet>"
    "<AdaptationSet contentType='image' mimeType='image/jpeg'>"
    "<SegmentTemplate media='$RepresentationID$/s-$Number%03d$.jpg' duration='4' startNumber='1'/>"
    "<Representation id='img' bandwidth='1' width='800' height='180'>"
    "<EssentialProperty schemeIdUri='http://dashif.org/guidelines/thumbnail_tile' value='5x2'/>"
    "</Representation></AdaptationSet>"
    "<AdaptationSet contentType='video'><EssentialProperty schemeIdUri='urn:example:unknown'/>"
    "<Representation id='x' bandwidth='1'/></AdaptationSet>"
    "</Period></MPD>";

static void an_on_demand_description_needs_its_indexes(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, on_demand);
    assert_int_equal(manifest->format, MANIFEST_DASH);
    assert_int_equal(manifest->duration_us, 8000000);
    assert_int_equal(manifest->min_buffer_us, 2000000);
    assert_int_equal(manifest->rendition_count,
                     4); // the set with an unknown essential property is none
    const struct rendition *video = &manifest->renditions[0];
    assert_int_equal(video->need, NEED_INDEX);
    assert_string_equal(video->needed.url, "https://cdn.example/film/cdn/v1.mp4");
    assert_int_equal(video->needed.range.offset, 883);
    assert_int_equal(video->needed.range.size, 80);
    assert_int_equal(video->inits[0].range.size, 883);
    assert_int_equal(video->video.frame_rate.frames, 12800);
    assert_int_equal(video->video.range, RANGE_PQ);
    assert_int_equal(video->video.sar_width, 1);
    assert_string_equal(manifest->renditions[1].needed.url, "https://other.example/a.mp4");
}

static void roles_channels_and_labels_are_read(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, on_demand);
    const struct rendition *audio = &manifest->renditions[1];
    assert_int_equal(audio->kind, TRACK_AUDIO);
    assert_int_equal(audio->role, ROLE_DESCRIPTION);
    assert_int_equal(audio->channels, 8);
    assert_int_equal(audio->sample_rate, 48000);
    assert_string_equal(audio->label, "English AD");
    assert_int_equal(manifest->renditions[2].kind, TRACK_TEXT);
    assert_int_equal(manifest->renditions[2].role, ROLE_CAPTION);
}

static void a_file_beside_the_media_is_one_segment(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, on_demand);
    const struct rendition *text = &manifest->renditions[2];
    assert_int_equal(text->need, NEED_NOTHING);
    assert_int_equal(text->segment_count, 1);
    segment_is_at(text, 0, "https://cdn.example/film/cdn/t.vtt");
    assert_int_equal(segment_end(text, 0).ticks, 8);
}

static void thumbnail_sheets_are_numbered(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(&arena, on_demand);
    const struct rendition *images = &manifest->renditions[3];
    assert_int_equal(images->kind, TRACK_IMAGE);
    assert_int_equal(images->image.tile_width, 160);
    assert_int_equal(images->segment_count, 2);
    segment_is_at(images, 1, "https://cdn.example/film/cdn/img/s-002.jpg");
}

static void periods_follow_one_another(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena, MPD_OPEN "mediaPresentationDuration='PT1M'>"
                         "<Period duration='PT10S'><AdaptationSet mimeType='video/mp4'>"
                         "<SegmentTemplate media='p0-$Time$' timescale='10' duration='40'/>"
                         "<Representation id='a' bandwidth='1'/></AdaptationSet></Period>"
                         "<Period><AdaptationSet mimeType='video/mp4'>"
                         "<SegmentTemplate media='p1-$Number$' timescale='10' "
                         "presentationTimeOffset='1000' duration='250'/>"
                         "<Representation id='b' bandwidth='1'/></AdaptationSet></Period></MPD>");
    assert_int_equal(manifest->period_count, 2);
    assert_int_equal(manifest->rendition_count, 2);
    const struct rendition *first = &manifest->renditions[0];
    const struct rendition *second = &manifest->renditions[1];
    assert_int_equal(first->segment_count, 3);
    assert_int_equal(segment_end(first, 2).ticks, 100); // the last one is cut at the period's end
    segment_is_at(first, 2, "https://cdn.example/film/p0-80");
    assert_int_equal(second->period, 1);
    assert_int_equal(second->segment_count, 2);
    assert_int_equal(segment_start(second, 0).ticks, 100);
    assert_int_equal(segment_end(second, 1).ticks, 600);
    segment_is_at(second, 1, "https://cdn.example/film/p1-2");
}

static void protection_is_told(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena,
        MPD_OPEN "mediaPresentationDuration='PT4S'><Period><AdaptationSet mimeType='video/mp4'>"
                 "<ContentProtection schemeIdUri='urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'/>"
                 "<ContentProtection schemeIdUri='urn:mpeg:dash:mp4protection:2011' value='cbcs'/>"
                 "<Representation id='a' bandwidth='1'><BaseURL>v.mp4</BaseURL></Representation>"
                 "</AdaptationSet></Period></MPD>");
    assert_string_equal(manifest->renditions[0].protection, "cbcs");
}

static void what_cannot_be_played_from_here_is_refused(void **state)
{
    (void)state;
    read_refused("<html/>", INVALID, "its root is <html>");
    read_refused(MPD_OPEN "/>", INVALID, "no representation");
    read_refused(MPD_OPEN
                 "><Period xlink:href='x' xmlns:xlink='http://www.w3.org/1999/xlink'/></MPD>",
                 UNSUPPORTED, "xlink");
    read_refused(
        "<MPD type='dynamic'><Period><AdaptationSet mimeType='video/mp4'>"
        "<SegmentTemplate media='$Number$' duration='2'/><Representation id='a' bandwidth='1'/>"
        "</AdaptationSet></Period></MPD>",
        UNSUPPORTED, "open period");
    read_refused("<!DOCTYPE MPD [<!ENTITY a 'aaaa'>]><MPD>&a;</MPD>", INVALID, "document type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_on_demand_description_needs_its_indexes),
        cmocka_unit_test(roles_channels_and_labels_are_read),
        cmocka_unit_test(a_file_beside_the_media_is_one_segment),
        cmocka_unit_test(thumbnail_sheets_are_numbered),
        cmocka_unit_test(periods_follow_one_another),
        cmocka_unit_test(protection_is_told),
        cmocka_unit_test(what_cannot_be_played_from_here_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
