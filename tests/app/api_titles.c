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

static const char *germany[] = {"DE"}, *japan[] = {"JP"};
static struct title_words words[] = {{"de", "Der Hafen", ""}, {"pt-BR", "O Porto", "Curto."}};

static void publish(struct house *house, const struct title *title)
{
    assert_int_equal(title_publish(house->service->stores.tables, title, NULL), OK);
}

static const char *problem_of(struct house *house)
{
    static char code[60];
    autojson *problem = house_json(house);
    (void)snprintf(code, sizeof code, "%s",
                   json_string_value(json_object_get(problem, "type")) + strlen("/problems/"));
    return code;
}

// The same judgement in lists, on the title's page and in the play call.
static void windows_and_territories_hold_everywhere(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token); // of Germany
    struct title_avail past[] = {{germany, 1, 0, 1000}}, open[] = {{germany, 1, 1000, 0}};
    const struct title over = {
        .id = "over", .version = "1", .entry = {.avails = past, .avail_count = 1}};
    const struct title now = {
        .id = "now", .version = "1", .entry = {.avails = open, .avail_count = 1}};
    const struct title far = {
        .id = "far", .version = "1", .territories = japan, .territory_count = 1};
    static const struct {
        const char *id;
        int status;
        const char *problem;
    } cases[] = {{"over", 403, "not-available"}, {"far", 451, "territory"}, {"now", 200, ""}};
    publish(&house, &over);
    publish(&house, &now);
    publish(&house, &far);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/titles", NULL), 200);
    assert_non_null(strstr(buffer_text(&house.body), "\"id\":\"now\""));
    assert_null(strstr(buffer_text(&house.body), "\"id\":\"over\""));
    assert_null(strstr(buffer_text(&house.body), "\"id\":\"far\""));
    for (size_t i = 0; i < 3; i++) {
        char path[60], body[60];
        (void)snprintf(path, sizeof path, "/v1/titles/%s", cases[i].id);
        (void)snprintf(body, sizeof body, "{\"title_id\":\"%s\"}", cases[i].id);
        assert_int_equal(house_ask_as(&house, token, "GET", path, NULL), cases[i].status);
        if (cases[i].status != 200) assert_string_equal(problem_of(&house), cases[i].problem);
        assert_int_equal(house_ask_as(&house, token, "POST", "/v1/playback", body),
                         cases[i].status);
        if (cases[i].status != 200) assert_string_equal(problem_of(&house), cases[i].problem);
        (void)snprintf(path, sizeof path, "/v1/watchlist/%s", cases[i].id);
        assert_int_equal(house_ask_as(&house, token, "PUT", path, NULL),
                         cases[i].status == 200 ? 204 : cases[i].status);
    }
    house_close(&house);
}

static const char *shown_title(struct house *house)
{
    static char text[60];
    autojson *title = house_json(house);
    (void)snprintf(text, sizeof text, "%s", json_string_value(json_object_get(title, "title")));
    return text;
}

static void words_come_in_the_callers_language(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    const struct title film = {.id = "harbour",
                               .version = "1",
                               .title = "The Harbour",
                               .synopsis = "Short.",
                               .entry = {.words = words, .word_count = 2}};
    static const struct {
        const char *field, *query, *title;
    } cases[] = {
        {"Accept-Language: de-AT,de;q=0.9", "", "Der Hafen"},
        {"Accept-Language: pt", "", "O Porto"},
        {"Accept-Language: pt-BR;q=0.5", "", "O Porto"},
        {"Accept-Language: ja", "", "The Harbour"},
        {"Accept-Language: ,;", "", "The Harbour"},
        {"Accept-Language: ja", "?language=de", "Der Hafen"},
        {"Accept-Language: de", "?language=%22", "Der Hafen"},
    };
    publish(&house, &film);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[60];
        const char *const fields[] = {cases[i].field, NULL};
        (void)snprintf(path, sizeof path, "/v1/titles/harbour%s", cases[i].query);
        assert_int_equal(house_ask(&house, "GET", path, fields, NULL), 200);
        assert_string_equal(shown_title(&house), cases[i].title);
    }
    house_close(&house);
}

static void a_series_has_its_episodes_and_extras(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    struct title episode = {
        .id = "h1",
        .version = "1",
        .title = "Fog",
        .duration_ms = 60000,
        .entry.place = {.series = "harbour", .series_title = "Harbour", .season = 1, .episode = 1}};
    static struct title_mark marks[] = {{"intro", 0, 5000}, {"credits", 50000, 0}};
    episode.entry.marks = marks;
    episode.entry.mark_count = 2;
    const struct title trailer = {
        .id = "t", .version = "1", .entry.place = {.extra_of = "harbour", .extra = "trailer"}};
    publish(&house, &episode);
    episode.id = "h2";
    episode.entry.place.episode = 2;
    publish(&house, &episode);
    publish(&house, &trailer);
    assert_int_equal(house_get(&house, "/v1/series/harbour"), 200);
    autojson *series = house_json(&house);
    assert_int_equal(json_array_size(json_object_get(series, "episodes")), 2);
    assert_int_equal(json_array_size(json_object_get(series, "extras")), 1);
    assert_int_equal(house_get(&house, "/v1/titles/h1"), 200);
    autojson *first = house_json(&house);
    const json_t *next = json_object_get(first, "next_episode");
    assert_string_equal(json_string_value(json_object_get(next, "id")), "h2");
    const json_t *credits = json_array_get(json_object_get(first, "marks"), 1);
    assert_int_equal(json_integer_value(json_object_get(credits, "end_ms")), 60000);
    assert_int_equal(house_get(&house, "/v1/titles/h2"), 200);
    autojson *second = house_json(&house);
    assert_true(json_is_null(json_object_get(second, "next_episode")));
    assert_int_equal(house_get(&house, "/v1/series/none"), 404);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_follow_their_cursor_to_the_end),
        cmocka_unit_test(a_title_comes_with_people_scenes_and_tracks),
        cmocka_unit_test(what_is_unknown_is_null),
        cmocka_unit_test(windows_and_territories_hold_everywhere),
        cmocka_unit_test(words_come_in_the_callers_language),
        cmocka_unit_test(a_series_has_its_episodes_and_extras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
