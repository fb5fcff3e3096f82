// SPDX-License-Identifier: Apache-2.0
#include "playback/position.h"

#include "../account/room.h"

static bool put(struct room *room, const char *title, const char *device, int64_t position_ms,
                int64_t at_ms)
{
    struct position position = {.position_ms = position_ms, .duration_ms = 100000, .at_ms = at_ms};
    bool is_kept = false;
    (void)snprintf(position.title, sizeof position.title, "%s", title);
    (void)snprintf(position.device, sizeof position.device, "%s", device);
    assert_ok(position_put(room->accounts.tables, &room->clock.clock, "profile_1", &position,
                           &is_kept, &why_));
    return is_kept;
}

static int64_t resume(struct room *room, const char *title)
{
    struct position position;
    assert_ok(position_resume(room->accounts.tables, "profile_1", title, &position, &why_));
    return position.position_ms;
}

static void a_late_packet_of_a_phone_does_not_rewind_the_tv(void **state)
{
    struct room *room = *state;
    const int64_t now_ms = clock_wall_ms(&room->clock.clock);
    assert_true(put(room, "film", "tv", 30000, now_ms - 1000));
    assert_true(put(room, "film", "phone", 10000, now_ms - 60000)); // taken a minute ago
    assert_int_equal(resume(room, "film"), 30000);
    assert_false(put(room, "film", "tv", 20000, now_ms - 2000)); // overtaken on its way
    assert_false(put(room, "film", "tv", 30000, now_ms - 1000)); // and one that comes twice
    assert_int_equal(resume(room, "film"), 30000);
    assert_true(put(room, "film", "phone", 40000, now_ms));
    assert_int_equal(resume(room, "film"), 40000);
}

static void a_clock_that_is_ahead_is_taken_for_now(void **state)
{
    struct room *room = *state;
    const int64_t now_ms = clock_wall_ms(&room->clock.clock);
    assert_true(put(room, "film", "tv", 1000, now_ms + 365 * DAY_MS));
    room_wait(room, 1000);
    assert_true(put(room, "film", "tv", 2000, 0)); // 0: now
    assert_int_equal(resume(room, "film"), 2000);
}

static void the_list_has_each_title_once_newest_first(void **state)
{
    struct room *room = *state;
    struct position_page page;
    const int64_t now_ms = clock_wall_ms(&room->clock.clock);
    (void)put(room, "b", "tv", 1, now_ms - 50);
    (void)put(room, "a", "tv", 2, now_ms - 40);
    (void)put(room, "b", "phone", 3, now_ms - 30);
    (void)put(room, "c", "phone", 99000, now_ms - 60);
    assert_ok(position_list(room->accounts.tables, "profile_1", &room->arena, &page, &why_));
    assert_int_equal(page.count, 3);
    assert_string_equal(page.positions[0].title, "b");
    assert_string_equal(page.positions[0].device, "phone");
    assert_string_equal(page.positions[1].title, "a");
    assert_true(position_is_watched(&page.positions[2]));
    assert_false(position_is_watched(&page.positions[1]));
    assert_ok(position_forget(room->accounts.tables, "profile_1", "b", &why_));
    assert_ok(position_list(room->accounts.tables, "profile_1", &room->arena, &page, &why_));
    assert_int_equal(page.count, 2);
}

static void a_title_is_not_another_that_begins_alike(void **state)
{
    struct room *room = *state;
    struct position position;
    (void)put(room, "film-2", "tv", 5, 0);
    assert_int_equal(position_resume(room->accounts.tables, "profile_1", "film", &position, NULL),
                     NOT_FOUND);
}

static void numbers_out_of_range_are_refused(void **state)
{
    struct room *room = *state;
    const struct position good = {.title = "film", .device = "tv", .position_ms = 1};
    struct position bad[] = {good, good, good, good, good};
    struct position_write write;
    bad[0].position_ms = -1;
    bad[1].duration_ms = INT64_MAX;
    bad[2].at_ms = -1;
    (void)snprintf(bad[3].title, sizeof bad[3].title, "a/b");
    (void)snprintf(bad[4].device, sizeof bad[4].device, "%s", "");
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(position_prepare(&room->clock.clock, "p", &bad[i], &write, NULL), INVALID);
    assert_ok(position_prepare(&room->clock.clock, "p", &good, &write, &why_));
}

ROOM_MAIN(ROOM_TEST(a_late_packet_of_a_phone_does_not_rewind_the_tv),
          ROOM_TEST(a_clock_that_is_ahead_is_taken_for_now),
          ROOM_TEST(the_list_has_each_title_once_newest_first),
          ROOM_TEST(a_title_is_not_another_that_begins_alike),
          ROOM_TEST(numbers_out_of_range_are_refused))
