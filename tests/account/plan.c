// SPDX-License-Identifier: Apache-2.0
#include "account/plan.h"

#include "room.h"

static void every_house_has_a_plan_that_can_be_replaced(void **state)
{
    struct room *room = *state;
    struct plan plan, again, all[PLANS_MAX];
    size_t count;
    assert_ok(plan_load(&room->accounts, "house", &plan, &why_));
    assert_int_equal(plan.streams, 3);
    assert_int_equal(plan.streams_per_title, 2);
    assert_int_equal(plan.version, 0);
    again = plan;
    plan.streams = 5;
    assert_ok(plan_save(&room->accounts, deed_of_test, &plan, &why_));
    assert_int_equal(plan_save(&room->accounts, deed_of_test, &again, NULL), CONFLICT);
    assert_ok(plan_list(&room->accounts, all, &count, &why_));
    assert_int_equal(count, 1);
    assert_int_equal(all[0].streams, 5);
}

static void plans_are_listed_with_the_one_built_in(void **state)
{
    struct room *room = *state;
    struct plan all[PLANS_MAX];
    struct plan mobile = {.id = "mobile", .name = "Mobile", .streams = 1, .streams_per_title = 1};
    size_t count;
    assert_ok(plan_save(&room->accounts, deed_of_test, &mobile, &why_));
    assert_ok(plan_list(&room->accounts, all, &count, &why_));
    assert_int_equal(count, 2);
    assert_string_equal(picture_class_word(all[0].highest), "sd");
    assert_int_equal(plan_load(&room->accounts, "none", &mobile, NULL), NOT_FOUND);
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    const struct plan good = {.id = "p", .name = "P", .streams = 2, .streams_per_title = 2};
    struct plan bad[] = {good, good, good, good, good};
    bad[0].streams = 0;
    bad[1].streams_per_title = 3;
    bad[2].streams = PLAN_STREAMS_MAX + 1;
    bad[3].downloads = PLAN_DOWNLOADS_MAX + 1;
    bad[4].name[0] = '\0';
    assert_ok(plan_check(&good, &why_));
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(plan_check(&bad[i], NULL), INVALID);
}

ROOM_MAIN(ROOM_TEST(every_house_has_a_plan_that_can_be_replaced),
          ROOM_TEST(plans_are_listed_with_the_one_built_in),
          cmocka_unit_test(numbers_out_of_range_are_refused))
