// SPDX-License-Identifier: Apache-2.0
#include "player/bundle.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[64];

static int folder_open(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/primrose-bundle-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int folder_close(void **state)
{
    (void)state;
    assert_int_equal(folder_remove(folder, NULL), OK);
    return 0;
}

static struct bundle sample(void)
{
    struct bundle bundle = {.house = "http://127.0.0.1:8080",
                            .download_id = "download_1",
                            .title_id = "film",
                            .title = "Ein Öl-Film",
                            .version = "3f9c",
                            .languages = "en,de",
                            .height_max = 720,
                            .start_by_ms = 1795000000000,
                            .ends_ms = 1795172800000,
                            .is_protected = true};
    static const struct bundle_file files[] = {
        {"v-720p.m3u8", 500}, {"v-720p.mp4", 1u << 31}, {"a-en.m3u8", 400}, {"a-en.mp4", 5000}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_int_equal(bundle_add(&bundle, &files[i], NULL), OK);
    return bundle;
}

static void what_is_saved_is_loaded(void **state)
{
    (void)state;
    const struct bundle bundle = sample();
    struct bundle found;
    assert_false(bundle_is_there(folder));
    assert_int_equal(bundle_load(folder, &found, NULL), NOT_FOUND);
    assert_int_equal(bundle_save(folder, &bundle, NULL), OK);
    assert_true(bundle_is_there(folder));
    assert_int_equal(bundle_load(folder, &found, NULL), OK);
    assert_string_equal(found.title, "Ein Öl-Film");
    assert_int_equal(found.ends_ms, bundle.ends_ms);
    assert_int_equal(found.file_count, 4);
    assert_int_equal(bundle_find(&found, "v-720p.mp4")->bytes, 1u << 31);
    assert_null(bundle_find(&found, "v-1080p.mp4"));
}

static void what_is_no_bundle_is_said_to_be_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{}", "{\"format\": 2}", "[1]",
        "{\"format\":1,\"house\":\"h\",\"download_id\":\"\",\"title_id\":\"t\",\"idempotency_key\":"
        "\"\",\"title\":\"\",\"version\":\"\",\"start_by_ms\":0,\"ends_ms\":0,\"started_ms\":0,"
        "\"told_ms\":0,\"is_protected\":false,\"is_complete\":true,\"height_max\":1,\"languages\":"
        "\"\",\"over\":\"\",\"files\":[{\"name\":\"../../secret\",\"bytes\":1}]}"};
    char path[128];
    struct bundle found;
    (void)snprintf(path, sizeof path, "%s/bundle.json", folder);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct why why = {""};
        assert_int_equal(file_write_atomic(path, slice_of(texts[i]), 0600, NULL), OK);
        assert_int_equal(bundle_load(folder, &found, &why), CORRUPT);
        assert_non_null(strstr(why.text, "is no download"));
    }
}

static void one_process_writes_at_a_time(void **state)
{
    (void)state;
    autofd first = -1, second = -1;
    assert_int_equal(bundle_lock(folder, &first, NULL), OK);
    assert_int_equal(bundle_lock(folder, &second, NULL), CONFLICT);
    fd_close(&first);
    assert_int_equal(bundle_lock(folder, &second, NULL), OK);
}

static const char multivariant[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:7\n"
    "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/v1/steering\",PATHWAY-ID=\".\"\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"a-en.m3u8\"\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch\",URI=\"a-de.m3u8\"\n"
    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"CC\",INSTREAM-ID=\"CC1\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=5,AUDIO=\"a\"\nv-1080p.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=3,AUDIO=\"a\"\nv-720p.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=4,AUDIO=\"b\"\nv-720p.m3u8\n"
    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"v-720p-iframe.m3u8\"\n";

static void the_playlist_speaks_of_what_is_here(void **state)
{
    (void)state;
    const struct bundle bundle = sample();
    autobuffer cut = buffer_init(10000);
    assert_int_equal(bundle_manifest(&bundle, slice_of(multivariant), &cut, NULL), OK);
    assert_string_equal(
        buffer_text(&cut),
        "#EXTM3U\n#EXT-X-VERSION:7\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"a-en.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=3,AUDIO=\"a\"\nv-720p.m3u8\n");
    const struct bundle empty = {.file_count = 0};
    assert_int_equal(bundle_manifest(&empty, slice_of(multivariant), &cut, NULL), INVALID);
}

static void only_its_own_files_are_read(void **state)
{
    (void)state;
    struct bundle bundle = sample();
    struct bundle_file file = {.name = "t.vtt"};
    autobuffer out = buffer_init(100);
    assert_int_equal(bundle_file_put(folder, &file, slice_of("WEBVTT\n"), NULL), OK);
    assert_int_equal(bundle_read(folder, &bundle, "t.vtt", 0, 0, &out, NULL), NOT_FOUND);
    assert_int_equal(bundle_add(&bundle, &file, NULL), OK);
    assert_int_equal(bundle_read(folder, &bundle, "t.vtt", 0, 0, &out, NULL), OK);
    assert_int_equal(bundle_read(folder, &bundle, "../t.vtt", 0, 0, &out, NULL), NOT_FOUND);
    assert_string_equal(buffer_text(&out), "WEBVTT\n");
    assert_int_equal(bundle_licence(folder, &out, NULL), NOT_FOUND);
}

int main(void)
{
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(what_is_saved_is_loaded),
        FOLDER_TEST(what_is_no_bundle_is_said_to_be_none),
        FOLDER_TEST(one_process_writes_at_a_time),
        FOLDER_TEST(the_playlist_speaks_of_what_is_here),
        FOLDER_TEST(only_its_own_files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
