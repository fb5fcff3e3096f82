// SPDX-License-Identifier: Apache-2.0
//
// Encrypted tracks in both manifests.
#include "media/dash.h"
#include "media/hls.h"
#include "media/protection_dash.h"
#include "media/protection_hls.h"
#include "title.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

static struct presentation protected_title(struct arena *arena)
{
    struct presentation title = title_make(arena);
    for (size_t i = 0; i < title.track_count; i++) {
        struct track *track = &title.tracks[i];
        if (track->kind == TRACK_VIDEO || track->kind == TRACK_AUDIO)
            track->protection = (struct track_protection){
                SCHEME_CBCS, {{track->kind == TRACK_VIDEO ? 0xb1 : 0xa1, 1}}, 1};
    }
    title.systems =
        1u << DRM_CLEARKEY | 1u << DRM_WIDEVINE | 1u << DRM_PLAYREADY | 1u << DRM_FAIRPLAY;
    title.license_url = "https://x.example/l?a&b";
    return title;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

static void keys_stand_behind_the_clear_lead(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer out = buffer_init(ROOM);
    const struct presentation title = protected_title(&arena);
    assert_int_equal(hls_keys_put(&title, &title.tracks[0], 0, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "#EXT-X-KEY:METHOD=NONE\n");
    out.len = 0;
    assert_int_equal(hls_keys_put(&title, &title.tracks[0], 1, &out, NULL), OK);
    const char *text = buffer_text(&out);
    assert_int_equal(count_of(text, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI="), 4);
    assert_non_null(strstr(text, "URI=\"skd://b1010000-0000-0000-0000-000000000000\","
                                 "KEYFORMAT=\"com.apple.streamingkeydelivery\""));
    assert_null(strstr(text, "IV="));
    out.len = 0;
    assert_int_equal(hls_keys_put(&title, &title.tracks[0], 2, &out, NULL), OK);
    assert_int_equal(out.len, 0);
}

static void cenc_has_a_method_of_its_own(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer out = buffer_init(ROOM);
    struct presentation title = protected_title(&arena);
    title.systems = 1u << DRM_WIDEVINE;
    title.tracks[0].protection.scheme = SCHEME_CENC;
    title.tracks[0].protection.clear_segments = 0;
    assert_int_equal(hls_keys_put(&title, &title.tracks[0], 0, &out, NULL), OK);
    assert_int_equal(count_of(buffer_text(&out), "METHOD=SAMPLE-AES-CTR,"), 1);
}

static void session_keys_are_one_per_key_and_system(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer out = buffer_init(ROOM);
    const struct presentation title = protected_title(&arena);
    assert_int_equal(hls_multivariant(&title, &out, NULL), OK);
    assert_int_equal(count_of(buffer_text(&out), "#EXT-X-SESSION-KEY:"), 2 * 4);
}

static void clear_titles_name_no_key(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer out = buffer_init(ROOM);
    const struct presentation title = title_make(&arena);
    assert_int_equal(hls_keys_put(&title, &title.tracks[0], 0, &out, NULL), OK);
    assert_int_equal(hls_session_keys_put(&title, &out, NULL), OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(dash_manifest(&title, &out, NULL), OK);
    assert_null(strstr(buffer_text(&out), "ContentProtection"));
}

static void descriptions_name_key_systems_and_licence_urls(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer out = buffer_init(ROOM);
    const struct presentation title = protected_title(&arena);
    assert_int_equal(dash_manifest(&title, &out, NULL), OK);
    const char *text = buffer_text(&out);
    assert_non_null(strstr(text, "value=\"cbcs\" cenc:default_KID=\"b1010000-0000-0000-0000-"));
    assert_non_null(strstr(text, "https://x.example/l?a&amp;b</dashif:Laurl>"));
    assert_non_null(strstr(text, "<mspr:pro "));
    assert_null(strstr(text, "94ce86fb")); // FairPlay does not play DASH
}

static void renditions_of_another_key_are_a_set_of_their_own(void **state)
{
    autoarena arena = arena_init(ROOM);
    autobuffer before = buffer_init(ROOM), after = buffer_init(ROOM);
    struct presentation title = protected_title(&arena);
    assert_int_equal(dash_manifest(&title, &before, NULL), OK);
    assert_null(strstr(buffer_text(&before), "adaptation-set-switching"));
    title.tracks[0].protection.key_id.bytes[5] = 7;
    assert_int_equal(dash_manifest(&title, &after, NULL), OK);
    assert_int_equal(count_of(buffer_text(&after), "<AdaptationSet "),
                     count_of(buffer_text(&before), "<AdaptationSet ") + 1);
    assert_true(count_of(buffer_text(&after), "adaptation-set-switching:2016") >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_stand_behind_the_clear_lead),
        cmocka_unit_test(cenc_has_a_method_of_its_own),
        cmocka_unit_test(session_keys_are_one_per_key_and_system),
        cmocka_unit_test(clear_titles_name_no_key),
        cmocka_unit_test(descriptions_name_key_systems_and_licence_urls),
        cmocka_unit_test(renditions_of_another_key_are_a_set_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
