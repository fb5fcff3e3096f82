// SPDX-License-Identifier: Apache-2.0
#include "catalog/place.h"

#include "base/file.h"
#include "catalog/series.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct viewer somebody = {18, "DE", 1000};

struct fixture {
    char folder[32];
    struct table_store *tables;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    char path[64];
    fixture = (struct fixture){.folder = "/tmp/place-XXXXXX", .arena = arena_init(1 << 20)};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(path, sizeof path, "%s/t.db", fixture.folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &fixture.tables, NULL), OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    table_store_close(&fixture->tables);
    arena_release(&fixture->arena);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    return 0;
}

static void publish(struct fixture *fixture, const char *id, int64_t season, int64_t episode)
{
    const struct title title = {.id = id,
                                .version = "1",
                                .title = id,
                                .entry.place = {.series = "harbour",
                                                .series_title = "The Harbour",
                                                .season = season,
                                                .episode = episode}};
    assert_int_equal(title_publish(fixture->tables, &title, NULL), OK);
}

static void episodes_come_in_their_order_and_make_the_series(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, "b", 2, 1);
    publish(fixture, "c", 1, 10);
    publish(fixture, "a", 1, 2);
    struct title_list list;
    struct series series;
    assert_int_equal(
        place_episodes(fixture->tables, "harbour", &somebody, &fixture->arena, &list, NULL), OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.titles[0].id, "a");
    assert_string_equal(list.titles[1].id, "c");
    assert_string_equal(list.titles[2].id, "b");
    assert_int_equal(series_load(fixture->tables, "harbour", &fixture->arena, &series, NULL), OK);
    assert_string_equal(series.title, "The Harbour");
}

static void an_episode_that_moves_is_there_once(void **state)
{
    struct fixture *fixture = *state;
    struct title_list list;
    publish(fixture, "a", 1, 1);
    publish(fixture, "a", 1, 3);
    assert_int_equal(
        place_episodes(fixture->tables, "harbour", &somebody, &fixture->arena, &list, NULL), OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.titles[0].entry.place.episode, 3);
}

static void extras_belong_to_what_they_name(void **state)
{
    struct fixture *fixture = *state;
    struct title_list list;
    const struct title trailer = {.id = "t",
                                  .version = "1",
                                  .title = "Trailer",
                                  .entry.place = {.extra_of = "film", .extra = "trailer"}};
    assert_int_equal(title_publish(fixture->tables, &trailer, NULL), OK);
    assert_int_equal(place_extras(fixture->tables, "film", &somebody, &fixture->arena, &list, NULL),
                     OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.titles[0].entry.place.extra, "trailer");
    assert_int_equal(
        place_extras(fixture->tables, "other", &somebody, &fixture->arena, &list, NULL), OK);
    assert_int_equal(list.count, 0);
}

static void the_next_episode_is_one_that_may_be_seen(void **state)
{
    struct fixture *fixture = *state;
    struct title first, next;
    publish(fixture, "a", 1, 1);
    publish(fixture, "c", 2, 1);
    const char *elsewhere[] = {"JP"};
    const struct title hidden = {.id = "b",
                                 .version = "1",
                                 .territories = elsewhere,
                                 .territory_count = 1,
                                 .entry.place = {.series = "harbour", .season = 1, .episode = 2}};
    assert_int_equal(title_publish(fixture->tables, &hidden, NULL), OK);
    assert_int_equal(title_load(fixture->tables, "a", &fixture->arena, &first, NULL), OK);
    assert_int_equal(place_next(fixture->tables, &first, &somebody, &fixture->arena, &next, NULL),
                     OK);
    assert_string_equal(next.id, "c");
    assert_int_equal(place_next(fixture->tables, &next, &somebody, &fixture->arena, &next, NULL),
                     NOT_FOUND);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(episodes_come_in_their_order_and_make_the_series),
        CASE(an_episode_that_moves_is_there_once),
        CASE(extras_belong_to_what_they_name),
        CASE(the_next_episode_is_one_that_may_be_seen),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
