// SPDX-License-Identifier: Apache-2.0
#include "account/stream.h"

#include "room.h"

#include <pthread.h>

enum { MINUTE_MS = 60000, RACERS = 16 };

static const int64_t now_ms = 1795000000000;

static enum stream_begun begin(struct room *room, const char *session, const char *title,
                               int64_t at_ms)
{
    const struct stream stream = {"member_1", session, title, "", NULL};
    const struct stream_limits limits = {3, 2};
    enum stream_begun begun;
    assert_ok(stream_begin(room->accounts.tables, &stream, &limits, at_ms, &begun, &why_));
    return begun;
}

static struct stream_list list_of(struct room *room, int64_t at_ms)
{
    struct stream_list list;
    assert_ok(streams_load(room->accounts.tables, "member_1", at_ms, &list, &why_));
    return list;
}

static void limits_are_of_the_account_and_of_the_title(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "film-1", now_ms), STREAM_BEGUN);
    assert_int_equal(begin(room, "session_2", "film-1", now_ms), STREAM_BEGUN);
    assert_int_equal(begin(room, "session_3", "film-1", now_ms), STREAM_OVER_TITLE);
    assert_int_equal(begin(room, "session_4", "film-2", now_ms), STREAM_BEGUN);
    assert_int_equal(begin(room, "session_5", "film-2", now_ms), STREAM_OVER_ACCOUNT);
    assert_int_equal(begin(room, "session_1", "film-1", now_ms), STREAM_BEGUN); // goes on
    const struct stream_list list = list_of(room, now_ms);
    assert_int_equal(list.count, 3);
    const struct stream_rank rank = streams_rank(&list, "session_4", "film-2");
    assert_true(rank.is_there);
    assert_int_equal(rank.before, 2);
    assert_int_equal(rank.title_before, 0);
    const struct stream_rank none = streams_rank(&list, "session_9", "film-1");
    assert_false(none.is_there);
    assert_int_equal(none.before, 3);
    assert_int_equal(none.title_before, 2);
}

static void a_stream_that_ends_makes_room(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "film-1", now_ms), STREAM_BEGUN);
    assert_int_equal(begin(room, "session_2", "film-1", now_ms), STREAM_BEGUN);
    assert_ok(stream_end(room->accounts.tables, "member_1", "session_1", now_ms, &why_));
    assert_ok(
        stream_end(room->accounts.tables, "member_1", "session_1", now_ms, &why_)); // none any more
    assert_int_equal(begin(room, "session_3", "film-1", now_ms), STREAM_BEGUN);
    const struct stream_list list = list_of(room, now_ms);
    assert_string_equal(list.entries[0].session, "session_2");
    assert_string_equal(list.entries[1].session, "session_3");
}

static void a_stream_that_is_kept_goes_on_and_one_that_is_not_ends(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "film-1", now_ms), STREAM_BEGUN);
    assert_int_equal(begin(room, "session_2", "film-1", now_ms), STREAM_BEGUN);
    assert_ok(
        stream_keep(room->accounts.tables, "member_1", "session_1", now_ms + MINUTE_MS, &why_));
    const int64_t later_ms = now_ms + STREAM_LEASE_MS;
    const struct stream_list list = list_of(room, later_ms);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.entries[0].session, "session_1");
    assert_int_equal(list.entries[0].since_ms, now_ms);
    assert_int_equal(stream_keep(room->accounts.tables, "member_1", "session_2", later_ms, NULL),
                     NOT_FOUND);
    assert_int_equal(stream_keep(room->accounts.tables, "member_2", "session_1", later_ms, NULL),
                     NOT_FOUND);
}

struct racer {
    struct room *room;
    char session[16];
    enum stream_begun begun;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    const struct stream stream = {"member_1", racer->session, "film-1", "", NULL};
    const struct stream_limits limits = {3, 2};
    struct why why = {""};
    // The clocks of machines differ: later ones may believe that they came first.
    const int64_t at_ms = now_ms - racer->session[8];
    if (stream_begin(racer->room->accounts.tables, &stream, &limits, at_ms, &racer->begun, &why) !=
        OK)
        abort();
    return NULL;
}

static void of_many_at_once_just_as_many_begin_as_may(void **state)
{
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    size_t begun = 0;
    for (size_t i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.room = *state};
        (void)snprintf(racers[i].session, sizeof racers[i].session, "session_%zu", i);
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        begun += racers[i].begun == STREAM_BEGUN;
    }
    assert_int_equal(begun, 2);
}

static void a_record_that_cannot_be_read_is_corrupt(void **state)
{
    struct stream_list list = {.count = 7};
    static const char *const wrong[] = {"", "{}", "[1]", "[{\"session\":\"s\"}]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(streams_parse(slice_of(wrong[i]), 0, &list, NULL), CORRUPT);
    assert_int_equal(list.count, 7);
}

ROOM_MAIN(ROOM_TEST(limits_are_of_the_account_and_of_the_title),
          ROOM_TEST(a_stream_that_ends_makes_room),
          ROOM_TEST(a_stream_that_is_kept_goes_on_and_one_that_is_not_ends),
          ROOM_TEST(of_many_at_once_just_as_many_begin_as_may),
          ROOM_TEST(a_record_that_cannot_be_read_is_corrupt))
