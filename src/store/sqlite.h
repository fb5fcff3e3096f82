// SPDX-License-Identifier: Apache-2.0
//
// SQLite with our outcomes, for the backends that keep rows: opening with the settings that all of
// them share, binding by value, stepping.
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "base/slice.h"

#include <sqlite3.h>

struct sql_schema {
    int version;         // of the file, kept as user_version; a newer file is refused
    const char *ddl;     // makes version `version` in an empty file
    const char *upgrade; // makes it of a file of the version before; NULL for version 1
};

// Opens `path`, making the file where missing, as one connection for one thread at a time: WAL,
// every commit synced, up to 10 s of patience with other writers, no foreign surprises (no
// extensions, defensive). UNSUPPORTED for a file of a newer version, CORRUPT for one that is no
// database. Not to be carried across fork().
must_check outcome sqlite_begin(const char *path, const struct sql_schema *schema, sqlite3 **out,
                                struct why *why);

void sqlite_end(sqlite3 **db); // all statements are finalized before

must_check outcome sqlite_run(sqlite3 *db, const char *sql, struct why *why);

// Fails with the connection's last error: EXHAUSTED when the disk is full, UNAVAILABLE when another
// writer is too slow.
must_check outcome sqlite_fail(sqlite3 *db, struct why *why);

must_check outcome sqlite_prepared(sqlite3 *db, const char *sql, sqlite3_stmt **out,
                                   struct why *why);

// What stands for ?1, ?2, ... of a statement. Texts and blobs are borrowed until the statement is
// reset.
struct sql_value {
    enum { SQL_INTEGER, SQL_TEXT, SQL_BLOB } kind;
    int64_t integer;
    struct slice bytes;
};

struct sql_value sql_integer(int64_t integer);
struct sql_value sql_text(const char *text);
struct sql_value sql_blob(struct slice bytes);

#define SQL_VALUES(...)                                                                            \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)

// Resets the statement and binds `count` values: sql_bind(get, SQL_VALUES(sql_text(key),
// sql_integer(now)), why).
must_check outcome sql_bind(sqlite3_stmt *statement, const struct sql_value *values, size_t count,
                            struct why *why);

// Goes to the next row. `*out_row` is false behind the last one; the statement is reset then, and
// on failure.
must_check outcome sql_step(sqlite3_stmt *statement, bool *out_row, struct why *why);

// Binds and runs a statement that gives no rows; `*out_changes`, unless NULL, tells how many it
// changed.
must_check outcome sql_change(sqlite3_stmt *statement, const struct sql_value *values, size_t count,
                              int *out_changes, struct why *why);

// Columns of the current row; valid until the next step.
struct slice sql_column_bytes(sqlite3_stmt *statement, int column);
const char *sql_column_text(sqlite3_stmt *statement, int column); // never NULL

#endif
