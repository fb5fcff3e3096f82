// SPDX-License-Identifier: Apache-2.0
#include "account/house.h"

#include "room.h"

static void the_first_operator_closes_the_house_for_good(void **state)
{
    struct room *room = *state;
    bool is_closed = true;
    assert_ok(house_is_closed(&room->accounts, &is_closed, &why_));
    assert_false(is_closed);
    (void)room_member(room, "ben", MEMBER_MEMBER);
    assert_ok(house_is_closed(&room->accounts, &is_closed, &why_));
    assert_false(is_closed); // a member who only watches closes nothing
    (void)room_member(room, "ada", MEMBER_OPERATOR);
    assert_ok(house_is_closed(&room->accounts, &is_closed, &why_));
    assert_true(is_closed);
    assert_ok(house_lock(&room->accounts, deed_of_test, &why_));
}

ROOM_MAIN(ROOM_TEST(the_first_operator_closes_the_house_for_good))
