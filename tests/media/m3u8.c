// SPDX-License-Identifier: Apache-2.0
#include "media/m3u8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void lines_are_tags_or_addresses_and_comments_are_passed_over(void **state)
{
    (void)state;
    struct m3u8_reader reader;
    struct m3u8_line line;
    assert_int_equal(
        m3u8_open(slice_of("#EXTM3U\r\n\n# comment\n#EXTINF:2.0,a:b\n a.ts \n#EXT-X-ENDLIST"),
                  &reader, NULL),
        OK);
    assert_true(m3u8_next(&reader, &line));
    assert_true(line.is_tag && slice_is(line.name, "EXTINF") && slice_is(line.value, "2.0,a:b"));
    assert_int_equal(line.number, 4);
    assert_true(m3u8_next(&reader, &line));
    assert_true(!line.is_tag && slice_is(line.value, "a.ts"));
    assert_true(m3u8_next(&reader, &line));
    assert_true(slice_is(line.name, "EXT-X-ENDLIST") && line.value.len == 0);
    assert_false(m3u8_next(&reader, &line));
}

static void what_does_not_begin_like_a_playlist_is_refused(void **state)
{
    (void)state;
    struct m3u8_reader reader;
    assert_int_equal(m3u8_open(slice_of(""), &reader, NULL), INVALID);
    assert_int_equal(m3u8_open(slice_of("#EXTM3U8\n"), &reader, NULL), INVALID);
    assert_int_equal(m3u8_open(slice_of("<html>"), &reader, NULL), INVALID);
}

static void quoted_values_keep_their_commas(void **state)
{
    (void)state;
    const struct slice list = slice_of("BANDWIDTH=1280,CODECS=\"avc1,mp4a\", URI=\"\",X=");
    assert_true(slice_is(m3u8_find(list, "CODECS"), "avc1,mp4a"));
    assert_true(slice_is(m3u8_find(list, "BANDWIDTH"), "1280"));
    assert_non_null(m3u8_find(list, "URI").at);
    assert_int_equal(m3u8_find(list, "URI").len, 0);
    assert_null(m3u8_find(list, "RESOLUTION").at);
}

static void malformed_lists_are_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"lower=1", "A", "=1", "A=\"x", "A=\"x\"y"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct slice list = slice_of(lists[i]);
        struct m3u8_attribute attribute;
        assert_int_equal(m3u8_attribute(&list, &attribute, NULL), INVALID);
    }
    struct slice empty = slice_of(" ");
    struct m3u8_attribute attribute;
    assert_int_equal(m3u8_attribute(&empty, &attribute, NULL), NOT_FOUND);
}

static void seconds_are_exact_microseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t us;
    } cases[] = {{"2", 2000000},
                 {"2.", 2000000},
                 {"2.002", 2002000},
                 {"0.0000019", 1},
                 {"2.005333", 2005333}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t us = 7;
        assert_int_equal(m3u8_seconds(slice_of(cases[i].text), &us, NULL), OK);
        assert_int_equal(us, cases[i].us);
    }
    static const char *const wrong[] = {"", "-1", ".5", "1.x", "1e3", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t us = 7;
        assert_int_equal(m3u8_seconds(slice_of(wrong[i]), &us, NULL), INVALID);
        assert_int_equal(us, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_tags_or_addresses_and_comments_are_passed_over),
        cmocka_unit_test(what_does_not_begin_like_a_playlist_is_refused),
        cmocka_unit_test(quoted_values_keep_their_commas),
        cmocka_unit_test(malformed_lists_are_refused),
        cmocka_unit_test(seconds_are_exact_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
