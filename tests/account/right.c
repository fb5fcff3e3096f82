// SPDX-License-Identifier: Apache-2.0
#include "account/right.h"

#include "account/event.h"
#include "room.h"

static struct right grant(struct room *room, enum right_kind kind, int64_t ends_ms)
{
    struct right right = {.title = "film", .kind = kind, .ends_ms = ends_ms};
    assert_ok(right_grant(&room->accounts, deed_of_test, "member_1", &right, &why_));
    return right;
}

static bool has(struct room *room, struct right *right)
{
    bool found;
    assert_ok(right_find(&room->accounts, "member_1", "film", &found, right, &why_));
    return found;
}

static void a_rental_is_started_in_time_and_ended_in_time(void **state)
{
    struct room *room = *state;
    struct right right;
    (void)grant(room, RIGHT_RENTAL, 0);
    room_wait(room, RIGHT_START_MS - 1);
    assert_true(has(room, &right));
    assert_ok(right_start(&room->accounts, "member_1", &right, &why_));
    room_wait(room, RIGHT_PLAY_MS - 1);
    assert_true(has(room, &right));
    assert_ok(right_start(&room->accounts, "member_1", &right, &why_)); // it runs already
    room_wait(room, 2);
    assert_false(has(room, &right));
}

static void a_rental_that_is_never_started_ends(void **state)
{
    struct room *room = *state;
    struct right right;
    (void)grant(room, RIGHT_RENTAL, 0);
    room_wait(room, RIGHT_START_MS);
    assert_false(has(room, &right));
}

static void a_purchase_outlives_a_rental_and_ends_when_it_is_revoked(void **state)
{
    struct room *room = *state;
    struct right right;
    const struct right bought = grant(room, RIGHT_PURCHASE, 0);
    (void)grant(room, RIGHT_RENTAL, 0);
    assert_true(has(room, &right));
    assert_int_equal(right.kind, RIGHT_PURCHASE);
    assert_ok(right_revoke(&room->accounts, deed_of_test, "member_1", bought.id, &why_));
    assert_true(has(room, &right));
    assert_int_equal(right.kind, RIGHT_RENTAL);
    assert_int_equal(right_revoke(&room->accounts, deed_of_test, "member_1", bought.id, NULL),
                     NOT_FOUND);
}

static void a_gift_ends_when_it_says(void **state)
{
    struct room *room = *state;
    struct right right;
    (void)grant(room, RIGHT_GIFT, clock_wall_ms(&room->clock.clock) + DAY_MS);
    assert_true(has(room, &right));
    room_wait(room, DAY_MS);
    assert_false(has(room, &right));
    struct right past = {.title = "film", .kind = RIGHT_GIFT, .ends_ms = 1};
    assert_int_equal(right_grant(&room->accounts, deed_of_test, "member_1", &past, NULL), INVALID);
}

static void what_was_revoked_stays_in_the_log(void **state)
{
    struct room *room = *state;
    struct event_page page;
    const struct right right = grant(room, RIGHT_PURCHASE, 0);
    room_wait(room, 1);
    assert_ok(right_revoke(&room->accounts, deed_of_test, "member_1", right.id, &why_));
    assert_ok(event_list(&room->accounts, "", 10, &room->arena, &page, &why_));
    assert_int_equal(page.count, 2);
    assert_string_equal(page.events[0].action, "right.revoked");
    assert_non_null(strstr(page.events[1].detail, right.id));
}

ROOM_MAIN(ROOM_TEST(a_rental_is_started_in_time_and_ended_in_time),
          ROOM_TEST(a_rental_that_is_never_started_ends),
          ROOM_TEST(a_purchase_outlives_a_rental_and_ends_when_it_is_revoked),
          ROOM_TEST(a_gift_ends_when_it_says), ROOM_TEST(what_was_revoked_stays_in_the_log))
