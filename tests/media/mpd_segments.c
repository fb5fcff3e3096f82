// SPDX-License-Identifier: Apache-2.0
#include "manifest_read.h"

#include <stdio.h>

enum { ROOM = 8 * 1024 * 1024 };

static const struct rendition *with_segments(struct arena *arena, const char *element)
{
    char *text =
        arena_format(arena,
                     "<MPD mediaPresentationDuration='PT10S'><Period>"
                     "<AdaptationSet mimeType='audio/mp4'>%s<Representation id='a' bandwidth='9'/>"
                     "</AdaptationSet></Period></MPD>",
                     element);
    assert_non_null(text);
    return &read_manifest(arena, text)->renditions[0];
}

static void a_timeline_counts_repeats_and_gaps(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct rendition *audio = with_segments(
        &arena, "<SegmentTemplate timescale='48000' media='$Bandwidth$/$Time$-$Number$' "
                "initialization='$RepresentationID$.i'"
                " startNumber='5'><SegmentTimeline><S t='0' d='96256' r='2'/><S t='300000' "
                "d='92160'/></SegmentTimeline>"
                "</SegmentTemplate>");
    assert_int_equal(audio->segment_count, 4);
    assert_int_equal(audio->timescale, 48000);
    segment_is_at(audio, 2, "https://cdn.example/film/9/192512-7");
    segment_is_at(audio, 3, "https://cdn.example/film/9/300000-8");
    assert_string_equal(audio->inits[0].url, "https://cdn.example/film/a.i");
}

static void an_open_repeat_goes_on_to_the_next_time_or_the_end(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct rendition *audio = with_segments(
        &arena,
        "<SegmentTemplate timescale='10' media='$Time$'><SegmentTimeline>"
        "<S t='0' d='20' r='-1'/><S t='60' d='15' r='-1'/></SegmentTimeline></SegmentTemplate>");
    assert_int_equal(audio->segment_count, 3 + 3); // 60, 75, 90 of 100
    assert_int_equal(audio->segments[5].time, 90);
}

static void a_list_names_each_segment(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct rendition *audio = with_segments(
        &arena,
        "<SegmentList timescale='10' duration='40'><Initialization sourceURL='i.mp4' range='0-99'/>"
        "<SegmentURL media='one.mp4'/><SegmentURL media='two.mp4' mediaRange='5-9'/>"
        "<SegmentURL media='three.mp4'/></SegmentList>");
    assert_int_equal(audio->segment_count, 3);
    segment_is_at(audio, 1, "https://cdn.example/film/two.mp4");
    assert_int_equal(audio->segments[1].range.offset, 5);
    assert_int_equal(audio->segments[1].range.size, 5);
    assert_int_equal(audio->segments[2].duration_ticks, 20);
    assert_string_equal(audio->inits[0].url, "https://cdn.example/film/i.mp4");
    assert_int_equal(audio->inits[0].range.size, 100);
}

static void levels_add_to_each_other(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct manifest *manifest = read_manifest(
        &arena,
        "<MPD mediaPresentationDuration='PT10S'><Period><SegmentTemplate timescale='100' "
        "startNumber='3'/>"
        "<AdaptationSet mimeType='audio/mp4'><SegmentTemplate duration='500'/>"
        "<Representation id='a' bandwidth='1'><SegmentTemplate media='$Number$'/></Representation>"
        "<Representation id='b' bandwidth='1'><SegmentTemplate media='b$Number$' startNumber='9' "
        "endNumber='9'/>"
        "</Representation></AdaptationSet></Period></MPD>");
    segment_is_at(&manifest->renditions[0], 1, "https://cdn.example/film/4");
    assert_int_equal(manifest->renditions[1].segment_count, 1);
    segment_is_at(&manifest->renditions[1], 0, "https://cdn.example/film/b9");
}

static void impossible_timelines_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *element;
        outcome wanted;
        const char *says;
    } cases[] = {
        {"<SegmentTemplate media='a'><SegmentTimeline><S "
         "d='0'/></SegmentTimeline></SegmentTemplate>",
         INVALID, "no duration"},
        {"<SegmentTemplate media='a'><SegmentTimeline><S d='1' r='99999'/><S d='1' "
         "r='99999'/></SegmentTimeline>"
         "</SegmentTemplate>",
         TOO_LARGE, "segments"},
        {"<SegmentTemplate media='a'><SegmentTimeline><S t='9223372036854775807' "
         "d='1'/></SegmentTimeline>"
         "</SegmentTemplate>",
         INVALID, "impossible time"},
        {"<SegmentTemplate media='a'/>", INVALID, "neither duration nor SegmentTimeline"},
        {"<SegmentTemplate duration='1'/>", INVALID, "no media"},
        {"<SegmentTemplate timescale='0' duration='1' media='a'/>", INVALID, "timescale is 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[800];
        (void)snprintf(
            text, sizeof text,
            "<MPD mediaPresentationDuration='PT10S'><Period><AdaptationSet mimeType='audio/mp4'>%s"
            "<Representation id='a' bandwidth='9'/></AdaptationSet></Period></MPD>",
            cases[i].element);
        autoarena arena = arena_init((size_t)64 * 1024 * 1024);
        struct manifest *manifest = NULL;
        struct why why = {""};
        assert_int_equal(manifest_parse(&arena, slice_of(text), READ_URL, &manifest, &why),
                         cases[i].wanted);
        if (strstr(why.text, cases[i].says) == NULL) fail_msg("\"%s\"", why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeline_counts_repeats_and_gaps),
        cmocka_unit_test(an_open_repeat_goes_on_to_the_next_time_or_the_end),
        cmocka_unit_test(a_list_names_each_segment),
        cmocka_unit_test(levels_add_to_each_other),
        cmocka_unit_test(impossible_timelines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
