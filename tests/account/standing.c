// SPDX-License-Identifier: Apache-2.0
#include "account/standing.h"

#include "store/table_sqlite.h"

#include "../store/place.h"

enum { MINUTE_MS = 60000 };

static const int64_t now_ms = 1795000000000;

struct desk {
    char folder[128];
    struct clock_manual clock;
    struct table_store *tables;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    char path[160];
    assert_non_null(desk);
    folder_new(desk->folder);
    desk->clock = clock_manual_init(1000, now_ms - 1);
    (void)snprintf(path, sizeof path, "%s/primrose.db", desk->folder);
    assert_ok(table_sqlite_open(path, &desk->clock.clock, &desk->tables, &why_));
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    table_store_close(&desk->tables);
    assert_ok(folder_remove(desk->folder, &why_));
    free(desk);
    return 0;
}

static const struct standing_query asked = {
    .member = "member_1",
    .device = "device_1",
    .session = "session_1",
    .title = "film-1",
    .grants = {"rental_1", "ent_1"},
    .rental = "rental_1",
};

static struct standing standing_of(struct desk *desk, const struct standing_query *query,
                                   int64_t at_ms)
{
    struct standing out;
    assert_ok(standing_load(desk->tables, query, at_ms, &out, &why_));
    return out;
}

static void keep(struct desk *desk, const char *session, const char *title, int64_t at_ms)
{
    const struct stream stream = {"member_1", session, title, ""};
    desk->clock.now_us = (at_ms - desk->clock.wall_offset_ms) * 1000;
    assert_ok(stream_keep(desk->tables, &stream, at_ms, &why_));
}

static void nothing_stands_against_a_new_member(void **state)
{
    const struct standing standing = standing_of(*state, &asked, now_ms);
    for (size_t i = 0; i < STANDING_KIND_COUNT; i++)
        assert_false(standing.is_revoked[i]);
    assert_false(standing.has_stream);
    assert_int_equal(standing.streams_before, 0);
    assert_int_equal(standing.rental_started_ms, 0);
}

static void each_kind_is_revoked_and_restored_alone(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum standing_kind kind;
        const char *id;
    } cases[] = {
        {STANDING_ACCOUNT, ""},          {STANDING_DEVICE, "device_1"},
        {STANDING_SESSION, "session_1"}, {STANDING_GRANT, "rental_1"},
        {STANDING_GRANT, "ent_1"},       {STANDING_TITLE, "film-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(
            standing_revoke(desk->tables, "member_1", cases[i].kind, cases[i].id, now_ms, &why_));
        const struct standing standing = standing_of(desk, &asked, now_ms);
        for (enum standing_kind kind = 0; kind < STANDING_KIND_COUNT; kind++)
            assert_int_equal(standing.is_revoked[kind], kind == cases[i].kind);
        assert_ok(standing_restore(desk->tables, "member_1", cases[i].kind, cases[i].id, &why_));
        assert_false(standing_of(desk, &asked, now_ms).is_revoked[cases[i].kind]);
    }
}

static void another_members_or_devices_revocation_does_not_count(void **state)
{
    struct desk *desk = *state;
    assert_ok(standing_revoke(desk->tables, "member_2", STANDING_ACCOUNT, "", now_ms, &why_));
    assert_ok(
        standing_revoke(desk->tables, "member_1", STANDING_DEVICE, "device_11", now_ms, &why_));
    const struct standing standing = standing_of(desk, &asked, now_ms);
    assert_false(standing.is_revoked[STANDING_ACCOUNT]);
    assert_false(standing.is_revoked[STANDING_DEVICE]);
    struct why why = {""};
    assert_int_equal(
        standing_revoke(desk->tables, "member_1", STANDING_DEVICE, "a#b", now_ms, &why), INVALID);
}

static void the_streams_that_began_first_count_first(void **state)
{
    struct desk *desk = *state;
    keep(desk, "session_3", "film-2", now_ms);
    keep(desk, "session_2", "film-1", now_ms + 1000);
    keep(desk, "session_1", "film-1", now_ms + 2000);
    keep(desk, "session_4", "film-1", now_ms + 3000);
    struct standing standing = standing_of(desk, &asked, now_ms + 4000);
    assert_true(standing.has_stream);
    assert_int_equal(standing.stream_until_ms, now_ms + 2000 + STREAM_LEASE_MS);
    assert_int_equal(standing.streams_before, 2);
    assert_int_equal(standing.title_streams_before, 1);
    struct standing_query fresh = asked;
    fresh.session = "session_9";
    standing = standing_of(desk, &fresh, now_ms + 4000);
    assert_false(standing.has_stream);
    assert_int_equal(standing.streams_before, 4);
    assert_int_equal(standing.title_streams_before, 3);
    assert_ok(stream_end(desk->tables, "member_1", "session_3", &why_));
    assert_int_equal(standing_of(desk, &asked, now_ms + 4000).streams_before, 1);
}

static void streams_of_the_same_moment_agree_on_an_order(void **state)
{
    struct desk *desk = *state;
    keep(desk, "session_1", "film-1", now_ms);
    keep(desk, "session_0", "film-1", now_ms);
    struct standing_query other = asked;
    other.session = "session_0";
    assert_int_equal(standing_of(desk, &asked, now_ms).streams_before, 1);
    assert_int_equal(standing_of(desk, &other, now_ms).streams_before, 0);
}

static void a_stream_that_is_kept_keeps_its_beginning_and_one_that_is_not_ends(void **state)
{
    struct desk *desk = *state;
    keep(desk, "session_1", "film-1", now_ms);
    keep(desk, "session_2", "film-1", now_ms + 1);
    keep(desk, "session_1", "film-1", now_ms + MINUTE_MS);
    assert_int_equal(standing_of(desk, &asked, now_ms + MINUTE_MS).streams_before, 0);
    const int64_t later_ms = now_ms + 1 + STREAM_LEASE_MS; // session_2 was never kept
    struct standing_query other = asked;
    other.session = "session_2";
    const struct standing standing = standing_of(desk, &other, later_ms);
    assert_false(standing.has_stream);
    assert_int_equal(standing.streams_before, 1);
}

static void a_rental_starts_once(void **state)
{
    struct desk *desk = *state;
    const int64_t forget_ms = now_ms + INT64_C(30) * 86400000;
    int64_t started_ms = 0;
    assert_ok(
        rental_start(desk->tables, "member_1", "rental_1", now_ms, forget_ms, &started_ms, &why_));
    assert_int_equal(started_ms, now_ms);
    assert_ok(rental_start(desk->tables, "member_1", "rental_1", now_ms + MINUTE_MS, forget_ms,
                           &started_ms, &why_));
    assert_int_equal(started_ms, now_ms);
    assert_int_equal(standing_of(desk, &asked, now_ms).rental_started_ms, now_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_stands_against_a_new_member, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(each_kind_is_revoked_and_restored_alone, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(another_members_or_devices_revocation_does_not_count,
                                        open_desk, close_desk),
        cmocka_unit_test_setup_teardown(the_streams_that_began_first_count_first, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(streams_of_the_same_moment_agree_on_an_order, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(
            a_stream_that_is_kept_keeps_its_beginning_and_one_that_is_not_ends, open_desk,
            close_desk),
        cmocka_unit_test_setup_teardown(a_rental_starts_once, open_desk, close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
