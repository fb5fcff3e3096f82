// SPDX-License-Identifier: Apache-2.0
#include "account/api_key.h"

#include "room.h"

static void a_key_is_found_until_it_is_revoked(void **state)
{
    struct room *room = *state;
    struct api_key made, found;
    char text[SECRET_TOKEN_BYTES];
    assert_ok(api_key_make(&room->accounts, deed_of_test, NULL, "billing", MEMBER_SUPPORT, &made,
                           text, &why_));
    assert_ok(api_key_find(&room->accounts, slice_of(text), &found, &why_));
    assert_string_equal(found.id, made.id);
    assert_int_equal(found.role, MEMBER_SUPPORT);
    assert_ok(api_key_revoke(&room->accounts, deed_of_test, made.id, &why_));
    assert_int_equal(api_key_find(&room->accounts, slice_of(text), &found, NULL), NOT_FOUND);
    assert_int_equal(api_key_revoke(&room->accounts, deed_of_test, made.id, NULL), NOT_FOUND);
}

// A retry cannot show the first text again: it makes another, and the first is none any more.
static void a_key_that_is_made_again_is_one_key(void **state)
{
    struct room *room = *state;
    struct api_key made, all[API_KEYS_MAX];
    char first[SECRET_TOKEN_BYTES], second[SECRET_TOKEN_BYTES];
    size_t count;
    for (int i = 0; i < 2; i++)
        assert_ok(api_key_make(&room->accounts, deed_of_test, "key_1", "billing", MEMBER_EDITOR,
                               &made, i == 0 ? first : second, &why_));
    assert_ok(api_key_list(&room->accounts, all, &count, &why_));
    assert_int_equal(count, 1);
    assert_int_equal(api_key_find(&room->accounts, slice_of(first), &made, NULL), NOT_FOUND);
    assert_ok(api_key_find(&room->accounts, slice_of(second), &made, &why_));
}

static void a_machine_does_not_watch(void **state)
{
    struct room *room = *state;
    struct api_key made;
    char text[SECRET_TOKEN_BYTES];
    assert_int_equal(
        api_key_make(&room->accounts, deed_of_test, NULL, "tv", MEMBER_MEMBER, &made, text, NULL),
        INVALID);
    assert_int_equal(
        api_key_make(&room->accounts, deed_of_test, NULL, "", MEMBER_EDITOR, &made, text, NULL),
        INVALID);
}

ROOM_MAIN(ROOM_TEST(a_key_is_found_until_it_is_revoked),
          ROOM_TEST(a_key_that_is_made_again_is_one_key), ROOM_TEST(a_machine_does_not_watch))
