// SPDX-License-Identifier: Apache-2.0
#include "account/standing.h"

#include "room.h"

enum { MINUTE_MS = 60000 };

static const int64_t now_ms = 1795000000000;

static const struct standing_query asked = {
    .member = "member_1",
    .device = "device_1",
    .session = "session_1",
    .title = "film-1",
    .grants = {"rental_1", "ent_1"},
    .rental = "rental_1",
};

static struct standing standing_of(struct room *room, const struct standing_query *query,
                                   int64_t at_ms)
{
    struct standing out;
    assert_ok(standing_load(room->accounts.tables, query, at_ms, &out, &why_));
    return out;
}

static void nothing_stands_against_a_new_member(void **state)
{
    const struct standing standing = standing_of(*state, &asked, now_ms);
    for (size_t i = 0; i < STANDING_KIND_COUNT; i++)
        assert_false(standing.is_revoked[i]);
    assert_false(standing.rank.is_there);
    assert_int_equal(standing.rank.before, 0);
    assert_int_equal(standing.rental_started_ms, 0);
}

static void each_kind_is_revoked_and_restored_alone(void **state)
{
    struct room *room = *state;
    static const struct {
        enum standing_kind kind;
        const char *id;
    } cases[] = {
        {STANDING_ACCOUNT, ""},          {STANDING_DEVICE, "device_1"},
        {STANDING_SESSION, "session_1"}, {STANDING_GRANT, "rental_1"},
        {STANDING_GRANT, "ent_1"},       {STANDING_TITLE, "film-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(standing_revoke(room->accounts.tables, "member_1", cases[i].kind, cases[i].id,
                                  now_ms, &why_));
        const struct standing standing = standing_of(room, &asked, now_ms);
        for (enum standing_kind kind = 0; kind < STANDING_KIND_COUNT; kind++)
            assert_int_equal(standing.is_revoked[kind], kind == cases[i].kind);
        assert_ok(
            standing_restore(room->accounts.tables, "member_1", cases[i].kind, cases[i].id, &why_));
        assert_false(standing_of(room, &asked, now_ms).is_revoked[cases[i].kind]);
    }
}

static void another_members_or_devices_revocation_does_not_count(void **state)
{
    struct room *room = *state;
    assert_ok(
        standing_revoke(room->accounts.tables, "member_2", STANDING_ACCOUNT, "", now_ms, &why_));
    assert_ok(standing_revoke(room->accounts.tables, "member_1", STANDING_DEVICE, "device_11",
                              now_ms, &why_));
    const struct standing standing = standing_of(room, &asked, now_ms);
    assert_false(standing.is_revoked[STANDING_ACCOUNT]);
    assert_false(standing.is_revoked[STANDING_DEVICE]);
    struct why why = {""};
    assert_int_equal(
        standing_revoke(room->accounts.tables, "member_1", STANDING_DEVICE, "a#b", now_ms, &why),
        INVALID);
}

static void the_rank_is_that_of_the_session(void **state)
{
    struct room *room = *state;
    const struct stream streams[] = {{"member_1", "session_0", "film-1", "", NULL},
                                     {"member_1", "session_1", "film-1", "", NULL},
                                     {"member_2", "session_2", "film-1", "", NULL}};
    const struct stream_limits none = {0, 0};
    enum stream_begun begun;
    for (size_t i = 0; i < 3; i++)
        assert_ok(stream_begin(room->accounts.tables, &streams[i], &none, now_ms, &begun, &why_));
    const struct standing standing = standing_of(room, &asked, now_ms);
    assert_true(standing.rank.is_there);
    assert_int_equal(standing.rank.before, 1);
    assert_int_equal(standing.rank.title_before, 1);
}

static void a_rental_starts_once(void **state)
{
    struct room *room = *state;
    const int64_t forget_ms = now_ms + INT64_C(30) * 86400000;
    int64_t started_ms = 0;
    assert_ok(rental_start(room->accounts.tables, "member_1", "rental_1", now_ms, forget_ms,
                           &started_ms, &why_));
    assert_int_equal(started_ms, now_ms);
    assert_ok(rental_start(room->accounts.tables, "member_1", "rental_1", now_ms + MINUTE_MS,
                           forget_ms, &started_ms, &why_));
    assert_int_equal(started_ms, now_ms);
    assert_int_equal(standing_of(room, &asked, now_ms).rental_started_ms, now_ms);
}

ROOM_MAIN(ROOM_TEST(nothing_stands_against_a_new_member),
          ROOM_TEST(each_kind_is_revoked_and_restored_alone),
          ROOM_TEST(another_members_or_devices_revocation_does_not_count),
          ROOM_TEST(the_rank_is_that_of_the_session), ROOM_TEST(a_rental_starts_once))
