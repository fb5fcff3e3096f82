// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_internal.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES = 100, FRAME = 512 };

struct result {
    bool is_usable;
    struct why reason;
    size_t count;
    int64_t first, last; // decode times
    struct media_time duration;
};

// Writes 4 s of video (or of audio) with the edits, and reads it.
static struct result read_edited(const struct stream *stream, const struct movie_edit *edits,
                                 size_t edit_count)
{
    struct coded_sample samples[SAMPLES];
    movie_samples(samples, SAMPLES, 25, FRAME, false);
    const struct movie movie = {.stream = stream,
                                .samples = samples,
                                .count = SAMPLES,
                                .samples_per_chunk = 10,
                                .edits = edits,
                                .edit_count = edit_count,
                                .has_stss = true};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    char path[MOVIE_PATH_BYTES];
    movie_put(&bytes, &movie);
    movie_save(&bytes, path);
    autoarena arena = arena_init(MOVIE_BYTES_MAX);
    struct mp4 *mp4 = NULL;
    assert_int_equal(mp4_open(&arena, path, &mp4, NULL), OK);
    const struct mp4_track *track = mp4_track_at(mp4, 0);
    struct result result = {
        .is_usable = track->is_usable, .reason = track->reason, .duration = track->duration};
    struct mp4_cursor *cursor = NULL;
    bool is_end = !track->is_usable;
    if (!is_end) assert_int_equal(mp4_cursor_open(&arena, mp4, 0, &cursor, NULL), OK);
    while (!is_end) {
        struct sample sample;
        assert_int_equal(mp4_cursor_next(cursor, &sample, &is_end, NULL), OK);
        if (is_end) break;
        if (result.count++ == 0) result.first = sample.decode_ticks;
        result.last = sample.decode_ticks;
    }
    mp4_cursor_close(&cursor);
    mp4_close(&mp4);
    (void)unlink(path);
    return result;
}

static void an_edit_list_moves_and_ends_the_media(void **state)
{
    (void)state;
    static const struct {
        struct movie_edit edits[2];
        size_t count;
        int64_t first;
        size_t samples;
    } cases[] = {
        {{{0, 0}}, 0, 0, 100},
        {{{4000, 0}}, 1, 0, 100},
        {{{0, 1024}}, 1, -1024, 100},            // 0: to the end of the media
        {{{3920, 1024}}, 1, -1024, 100},         // two frames are skipped
        {{{500, -1}, {4000, 0}}, 2, 6400, 100},  // starts half a second late
        {{{500, -1}, {2000, 512}}, 2, 5888, 51}, // and ends early: 50 frames behind the first
        {{{40, 0}}, 1, 0, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result result = read_edited(&movie_avc, cases[i].edits, cases[i].count);
        assert_true(result.is_usable);
        assert_int_equal(result.first, cases[i].first);
        assert_int_equal(result.count, cases[i].samples);
    }
}

static void edits_that_cut_the_media_up_make_a_track_unusable_with_a_reason(void **state)
{
    (void)state;
    const struct movie_edit pieces[] = {{1000, 0}, {1000, 25600}};
    const struct result cut = read_edited(&movie_avc, pieces, 2);
    assert_false(cut.is_usable);
    assert_non_null(strstr(cut.reason.text, "2 pieces"));

    const struct movie_edit far[] = {{4000, INT64_MAX - 1}};
    const struct result away = read_edited(&movie_avc, far, 1);
    assert_false(away.is_usable);
    assert_non_null(strstr(away.reason.text, "years away"));
}

// Overwrites 4 bytes at `at` behind the first box of that type, and opens the file.
static outcome open_patched(uint32_t type, size_t at, uint32_t value, struct why *why)
{
    struct coded_sample samples[SAMPLES];
    movie_samples(samples, SAMPLES, 25, FRAME, false);
    const struct movie movie = {.stream = &movie_avc,
                                .samples = samples,
                                .count = SAMPLES,
                                .samples_per_chunk = 10,
                                .has_stss = true};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    movie_put(&bytes, &movie);
    const uint8_t name[4] = {(uint8_t)(type >> 24), (uint8_t)(type >> 16), (uint8_t)(type >> 8),
                             (uint8_t)type};
    const uint8_t *found = memmem(bytes.at, bytes.len, name, 4);
    assert_non_null(found);
    buffer_patch_u32be(&bytes, (size_t)(found - bytes.at) + 4 + at, value);
    char path[MOVIE_PATH_BYTES];
    movie_save(&bytes, path);
    autoarena arena = arena_init(MOVIE_BYTES_MAX);
    struct mp4 *mp4 = NULL;
    outcome result = mp4_open(&arena, path, &mp4, why);
    if (result == OK && !mp4_track_at(mp4, 0)->is_usable) {
        *why = mp4_track_at(mp4, 0)->reason;
        result = UNSUPPORTED;
    }
    mp4_close(&mp4);
    (void)unlink(path);
    return result;
}

static void tables_that_claim_more_than_they_hold_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        size_t at;
        uint32_t value;
        outcome result;
        const char *part;
    } cases[] = {
        {BOX_TYPE('s', 't', 't', 's'), 4, 101, INVALID, "stts box claims 101 entries"},
        {BOX_TYPE('s', 't', 's', 'z'), 8, UINT32_MAX, TOO_LARGE, "4294967295 samples"},
        {BOX_TYPE('s', 't', 's', 'z'), 8, 101, INVALID, "stsz box claims"},
        {BOX_TYPE('m', 'v', 'h', 'd'), 12, 0, UNSUPPORTED, "timescale"},
        {BOX_TYPE('m', 'd', 'h', 'd'), 12, 0, UNSUPPORTED, "timescale"},
        {BOX_TYPE('a', 'v', 'c', '1'), 0, 0, OK, ""}, // reserved bytes: nobody looks
        {BOX_TYPE('a', 'v', 'c', 'C'), 0, 0x02640028, UNSUPPORTED, "version 2"},
        {BOX_TYPE('s', 't', 's', 'd'), 12, BOX_TYPE('e', 'n', 'c', 'v'), UNSUPPORTED,
         "already encrypted"},
        {BOX_TYPE('s', 't', 's', 'd'), 12, BOX_TYPE('m', 'p', '2', 'v'), UNSUPPORTED,
         "coded as mp2v"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {""};
        assert_int_equal(open_patched(cases[i].type, cases[i].at, cases[i].value, &why),
                         cases[i].result);
        if (strstr(why.text, cases[i].part) == NULL) fail_msg("%zu: %s", i, why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_list_moves_and_ends_the_media),
        cmocka_unit_test(edits_that_cut_the_media_up_make_a_track_unusable_with_a_reason),
        cmocka_unit_test(tables_that_claim_more_than_they_hold_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
