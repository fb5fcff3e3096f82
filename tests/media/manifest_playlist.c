// SPDX-License-Identifier: Apache-2.0
#include "manifest_read.h"

enum { ROOM = 8 * 1024 * 1024 };

static void byte_ranges_follow_one_another_where_offsets_are_left_out(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n"
                "#EXT-X-MAP:URI=\"v.mp4\",BYTERANGE=\"800@0\"\n"
                "#EXTINF:2.002,\n#EXT-X-BYTERANGE:100@1107\nv.mp4\n"
                "#EXTINF:2.002,\n#EXT-X-BYTERANGE:50\nv.mp4\n"
                "#EXTINF:1,\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\nother.mp4\n#EXT-X-ENDLIST\n");
    const struct rendition *video = &manifest->renditions[0];
    assert_int_equal(video->segment_count, 3);
    assert_int_equal(video->segments[1].range.offset, 1207);
    assert_int_equal(video->segments[1].range.size, 50);
    assert_int_equal(video->segments[1].start_ticks, 2002000);
    assert_int_equal(video->segments[1].number, 8);
    assert_int_equal(video->segments[2].range.size, 0);
    assert_true(video->segments[2].is_discontinuous && video->segments[2].is_gap);
    assert_false(video->segments[1].is_discontinuous);
    assert_int_equal(video->init_count, 1);
    assert_int_equal(video->inits[0].range.size, 800);
    assert_string_equal(video->inits[0].url, "https://cdn.example/film/v.mp4");
    segment_is_at(video, 2, "https://cdn.example/film/other.mp4");
    assert_int_equal(segment_end(video, 2).ticks, 5004000);
}

static void later_segments_use_the_later_init(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i0\"\n#EXTINF:2,\na\n"
                "#EXT-X-MAP:URI=\"i1\"\n#EXTINF:2,\nb\n#EXT-X-ENDLIST\n");
    assert_int_equal(manifest->renditions[0].segments[0].init, 0);
    assert_int_equal(manifest->renditions[0].segments[1].init, 1);
}

static void a_playlist_without_end_is_live_and_its_key_is_told(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"
                "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://1\"\n#EXTINF:5.99,\na.ts\n");
    assert_true(manifest->is_live);
    assert_string_equal(manifest->renditions[0].protection, "SAMPLE-AES");
    assert_int_equal(manifest->renditions[0].target_us, 6000000);
}

static void a_live_playlist_may_be_filled_again_and_stays_whole_on_a_fault(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct manifest *manifest =
        read_manifest(&arena, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n");
    struct rendition *live = &manifest->renditions[0];
    assert_int_equal(
        manifest_fill(&arena, live, slice_of("#EXTM3U\n#EXTINF:x,\nb.ts\n"), READ_URL, NULL),
        INVALID);
    assert_int_equal(live->segment_count, 1);
    assert_int_equal(
        manifest_fill(&arena, live,
                      slice_of("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n"
                               "#EXTINF:6,\nb.ts\n#EXTINF:6,\nc.ts\n#EXT-X-ENDLIST\n"),
                      READ_URL, NULL),
        OK);
    assert_int_equal(live->segment_count, 2);
    assert_int_equal(live->segments[1].number, 2);
    assert_false(live->is_live);
}

static void thumbnails_keep_their_layout(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct manifest *manifest = read_manifest(
        &arena, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
                "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,RESOLUTION=160x90,URI=\"s.m3u8\"\n");
    struct rendition *images = &manifest->renditions[1];
    assert_int_equal(
        manifest_fill(
            &arena, images,
            slice_of("#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXT-X-IMAGES-ONLY\n#EXTINF:20,\n"
                     "#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=5x2,DURATION=2.002\n"
                     "s-0.jpg\n#EXT-X-ENDLIST\n"),
            images->needed.url, NULL),
        OK);
    assert_int_equal(images->image.columns, 5);
    assert_int_equal(images->image.rows, 2);
    assert_int_equal(images->image.tile_ms, 2002);
    segment_is_at(images, 0, "https://cdn.example/film/s-0.jpg");
}

static void faults_come_with_their_line(void **state)
{
    (void)state;
    read_refused("#EXTM3U\n#EXT-X-TARGETDURATION:2\nv.ts\n", INVALID,
                 "line 3 of the playlist: a segment has no EXTINF");
    read_refused("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:50\nv.mp4\n", INVALID,
                 "must say its offset");
    read_refused("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:0@1\nv.mp4\n", INVALID, "empty");
    read_refused("#EXTM3U\n#EXTINF:-2,\nv.mp4\n", INVALID, "line 2");
    read_refused("#EXTM3U\n#EXTINF:2,\n#EXT-X-MAP:BYTERANGE=\"1@2\"\nv.mp4\n", INVALID,
                 "EXT-X-MAP has no URI");
    read_refused("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:2@9223372036854775807\nv.mp4\n", INVALID,
                 "over the limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_ranges_follow_one_another_where_offsets_are_left_out),
        cmocka_unit_test(later_segments_use_the_later_init),
        cmocka_unit_test(a_playlist_without_end_is_live_and_its_key_is_told),
        cmocka_unit_test(a_live_playlist_may_be_filled_again_and_stays_whole_on_a_fault),
        cmocka_unit_test(thumbnails_keep_their_layout),
        cmocka_unit_test(faults_come_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
