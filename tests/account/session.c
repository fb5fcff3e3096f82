// SPDX-License-Identifier: Apache-2.0
#include "account/session.h"

#include "room.h"

#include <pthread.h>

static struct session_grant sign_in(struct room *room, const char *login)
{
    struct session_grant grant;
    assert_ok(session_sign_in(&room->accounts, login, "correct horse", "TV", NULL, &grant, &why_));
    return grant;
}

static outcome find(struct room *room, const char *token)
{
    struct session session;
    return session_find(&room->accounts, slice_of(token), &session, NULL);
}

static void a_session_lasts_until_it_is_signed_out(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant grant = sign_in(room, "ADA");
    struct device_page page;
    assert_ok(find(room, grant.token));
    assert_int_equal(find(room, "ps_made-up"), NOT_FOUND);
    assert_ok(device_list(&room->accounts, ada.id, &room->arena, &page, &why_));
    assert_int_equal(page.count, 1);
    assert_string_equal(page.devices[0].name, "TV");
    assert_ok(session_end(&room->accounts, deed_of_test, ada.id, page.devices[0].id, &why_));
    assert_int_equal(find(room, grant.token), NOT_FOUND);
}

static void a_refusal_does_not_tell_who_is_a_member(void **state)
{
    struct room *room = *state;
    struct session_grant grant;
    struct why wrong = {""}, unknown = {""}, disabled = {""};
    struct member ben = room_member(room, "ben", MEMBER_MEMBER);
    (void)room_member(room, "ada", MEMBER_MEMBER);
    ben.is_disabled = true;
    assert_ok(member_save(&room->accounts, deed_of_test, "member.changed", &ben, &why_));
    assert_int_equal(session_sign_in(&room->accounts, "ada", "wrong", "", NULL, &grant, &wrong),
                     DENIED);
    assert_int_equal(session_sign_in(&room->accounts, "eve", "wrong", "", NULL, &grant, &unknown),
                     DENIED);
    assert_int_equal(
        session_sign_in(&room->accounts, "ben", "correct horse", "", NULL, &grant, &disabled),
        DENIED);
    assert_string_equal(wrong.text, unknown.text);
    assert_string_equal(wrong.text, disabled.text);
}

static void wrong_passwords_are_counted_for_members_and_others_alike(void **state)
{
    struct room *room = *state;
    struct session_grant grant;
    (void)room_member(room, "ada", MEMBER_MEMBER);
    static const char *const logins[] = {"ada", "eve"};
    for (size_t i = 0; i < 2; i++) {
        for (int j = 0; j < SIGN_IN_TRIES; j++)
            assert_int_equal(
                session_sign_in(&room->accounts, logins[i], "wrong", "", NULL, &grant, NULL),
                DENIED);
        assert_int_equal(
            session_sign_in(&room->accounts, logins[i], "correct horse", "", NULL, &grant, NULL),
            EXHAUSTED);
    }
    room_wait(room, SIGN_IN_WINDOW_MS + 1);
    (void)sign_in(room, "ada");
}

enum { RUSH = 8 };

struct hurried {
    struct room *room;
    outcome result;
};

static void *hurry(void *context)
{
    struct hurried *hurried = context;
    struct session_grant grant;
    struct why why;
    do {
        why.text[0] = '\0';
        hurried->result = session_sign_in(&hurried->room->accounts, "ada", "correct horse", "TV",
                                          NULL, &grant, &why);
    } while (hurried->result == EXHAUSTED && strstr(why.text, "many sign in just now") != NULL);
    return NULL;
}

static void who_is_turned_away_in_a_rush_is_not_locked_out(void **state)
{
    struct room *room = *state;
    pthread_t threads[RUSH];
    struct hurried hurried[RUSH];
    (void)room_member(room, "ada", MEMBER_MEMBER);
    for (size_t i = 0; i < RUSH; i++) {
        hurried[i].room = room;
        assert_int_equal(pthread_create(&threads[i], NULL, hurry, &hurried[i]), 0);
    }
    for (size_t i = 0; i < RUSH; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < RUSH; i++)
        assert_int_equal(hurried[i].result, OK);
}

static void a_token_rotates_and_the_old_one_has_a_minute(void **state)
{
    struct room *room = *state;
    struct session_grant next;
    (void)room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant first = sign_in(room, "ada");
    assert_ok(session_refresh(&room->accounts, slice_of(first.token), &next, &why_));
    assert_string_not_equal(first.token, next.token);
    assert_string_equal(first.session.device.id, next.session.device.id);
    room_wait(room, SESSION_GRACE_MS);
    assert_ok(find(room, first.token));
    assert_ok(find(room, next.token));
}

static void a_copy_of_an_old_token_ends_the_device(void **state)
{
    struct room *room = *state;
    struct session_grant next;
    (void)room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant first = sign_in(room, "ada");
    assert_ok(session_refresh(&room->accounts, slice_of(first.token), &next, &why_));
    room_wait(room, SESSION_GRACE_MS + 1);
    assert_int_equal(find(room, first.token), NOT_FOUND);
    assert_int_equal(find(room, next.token), NOT_FOUND);
}

static void a_token_that_is_not_refreshed_ends(void **state)
{
    struct room *room = *state;
    (void)room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant grant = sign_in(room, "ada");
    room_wait(room, SESSION_LIFE_MS - 1);
    assert_ok(find(room, grant.token));
    room_wait(room, 2);
    assert_int_equal(find(room, grant.token), NOT_FOUND);
}

static void a_disabled_member_is_out_at_once(void **state)
{
    struct room *room = *state;
    struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant grant = sign_in(room, "ada");
    ada.is_disabled = true;
    assert_ok(member_save(&room->accounts, deed_of_test, "member.changed", &ada, &why_));
    assert_int_equal(find(room, grant.token), DENIED);
}

static void the_device_unseen_for_longest_makes_room(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct device_page page;
    const struct session_grant first = sign_in(room, "ada");
    for (int i = 0; i < DEVICES_MAX; i++) {
        room_wait(room, 1000);
        (void)sign_in(room, "ada");
    }
    assert_int_equal(find(room, first.token), NOT_FOUND);
    assert_ok(device_list(&room->accounts, ada.id, &room->arena, &page, &why_));
    assert_int_equal(page.count, DEVICES_MAX);
}

static void all_but_one_device_can_be_signed_out(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    const struct session_grant a = sign_in(room, "ada"), b = sign_in(room, "ada");
    assert_ok(session_end_all(&room->accounts, deed_of_test, ada.id, b.session.device.id, &why_));
    assert_int_equal(find(room, a.token), NOT_FOUND);
    assert_ok(find(room, b.token));
}

ROOM_MAIN(ROOM_TEST(a_session_lasts_until_it_is_signed_out),
          ROOM_TEST(a_refusal_does_not_tell_who_is_a_member),
          ROOM_TEST(wrong_passwords_are_counted_for_members_and_others_alike),
          ROOM_TEST(who_is_turned_away_in_a_rush_is_not_locked_out),
          ROOM_TEST(a_token_rotates_and_the_old_one_has_a_minute),
          ROOM_TEST(a_copy_of_an_old_token_ends_the_device),
          ROOM_TEST(a_token_that_is_not_refreshed_ends),
          ROOM_TEST(a_disabled_member_is_out_at_once),
          ROOM_TEST(the_device_unseen_for_longest_makes_room),
          ROOM_TEST(all_but_one_device_can_be_signed_out))
