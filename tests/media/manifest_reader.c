// SPDX-License-Identifier: Apache-2.0
#include "manifest_read.h"

#include "media/dash.h"
#include "media/hls.h"
#include "media/presentation_rules.h"
#include "title.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 16 * 1024 * 1024 };

__attribute__((returns_nonnull)) static struct rendition *by_url(struct manifest *manifest,
                                                                 const char *file)
{
    char url[256];
    (void)snprintf(url, sizeof url, "https://cdn.example/film/%s", file);
    for (size_t i = 0; i < manifest->rendition_count; i++)
        if (strcmp(manifest->renditions[i].needed.url, url) == 0) return &manifest->renditions[i];
    fail_msg("no rendition at %s", url);
    abort();
}

__attribute__((returns_nonnull)) static const struct rendition *
by_id(const struct manifest *manifest, const char *id)
{
    for (size_t i = 0; i < manifest->rendition_count; i++)
        if (strcmp(manifest->renditions[i].id, id) == 0) return &manifest->renditions[i];
    fail_msg("no rendition %s", id);
    abort();
}

// What the writer wrote, the reader must understand: every byte range, time and rate.
static void our_own_playlists_come_back_whole(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(hls_multivariant(&title, &text, NULL), OK);
    struct manifest *manifest = read_manifest(&arena, buffer_text(&text));
    assert_int_equal(manifest->variant_count, 6);
    for (size_t i = 0; i < title.track_count; i++) {
        const struct track *track = &title.tracks[i];
        if (track->segment_count == 0) continue;
        char name[HLS_NAME_BYTES];
        hls_media_name(track, name);
        struct rendition *rendition = by_url(manifest, name);
        text.len = 0;
        assert_int_equal(hls_media(&title, track, &text, NULL), OK);
        assert_int_equal(
            manifest_fill(&arena, rendition, buffer_slice(&text), rendition->needed.url, NULL), OK);
        assert_int_equal(rendition->kind, track->kind);
        assert_int_equal(rendition->segment_count, track->segment_count);
        assert_int_equal(rendition->inits[0].range.size, track->init.size);
        uint64_t media_ticks = 0;
        for (size_t s = 0; s < track->segment_count; s++) {
            assert_int_equal(rendition->segments[s].range.offset, track->segments[s].offset);
            assert_int_equal(rendition->segments[s].range.size, track->segments[s].size);
            const uint64_t start = segment_presented_at(track, media_ticks);
            const struct media_time exact = {(int64_t)start, track->timescale};
            assert_int_equal(segment_start(rendition, s).ticks,
                             media_time_rescale(exact, 1000000).ticks);
            media_ticks += track->segments[s].duration;
        }
    }
}

static void our_own_description_comes_back_whole(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    autobuffer text = buffer_init(ROOM);
    assert_int_equal(dash_manifest(&title, &text, NULL), OK);
    const struct manifest *manifest = read_manifest(&arena, buffer_text(&text));
    assert_int_equal(manifest->duration_us, 45295250);
    assert_int_equal(manifest->rendition_count, title.track_count);
    for (size_t i = 0; i < title.track_count; i++) {
        const struct track *track = &title.tracks[i];
        const struct rendition *found = by_id(manifest, track->name);
        assert_int_equal(found->kind, track->kind);
        assert_int_equal(found->bandwidth_bps, track->bandwidth_peak_bps);
        assert_string_equal(found->language, track->language);
        if (track->kind != TRACK_IMAGE) assert_int_equal(found->role, track->role);
        if (track->segment_count == 0) continue;
        assert_string_equal(found->codecs, track->codec);
        assert_int_equal(found->needed.range.offset, track->index.offset);
        assert_int_equal(found->needed.range.size, track->index.size);
    }
}

// A sidx of two segments behind 800 bytes of init segment.
static void an_index_becomes_segments(void **state)
{
    (void)state;
    static const uint8_t sidx[] = {
        0, 0, 0, 56,   's', 'i', 'd',  'x', 0,    0, 0, 0,
        0, 0, 0, 1,    0,   0,   0x32, 0,                  // id 1, 12800 per s
        0, 0, 0, 0,    0,   0,   0,    0,   0,    0, 0, 2, // time 0, offset 0, two
        0, 0, 3, 0xe8, 0,   0,   0x64, 0,   0x90, 0, 0, 0, // 1000 bytes, 2 s
        0, 0, 1, 0xf4, 0,   0,   0x32, 0,   0x90, 0, 0, 0, // 500 bytes, 1 s
    };
    autoarena arena = arena_init(ROOM);
    struct manifest *manifest = read_manifest(
        &arena,
        "<MPD mediaPresentationDuration='PT13S'><Period start='PT10S'><AdaptationSet "
        "mimeType='video/mp4'>"
        "<Representation id='a' bandwidth='1'><BaseURL>v.mp4</BaseURL>"
        "<SegmentBase indexRange='800-855'/></Representation></AdaptationSet></Period></MPD>");
    struct rendition *video = &manifest->renditions[0];
    const struct slice bytes = {sidx, sizeof sidx};
    assert_int_equal(manifest_fill(&arena, video, slice_part(bytes, 0, 40), "", NULL), INVALID);
    assert_int_equal(video->need, NEED_INDEX);
    assert_int_equal(manifest_fill(&arena, video, bytes, "", NULL), OK);
    assert_int_equal(video->need, NEED_NOTHING);
    assert_int_equal(video->segment_count, 2);
    assert_int_equal(video->segments[0].range.offset, 856);
    assert_int_equal(video->segments[1].range.offset, 1856);
    assert_int_equal(segment_start(video, 0).ticks, 128000); // the period starts at 10 s
    assert_int_equal(segment_end(video, 1).ticks, 128000 + 38400);
    segment_is_at(video, 1, "https://cdn.example/film/v.mp4");
}

static void no_memory_is_an_outcome_at_every_step(void **state)
{
    (void)state;
    autoarena all = arena_init(ROOM);
    const struct presentation title = title_make(&all);
    autobuffer mpd = buffer_init(ROOM);
    autobuffer m3u8 = buffer_init(ROOM);
    assert_int_equal(dash_manifest(&title, &mpd, NULL), OK);
    assert_int_equal(hls_multivariant(&title, &m3u8, NULL), OK);
    bool is_done[2] = {false, false};
    for (size_t cap = 1000; !is_done[0] || !is_done[1]; cap += 4999) {
        assert_true(cap < ROOM);
        const struct slice texts[] = {buffer_slice(&mpd), buffer_slice(&m3u8)};
        for (size_t i = 0; i < 2; i++) {
            autoarena arena = arena_init(cap);
            struct manifest *manifest = NULL;
            const outcome result = manifest_parse(&arena, texts[i], READ_URL, &manifest, NULL);
            assert_true(result == OK || result == NO_MEMORY);
            is_done[i] = result == OK;
        }
    }
}

static void oversized_manifests_are_refused(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct manifest *manifest = NULL;
    const struct slice huge = {(const uint8_t *)"#EXTM3U\n", (size_t)MANIFEST_BYTES_MAX + 1};
    assert_int_equal(manifest_parse(&arena, huge, READ_URL, &manifest, NULL), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_playlists_come_back_whole),
        cmocka_unit_test(our_own_description_comes_back_whole),
        cmocka_unit_test(an_index_becomes_segments),
        cmocka_unit_test(no_memory_is_an_outcome_at_every_step),
        cmocka_unit_test(oversized_manifests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
