// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    BUSY_MS = 10000, // a writer that holds the file longer than this is stuck
    WAL_TRIES_MAX =
        1000, // 10 s: while others open the same new file, SQLite does not wait by itself
};

outcome sqlite_fail(sqlite3 *db, struct why *why)
{
    static const struct {
        int code;
        outcome result;
    } table[] = {
        {SQLITE_BUSY, UNAVAILABLE}, {SQLITE_LOCKED, UNAVAILABLE}, {SQLITE_FULL, EXHAUSTED},
        {SQLITE_NOMEM, NO_MEMORY},  {SQLITE_CORRUPT, CORRUPT},    {SQLITE_NOTADB, CORRUPT},
        {SQLITE_READONLY, DENIED},  {SQLITE_PERM, DENIED},        {SQLITE_TOOBIG, TOO_LARGE},
    };
    const int code = sqlite3_errcode(db) & 0xff;
    outcome result = UNAVAILABLE;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code) result = table[i].result;
    const char *path = sqlite3_db_filename(db, "main");
    return fail(why, result, "%s: %s", path == NULL ? "database" : path, sqlite3_errmsg(db));
}

outcome sqlite_run(sqlite3 *db, const char *sql, struct why *why)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : sqlite_fail(db, why);
}

outcome sqlite_prepared(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct why *why)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        return sqlite_fail(db, why);
    *out = statement;
    return OK;
}

// Switching a new file to WAL needs it alone for a moment, and SQLite answers BUSY at once instead
// of waiting.
static outcome use_wal(sqlite3 *db, struct why *why)
{
    for (int i = 0; i < WAL_TRIES_MAX; i++) {
        const int code = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK) return OK;
        if (code != SQLITE_BUSY && code != SQLITE_LOCKED) break;
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return sqlite_fail(db, why);
}

static outcome schema_version(sqlite3 *db, int *out, struct why *why)
{
    sqlite3_stmt *statement;
    TRY(sqlite_prepared(db, "PRAGMA user_version", &statement, why));
    bool is_row;
    const outcome result = sql_step(statement, &is_row, why);
    if (result == OK && is_row) *out = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return result;
}

static outcome make_schema(sqlite3 *db, const struct sql_schema *schema, struct why *why)
{
    int version = 0;
    TRY(schema_version(db, &version, why));
    if (version > schema->version)
        return fail(why, UNSUPPORTED,
                    "%s has format %d, this program knows up to %d: use the newer program",
                    sqlite3_db_filename(db, "main"), version, schema->version);
    if (version == schema->version) return OK;
    assert(version == 0 || (version == schema->version - 1 && schema->upgrade != NULL));
    char set[64];
    (void)snprintf(set, sizeof set, "PRAGMA user_version=%d", schema->version);
    TRY(sqlite_run(db, "BEGIN IMMEDIATE", why));
    outcome result = schema_version(db, &version, why); // another process may have been first
    if (result == OK && version < schema->version) {
        result = sqlite_run(db, version == 0 ? schema->ddl : schema->upgrade, why);
        if (result == OK) result = sqlite_run(db, set, why);
    }
    if (result == OK) return sqlite_run(db, "COMMIT", why);
    (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

static outcome configure(sqlite3 *db, const struct sql_schema *schema, struct why *why)
{
    (void)sqlite3_extended_result_codes(db, 0);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    TRY(use_wal(db, why));
    TRY(sqlite_run(db, "PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF", why));
    return make_schema(db, schema, why);
}

outcome sqlite_begin(const char *path, const struct sql_schema *schema, sqlite3 **out,
                     struct why *why)
{
    sqlite3 *db = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    outcome result = OK;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        result = db == NULL
                     ? fail(why, NO_MEMORY, "no memory to open %s", path)
                     : fail(why, UNAVAILABLE, "cannot open %s: %s", path, sqlite3_errmsg(db));
    if (result == OK) result = configure(db, schema, why);
    if (result != OK) {
        sqlite_end(&db);
        return result;
    }
    *out = db;
    return OK;
}

void sqlite_end(sqlite3 **db)
{
    if (*db != NULL) (void)sqlite3_close_v2(*db);
    *db = NULL;
}

struct sql_value sql_integer(int64_t integer)
{
    return (struct sql_value){.kind = SQL_INTEGER, .integer = integer};
}

struct sql_value sql_text(const char *text)
{
    return (struct sql_value){.kind = SQL_TEXT, .bytes = slice_of(text)};
}

struct sql_value sql_blob(struct slice bytes)
{
    return (struct sql_value){.kind = SQL_BLOB, .bytes = bytes};
}

static int bind_one(sqlite3_stmt *statement, int at, const struct sql_value *value)
{
    const char *bytes = value->bytes.len > 0 ? (const char *)value->bytes.at : "";
    const sqlite3_uint64 len = value->bytes.len;
    switch (value->kind) {
    case SQL_INTEGER: return sqlite3_bind_int64(statement, at, value->integer);
    case SQL_TEXT:
        return sqlite3_bind_text64(statement, at, bytes, len, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB: return sqlite3_bind_blob64(statement, at, bytes, len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

outcome sql_bind(sqlite3_stmt *statement, const struct sql_value *values, size_t count,
                 struct why *why)
{
    (void)sqlite3_reset(statement); // repeats the last step's error, which was reported then
    for (size_t i = 0; i < count; i++)
        if (bind_one(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return sqlite_fail(sqlite3_db_handle(statement), why);
    return OK;
}

outcome sql_step(sqlite3_stmt *statement, bool *out_row, struct why *why)
{
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out_row = true;
        return OK;
    }
    const outcome result =
        code == SQLITE_DONE ? OK : sqlite_fail(sqlite3_db_handle(statement), why);
    (void)sqlite3_reset(statement);
    if (result == OK) *out_row = false;
    return result;
}

outcome sql_change(sqlite3_stmt *statement, const struct sql_value *values, size_t count,
                   int *out_changes, struct why *why)
{
    TRY(sql_bind(statement, values, count, why));
    bool is_row;
    TRY(sql_step(statement, &is_row, why));
    if (out_changes != NULL) *out_changes = sqlite3_changes(sqlite3_db_handle(statement));
    return OK;
}

struct slice sql_column_bytes(sqlite3_stmt *statement, int column)
{
    const uint8_t *at = sqlite3_column_blob(statement, column);
    return (struct slice){at, (size_t)sqlite3_column_bytes(statement, column)};
}

const char *sql_column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text == NULL ? "" : (const char *)text;
}
