// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include "place.h"

static const struct sql_schema schema = {
    .version = 1, .ddl = "CREATE TABLE fact (word TEXT PRIMARY KEY, number INTEGER, bytes BLOB)"};

static bool open_and_add(void *argument)
{
    sqlite3 *db;
    sqlite3_stmt *add;
    if (sqlite_begin(argument, &schema, &db, NULL) != OK) return false;
    if (sqlite_prepared(db, "INSERT INTO fact VALUES (?1, 1, ?2)", &add, NULL) != OK) return false;
    char word[24];
    (void)snprintf(word, sizeof word, "%d", (int)getpid());
    const bool is_fine =
        sql_change(add, SQL_VALUES(sql_text(word), sql_blob(slice_of(word))), NULL, NULL) == OK;
    (void)sqlite3_finalize(add);
    sqlite_end(&db);
    return is_fine;
}

static void many_processes_may_be_the_first_to_open_a_file(void **state)
{
    (void)state;
    char folder[128], path[200];
    folder_new(folder);
    (void)snprintf(path, sizeof path, "%s/new.db", folder);
    pid_t children[8];
    for (int i = 0; i < 8; i++)
        children[i] = child_start(open_and_add, path);
    for (int i = 0; i < 8; i++)
        child_must_succeed(children[i]);
    sqlite3 *db;
    sqlite3_stmt *read;
    bool is_row = false;
    assert_ok(sqlite_begin(path, &schema, &db, &why_));
    assert_ok(sqlite_prepared(db, "SELECT count(*) FROM fact WHERE word = bytes", &read, &why_));
    assert_ok(sql_step(read, &is_row, &why_));
    assert_true(is_row);
    assert_int_equal(sqlite3_column_int(read, 0), 0); // a text is no blob, whatever its bytes
    (void)sqlite3_finalize(read);
    assert_ok(sqlite_prepared(db, "SELECT sum(number) FROM fact", &read, &why_));
    assert_ok(sql_step(read, &is_row, &why_));
    assert_int_equal(sqlite3_column_int(read, 0), 8);
    assert_ok(sql_step(read, &is_row, &why_));
    assert_false(is_row);
    (void)sqlite3_finalize(read);
    struct why why = {""};
    assert_int_not_equal(sqlite_run(db, "INSERT INTO nothing VALUES (1)", &why), OK);
    assert_non_null(strstr(why.text, "nothing"));
    sqlite_end(&db);
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_processes_may_be_the_first_to_open_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
