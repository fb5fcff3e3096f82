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

#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_US = 60000000 };

static char token[SECRET_TOKEN_BYTES];

static int ask(struct house *house, const char *path)
{
    return house_ask_as(house, token, "GET", path, NULL);
}

// "title:the-lamplighter person:iris", of `list` of the last answer.
static const char *entries(struct house *house)
{
    static char text[600];
    size_t i;
    json_t *entry;
    autojson *answer = house_json(house);
    text[0] = '\0';
    json_array_foreach(json_object_get(answer, "items"), i, entry)
    {
        const char *kind = json_string_value(json_object_get(entry, "kind"));
        const char *id = json_string_value(json_object_get(json_object_get(entry, kind), "id"));
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%s",
                       i == 0 ? "" : " ", kind, id);
    }
    return text;
}

// Until the index has it.
static void wait_for(struct house *house, const char *path, const char *expected)
{
    const int64_t began_us = clock_us(clock_system());
    for (;;) {
        assert_int_equal(ask(house, path), 200);
        if (strcmp(entries(house), expected) == 0) return;
        if (clock_us(clock_system()) - began_us > PATIENCE_US)
            fail_msg("%s: %s", path, entries(house));
        (void)usleep(2000);
    }
}

static void open_house(struct house *house)
{
    static struct title_person cast[] = {{"iris", "Iris Vale", ""}};
    static const char *genres[] = {"Drama"};
    const struct title episode = {
        .id = "h1",
        .version = "1",
        .title = "Fog",
        .rating = {"fsk", "6"},
        .genres = genres,
        .genre_count = 1,
        .cast = cast,
        .cast_count = 1,
        .published_ms = 1796000000000,
        .entry.place = {
            .series = "harbour", .series_title = "The Harbour", .season = 1, .episode = 1}};
    house_open(house, ROLE_API);
    house_sign_in(house, MEMBER_OPERATOR, token); // a profile without limits, in Germany
    assert_int_equal(title_publish(house->service->stores.tables, &episode, NULL), OK);
    search_desk_tell(house->service->search);
    wait_for(house, "/v1/search?q=harbuor", "series:harbour title:h1"); // its words, too
}

static void what_is_typed_finds_titles_series_and_people(void **state)
{
    (void)state;
    struct house house;
    open_house(&house);
    assert_int_equal(ask(&house, "/v1/search?q=lampl"), 200);
    assert_string_equal(entries(&house), "title:the-lamplighter");
    assert_string_equal(house_field(&house, "Cache-Control"), "private, no-cache");
    assert_int_equal(ask(&house, "/v1/search?q=the%20harbuor"), 200);
    assert_string_equal(entries(&house), "series:harbour title:h1");
    assert_int_equal(ask(&house, "/v1/search?q=IRIS"), 200);
    assert_string_equal(entries(&house), "person:iris title:the-lamplighter title:h1");
    assert_int_equal(ask(&house, "/v1/search?q=&limit=5"), 200);
    assert_string_equal(entries(&house), "");
    assert_int_equal(ask(&house, "/v1/search?q=a&limit=101"), 422);
    assert_int_equal(ask(&house, "/v1/people/iris"), 200);
    assert_string_equal(entries(&house), "title:h1 title:the-lamplighter");
    assert_int_equal(ask(&house, "/v1/people/nobody"), 404);
    house_close(&house);
}

static void rows_are_what_is_new_and_genres(void **state)
{
    (void)state;
    struct house house;
    open_house(&house);
    assert_int_equal(ask(&house, "/v1/home"), 200);
    autojson *home = house_json(&house);
    const json_t *rows = json_object_get(home, "rows");
    assert_int_equal(json_array_size(rows), 2);
    const json_t *first = json_array_get(rows, 0), *second = json_array_get(rows, 1);
    assert_string_equal(json_string_value(json_object_get(first, "kind")), "new");
    assert_string_equal(json_string_value(json_object_get(second, "genre")), "Drama");
    assert_int_equal(json_array_size(json_object_get(first, "items")), 3);
    assert_int_equal(ask(&house, "/v1/browse?limit=2"), 200);
    assert_string_equal(entries(&house), "series:harbour title:the-lamplighter");
    autojson *page = house_json(&house);
    char path[200];
    (void)snprintf(path, sizeof path, "/v1/browse?limit=2&cursor=%s",
                   json_string_value(json_object_get(page, "next_cursor")));
    assert_int_equal(ask(&house, path), 200);
    assert_string_equal(entries(&house), "title:zebra");
    assert_int_equal(ask(&house, "/v1/browse?cursor=abc"), 422);
    house_close(&house);
}

enum { LARGE_TITLES = 24, LARGE_SCENES = 900 };

// Records of a studio's size: scenes by the hundred. As many on one page are more than an answer
// may take of memory at once.
static void publish_large(struct house *house)
{
    static struct title_scene scenes[LARGE_SCENES];
    static char names[LARGE_SCENES][2][100];
    static const char *genres[] = {"Epic"};
    for (size_t i = 0; i < LARGE_SCENES; i++) {
        (void)snprintf(names[i][0], 100, "scene-%zu", i);
        (void)snprintf(names[i][1], 100, "%090zu", i);
        scenes[i] = (struct title_scene){.id = names[i][0], .title = names[i][1], .end_ms = 1};
    }
    for (int64_t i = 0; i < LARGE_TITLES; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "epic-%02d", (int)i);
        const struct title title = {
            .id = id,
            .version = "1",
            .title = id,
            .rating = {"fsk", "6"},
            .genres = genres,
            .genre_count = 1,
            .scenes = scenes,
            .scene_count = LARGE_SCENES,
            .published_ms = 1797000000000 + i,
            .entry.place = {
                .series = "saga", .series_title = "The Saga", .season = 1, .episode = i + 1}};
        assert_int_equal(title_publish(house->service->stores.tables, &title, NULL), OK);
    }
    search_desk_tell(house->service->search);
    wait_for(house, "/v1/search?q=epic-23", "title:epic-23");
}

static void pages_of_large_records_are_answered(void **state)
{
    (void)state;
    struct house house;
    open_house(&house);
    publish_large(&house);
    static const char *const paths[] = {"/v1/home",           "/v1/browse?genre=Epic",
                                        "/v1/search?q=epic",  "/v1/titles?limit=100",
                                        "/v1/series/saga",    "/v1/catalogue/titles?limit=100",
                                        "/v1/titles/epic-03", "/v1/continue"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (ask(&house, paths[i]) != 200) fail_msg("%s", paths[i]);
    house_close(&house);
}

// The index is a second behind at most; what it says is asked of the catalogue again.
static void what_was_taken_away_is_not_shown_meanwhile(void **state)
{
    (void)state;
    struct house house;
    open_house(&house);
    struct table_store *tables = house.service->stores.tables;
    assert_int_equal(tables->ops->drop(tables, "title", "zebra", "record", 0, NULL), OK);
    assert_int_equal(ask(&house, "/v1/search?q=zebra"), 200);
    assert_string_equal(entries(&house), "");
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_finds_titles_series_and_people),
        cmocka_unit_test(rows_are_what_is_new_and_genres),
        cmocka_unit_test(pages_of_large_records_are_answered),
        cmocka_unit_test(what_was_taken_away_is_not_shown_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
