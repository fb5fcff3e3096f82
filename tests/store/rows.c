// SPDX-License-Identifier: Apache-2.0
#include "store/rows.h"

#include "place.h"
#include "store/table_sqlite.h"

struct boat {
    char name[16];
    uint32_t oars;
};

static const struct record_member boat_members[] = {RECORD_TEXT(struct boat, name),
                                                    RECORD_U32(struct boat, oars)};
static const struct record boat_record = RECORD("a boat", boat_members);

struct fixture {
    char folder[128];
    struct table_store *tables;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char path[160];
    assert_non_null(fixture);
    folder_new(fixture->folder);
    (void)snprintf(path, sizeof path, "%s/t.db", fixture->folder);
    fixture->arena = arena_init(1 << 20);
    assert_ok(table_sqlite_open(path, clock_system(), &fixture->tables, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    table_store_close(&fixture->tables);
    arena_release(&fixture->arena);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static const struct row_key key = {"boat", "lake", "a"};

static void a_row_comes_back_as_it_was_put(void **state)
{
    struct fixture *fixture = *state;
    const struct boat in = {"Wren", 2};
    struct boat out;
    uint64_t version = 0;
    assert_int_equal(row_get(fixture->tables, key, &boat_record, &out, NULL, NULL), NOT_FOUND);
    assert_ok(row_put(fixture->tables, key, &boat_record, &in, (struct row_terms){0}, NULL, &why_));
    assert_ok(row_get(fixture->tables, key, &boat_record, &out, &version, &why_));
    assert_string_equal(out.name, "Wren");
    assert_int_equal(out.oars, 2);
    assert_int_equal(version, 1);
}

static void an_edit_of_what_was_changed_meanwhile_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct boat boat = {"Wren", 2};
    const struct row_terms first = {.condition = TABLE_VERSION, .version = 1};
    assert_ok(
        row_put(fixture->tables, key, &boat_record, &boat, (struct row_terms){0}, NULL, NULL));
    assert_ok(row_put(fixture->tables, key, &boat_record, &boat, first, NULL, NULL));
    assert_int_equal(row_put(fixture->tables, key, &boat_record, &boat, first, NULL, NULL),
                     CONFLICT);
    assert_int_equal(row_drop(fixture->tables, key, 1, NULL), CONFLICT);
    assert_ok(row_drop(fixture->tables, key, 2, NULL));
    assert_ok(row_drop(fixture->tables, key, 0, NULL));
}

static void rows_are_listed_behind_a_place(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 5; i++) {
        const char sort[] = {(char)('a' + (int)i), '\0'};
        const struct boat boat = {"b", i};
        assert_ok(row_put(fixture->tables, (struct row_key){"boat", "lake", sort}, &boat_record,
                          &boat, (struct row_terms){0}, NULL, NULL));
    }
    struct row_page page;
    assert_ok(row_list(fixture->tables, (struct row_key){"boat", "lake", ""}, "b", 2, &boat_record,
                       sizeof(struct boat), &fixture->arena, &page, NULL));
    const struct boat *boats = page.items;
    assert_int_equal(page.count, 2);
    assert_int_equal(boats[0].oars, 2);
    assert_string_equal(page.sorts[1], "d");
    assert_int_equal(page.versions[1], 1);
}

static void a_row_that_cannot_be_read_is_damage(void **state)
{
    struct fixture *fixture = *state;
    const struct table_write write = {
        .item = {.partition = "lake", .sort = "a", .value = slice_of("{\"name\":7}")}};
    struct boat out;
    assert_ok(fixture->tables->ops->put(fixture->tables, "boat", &write, NULL, NULL));
    assert_int_equal(row_get(fixture->tables, key, &boat_record, &out, NULL, NULL), CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_row_comes_back_as_it_was_put),
        TEST(an_edit_of_what_was_changed_meanwhile_is_refused),
        TEST(rows_are_listed_behind_a_place),
        TEST(a_row_that_cannot_be_read_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
