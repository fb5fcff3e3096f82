// SPDX-License-Identifier: Apache-2.0
#include "catalog/series.h"

#include "room.h"

static void an_edit_of_an_old_copy_is_refused(void **state)
{
    struct room *room = *state;
    struct series mine, theirs;
    room_publish_episode(room, "a", 1, 1);
    assert_int_equal(series_load(room->tables, "harbour", &room->arena, &mine, NULL), OK);
    assert_int_equal(series_load(room->tables, "harbour", &room->arena, &theirs, NULL), OK);
    theirs.title = "Harbour Lights";
    assert_int_equal(series_save(room->tables, &theirs, NULL), OK);
    mine.title = "Lost";
    assert_int_equal(series_save(room->tables, &mine, NULL), CONFLICT);
    room_publish_episode(room, "b", 1, 2); // does not name it anew
    assert_int_equal(series_load(room->tables, "harbour", &room->arena, &mine, NULL), OK);
    assert_string_equal(mine.title, "Harbour Lights");
    assert_int_equal(series_load(room->tables, "none", &room->arena, &mine, NULL), NOT_FOUND);
}

int main(void)
{
#define CASE(test) ROOM_TEST(test)
    const struct CMUnitTest tests[] = {
        CASE(an_edit_of_an_old_copy_is_refused),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
