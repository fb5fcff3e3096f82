// SPDX-License-Identifier: Apache-2.0
#include "store/table_sqlite.h"

#include "store/sqlite.h"

#include "conformance_table.h"
#include "place.h"

#include <pthread.h>

static void *make_file(void)
{
    char *path = malloc(160);
    assert_non_null(path);
    folder_new(path);
    return path;
}

static void remove_file(void *place)
{
    assert_ok(folder_remove(place, &why_));
    free(place);
}

static void path_in(const char *folder, char *out)
{
    (void)snprintf(out, 200, "%s/primrose.db", folder);
}

static outcome open_file(void *place, const struct clock *clock, struct table_store **out,
                         struct why *why)
{
    char path[200];
    path_in(place, path);
    return table_sqlite_open(path, clock, out, why);
}

enum { CALLERS = 64, WRITES = 8 };

static void *write_some(void *argument)
{
    struct table_store *store = argument;
    for (int i = 0; i < WRITES; i++) {
        char sort[64];
        (void)snprintf(sort, sizeof sort, "%lx-%d", (unsigned long)pthread_self(), i);
        const struct table_write write = {
            .item = {.partition = "p", .sort = sort, .value = slice_of("x")},
            .condition = TABLE_ABSENT};
        if (store->ops->put(store, "t", &write, NULL, NULL) != OK) return NULL;
    }
    return store;
}

// The WAL has one commit frame per transaction: with many callers there must be far fewer of them
// than writes.
static void many_callers_share_commits(void **state)
{
    (void)state;
    char folder[128], path[200];
    folder_new(folder);
    path_in(folder, path);
    struct table_store *store;
    assert_ok(table_sqlite_open(path, clock_system(), &store, &why_));
    // Another connection holds the file until all callers stand in line: what they then share is no
    // matter of speed.
    sqlite3 *holder;
    assert_int_equal(sqlite3_open(path, &holder), SQLITE_OK);
    assert_int_equal(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, store), 0);
    assert_int_equal(sqlite3_exec(holder, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < CALLERS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    char wal[210];
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    autobuffer bytes = buffer_init(64 << 20);
    assert_ok(file_read(wal, &bytes, &why_));
    const size_t frame = 24 + read_u32be(bytes.at + 8);
    size_t commits = 0;
    for (size_t at = 32; at + frame <= bytes.len; at += frame)
        commits +=
            read_u32be(bytes.at + at + 4) != 0; // size of the database: only in commit frames
    print_message("# %d writes in %zu commits\n", CALLERS * WRITES, commits);
    assert_true(commits > 0 && commits < CALLERS * WRITES / 2);
    assert_int_equal(sqlite3_close(holder), SQLITE_OK);
    table_store_close(&store);
    assert_ok(folder_remove(folder, &why_));
}

static void a_file_that_is_no_database_or_too_new_is_refused(void **state)
{
    (void)state;
    char folder[128], path[200];
    folder_new(folder);
    path_in(folder, path);
    char noise[4096];
    memset(noise, 'n', sizeof noise);
    assert_ok(file_write_atomic(path, (struct slice){(uint8_t *)noise, sizeof noise}, 0600, &why_));
    struct table_store *store = NULL;
    struct why why = {""};
    assert_int_equal(table_sqlite_open(path, clock_system(), &store, &why), CORRUPT);
    assert_non_null(strstr(why.text, "primrose.db"));
    assert_int_equal(unlink(path), 0);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=999", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(table_sqlite_open(path, clock_system(), &store, &why), UNSUPPORTED);
    assert_non_null(strstr(why.text, "newer"));
    assert_null(store);
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct table_place place = {"table conformance: SQLite", make_file, remove_file,
                                      open_file};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_callers_share_commits),
        cmocka_unit_test(a_file_that_is_no_database_or_too_new_is_refused),
    };
    return run_table_conformance(&place, tests, sizeof tests / sizeof tests[0]);
}
