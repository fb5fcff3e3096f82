// SPDX-License-Identifier: Apache-2.0
#include "account/caller.h"

#include "account/api_key.h"
#include "room.h"

static void a_member_acts_as_the_profile_that_was_chosen(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_OPERATOR);
    struct session_grant grant;
    struct profile profiles[PROFILES_MAX];
    struct caller caller;
    size_t count;
    assert_ok(session_begin(&room->accounts, &ada, "TV", NULL, &grant, &why_));
    assert_ok(profile_list(&room->accounts, ada.id, profiles, &count, &why_));
    assert_ok(caller_identify(&room->accounts, slice_of(grant.token), &caller, &why_));
    assert_string_equal(caller.profile, "");
    assert_int_equal(caller.rights, member_role_rights(MEMBER_OPERATOR));
    assert_ok(session_choose_profile(&room->accounts, ada.id, grant.session.device.id,
                                     profiles[1].id, &why_));
    assert_ok(caller_identify(&room->accounts, slice_of(grant.token), &caller, &why_));
    assert_string_equal(caller.profile, profiles[1].id);
    assert_int_equal(caller.maturity_age, PROFILE_MATURITY_KIDS);
    assert_int_equal(caller.rights, 0); // in a child's hands
}

static void a_profile_that_is_gone_must_be_chosen_again(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct session_grant grant;
    struct caller caller;
    assert_ok(session_begin(&room->accounts, &ada, "TV", "device_1", &grant, &why_));
    assert_ok(session_choose_profile(&room->accounts, ada.id, "device_1", "profile_gone", &why_));
    assert_ok(caller_identify(&room->accounts, slice_of(grant.token), &caller, &why_));
    assert_string_equal(caller.profile, "");
}

static void a_key_has_rights_and_no_profile(void **state)
{
    struct room *room = *state;
    struct api_key key;
    struct caller caller;
    char text[SECRET_TOKEN_BYTES];
    assert_ok(
        api_key_make(&room->accounts, deed_of_test, NULL, "x", MEMBER_EDITOR, &key, text, &why_));
    assert_ok(caller_identify(&room->accounts, slice_of(text), &caller, &why_));
    assert_int_equal(caller.kind, CALLER_KEY);
    assert_int_equal(caller.rights, MAY_KEEP_CATALOGUE);
    assert_int_equal(caller_identify(&room->accounts, slice_of("pk_no"), &caller, NULL), NOT_FOUND);
    assert_int_equal(caller_guest().rights, 0);
}

ROOM_MAIN(ROOM_TEST(a_member_acts_as_the_profile_that_was_chosen),
          ROOM_TEST(a_profile_that_is_gone_must_be_chosen_again),
          ROOM_TEST(a_key_has_rights_and_no_profile))
