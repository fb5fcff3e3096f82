// SPDX-License-Identifier: Apache-2.0
#include "account/event.h"

#include "room.h"

static void events_come_newest_first_over_months_and_pages(void **state)
{
    struct room *room = *state;
    char cursor[EVENT_CURSOR_BYTES] = "", seen[64] = "";
    for (int i = 0; i < 6; i++) {
        const char subject[] = {(char)('a' + i), '\0'};
        assert_ok(event_write(&room->accounts, deed_of_test, "thing.done", subject, "", &why_));
        room_wait(room, 11 * DAY_MS);
    }
    for (int pages = 0; pages < 4; pages++) {
        struct event_page page;
        assert_ok(event_list(&room->accounts, cursor, 2, &room->arena, &page, &why_));
        for (size_t i = 0; i < page.count; i++)
            (void)strncat(seen, page.events[i].subject, 2);
        (void)snprintf(cursor, sizeof cursor, "%s", page.next);
        if (cursor[0] == '\0') break;
    }
    assert_string_equal(seen, "fedcba"); // and no empty page behind the last full one
}

static void an_event_says_who_and_why(void **state)
{
    struct room *room = *state;
    struct event_page page;
    assert_ok(event_write(&room->accounts, deed_of_test, "plan.saved", "mobile", "x=1", &why_));
    assert_ok(event_list(&room->accounts, "", 10, &room->arena, &page, &why_));
    assert_int_equal(page.count, 1);
    assert_string_equal(page.events[0].actor, "tester");
    assert_string_equal(page.events[0].reason, "because");
    assert_string_equal(page.events[0].action, "plan.saved");
    assert_int_equal(page.events[0].at_ms, clock_wall_ms(&room->clock.clock));
}

static void a_made_up_cursor_is_refused(void **state)
{
    struct room *room = *state;
    struct event_page page;
    static const char *const made_up[] = {"x", "2026-11", "2026-1x/1", "0000-01/5"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(event_list(&room->accounts, made_up[i], 2, &room->arena, &page, NULL),
                         INVALID);
}

ROOM_MAIN(ROOM_TEST(events_come_newest_first_over_months_and_pages),
          ROOM_TEST(an_event_says_who_and_why), ROOM_TEST(a_made_up_cursor_is_refused))
