// SPDX-License-Identifier: Apache-2.0
#include "playback/play.h"

#include "../account/room.h"
#include "account/standing.h"
#include "account/stream.h"

static const char *germany[] = {"DE"};
static const struct title film = {
    .id = "film", .rating = {"fsk", "12"}, .territories = germany, .territory_count = 1};

static struct caller member_of(const char *plan, const char *territory, uint32_t age)
{
    struct caller caller = {.kind = CALLER_MEMBER, .id = "member_1", .maturity_age = age};
    (void)snprintf(caller.plan, sizeof caller.plan, "%s", plan);
    (void)snprintf(caller.territory, sizeof caller.territory, "%s", territory);
    return caller;
}

static enum play_refusal judge(struct room *room, struct caller caller)
{
    struct play_grant grant;
    enum play_refusal refusal;
    assert_ok(play_judge(&room->accounts, &caller, &film, &refusal, &grant, &why_));
    return refusal;
}

static void a_play_needs_plan_place_and_age(void **state)
{
    struct room *room = *state;
    struct plan bare = {.id = "bare", .name = "Bare", .streams = 1, .streams_per_title = 1};
    struct right right = {.title = "film", .kind = RIGHT_RENTAL};
    assert_ok(plan_save(&room->accounts, deed_of_test, &bare, &why_));
    assert_int_equal(judge(room, member_of("house", "DE", 18)), PLAY_GRANTED);
    assert_int_equal(judge(room, member_of("house", "FR", 18)), PLAY_TERRITORY);
    assert_int_equal(judge(room, member_of("house", "", 18)), PLAY_TERRITORY);
    assert_int_equal(judge(room, member_of("house", "DE", 11)), PLAY_MATURITY);
    assert_int_equal(judge(room, member_of("bare", "DE", 18)), PLAY_NOT_ENTITLED);
    assert_ok(right_grant(&room->accounts, deed_of_test, "member_1", &right, &why_));
    assert_int_equal(judge(room, member_of("bare", "DE", 18)), PLAY_GRANTED);
    room_wait(room, RIGHT_START_MS);
    assert_int_equal(judge(room, member_of("bare", "DE", 18)), PLAY_NOT_ENTITLED);
    assert_int_equal(judge(room, caller_guest()), PLAY_GRANTED);
}

static void a_play_needs_an_open_window(void **state)
{
    struct room *room = *state;
    const struct caller caller = member_of("house", "DE", 18);
    struct title_avail avail = {.until_ms = 1};
    const struct title over = {.id = "film", .entry = {.avails = &avail, .avail_count = 1}};
    struct play_grant grant;
    enum play_refusal refusal;
    assert_ok(play_judge(&room->accounts, &caller, &over, &refusal, &grant, &why_));
    assert_int_equal(refusal, PLAY_NOT_AVAILABLE);
    avail.until_ms = 0;
    assert_ok(play_judge(&room->accounts, &caller, &over, &refusal, &grant, &why_));
    assert_int_equal(refusal, PLAY_GRANTED);
}

static enum play_refusal take_over(struct room *room, const char *id, const char *title,
                                   const char *from)
{
    const struct caller caller = member_of("house", "DE", 18);
    struct plan plan;
    enum play_refusal refusal;
    assert_ok(plan_load(&room->accounts, "house", &plan, &why_));
    const struct play_stream wish = {id, title, from};
    assert_ok(play_take_stream(&room->accounts, &caller, &plan, &wish, &refusal, &why_));
    room_wait(room, 1);
    return refusal;
}

static enum play_refusal begin(struct room *room, const char *id, const char *title)
{
    return take_over(room, id, title, "");
}

static void a_stream_that_is_taken_over_ends_for_the_one_that_begins_and_for_no_other(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "film"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_2", "film"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_3", "other"), PLAY_GRANTED);
    // a third of the same title may not: what was to end for it goes on
    assert_int_equal(take_over(room, "session_4", "film", "session_3"), PLAY_STREAM_LIMIT);
    assert_ok(play_beat(&room->accounts, "member_1", "session_3", &why_));
    assert_int_equal(take_over(room, "session_5", "film", "session_1"), PLAY_GRANTED);
    assert_int_equal(play_beat(&room->accounts, "member_1", "session_1", NULL), NOT_FOUND);
    assert_ok(play_beat(&room->accounts, "member_1", "session_5", &why_));
    const struct standing_query query = {.member = "member_1",
                                         .session = "session_1",
                                         .title = "film",
                                         .device = "",
                                         .grants = {"", ""},
                                         .rental = ""};
    struct standing standing;
    assert_ok(standing_load(room->accounts.tables, &query, clock_wall_ms(&room->clock.clock),
                            &standing, &why_));
    assert_true(standing.is_revoked[STANDING_SESSION]); // its licence is not renewed
}

static void three_streams_and_two_of_a_title_at_once(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "film"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_2", "film"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_3", "film"), PLAY_STREAM_LIMIT);
    assert_int_equal(begin(room, "session_4", "other"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_5", "third"), PLAY_STREAM_LIMIT);
    assert_ok(play_end(&room->accounts, "member_1", "session_1", &why_));
    assert_int_equal(begin(room, "session_6", "third"), PLAY_GRANTED);
    assert_int_equal(play_beat(&room->accounts, "member_1", "session_1", NULL), NOT_FOUND);
}

static void a_stream_without_heartbeats_is_free_again(void **state)
{
    struct room *room = *state;
    assert_int_equal(begin(room, "session_1", "a"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_2", "b"), PLAY_GRANTED);
    assert_int_equal(begin(room, "session_3", "c"), PLAY_GRANTED);
    room_wait(room, STREAM_LEASE_MS - 1000);
    assert_ok(play_beat(&room->accounts, "member_1", "session_1", &why_));
    room_wait(room, 2000);
    struct stream_list running;
    assert_ok(streams_load(room->accounts.tables, "member_1", clock_wall_ms(&room->clock.clock),
                           &running, &why_));
    assert_int_equal(running.count, 1);
    assert_string_equal(running.entries[0].title, "a");
    assert_int_equal(play_beat(&room->accounts, "member_1", "session_2", NULL), NOT_FOUND);
}

ROOM_MAIN(ROOM_TEST(a_play_needs_plan_place_and_age), ROOM_TEST(a_play_needs_an_open_window),
          ROOM_TEST(three_streams_and_two_of_a_title_at_once),
          ROOM_TEST(a_stream_that_is_taken_over_ends_for_the_one_that_begins_and_for_no_other),
          ROOM_TEST(a_stream_without_heartbeats_is_free_again))
