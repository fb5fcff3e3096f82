// SPDX-License-Identifier: Apache-2.0
#include "drm/pssh.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct key_id id = {{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
                                  0xac, 0xad, 0xae, 0xaf, 0xb0}};

static void expect(enum drm_system system, const char *hex)
{
    const struct pssh_content content = {SCHEME_CBCS, &id, 1, NULL};
    autobuffer out = buffer_init(4096);
    char text[1024];
    assert_int_equal(pssh_put(system, &content, &out, NULL), OK);
    assert_true(out.len * 2 < sizeof text);
    hex_format(out.at, out.len, text);
    assert_string_equal(text, hex);
}

static void the_common_box_lists_key_ids(void **state)
{
    expect(DRM_CLEARKEY, "00000034"
                         "70737368"
                         "01000000"
                         "1077efecc0b24d02ace33c1e52e2fb4b"
                         "00000001"
                         "a1a2a3a4a5a6a7a8a9aaabacadaeafb0"
                         "00000000");
}

static void widevine_data_is_the_protocol_buffer_that_others_write(void **state)
{
    expect(DRM_WIDEVINE, "00000038"
                         "70737368"
                         "00000000"
                         "edef8ba979d64acea3c827dcd51d21ed"
                         "00000018"
                         "1210a1a2a3a4a5a6a7a8a9aaabacadaeafb0"
                         "48f3c6899b06");
}

static void playready_objects_hold_a_header_of_version_4_3(void **state)
{
    static const char xml[] =
        "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" "
        "version=\"4.3.0.0\"><DATA><PROTECTINFO><KIDS><KID ALGID=\"AESCBC\" "
        "VALUE=\"pKOioaalqKepqqusra6vsA==\"/></KIDS></PROTECTINFO>"
        "<LA_URL>https://x.example/l?a=1&amp;b=2</LA_URL></DATA></WRMHEADER>";
    const struct pssh_content content = {SCHEME_CBCS, &id, 1, "https://x.example/l?a=1&b=2"};
    autobuffer out = buffer_init(4096);
    assert_int_equal(playready_object_put(&content, &out, NULL), OK);
    assert_int_equal(out.len, 10 + 2 * (sizeof xml - 1));
    assert_int_equal(out.at[0] | out.at[1] << 8, out.len);
    assert_int_equal(out.at[4], 1); // one record
    assert_int_equal(out.at[6], 1); // rights management header
    assert_int_equal(out.at[8] | out.at[9] << 8, out.len - 10);
    for (size_t i = 0; i < sizeof xml - 1; i++) {
        assert_int_equal(out.at[10 + 2 * i], (uint8_t)xml[i]);
        assert_int_equal(out.at[11 + 2 * i], 0);
    }
}

static void a_url_that_does_not_fit_leaves_nothing_behind(void **state)
{
    static char url[PLAYREADY_BYTES_MAX];
    memset(url, 'a', sizeof url - 1);
    const struct pssh_content content = {SCHEME_CENC, &id, 1, url};
    autobuffer out = buffer_init(1 << 20);
    assert_int_equal(pssh_put(DRM_PLAYREADY, &content, &out, NULL), TOO_LARGE);
    assert_int_equal(out.len, 0);
}

static void fairplay_has_an_uri_and_no_box(void **state)
{
    const struct pssh_content content = {SCHEME_CBCS, &id, 1, NULL};
    autobuffer out = buffer_init(4096);
    char uri[SKD_BYTES];
    fairplay_uri(&id, uri);
    assert_string_equal(uri, "skd://a1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0");
    assert_int_equal(pssh_put(DRM_FAIRPLAY, &content, &out, NULL), UNSUPPORTED);
}

static void systems_have_words(void **state)
{
    enum drm_system found;
    for (int i = 0; i < DRM_SYSTEM_COUNT; i++) {
        assert_int_equal(drm_system_parse(drm_system_word((enum drm_system)i), &found, NULL), OK);
        assert_int_equal(found, i);
    }
    assert_int_equal(drm_system_parse("primetime", &found, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_common_box_lists_key_ids),
        cmocka_unit_test(widevine_data_is_the_protocol_buffer_that_others_write),
        cmocka_unit_test(playready_objects_hold_a_header_of_version_4_3),
        cmocka_unit_test(a_url_that_does_not_fit_leaves_nothing_behind),
        cmocka_unit_test(fairplay_has_an_uri_and_no_box),
        cmocka_unit_test(systems_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
