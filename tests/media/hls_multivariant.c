// SPDX-License-Identifier: Apache-2.0
#include "media/hls.h"

#include "title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1024 * 1024 };

static char *multivariant(struct arena *arena, const struct presentation *title)
{
    autobuffer text = buffer_init(ROOM);
    struct why why = {""};
    if (hls_multivariant(title, &text, &why) != OK) fail_msg("%s", why.text);
    char *copy = arena_copy(arena, buffer_slice(&text));
    assert_non_null(copy);
    return copy;
}

// The line that holds `needle`, as a text of its own; there must be one.
static char *line_with(struct arena *arena, const char *text, const char *needle)
{
    struct slice rest = slice_of(text);
    struct slice line;
    while (slice_cut(&rest, '\n', &line)) {
        char *copy = arena_copy(arena, line);
        assert_non_null(copy);
        if (strstr(copy, needle) != NULL) return copy;
    }
    fail_msg("no line with %s", needle);
    return NULL;
}

static size_t count_of(const char *text, const char *needle)
{
    size_t count = 0;
    for (const char *at = strstr(text, needle); at != NULL; at = strstr(at + 1, needle))
        count++;
    return count;
}

static void bandwidth_is_the_dearest_playable_sum(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const char *text = multivariant(&arena, &title);
    // 5,000,000 video + 132,000 German stereo (the dearest of the group) + 800 text
    assert_non_null(
        strstr(text, "#EXT-X-STREAM-INF:BANDWIDTH=5132800,AVERAGE-BANDWIDTH=4119600,"
                     "CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1920x1080,VIDEO-RANGE=SDR,"
                     "FRAME-RATE=23.976,AUDIO=\"mp4a-2\",SUBTITLES=\"text\",CLOSED-CAPTIONS=NONE\n"
                     "v-1080p.m3u8\n"));
    assert_int_equal(count_of(text, "#EXT-X-STREAM-INF:"), 3 * 2);
}

static void every_audio_group_has_the_same_members(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const char *text = multivariant(&arena, &title);
    assert_int_equal(count_of(text, "GROUP-ID=\"mp4a-2\""), 3);
    assert_int_equal(count_of(text, "GROUP-ID=\"ec-3-6\""), 3);
    const char *stand_in = line_with(&arena, text, "GROUP-ID=\"ec-3-6\",NAME=\"Deutsch\"");
    assert_non_null(strstr(stand_in, "CHANNELS=\"2\",URI=\"a-de.m3u8\""));
    assert_non_null(strstr(text, "CODECS=\"avc1.640028,ec-3,mp4a.40.2\""));
}

static void accessibility_is_said_in_characteristics(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const char *text = multivariant(&arena, &title);
    assert_string_equal(line_with(&arena, text, "a-en-ad.m3u8"),
                        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"mp4a-2\",NAME=\"English [Audio "
                        "Description]\",LANGUAGE=\"en\","
                        "DEFAULT=NO,AUTOSELECT=YES,CHARACTERISTICS=\"public.accessibility."
                        "describes-video\",CHANNELS=\"2\","
                        "URI=\"a-en-ad.m3u8\"");
    assert_string_equal(
        line_with(&arena, text, "t-en-sdh.m3u8"),
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"English "
        "[CC]\",LANGUAGE=\"en\",DEFAULT=NO,"
        "AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,"
        "public.accessibility.describes-music-and-sound\",URI=\"t-en-sdh.m3u8\"");
    assert_non_null(
        strstr(line_with(&arena, text, "t-de-forced.m3u8"), "AUTOSELECT=YES,FORCED=YES"));
}

static void one_member_of_each_audio_group_is_the_default(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const char *text = multivariant(&arena, &title);
    assert_int_equal(count_of(text, "DEFAULT=YES,AUTOSELECT=YES"), 2);
    assert_int_equal(count_of(text, "DEFAULT=YES"), 2);
    assert_non_null(strstr(line_with(&arena, text, "a-en.m3u8"), "DEFAULT=YES"));
}

static void names_stay_unique_and_quotable(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *twin = title_track(&title, "t-en-sdh");
    twin->role = ROLE_SUBTITLE;
    twin->label[0] = '\0';
    struct track *quoted = title_track(&title, "a-de");
    (void)snprintf(quoted->label, sizeof quoted->label, "Deutsch \"Original\"");
    const char *text = multivariant(&arena, &title);
    const char *line = line_with(&arena, text, "t-en-sdh.m3u8");
    assert_non_null(strstr(line, "NAME=\"English (2)\""));
    assert_non_null(strstr(line, "AUTOSELECT=NO")); // looks the same to a player as the first
    assert_non_null(strstr(line_with(&arena, text, "a-de.m3u8"), "NAME=\"Deutsch 'Original'\""));
}

static void rates_of_one_codec_make_groups_of_their_own(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *fifth = title_track(&title, "a-en-51");
    fifth->audio.channels = 2;
    (void)snprintf(fifth->codec, sizeof fifth->codec,
                   "mp4a.40.2"); // English stereo once more, at 448 kb/s
    const char *text = multivariant(&arena, &title);
    const char *line = line_with(&arena, text, "GROUP-ID=\"mp4a-2-2\",NAME=\"English\"");
    assert_non_null(strstr(line, "URI=\"a-en-51.m3u8\""));
    assert_non_null(strstr(text, "BANDWIDTH=5448800"));
}

static void trick_play_and_thumbnails_have_their_own_variants(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const char *text = multivariant(&arena, &title);
    assert_int_equal(count_of(text, "#EXT-X-I-FRAME-STREAM-INF:"), 3);
    // 75,000 + i * 7 / 4 bytes: the short last one (75,038 bytes in 1.25125 s) is the peak, rounded
    // up.
    assert_non_null(strstr(text,
                           "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=479764,AVERAGE-BANDWIDTH=304744,"
                           "CODECS=\"avc1.64001e\",RESOLUTION=854x480,VIDEO-RANGE=SDR,"
                           "URI=\"v-480p-iframe.m3u8\"\n"));
    assert_non_null(strstr(text, "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=12000,RESOLUTION=160x90,"
                                 "CODECS=\"jpeg\",URI=\"storyboard.m3u8\"\n"));
}

static void a_short_last_key_picture_is_no_peak(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    struct track *video = title_track(&title, "v-480p");
    struct segment_entry *last = &video->segments[TITLE_SEGMENTS - 1];
    video->duration -= last->duration - 1001; // one frame: 75 kB in 42 ms would be 14 Mb/s
    last->duration = 1001;
    const char *text = multivariant(&arena, &title);
    // The dearest whole one: 75,036 bytes in 2.002 s.
    assert_non_null(strstr(text, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=299845,"));
}

static void a_radio_play_has_variants_of_audio_alone(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    title.tracks += 3; // without the pictures
    title.track_count = 4;
    const char *text = multivariant(&arena, &title);
    assert_int_equal(count_of(text, "#EXT-X-STREAM-INF:"), 2);
    assert_non_null(strstr(text, "#EXT-X-STREAM-INF:BANDWIDTH=132000,AVERAGE-BANDWIDTH=118800,"
                                 "CODECS=\"mp4a.40.2\",AUDIO=\"mp4a-2\"\na-en.m3u8\n"));
}

static void a_full_buffer_leaves_nothing_behind(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const size_t whole = strlen(multivariant(&arena, &title));
    for (size_t cap = 1; cap < whole; cap += 101) {
        autobuffer text = buffer_init(cap);
        assert_int_equal(hls_multivariant(&title, &text, NULL), TOO_LARGE);
        assert_int_equal(text.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bandwidth_is_the_dearest_playable_sum),
        cmocka_unit_test(every_audio_group_has_the_same_members),
        cmocka_unit_test(accessibility_is_said_in_characteristics),
        cmocka_unit_test(one_member_of_each_audio_group_is_the_default),
        cmocka_unit_test(names_stay_unique_and_quotable),
        cmocka_unit_test(rates_of_one_codec_make_groups_of_their_own),
        cmocka_unit_test(trick_play_and_thumbnails_have_their_own_variants),
        cmocka_unit_test(a_short_last_key_picture_is_no_peak),
        cmocka_unit_test(a_radio_play_has_variants_of_audio_alone),
        cmocka_unit_test(a_full_buffer_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
