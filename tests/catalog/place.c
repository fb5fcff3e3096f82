// SPDX-License-Identifier: Apache-2.0
#include "catalog/place.h"

#include "catalog/series.h"
#include "room.h"

static const struct viewer somebody = {18, "DE", 1000};

static void episodes_come_in_their_order_and_make_the_series(void **state)
{
    struct room *room = *state;
    room_publish_episode(room, "b", 2, 1);
    room_publish_episode(room, "c", 1, 10);
    room_publish_episode(room, "a", 1, 2);
    struct title_list list;
    struct series series;
    assert_int_equal(place_episodes(&room->titles, "harbour", &somebody, &room->arena, &list, NULL),
                     OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.titles[0].id, "a");
    assert_string_equal(list.titles[1].id, "c");
    assert_string_equal(list.titles[2].id, "b");
    assert_int_equal(series_load(room->tables, "harbour", &room->arena, &series, NULL), OK);
    assert_string_equal(series.title, "The Harbour");
}

static void an_episode_that_moves_is_there_once(void **state)
{
    struct room *room = *state;
    struct title_list list;
    room_publish_episode(room, "a", 1, 1);
    room_publish_episode(room, "a", 1, 3);
    assert_int_equal(place_episodes(&room->titles, "harbour", &somebody, &room->arena, &list, NULL),
                     OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.titles[0].entry.place.episode, 3);
}

static void extras_belong_to_what_they_name(void **state)
{
    struct room *room = *state;
    struct title_list list;
    const struct title trailer = {.id = "t",
                                  .version = "1",
                                  .title = "Trailer",
                                  .entry.place = {.extra_of = "film", .extra = "trailer"}};
    assert_int_equal(title_publish(room->tables, &trailer, NULL), OK);
    assert_int_equal(place_extras(&room->titles, "film", &somebody, &room->arena, &list, NULL), OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.titles[0].entry.place.extra, "trailer");
    assert_int_equal(place_extras(&room->titles, "other", &somebody, &room->arena, &list, NULL),
                     OK);
    assert_int_equal(list.count, 0);
}

static void the_next_episode_is_one_that_may_be_seen(void **state)
{
    struct room *room = *state;
    struct title first, next;
    room_publish_episode(room, "a", 1, 1);
    room_publish_episode(room, "c", 2, 1);
    const char *elsewhere[] = {"JP"};
    const struct title hidden = {.id = "b",
                                 .version = "1",
                                 .territories = elsewhere,
                                 .territory_count = 1,
                                 .entry.place = {.series = "harbour", .season = 1, .episode = 2}};
    assert_int_equal(title_publish(room->tables, &hidden, NULL), OK);
    assert_int_equal(title_load(room->tables, "a", &room->arena, &first, NULL), OK);
    assert_int_equal(place_next(&room->titles, &first, &somebody, &room->arena, &next, NULL), OK);
    assert_string_equal(next.id, "c");
    assert_int_equal(place_next(&room->titles, &next, &somebody, &room->arena, &next, NULL),
                     NOT_FOUND);
}

int main(void)
{
#define CASE(test) ROOM_TEST(test)
    const struct CMUnitTest tests[] = {
        CASE(episodes_come_in_their_order_and_make_the_series),
        CASE(an_episode_that_moves_is_there_once),
        CASE(extras_belong_to_what_they_name),
        CASE(the_next_episode_is_one_that_may_be_seen),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
