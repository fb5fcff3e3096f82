// SPDX-License-Identifier: Apache-2.0
#include "discovery/index.h"

#include "base/file.h"
#include "discovery/index_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

enum { READERS_MAX = 8 };

// What a copy is made of. A new format is a new file: the number goes up.
static const struct sql_schema index_schema = {
    .version = 1,
    .ddl = "CREATE TABLE doc (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL,"
           " place INTEGER NOT NULL, names TEXT NOT NULL, label TEXT NOT NULL, face TEXT NOT NULL,"
           " published_ms INTEGER NOT NULL, UNIQUE (kind, key));"
           "CREATE VIRTUAL TABLE text USING fts5(words, detail=none, columnsize=0,"
           " prefix='1 2 3', tokenize='ascii');"
           "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(text, row);"
           "CREATE TABLE name (folded TEXT NOT NULL, doc INTEGER NOT NULL,"
           " PRIMARY KEY (folded, doc)) WITHOUT ROWID;"
           "CREATE INDEX name_doc ON name (doc);"
           "CREATE TABLE part (doc INTEGER NOT NULL, entry INTEGER NOT NULL,"
           " PRIMARY KEY (doc, entry)) WITHOUT ROWID;"
           "CREATE INDEX part_entry ON part (entry);"
           "CREATE TABLE window (entry INTEGER NOT NULL, territory TEXT NOT NULL,"
           " from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, age INTEGER NOT NULL,"
           " PRIMARY KEY (entry, territory, from_ms, until_ms)) WITHOUT ROWID;"
           "CREATE TABLE genre (name TEXT NOT NULL, published_ms INTEGER NOT NULL,"
           " doc INTEGER NOT NULL, PRIMARY KEY (name, published_ms, doc)) WITHOUT ROWID;"
           "CREATE INDEX genre_doc ON genre (doc);"
           "CREATE TABLE genre_top (name TEXT NOT NULL, count INTEGER NOT NULL);"
           "CREATE TABLE source (kind INTEGER NOT NULL, key TEXT NOT NULL,"
           " version INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
           "CREATE TABLE state (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);",
};

static const char *const write_sql[WRITE_COUNT] = {
#define WRITE_SQL(name, sql) [WRITE_##name] = sql,
    WRITES(WRITE_SQL)
#undef WRITE_SQL
};

static const char *const read_sql[READ_COUNT] = {
#define READ_SQL(name, sql) [READ_##name] = sql,
    READS(READ_SQL)
#undef READ_SQL
};

// The index of 100,000 titles has some 150 MiB: what is asked often stays in the process.
static const char reader_settings[] = "PRAGMA cache_size=-16384; PRAGMA mmap_size=1073741824";

// --- readers ----------------------------------------------------------------------------------

static void reader_close(struct reader *reader)
{
    for (size_t i = 0; i < READ_COUNT; i++)
        (void)sqlite3_finalize(reader->statements[i]);
    sqlite_end(&reader->db);
    free(reader);
}

static outcome reader_open(const char *path, struct reader **out, struct why *why)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) return fail(why, NO_MEMORY, "no memory to read %s", path);
    outcome result = sqlite_begin(path, &index_schema, &reader->db, why);
    if (result == OK) result = sqlite_run(reader->db, reader_settings, why);
    for (size_t i = 0; i < READ_COUNT && result == OK; i++)
        result = sqlite_prepared(reader->db, read_sql[i], &reader->statements[i], why);
    if (result != OK) {
        reader_close(reader);
        return result;
    }
    *out = reader;
    return OK;
}

outcome reader_take(struct index *index, struct reader **out, struct why *why)
{
    struct reader *reader = NULL;
    pthread_mutex_lock(&index->lock);
    while (index->is_remaking ||
           (index->free_readers == NULL && index->reader_count == READERS_MAX))
        pthread_cond_wait(&index->freed, &index->lock);
    index->asking++;
    reader = index->free_readers;
    if (reader != NULL)
        index->free_readers = reader->next;
    else
        index->reader_count++;
    pthread_mutex_unlock(&index->lock);
    const outcome opened = reader != NULL ? OK : reader_open(index->path, &reader, why);
    if (opened != OK) {
        pthread_mutex_lock(&index->lock);
        index->reader_count--;
        index->asking--;
        pthread_cond_broadcast(&index->freed);
        pthread_mutex_unlock(&index->lock);
        return opened;
    }
    *out = reader;
    return OK;
}

void reader_give(struct index *index, struct reader *reader)
{
    for (size_t i = 0; i < READ_COUNT; i++)
        (void)sqlite3_reset(reader->statements[i]);
    pthread_mutex_lock(&index->lock);
    reader->next = index->free_readers;
    index->free_readers = reader;
    index->asking--;
    pthread_cond_broadcast(&index->freed);
    pthread_mutex_unlock(&index->lock);
}

static void close_readers(struct index *index)
{
    while (index->free_readers != NULL) {
        struct reader *reader = index->free_readers;
        index->free_readers = reader->next;
        index->reader_count--;
        reader_close(reader);
    }
}

// --- the file ---------------------------------------------------------------------------------

static void close_writer(struct index *index)
{
    for (size_t i = 0; i < WRITE_COUNT; i++) {
        (void)sqlite3_finalize(index->writes[i]);
        index->writes[i] = NULL;
    }
    sqlite_end(&index->db);
}

static outcome open_writer(struct index *index, struct why *why)
{
    outcome result = sqlite_begin(index->path, &index_schema, &index->db, why);
    for (size_t i = 0; i < WRITE_COUNT && result == OK; i++)
        result = sqlite_prepared(index->db, write_sql[i], &index->writes[i], why);
    if (result != OK) close_writer(index);
    return result;
}

static void remove_files(const struct index *index)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s%s", index->path, ends[i]);
        (void)unlink(path);
    }
}

outcome writer_ready(struct index *index, struct why *why)
{
    return index->db != NULL ? OK : open_writer(index, why);
}

// A copy is worth nothing that would keep it from being made again.
static outcome open_or_make(struct index *index, struct why *why)
{
    const outcome opened = open_writer(index, why);
    if (opened != CORRUPT && opened != UNSUPPORTED) return opened;
    remove_files(index);
    return open_writer(index, why);
}

outcome index_open(const char *path, struct index **out, struct why *why)
{
    struct index *index = calloc(1, sizeof *index);
    if (index == NULL) return fail(why, NO_MEMORY, "no memory for the index");
    pthread_mutex_init(&index->write_lock, NULL);
    pthread_mutex_init(&index->lock, NULL);
    pthread_cond_init(&index->freed, NULL);
    pthread_rwlock_init(&index->lexicon_lock, NULL);
    index->path = strdup(path);
    outcome result = index->path == NULL ? fail(why, NO_MEMORY, "no memory for the index") : OK;
    if (result == OK) result = lexicon_make(&index->lexicon, why);
    if (result == OK) result = open_or_make(index, why);
    if (result != OK) {
        index_close(&index);
        return result;
    }
    *out = index;
    return OK;
}

void index_close(struct index **index)
{
    if (*index == NULL) return;
    close_readers(*index);
    close_writer(*index);
    lexicon_close(&(*index)->lexicon);
    pthread_rwlock_destroy(&(*index)->lexicon_lock);
    pthread_cond_destroy(&(*index)->freed);
    pthread_mutex_destroy(&(*index)->lock);
    pthread_mutex_destroy(&(*index)->write_lock);
    free((*index)->path);
    free(*index);
    *index = NULL;
}

outcome index_remake(struct index *index, struct why *why)
{
    pthread_mutex_lock(&index->lock);
    index->is_remaking = true;
    while (index->asking > 0)
        pthread_cond_wait(&index->freed, &index->lock);
    close_readers(index);
    pthread_mutex_unlock(&index->lock);
    pthread_mutex_lock(&index->write_lock);
    close_writer(index);
    remove_files(index);
    const outcome opened = open_writer(index, why);
    pthread_mutex_unlock(&index->write_lock);
    pthread_mutex_lock(&index->lock);
    index->is_remaking = false;
    pthread_cond_broadcast(&index->freed);
    pthread_mutex_unlock(&index->lock);
    return opened;
}
