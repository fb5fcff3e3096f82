// SPDX-License-Identifier: Apache-2.0
#include "account/profile.h"

#include "room.h"

static void a_household_has_six_profiles_at_most(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct profile profile;
    for (int i = 2; i < PROFILES_MAX; i++) {
        profile = (struct profile){.name = "One more", .maturity_age = 18};
        assert_ok(profile_add(&room->accounts, deed_of_test, ada.id, &profile, &why_));
    }
    struct profile again = profile; // a retry of the sixth is no seventh
    assert_ok(profile_add(&room->accounts, deed_of_test, ada.id, &again, &why_));
    profile = (struct profile){.name = "Seventh", .maturity_age = 18};
    assert_int_equal(profile_add(&room->accounts, deed_of_test, ada.id, &profile, NULL), TOO_LARGE);
}

static void a_childs_limit_has_a_limit(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct profile profile = {.name = "Kid", .is_child = true, .maturity_age = 16};
    struct why why = {""};
    assert_int_equal(profile_add(&room->accounts, deed_of_test, ada.id, &profile, &why), INVALID);
    assert_non_null(strstr(why.text, "up to 12"));
    profile.maturity_age = 12;
    assert_ok(profile_add(&room->accounts, deed_of_test, ada.id, &profile, &why_));
}

static void preferences_are_kept_and_checked(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct profile profile = {.name = "Ada", .maturity_age = 18, .audio_language = "pt-BR"}, back;
    (void)snprintf(profile.caption_style, sizeof profile.caption_style, "{\"size\":\"large\"}");
    assert_ok(profile_add(&room->accounts, deed_of_test, ada.id, &profile, &why_));
    assert_ok(profile_load(&room->accounts, ada.id, profile.id, &back, &why_));
    assert_string_equal(back.caption_style, "{\"size\":\"large\"}");
    assert_string_equal(back.audio_language, "pt-BR");
    (void)snprintf(back.caption_style, sizeof back.caption_style, "[1]");
    assert_int_equal(profile_save(&room->accounts, deed_of_test, ada.id, &back, NULL), INVALID);
    (void)snprintf(back.caption_style, sizeof back.caption_style, "%s", "");
    (void)snprintf(back.language, sizeof back.language, "de;x");
    assert_int_equal(profile_save(&room->accounts, deed_of_test, ada.id, &back, NULL), INVALID);
}

static void the_last_profile_stays(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    struct profile profiles[PROFILES_MAX];
    size_t count;
    assert_ok(profile_list(&room->accounts, ada.id, profiles, &count, &why_));
    assert_ok(profile_drop(&room->accounts, deed_of_test, ada.id, profiles[0].id, &why_));
    assert_int_equal(profile_drop(&room->accounts, deed_of_test, ada.id, profiles[0].id, NULL),
                     NOT_FOUND);
    assert_int_equal(profile_drop(&room->accounts, deed_of_test, ada.id, profiles[1].id, NULL),
                     INVALID);
}

static void a_pin_is_counted_and_waits(void **state)
{
    struct room *room = *state;
    struct profile profile = {.id = "profile_1", .name = "Ada"};
    assert_ok(profile_check_pin(&room->accounts, &profile, "", &why_)); // it has none
    assert_int_equal(profile_set_pin(&room->accounts, &profile, "12", NULL), INVALID);
    assert_int_equal(profile_set_pin(&room->accounts, &profile, "12ab", NULL), INVALID);
    assert_ok(profile_set_pin(&room->accounts, &profile, "4711", &why_));
    assert_ok(profile_check_pin(&room->accounts, &profile, "4711", &why_));
    for (int i = 0; i < PROFILE_PIN_TRIES; i++)
        assert_int_equal(profile_check_pin(&room->accounts, &profile, "0000", NULL), DENIED);
    assert_int_equal(profile_check_pin(&room->accounts, &profile, "4711", NULL), EXHAUSTED);
    room_wait(room, PROFILE_PIN_WINDOW_MS + 1);
    assert_ok(profile_check_pin(&room->accounts, &profile, "4711", &why_));
}

ROOM_MAIN(ROOM_TEST(a_household_has_six_profiles_at_most), ROOM_TEST(a_childs_limit_has_a_limit),
          ROOM_TEST(preferences_are_kept_and_checked), ROOM_TEST(the_last_profile_stays),
          ROOM_TEST(a_pin_is_counted_and_waits))
