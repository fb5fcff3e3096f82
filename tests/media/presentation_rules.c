// SPDX-License-Identifier: Apache-2.0
#include "media/presentation_rules.h"

#include "title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1024 * 1024 };

static void refused_with(struct presentation *title, const char *needle)
{
    struct why why = {""};
    assert_int_equal(presentation_check(title, &why), INVALID);
    if (strstr(why.text, needle) == NULL)
        fail_msg("\"%s\" says nothing of \"%s\"", why.text, needle);
}

static void a_whole_title_passes(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    assert_int_equal(presentation_check(&title, NULL), OK);
}

// One fault at a time in an otherwise good title.
static void each_fault_is_refused_by_name(void **state)
{
    (void)state;
    autoarena arena = arena_init(4 * ROOM);
    struct presentation title = title_make(&arena);
    title_track(&title, "v-480p")->video.sar_width = 65535;
    refused_with(&title, "sample aspect ratio 65535:1");

    title = title_make(&arena);
    title_track(&title, "v-480p")->video.frame_rate.seconds = 0;
    refused_with(&title, "v-480p has no frame rate");

    title = title_make(&arena);
    (void)snprintf(title_track(&title, "a-de")->name, TRACK_NAME_BYTES, "a-en");
    refused_with(&title, "two tracks are named a-en");

    title = title_make(&arena);
    (void)snprintf(title_track(&title, "a-de")->file, FILE_NAME_BYTES, "../a\"de.mp4");
    refused_with(&title, "letters, digits");

    title = title_make(&arena);
    (void)snprintf(title_track(&title, "storyboard")->file, FILE_NAME_BYTES, "storyboard.jpg");
    refused_with(&title, "one %d");

    title = title_make(&arena);
    title_track(&title, "t-en")->language[0] = '\0';
    refused_with(&title, "BCP 47");

    title = title_make(&arena);
    title_track(&title, "v-1080p")->segments[3].key_size = 0;
    refused_with(&title, "segment 3 of track v-1080p has no key picture");

    title = title_make(&arena);
    title_track(&title, "v-1080p")->file_size--;
    refused_with(&title, "lies outside");

    title = title_make(&arena);
    title_track(&title, "a-en")->duration -= 2 * 48000; // nothing left of the last segment
    refused_with(&title, "presents nothing");

    title = title_make(&arena);
    title_track(&title, "a-en-51")->codec[0] = '\0';
    refused_with(&title, "RFC 6381");

    title = title_make(&arena);
    title.tracks += 7; // text and images alone
    title.track_count = 4;
    refused_with(&title, "no video and no audio");
}

static void a_player_switches_only_between_alike_tracks(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    const struct {
        const char *a, *b;
        bool is_switchable, is_one_choice;
    } cases[] = {
        {"v-1080p", "v-480p", true, true}, {"v-1080p", "v-2160p-hdr", false, true},
        {"a-en", "a-en-51", false, true},  {"a-en", "a-de", false, false},
        {"a-en", "a-en-ad", false, false}, {"t-en", "t-en", false, true},
        {"v-1080p", "a-en", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct track *a = title_track(&title, cases[i].a);
        const struct track *b = title_track(&title, cases[i].b);
        assert_int_equal(tracks_are_switchable(a, b), cases[i].is_switchable);
        assert_int_equal(tracks_are_one_choice(a, b), cases[i].is_one_choice);
    }
}

static void an_anamorphic_picture_is_shown_wide(void **state)
{
    (void)state;
    const struct {
        struct video_facts facts;
        uint32_t width;
    } cases[] = {
        {{1440, 1080, 4, 3, {25, 1}, RANGE_SDR}, 1920},
        {{720, 576, 64, 45, {25, 1}, RANGE_SDR}, 1024},
        {{720, 480, 8, 9, {30000, 1001}, RANGE_SDR}, 640},
        {{854, 480, 1, 1, {25, 1}, RANGE_SDR}, 854},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct track track = {.kind = TRACK_VIDEO, .video = cases[i].facts};
        assert_int_equal(track_display_size(&track).width, cases[i].width);
        assert_int_equal(track_display_size(&track).height, cases[i].facts.height);
    }
}

static void priming_and_the_cut_off_tail_are_not_presented(void **state)
{
    (void)state;
    const struct track track = {
        .kind = TRACK_AUDIO, .timescale = 48000, .duration = 5000, .audio = {48000, 2, 1024}};
    assert_int_equal(segment_presented_at(&track, 0), 0);
    assert_int_equal(segment_presented_at(&track, 1000), 0);
    assert_int_equal(segment_presented_at(&track, 2048), 1024);
    assert_int_equal(segment_presented_at(&track, 9000), 5000);
}

static void labels_say_what_a_track_is_for(void **state)
{
    (void)state;
    char label[LABEL_BYTES];
    struct track track = {.kind = TRACK_AUDIO, .role = ROLE_DESCRIPTION, .language = "de"};
    track_label(&track, label);
    assert_string_equal(label, "Deutsch [Audio Description]");
    (void)snprintf(track.label, sizeof track.label, "Hörfilm");
    track_label(&track, label);
    assert_string_equal(label, "Hörfilm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_title_passes),
        cmocka_unit_test(each_fault_is_refused_by_name),
        cmocka_unit_test(a_player_switches_only_between_alike_tracks),
        cmocka_unit_test(an_anamorphic_picture_is_shown_wide),
        cmocka_unit_test(priming_and_the_cut_off_tail_are_not_presented),
        cmocka_unit_test(labels_say_what_a_track_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
