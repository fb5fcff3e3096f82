// SPDX-License-Identifier: Apache-2.0
#include "app/search_desk.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_US = 60000000 }; // of a test, on a machine that has much else to do

static const struct viewer adult = {18, "DE", 5000};

static size_t count_of(struct search_desk *desk, const char *text)
{
    autoarena arena = arena_init(16 << 20);
    struct index_hits hits = {.count = 0};
    const outcome found =
        index_search(search_desk_index(desk), text, &adult, 10, &arena, &hits, NULL);
    return found == OK ? hits.count : SIZE_MAX;
}

static void wait_for(struct search_desk *desk, const char *text, size_t count)
{
    const int64_t began_us = clock_us(clock_system());
    while (count_of(desk, text) != count) {
        assert_true(clock_us(clock_system()) - began_us < PATIENCE_US);
        (void)usleep(2000);
    }
}

static void publish(struct table_store *tables, const char *id, const char *name)
{
    const struct title title = {.id = id, .version = "1", .title = name};
    assert_int_equal(title_publish(tables, &title, NULL), OK);
}

// Also what another process writes, which tells nobody here.
static void it_follows_the_catalogue(void **state)
{
    (void)state;
    char folder[] = "/tmp/search-desk-XXXXXX", path[64];
    struct table_store *tables;
    struct search_desk *desk;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/t.db", folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &tables, NULL), OK);
    publish(tables, "a", "Alpha");
    assert_int_equal(search_desk_open(folder, tables, &desk, NULL), OK);
    wait_for(desk, "alpha", 1);
    publish(tables, "b", "Bravo");
    wait_for(desk, "bravo", 1);
    search_desk_tell(desk);
    search_desk_mend(desk); // all is made anew and there again
    assert_int_equal(title_withdraw(tables, "a", NULL), OK);
    wait_for(desk, "alpha", 0);
    wait_for(desk, "bravo", 1);
    search_desk_close(&desk);
    assert_null(desk);
    search_desk_close(&desk);
    table_store_close(&tables);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
