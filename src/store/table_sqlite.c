// SPDX-License-Identifier: Apache-2.0
#include "store/table_sqlite.h"

#include "store/sqlite.h"
#include "store/table_writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { READERS_MAX = 16 }; // more callers wait: each costs a connection with its page cache

const struct sql_schema table_schema = {
    .version = 1,
    .ddl = "CREATE TABLE item (tab TEXT NOT NULL, partition TEXT NOT NULL, sort TEXT NOT NULL,"
           " version INTEGER NOT NULL, rank INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
           " value BLOB NOT NULL, PRIMARY KEY (tab, partition, sort)) WITHOUT ROWID;"
           "CREATE INDEX item_expiry ON item (expires_ms) WHERE expires_ms > 0;",
};

struct reader {
    sqlite3 *db;
    sqlite3_stmt *get, *query;
    struct reader *next; // free ones
};

struct sqlite_table {
    struct table_store base;
    const struct clock *clock;
    struct table_writer *writer;
    char *path;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t freed;
    struct reader *free_readers;
    size_t reader_count;
};

static struct sqlite_table *table_of(struct table_store *store)
{
    return (struct sqlite_table *)store;
}

// --- readers ----------------------------------------------------------------------------

static void reader_close(struct reader *reader)
{
    (void)sqlite3_finalize(reader->get);
    (void)sqlite3_finalize(reader->query);
    sqlite_end(&reader->db);
    free(reader);
}

static outcome reader_open(const char *path, struct reader **out, struct why *why)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) return fail(why, NO_MEMORY, "no memory to read %s", path);
    outcome result = sqlite_begin(path, &table_schema, &reader->db, why);
    if (result == OK)
        result = sqlite_prepared(reader->db,
                                 "SELECT sort, version, expires_ms, value FROM item WHERE tab=?1"
                                 " AND partition=?2 AND sort=?3 AND"
                                 " (expires_ms=0 OR expires_ms>?4)",
                                 &reader->get, why);
    if (result == OK)
        result = sqlite_prepared(reader->db,
                                 "SELECT sort, version, expires_ms, value FROM item WHERE tab=?1"
                                 " AND partition=?2 AND sort>=?3 AND sort>?4 AND"
                                 " (expires_ms=0 OR expires_ms>?5) ORDER BY sort LIMIT ?6",
                                 &reader->query, why);
    if (result != OK) {
        reader_close(reader);
        return result;
    }
    *out = reader;
    return OK;
}

static outcome reader_take(struct sqlite_table *table, struct reader **out, struct why *why)
{
    pthread_mutex_lock(&table->lock);
    while (table->free_readers == NULL && table->reader_count == READERS_MAX)
        pthread_cond_wait(&table->freed, &table->lock);
    struct reader *reader = table->free_readers;
    if (reader != NULL)
        table->free_readers = reader->next;
    else
        table->reader_count++;
    pthread_mutex_unlock(&table->lock);
    if (reader != NULL) {
        *out = reader;
        return OK;
    }
    const outcome opened = reader_open(table->path, out, why);
    if (opened == OK) return OK;
    pthread_mutex_lock(&table->lock);
    table->reader_count--;
    pthread_cond_signal(&table->freed);
    pthread_mutex_unlock(&table->lock);
    return opened;
}

static void reader_give(struct sqlite_table *table, struct reader *reader)
{
    (void)sqlite3_reset(reader->get); // ends its read transaction
    (void)sqlite3_reset(reader->query);
    pthread_mutex_lock(&table->lock);
    reader->next = table->free_readers;
    table->free_readers = reader;
    pthread_cond_signal(&table->freed);
    pthread_mutex_unlock(&table->lock);
}

static outcome item_copy(sqlite3_stmt *row, const char *partition, struct arena *arena,
                         struct table_item *out, struct why *why)
{
    const struct slice value = sql_column_bytes(row, 3);
    const char *partition_copy = arena_copy(arena, slice_of(partition));
    const char *sort = arena_copy(arena, sql_column_bytes(row, 0));
    const char *bytes = arena_copy(arena, value);
    if (partition_copy == NULL || sort == NULL || bytes == NULL)
        return fail(why, NO_MEMORY, "no memory for the %zu bytes of %s", value.len, partition);
    *out = (struct table_item){
        .partition = partition_copy,
        .sort = sort,
        .value = {(const uint8_t *)bytes, value.len},
        .version = (uint64_t)sqlite3_column_int64(row, 1),
        .expires_ms = sqlite3_column_int64(row, 2),
    };
    return OK;
}

static outcome sqlite_get(struct table_store *base, const char *table, const char *partition,
                          const char *sort, struct arena *arena, struct table_item *out,
                          struct why *why)
{
    TRY(table_keys_check(table, partition, sort, why));
    struct sqlite_table *self = table_of(base);
    struct reader *reader;
    TRY(reader_take(self, &reader, why));
    bool is_row = false;
    outcome result = sql_bind(reader->get,
                              SQL_VALUES(sql_text(table), sql_text(partition), sql_text(sort),
                                         sql_integer(clock_wall_ms(self->clock))),
                              why);
    if (result == OK) result = sql_step(reader->get, &is_row, why);
    if (result == OK && !is_row)
        result = fail(why, NOT_FOUND, "there is no %s %s/%s", table, partition, sort);
    if (result == OK) result = item_copy(reader->get, partition, arena, out, why);
    reader_give(self, reader);
    return result;
}

static outcome read_page(sqlite3_stmt *query, const char *partition, const char *prefix,
                         size_t limit, struct arena *arena, struct table_item *items,
                         size_t *out_count, struct why *why)
{
    size_t count = 0;
    while (count < limit) {
        bool is_row;
        TRY(sql_step(query, &is_row, why));
        if (!is_row || !slice_starts(sql_column_bytes(query, 0), prefix)) break;
        TRY(item_copy(query, partition, arena, &items[count], why));
        count++;
    }
    *out_count = count;
    return OK;
}

static outcome sqlite_query(struct table_store *base, const char *table, const char *partition,
                            const char *prefix, const char *after, size_t limit,
                            struct arena *arena, struct table_item **out, size_t *out_count,
                            struct why *why)
{
    TRY(table_query_check(table, partition, prefix, limit, why));
    struct sqlite_table *self = table_of(base);
    struct table_item *items = arena_take_array(arena, limit, sizeof *items);
    if (items == NULL) return fail(why, NO_MEMORY, "no memory for a page of %zu items", limit);
    struct reader *reader;
    TRY(reader_take(self, &reader, why));
    outcome result =
        sql_bind(reader->query,
                 SQL_VALUES(sql_text(table), sql_text(partition), sql_text(prefix),
                            sql_text(after == NULL ? "" : after),
                            sql_integer(clock_wall_ms(self->clock)), sql_integer((int64_t)limit)),
                 why);
    if (result == OK)
        result = read_page(reader->query, partition, prefix, limit, arena, items, out_count, why);
    reader_give(self, reader);
    if (result == OK) *out = items;
    return result;
}

// --- writing and opening ----------------------------------------------------------------

static outcome sqlite_put(struct table_store *base, const char *table,
                          const struct table_write *write, uint64_t *out_version, struct why *why)
{
    TRY(table_write_check(table, write, why));
    return table_writer_put(table_of(base)->writer, table, write, out_version, why);
}

static outcome sqlite_drop(struct table_store *base, const char *table, const char *partition,
                           const char *sort, uint64_t version, struct why *why)
{
    TRY(table_keys_check(table, partition, sort, why));
    return table_writer_drop(table_of(base)->writer, table, partition, sort, version, why);
}

static outcome sqlite_submit(struct table_store *base, struct table_pending *pending,
                             struct why *why)
{
    TRY(table_write_check(pending->table, &pending->write, why));
    table_writer_submit(table_of(base)->writer, pending);
    return OK;
}

static void sqlite_close(struct table_store *base)
{
    struct sqlite_table *table = table_of(base);
    table_writer_close(table->writer);
    while (table->free_readers != NULL) {
        struct reader *reader = table->free_readers;
        table->free_readers = reader->next;
        table->reader_count--;
        reader_close(reader);
    }
    assert(table->reader_count == 0); // nobody reads a store that is being closed
    pthread_cond_destroy(&table->freed);
    pthread_mutex_destroy(&table->lock);
    free(table->path);
    free(table);
}

static const struct table_ops sqlite_ops = {
    .put = sqlite_put,
    .submit = sqlite_submit,
    .get = sqlite_get,
    .query = sqlite_query,
    .drop = sqlite_drop,
    .close = sqlite_close,
};

outcome table_sqlite_open(const char *path, const struct clock *clock, struct table_store **out,
                          struct why *why)
{
    struct sqlite_table *table = calloc(1, sizeof *table);
    char *path_copy = strdup(path);
    outcome result = OK;
    if (table == NULL || path_copy == NULL)
        result = fail(why, NO_MEMORY, "no memory to open %s", path);
    struct table_writer *writer = NULL;
    if (result == OK) result = table_writer_open(path, &table_schema, clock, &writer, why);
    if (result != OK) {
        free(table);
        free(path_copy);
        return result;
    }
    *table = (struct sqlite_table){
        .base = {&sqlite_ops}, .clock = clock, .writer = writer, .path = path_copy};
    pthread_mutex_init(&table->lock, NULL);
    pthread_cond_init(&table->freed, NULL);
    *out = &table->base;
    return OK;
}
