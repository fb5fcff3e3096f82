// SPDX-License-Identifier: Apache-2.0
#include "catalog/changes.h"

#include "base/file.h"
#include "catalog/title.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// What a copy relies on: the count moves with every change, and the entry of what changed, too.
static void every_change_moves_the_count_and_its_entry(void **state)
{
    (void)state;
    char folder[] = "/tmp/changes-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/t.db", folder);
    struct table_store *tables;
    assert_int_equal(table_sqlite_open(path, clock_system(), &tables, NULL), OK);
    autoarena arena = arena_init(1 << 16);
    struct change *changes;
    size_t count;
    uint64_t first, second, third;
    assert_int_equal(changes_read(tables, &first, NULL), OK);
    assert_int_equal(first, 0);
    const struct title title = {.id = "a", .version = "1", .title = "A"};
    assert_int_equal(title_publish(tables, &title, NULL), OK);
    assert_int_equal(changes_read(tables, &second, NULL), OK);
    assert_true(second > first);
    assert_int_equal(changes_list(tables, "title-list", "", 10, &arena, &changes, &count, NULL),
                     OK);
    assert_int_equal(count, 1);
    assert_string_equal(changes[0].id, "a");
    const uint64_t before = changes[0].version;
    assert_int_equal(title_withdraw(tables, "a", NULL), OK);
    assert_int_equal(changes_read(tables, &third, NULL), OK);
    assert_true(third > second);
    assert_int_equal(changes_list(tables, "title-list", "", 10, &arena, &changes, &count, NULL),
                     OK);
    assert_int_equal(count, 1); // so that a copy learns of it
    assert_true(changes[0].version > before);
    assert_int_equal(changes_list(tables, "title-list", "a", 10, &arena, &changes, &count, NULL),
                     OK);
    assert_int_equal(count, 0);
    table_store_close(&tables);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_moves_the_count_and_its_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
