// SPDX-License-Identifier: Apache-2.0
#include "media/hls.h"

#include "media/presentation_rules.h"
#include "title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1024 * 1024 };

static uint64_t sum_of_extinf_us(const char *text)
{
    uint64_t sum = 0;
    for (const char *at = strstr(text, "#EXTINF:"); at != NULL; at = strstr(at + 1, "#EXTINF:")) {
        char *end;
        const uint64_t seconds = strtoull(at + 8, &end, 10);
        assert_int_equal(*end, '.');
        char *tail;
        sum += seconds * 1000000 + strtoull(end + 1, &tail, 10);
        assert_int_equal(tail - end - 1, 6);
    }
    return sum;
}

static void extinf_add_up_to_the_presented_duration(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    for (size_t i = 0; i < title.track_count; i++) {
        autobuffer text = buffer_init(ROOM);
        assert_int_equal(hls_media(&title, &title.tracks[i], &text, NULL), OK);
        // 1086 frames at 24000/1001 are 45.295250 s; audio starts 1024 samples early and is cut to
        // the same end.
        assert_int_equal(sum_of_extinf_us(buffer_text(&text)), 45295250);
    }
}

static void sums_do_not_drift_over_a_long_title(void **state)
{
    (void)state;
    enum { COUNT = 5400 };
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *audio = title_track(&title, "a-en");
    struct segment_entry *segments = arena_take_array(&arena, COUNT, sizeof *segments);
    assert_non_null(segments);
    for (uint64_t i = 0; i < COUNT; i++)
        segments[i] = (struct segment_entry){1108 + i * 10, 10, 94 * 1024, i * 94 * 1024, 10};
    audio->segments = segments;
    audio->segment_count = COUNT;
    audio->duration = (uint64_t)COUNT * 94 * 1024 - audio->audio.priming_ticks;
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(hls_media(&title, audio, &text, NULL), OK);
    const struct media_time whole = {(int64_t)audio->duration, audio->timescale};
    assert_int_equal(sum_of_extinf_us(buffer_text(&text)),
                     media_time_rescale(whole, 1000000).ticks);
}

static void a_video_playlist_is_byte_ranges_of_its_file(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(hls_media(&title, title_track(&title, "v-480p"), &text, NULL), OK);
    static const char head[] = "#EXTM3U\n"
                               "#EXT-X-VERSION:7\n"
                               "#EXT-X-TARGETDURATION:2\n"
                               "#EXT-X-MEDIA-SEQUENCE:0\n"
                               "#EXT-X-PLAYLIST-TYPE:VOD\n"
                               "#EXT-X-INDEPENDENT-SEGMENTS\n"
                               "#EXT-X-MAP:URI=\"v-480p.mp4\",BYTERANGE=\"800@0\"\n"
                               "#EXTINF:2.002000,\n"
                               "#EXT-X-BYTERANGE:300000@1108\n"
                               "v-480p.mp4\n"
                               "#EXTINF:2.002000,\n"
                               "#EXT-X-BYTERANGE:300007@301108\n"
                               "v-480p.mp4\n";
    assert_memory_equal(buffer_text(&text), head, sizeof head - 1);
    assert_true(slice_ends(buffer_slice(&text),
                           "#EXTINF:1.251250,\n#EXT-X-BYTERANGE:300154@6602725\n"
                           "v-480p.mp4\n#EXT-X-ENDLIST\n"));
}

static void an_iframe_playlist_ends_each_range_behind_the_key_picture(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(hls_iframes(&title, title_track(&title, "v-480p"), &text, NULL), OK);
    const char *playlist = buffer_text(&text);
    assert_non_null(strstr(playlist, "#EXT-X-I-FRAMES-ONLY\n"));
    assert_non_null(strstr(playlist, "#EXTINF:2.002000,\n#EXT-X-BYTERANGE:75001@301108\n"));
    assert_null(strstr(playlist, "INDEPENDENT"));
    assert_int_equal(sum_of_extinf_us(playlist), 45295250);
}

static void audio_and_video_share_the_longest_target_duration(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *audio = title_track(&title, "a-de");
    audio->segments[3].duration += 48000; // 3.005 s, and the last one shorter by as much
    audio->segments[TITLE_SEGMENTS - 1].duration -= 48000;
    for (size_t i = 0; i < title.track_count; i++) {
        if (title.tracks[i].segment_count == 0) continue;
        autobuffer text = buffer_init(ROOM);
        assert_int_equal(hls_media(&title, &title.tracks[i], &text, NULL), OK);
        assert_non_null(strstr(buffer_text(&text), "\n#EXT-X-TARGETDURATION:3\n"));
    }
}

static void a_storyboard_lists_its_sheets_with_their_layout(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *images = title_track(&title, "storyboard");
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(hls_media(&title, images, &text, NULL), OK);
    const char *playlist = buffer_text(&text);
    assert_non_null(strstr(playlist, "#EXT-X-TARGETDURATION:20\n"));
    assert_non_null(strstr(playlist, "#EXT-X-IMAGES-ONLY\n"));
    assert_non_null(strstr(playlist, "#EXTINF:5.295250,\n"
                                     "#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=5x2,DURATION=2.000\n"
                                     "storyboard-2.jpg\n#EXT-X-ENDLIST\n"));
    images->image.sheet_count = 4; // a sheet behind the end
    struct why why = {""};
    const size_t len = text.len;
    assert_int_equal(hls_media(&title, images, &text, &why), INVALID);
    assert_non_null(strstr(why.text, "behind the end"));
    assert_int_equal(text.len, len);
}

static void a_full_buffer_leaves_nothing_behind(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    for (size_t cap = 1; cap < 1600; cap += 37) {
        autobuffer text = buffer_init(cap);
        assert_int_equal(hls_media(&title, &title.tracks[0], &text, NULL), TOO_LARGE);
        assert_int_equal(text.len, 0);
        assert_int_equal(hls_iframes(&title, &title.tracks[0], &text, NULL), TOO_LARGE);
        assert_int_equal(text.len, 0);
    }
}

static void playlists_are_named_after_their_track(void **state)
{
    (void)state;
    const struct track track = {.name = "v-1080p"};
    char name[HLS_NAME_BYTES];
    hls_media_name(&track, name);
    assert_string_equal(name, "v-1080p.m3u8");
    hls_iframe_name(&track, name);
    assert_string_equal(name, "v-1080p-iframe.m3u8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extinf_add_up_to_the_presented_duration),
        cmocka_unit_test(sums_do_not_drift_over_a_long_title),
        cmocka_unit_test(a_video_playlist_is_byte_ranges_of_its_file),
        cmocka_unit_test(an_iframe_playlist_ends_each_range_behind_the_key_picture),
        cmocka_unit_test(audio_and_video_share_the_longest_target_duration),
        cmocka_unit_test(a_storyboard_lists_its_sheets_with_their_layout),
        cmocka_unit_test(a_full_buffer_leaves_nothing_behind),
        cmocka_unit_test(playlists_are_named_after_their_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
