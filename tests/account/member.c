// SPDX-License-Identifier: Apache-2.0
#include "account/member.h"

#include "account/event.h"
#include "account/profile.h"
#include "room.h"

static void a_login_names_one_member_in_any_case(void **state)
{
    struct room *room = *state;
    const struct member ada = room_member(room, "Ada@Example.org", MEMBER_MEMBER);
    struct member found;
    struct why why = {""};
    assert_ok(member_find(&room->accounts, "ada@example.ORG", &found, &why_));
    assert_string_equal(found.id, ada.id);
    const struct member_draft twin = {.login = "ADA@example.org", .password = "long enough"};
    assert_int_equal(member_add(&room->accounts, deed_of_test, &twin, &found, &why), CONFLICT);
    assert_non_null(strstr(why.text, "is taken"));
    assert_int_equal(member_find(&room->accounts, "nobody", &found, NULL), NOT_FOUND);
}

static void a_repeated_addition_ends_in_the_same_member(void **state)
{
    struct room *room = *state;
    struct member a, b;
    struct member_page page;
    const struct member_draft draft = {
        .id = "member_X", .login = "ada", .password = "long enough", .territory = "DE"};
    assert_ok(member_add(&room->accounts, deed_of_test, &draft, &a, &why_));
    assert_ok(member_add(&room->accounts, deed_of_test, &draft, &b, &why_));
    assert_string_equal(a.id, b.id);
    assert_ok(member_list(&room->accounts, "", 10, &room->arena, &page, &why_));
    assert_int_equal(page.count, 1);
    struct profile profiles[PROFILES_MAX];
    size_t count;
    assert_ok(profile_list(&room->accounts, a.id, profiles, &count, &why_));
    assert_int_equal(count, 2);
    assert_true(profiles[1].is_child);
}

// The login was taken, and then the power went.
static void a_login_whose_member_never_came_to_be_is_free(void **state)
{
    struct room *room = *state;
    const struct member gone = room_member(room, "ada", MEMBER_MEMBER);
    struct table_store *tables = room->accounts.tables;
    assert_ok(tables->ops->drop(tables, "member", gone.id, "record", 0, &why_));
    const struct member again = room_member(room, "ada", MEMBER_MEMBER);
    assert_string_not_equal(again.id, gone.id);
}

static void drafts_that_break_a_rule_are_refused(void **state)
{
    struct room *room = *state;
    struct member member;
    const struct member_draft drafts[] = {
        {.login = NULL},
        {.login = ""},
        {.login = "with space"},
        {.login = "ada", .password = "short"},
        {.login = "ada", .territory = "de"},
        {.login = "ada", .territory = "DEU"},
        {.login = "ada", .name = ""},
        {.login = "ada\n"},
        {.login = "\xff"},
        {.login = "ada", .plan = "no such/plan"},
        {.login = "ada", .id = "../x"},
    };
    for (size_t i = 0; i < sizeof drafts / sizeof drafts[0]; i++)
        assert_int_equal(member_add(&room->accounts, deed_of_test, &drafts[i], &member, NULL),
                         INVALID);
}

static void an_addition_that_was_begun_is_known_by_its_login_and_id(void **state)
{
    struct room *room = *state;
    bool is_begun = true;
    const struct accounts *accounts = &room->accounts;
    assert_ok(member_is_begun(accounts, "ada", "member_1", &is_begun, &why_));
    assert_false(is_begun);
    const struct member ada = room_member(room, "ada", MEMBER_MEMBER);
    assert_ok(member_is_begun(accounts, "ADA", ada.id, &is_begun, &why_));
    assert_true(is_begun);
    assert_ok(member_is_begun(accounts, "ada", "member_1", &is_begun, &why_));
    assert_false(is_begun);
}

static void who_edits_an_old_copy_is_refused(void **state)
{
    struct room *room = *state;
    struct member mine = room_member(room, "ada", MEMBER_MEMBER), theirs = mine;
    (void)snprintf(mine.territory, sizeof mine.territory, "FR");
    assert_ok(member_save(&room->accounts, deed_of_test, "member.changed", &mine, &why_));
    assert_int_equal(member_save(&room->accounts, deed_of_test, "member.changed", &theirs, NULL),
                     CONFLICT);
}

static void a_page_says_whether_there_is_more(void **state)
{
    struct room *room = *state;
    struct member_page page;
    for (int i = 0; i < 4; i++) {
        char login[8];
        (void)snprintf(login, sizeof login, "m%d", i);
        (void)room_member(room, login, MEMBER_MEMBER);
        room_wait(room, 1);
    }
    assert_ok(member_list(&room->accounts, "", 2, &room->arena, &page, &why_));
    assert_int_equal(page.count, 2);
    assert_string_equal(page.members[0].login, "m0");
    assert_ok(member_list(&room->accounts, page.next, 2, &room->arena, &page, &why_));
    assert_int_equal(page.count, 2);
    assert_string_equal(page.members[1].login, "m3");
    assert_string_equal(page.next, ""); // exactly full, and nothing behind it
}

static void roles_are_words_with_rights(void **state)
{
    (void)state;
    enum member_role role;
    struct why why = {""};
    assert_ok(member_role_parse("support", &role, &why_));
    assert_int_equal(member_role_rights(role), MAY_KEEP_MEMBERS | MAY_READ_LOG);
    assert_int_equal(member_role_parse("operater", &role, &why), INVALID);
    assert_non_null(strstr(why.text, "did you mean operator"));
    assert_int_equal(member_role_rights(MEMBER_MEMBER), 0);
}

static void adding_and_changing_are_in_the_log(void **state)
{
    struct room *room = *state;
    struct member ada = room_member(room, "ada", MEMBER_EDITOR);
    struct event_page page;
    room_wait(room, 1);
    assert_ok(member_set_password(&room->accounts, deed_of_test, &ada, "another one", &why_));
    assert_true(password_matches(ada.password, "another one"));
    assert_ok(event_list(&room->accounts, "", 10, &room->arena, &page, &why_));
    assert_int_equal(page.count, 2);
    assert_string_equal(page.events[0].action, "member.password_set");
    assert_string_equal(page.events[1].action, "member.added");
    assert_string_equal(page.events[1].detail, "role=editor plan=house");
}

ROOM_MAIN(ROOM_TEST(a_login_names_one_member_in_any_case),
          ROOM_TEST(a_repeated_addition_ends_in_the_same_member),
          ROOM_TEST(a_login_whose_member_never_came_to_be_is_free),
          ROOM_TEST(drafts_that_break_a_rule_are_refused),
          ROOM_TEST(an_addition_that_was_begun_is_known_by_its_login_and_id),
          ROOM_TEST(who_edits_an_old_copy_is_refused), ROOM_TEST(a_page_says_whether_there_is_more),
          cmocka_unit_test(roles_are_words_with_rights),
          ROOM_TEST(adding_and_changing_are_in_the_log))
