// SPDX-License-Identifier: Apache-2.0
#include "media/manifest_set.h"

#include "title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_manifest_is_made_once_under_its_own_name(void **state)
{
    (void)state;
    autoarena arena = arena_init(4 * 1024 * 1024);
    const struct presentation title = title_make(&arena);
    size_t videos = 0;
    for (size_t i = 0; i < title.track_count; i++)
        videos += title.tracks[i].kind == TRACK_VIDEO;
    const size_t count = manifest_count(&title);
    assert_int_equal(count, 2 + title.track_count + videos);

    char names[64][HLS_NAME_BYTES];
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++) {
        autobuffer text = buffer_init(1024 * 1024);
        assert_int_equal(manifest_make(&title, i, names[i], &text, NULL), OK);
        const char *start = i == 1 ? "<?xml" : "#EXTM3U";
        assert_true(slice_starts(buffer_slice(&text), start));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
    }
    assert_string_equal(names[0], "main.m3u8");
    assert_string_equal(names[1], "manifest.mpd");
    assert_string_equal(names[2], "v-1080p.m3u8");
    assert_string_equal(names[3], "v-1080p-iframe.m3u8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_manifest_is_made_once_under_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
