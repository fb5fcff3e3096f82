// SPDX-License-Identifier: Apache-2.0
#include "media/imf.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 16 * 1024 * 1024 };

#define A "urn:uuid:23e9a145-f2da-4183-86b2-1c399db41afb"
#define B "urn:uuid:A2A83E0A-a0ac-4785-8685-d868631f493a"

static void an_asset_map_says_where_files_are(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct imf_package package;
    struct why why = {""};
    static const char map[] =
        "<AssetMap xmlns='http://www.smpte-ra.org/schemas/429-9/2007/AM'><AssetList>"
        "<Asset><Id>" A "</Id><ChunkList><Chunk><Path>v/a.mxf</Path></Chunk></ChunkList></Asset>"
        "<Asset><Id>" B "</Id><PackingList/><ChunkList><Chunk><Path>PKL.xml</Path></Chunk>"
        "</ChunkList></Asset></AssetList></AssetMap>";
    static const char list[] =
        "<PackingList><AssetList><Asset><Id>" A "</Id><Hash>xPgMogQYs32XxmP7bJOyd8IB8o0=</Hash>"
        "<Size>4052278</Size></Asset></AssetList></PackingList>";
    if (imf_asset_map(&arena, slice_of(map), &package, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(package.asset_count, 2);
    const struct imf_asset *picture = imf_find(&package, "23e9a145-f2da-4183-86b2-1c399db41afb");
    assert_non_null(picture);
    assert_string_equal(picture->path, "v/a.mxf");
    assert_false(picture->is_packing_list || picture->is_listed);
    assert_true(imf_find(&package, "a2a83e0a-a0ac-4785-8685-d868631f493a")->is_packing_list);
    assert_int_equal(imf_packing_list(&arena, slice_of(list), &package, NULL), OK);
    assert_true(picture->is_listed);
    assert_int_equal(picture->size, 4052278);
    assert_int_equal(picture->hash[0], 0xc4);
    assert_int_equal(picture->hash[19], 0x8d);
}

static void paths_stay_inside_the_package(void **state)
{
    (void)state;
    static const char *const paths[] = {"../a.mxf", "/etc/passwd", "file:///a.mxf", "",
                                        "a/./b",    "a//b",        "a/../../b",     "a\\b"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        autoarena arena = arena_init(ROOM);
        autobuffer map = buffer_init(ROOM);
        struct imf_package package;
        assert_int_equal(buffer_format(&map, NULL,
                                       "<AssetMap><AssetList><Asset><Id>" A
                                       "</Id><ChunkList><Chunk><Path>%s</Path></Chunk></ChunkList>"
                                       "</Asset></AssetList></AssetMap>",
                                       paths[i]),
                         OK);
        assert_int_equal(imf_asset_map(&arena, buffer_slice(&map), &package, NULL), INVALID);
    }
}

#define CPL(segments)                                                                              \
    "<CompositionPlaylist xmlns='http://www.smpte-ra.org/schemas/2067-3/2016'><Id>" A "</Id>"      \
    "<ContentTitle>Film</ContentTitle><EditRate>24000 1001</EditRate><SegmentList>" segments       \
    "</SegmentList></CompositionPlaylist>"
#define SEQUENCE(kind, resources)                                                                  \
    "<Segment><SequenceList><cc:" kind " xmlns:cc='http://www.smpte-ra.org/ns/2067-2/2020'>"       \
    "<TrackId>" B "</TrackId><ResourceList>" resources "</ResourceList></cc:" kind ">"             \
    "</SequenceList></Segment>"
#define RESOURCE(more) "<Resource><TrackFileId>" A "</TrackFileId>" more "</Resource>"

static void a_composition_plays_resources_one_after_another(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct imf_composition composition;
    struct why why = {""};
    static const char text[] =
        CPL(SEQUENCE("MainImageSequence",
                     RESOURCE("<IntrinsicDuration>24</IntrinsicDuration>")) //
            SEQUENCE("MainImageSequence",
                     RESOURCE("<EditRate>25 1</EditRate><IntrinsicDuration>100</IntrinsicDuration>"
                              "<EntryPoint>10</EntryPoint><SourceDuration>50</SourceDuration>"
                              "<RepeatCount>2</RepeatCount>")));
    if (imf_composition(&arena, slice_of(text), &composition, &why) != OK) fail_msg("%s", why.text);
    assert_string_equal(composition.title, "Film");
    assert_int_equal(composition.edit_rate.seconds, 1001);
    assert_int_equal(composition.track_count, 1); // the same track in both segments
    const struct imf_track *track = &composition.tracks[0];
    assert_int_equal(track->kind, IMF_IMAGE);
    assert_int_equal(track->resource_count, 2);
    assert_int_equal(track->resources[0].duration, 24);
    assert_int_equal(track->resources[0].edit_rate.frames, 24000);
    assert_int_equal(track->resources[1].entry, 10);
    assert_int_equal(track->resources[1].duration, 50);
    assert_int_equal(track->resources[1].repeat, 2);
    assert_false(imf_is_whole(track));
    const struct imf_track whole = {.resources = track->resources, .resource_count = 1};
    assert_true(imf_is_whole(&whole));
}

static void what_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"<AssetMap/>", "CompositionPlaylist"},
        {"<CompositionPlaylist/>", "no Id"},
        {"<CompositionPlaylist><Id>1</Id></CompositionPlaylist>", "urn:uuid"},
        {CPL(SEQUENCE("MainAudioSequence", RESOURCE("<IntrinsicDuration>5</IntrinsicDuration>"
                                                    "<EntryPoint>6</EntryPoint>"))),
         "past its file's end"},
        {CPL(SEQUENCE("MainAudioSequence", RESOURCE("<EditRate>25</EditRate>"))), "EditRate"},
        {CPL(SEQUENCE(
             "MainAudioSequence",
             RESOURCE("<IntrinsicDuration>5</IntrinsicDuration><RepeatCount>0</RepeatCount>"))),
         "RepeatCount"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autoarena arena = arena_init(ROOM);
        struct imf_composition composition;
        struct why why = {""};
        assert_int_equal(imf_composition(&arena, slice_of(cases[i].text), &composition, &why),
                         INVALID);
        if (strstr(why.text, cases[i].word) == NULL) fail_msg("%s", why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_asset_map_says_where_files_are),
        cmocka_unit_test(paths_stay_inside_the_package),
        cmocka_unit_test(a_composition_plays_resources_one_after_another),
        cmocka_unit_test(what_breaks_a_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
