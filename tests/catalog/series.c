// SPDX-License-Identifier: Apache-2.0
#include "catalog/series.h"

#include "base/file.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char folder[32];
    struct table_store *tables;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    char path[64];
    fixture = (struct fixture){.folder = "/tmp/series-XXXXXX", .arena = arena_init(1 << 20)};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(path, sizeof path, "%s/t.db", fixture.folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &fixture.tables, NULL), OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    table_store_close(&fixture->tables);
    arena_release(&fixture->arena);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    return 0;
}

static void publish(struct fixture *fixture, const char *id, int64_t season, int64_t episode)
{
    const struct title title = {.id = id,
                                .version = "1",
                                .title = id,
                                .entry.place = {.series = "harbour",
                                                .series_title = "The Harbour",
                                                .season = season,
                                                .episode = episode}};
    assert_int_equal(title_publish(fixture->tables, &title, NULL), OK);
}

static void an_edit_of_an_old_copy_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct series mine, theirs;
    publish(fixture, "a", 1, 1);
    assert_int_equal(series_load(fixture->tables, "harbour", &fixture->arena, &mine, NULL), OK);
    assert_int_equal(series_load(fixture->tables, "harbour", &fixture->arena, &theirs, NULL), OK);
    theirs.title = "Harbour Lights";
    assert_int_equal(series_save(fixture->tables, &theirs, NULL), OK);
    mine.title = "Lost";
    assert_int_equal(series_save(fixture->tables, &mine, NULL), CONFLICT);
    publish(fixture, "b", 1, 2); // does not name it anew
    assert_int_equal(series_load(fixture->tables, "harbour", &fixture->arena, &mine, NULL), OK);
    assert_string_equal(mine.title, "Harbour Lights");
    assert_int_equal(series_load(fixture->tables, "none", &fixture->arena, &mine, NULL), NOT_FOUND);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_edit_of_an_old_copy_is_refused),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
