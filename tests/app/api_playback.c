// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "base/file.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const json_fields[] = {"Content-Type: application/json; charset=utf-8", NULL};

static void a_play_names_manifests_that_are_there(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    assert_int_equal(house_ask(&house, "POST", "/v1/playback", json_fields,
                               "{\"title_id\":\"the-lamplighter\"}"),
                     200);
    assert_string_equal(house_field(&house, "Cache-Control"), "no-store");
    autojson *play = house_json(&house);
    const json_t *manifests = json_object_get(play, "manifests");
    const json_t *storyboard = json_object_get(play, "storyboard");
    assert_int_equal(json_integer_value(json_object_get(storyboard, "tile_ms")), 2000);
    assert_string_equal(json_string_value(json_object_get(storyboard, "url")),
                        "/media/the-lamplighter/3f9c/storyboard-%d.jpg");
    assert_int_equal(json_integer_value(json_object_get(play, "duration_ms")), 45000);
    assert_int_equal(house_get(&house, json_string_value(json_object_get(manifests, "hls"))), 200);
    assert_string_equal(buffer_text(&house.body), "#EXTM3U\n");
    assert_int_equal(house_get(&house, json_string_value(json_object_get(manifests, "dash"))), 200);
    assert_string_equal(house_field(&house, "Content-Type"), "application/dash+xml");
    house_close(&house);
}

static void each_play_is_a_session_of_its_own(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ALL_OF_THEM);
    char sessions[2][64];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            house_ask(&house, "POST", "/v1/playback", json_fields, "{\"title_id\":\"zebra\"}"),
            200);
        autojson *play = house_json(&house);
        assert_true(json_is_null(json_object_get(play, "storyboard")));
        (void)snprintf(sessions[i], sizeof sessions[i], "%s",
                       json_string_value(json_object_get(play, "session_id")));
    }
    assert_string_not_equal(sessions[0], sessions[1]);
    house_close(&house);
}

static const char access_keys[] = "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\",\"kty\":\"oct\","
                                  "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}";

static void a_play_signs_what_it_names(void **state)
{
    (void)state;
    struct house house;
    char path[] = "/tmp/playback-keys-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(access_keys), NULL), OK);
    house_open_signed(&house, ROLE_ALL_OF_THEM, path);
    assert_int_equal(house_ask(&house, "POST", "/v1/playback", json_fields,
                               "{\"title_id\":\"the-lamplighter\"}"),
                     200);
    autojson *play = house_json(&house);
    const json_t *manifests = json_object_get(play, "manifests");
    const char *hls = json_string_value(json_object_get(manifests, "hls"));
    assert_int_equal(strncmp(hls, "/~", 2), 0);
    assert_int_equal(house_get(&house, hls), 200);
    assert_int_equal(house_get(&house, "/media/the-lamplighter/3f9c/main.m3u8"), 401);
    house_close(&house);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_play_names_manifests_that_are_there),
        cmocka_unit_test(each_play_is_a_session_of_its_own),
        cmocka_unit_test(a_play_signs_what_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
