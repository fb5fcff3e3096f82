// SPDX-License-Identifier: Apache-2.0
#include "delivery/signalling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct signalling here = {"/v1/steering?a=1&b=2", "https://media.example"};

static const char *put(const char *file, const char *text, outcome expected)
{
    static struct buffer out;
    buffer_release(&out);
    out = buffer_init(4096);
    assert_int_equal(signalling_put(&here, file, "/media/film/3f9c/", slice_of(text), &out, NULL),
                     expected);
    const char *written = buffer_text(&out);
    assert_non_null(written);
    return written;
}

static void a_playlist_names_the_service_behind_its_first_line(void **state)
{
    (void)state;
    assert_string_equal(put("main.m3u8", "#EXTM3U\n#EXT-X-VERSION:7\n", OK),
                        "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/v1/steering?a=1&b=2\","
                        "PATHWAY-ID=\".\"\n#EXT-X-VERSION:7\n");
    (void)put("main.m3u8", "", CORRUPT);
    (void)put("main.m3u8", "#EXTINF\n", CORRUPT);
}

static void a_description_gets_its_base_and_the_service(void **state)
{
    (void)state;
    assert_string_equal(
        put("manifest.mpd",
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><ProgramInformation/><Period/></MPD>",
            OK),
        "<?xml version=\"1.0\"?>\n<MPD "
        "xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><ProgramInformation/>"
        "<BaseURL serviceLocation=\".\">https://media.example/media/film/3f9c/</BaseURL>"
        "<ContentSteering defaultServiceLocation=\".\" queryBeforeStart=\"true\">"
        "/v1/steering?a=1&amp;b=2</ContentSteering><Period/></MPD>\n");
    (void)put("manifest.mpd", "<MPD", CORRUPT);
    (void)put("manifest.mpd", "<MPD/>", CORRUPT);
    (void)put("manifest.mpd", "<svg><Period/></svg>", CORRUPT);
}

static void only_what_starts_a_play_carries_it(void **state)
{
    (void)state;
    assert_true(signalling_has("main.m3u8") && signalling_has("manifest.mpd"));
    assert_false(signalling_has("v-1080p.m3u8") || signalling_has("v-1080p.mp4"));
}

static void settings_that_would_break_a_manifest_are_refused(void **state)
{
    (void)state;
    static const struct signalling wrong[] = {
        {"", "https://m.example"},
        {"steering", "https://m.example"},
        {"/a\"b", "https://m.example"},
        {"/a", ""},
        {"/a", "m.example"},
        {"/a", "https://m.example/"},
        {"/a\n#EXT", "https://m.example"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(signalling_check(&wrong[i], NULL), INVALID);
    assert_int_equal(signalling_check(&here, NULL), OK);
    char one[SIGNALLING_TAG_BYTES], other[SIGNALLING_TAG_BYTES];
    assert_string_not_equal(signalling_tag(&here, one), signalling_tag(&wrong[0], other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_playlist_names_the_service_behind_its_first_line),
        cmocka_unit_test(a_description_gets_its_base_and_the_service),
        cmocka_unit_test(only_what_starts_a_play_carries_it),
        cmocka_unit_test(settings_that_would_break_a_manifest_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
