// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Pages of one title each, and no empty one behind the last.
static void pages_follow_their_cursor_to_the_end(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    char path[300] = "/v1/titles?limit=1", seen[100] = "";
    for (int pages = 0; path[0] != '\0'; pages++) {
        assert_in_range(pages, 0, 1);
        assert_int_equal(house_get(&house, path), 200);
        autojson *page = house_json(&house);
        const json_t *items = json_object_get(page, "items");
        assert_int_equal(json_array_size(items), 1);
        const json_t *id = json_object_get(json_array_get(items, 0), "id");
        (void)strncat(seen, id == NULL ? "" : json_string_value(id), 40);
        const char *next = json_string_value(json_object_get(page, "next_cursor"));
        path[0] = '\0';
        if (next != NULL) (void)snprintf(path, sizeof path, "/v1/titles?limit=1&cursor=%s", next);
    }
    assert_string_equal(seen, "the-lamplighterzebra");
    house_close(&house);
}

static void a_title_comes_with_people_scenes_and_tracks(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    assert_int_equal(house_get(&house, "/v1/titles/the-lamplighter"), 200);
    autojson *title = house_json(&house);
    autojson *expected = json_loads(
        "{\"synopsis\":\"A light \\\"in\\\" the dark – Öl.\",\"year\":2026,"
        "\"rating\":{\"system\":\"fsk\",\"label\":\"6\"},"
        "\"poster_url\":\"/media/the-lamplighter/3f9c/poster.jpg\","
        "\"audio_languages\":[\"en\"],\"text_languages\":[\"en\",\"de\"],"
        "\"genres\":[\"Drama\"],\"territories\":[\"DE\",\"US\"],"
        "\"cast\":[{\"id\":\"iris\",\"name\":\"Iris Vale\",\"character\":\"The keeper\"},"
        "{\"id\":\"ben\",\"name\":\"Ben Oss\",\"character\":null}],"
        "\"scenes\":[{\"id\":\"s1\",\"title\":\"Dusk\",\"start_ms\":0,\"end_ms\":15000,\"cast\":["
        "\"iris\"]},"
        "{\"id\":\"s2\",\"title\":null,\"start_ms\":15000,\"end_ms\":45000,\"cast\":[]}]}",
        0, NULL);
    const char *key;
    json_t *value;
    json_object_foreach(expected, key, value) if (!json_equal(value, json_object_get(title, key)))
        fail_msg("%s differs", key);
    const json_t *video = json_array_get(json_object_get(title, "tracks"), 0);
    assert_string_equal(json_string_value(json_object_get(video, "frame_rate")), "24000/1001");
    assert_int_equal(json_integer_value(json_object_get(video, "height")), 1080);
    house_close(&house);
}

static void what_is_unknown_is_null(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    assert_int_equal(house_get(&house, "/v1/titles/zebra"), 200);
    autojson *title = house_json(&house);
    static const char *const unknown[] = {"year", "rating", "poster_url", "original_language"};
    for (size_t i = 0; i < 4; i++)
        assert_true(json_is_null(json_object_get(title, unknown[i])));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_follow_their_cursor_to_the_end),
        cmocka_unit_test(a_title_comes_with_people_scenes_and_tracks),
        cmocka_unit_test(what_is_unknown_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
