// SPDX-License-Identifier: Apache-2.0
//
// Between the parts of the index.
#ifndef DISCOVERY_INDEX_INTERNAL_H
#define DISCOVERY_INDEX_INTERNAL_H

#include "discovery/index.h"
#include "discovery/lexicon.h"
#include "store/sqlite.h"

#include <pthread.h>

enum { NAMES_BYTES_MAX = 64 * 1024 }; // folded: of a title in all languages, or of all its people

// Statements of the writer.
#define WRITES(X)                                                                                  \
    X(ADD_DOC, "INSERT INTO doc (kind, key, place, names, label, face, published_ms)"              \
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"                                              \
               " ON CONFLICT (kind, key) DO UPDATE SET place=excluded.place,"                      \
               " names=excluded.names, label=excluded.label, face=excluded.face,"                  \
               " published_ms=excluded.published_ms RETURNING id")                                 \
    X(FIND_DOC, "SELECT id FROM doc WHERE kind=?1 AND key=?2")                                     \
    X(DROP_DOC, "DELETE FROM doc WHERE id=?1")                                                     \
    X(DROP_TEXT, "DELETE FROM text WHERE rowid=?1")                                                \
    X(DROP_NAMES, "DELETE FROM name WHERE doc=?1")                                                 \
    X(DROP_PARTS, "DELETE FROM part WHERE entry=?1")                                               \
    X(DROP_WINDOWS, "DELETE FROM window WHERE entry=?1")                                           \
    X(DROP_GENRES, "DELETE FROM genre WHERE doc=?1")                                               \
    X(ADD_TEXT, "INSERT INTO text (rowid, words) VALUES (?1, ?2)")                                 \
    X(ADD_NAME, "INSERT OR IGNORE INTO name (folded, doc) VALUES (?1, ?2)")                        \
    X(ADD_PART, "INSERT OR IGNORE INTO part (doc, entry) VALUES (?1, ?2)")                         \
    X(ADD_WINDOW, "INSERT OR IGNORE INTO window (entry, territory, age, from_ms, until_ms)"        \
                  " VALUES (?1, ?2, ?3, ?4, ?5)")                                                  \
    X(ADD_GENRE, "INSERT OR IGNORE INTO genre (name, published_ms, doc) VALUES (?1, ?2, ?3)")      \
    X(MOVE_GENRES, "UPDATE OR REPLACE genre SET published_ms=max(published_ms, ?2) WHERE doc=?1")  \
    X(SHOW_SERIES, "UPDATE doc SET published_ms=max(published_ms, ?2),"                            \
                   " face=CASE WHEN face='' OR ?3 <= place THEN ?4 ELSE face END,"                 \
                   " place=CASE WHEN face='' OR ?3 <= place THEN ?3 ELSE place END WHERE id=?1")   \
    X(FIND_SHOWN, "SELECT face, place, published_ms FROM doc WHERE id=?1")                         \
    X(GET_VERSION, "SELECT version FROM source WHERE kind=?1 AND key=?2")                          \
    X(SET_VERSION, "INSERT OR REPLACE INTO source (kind, key, version) VALUES (?1, ?2, ?3)")       \
    X(GET_COUNT, "SELECT count FROM state WHERE id=1")                                             \
    X(SET_COUNT, "INSERT OR REPLACE INTO state (id, count) VALUES (1, ?1)")                        \
    X(CLEAR_TOP, "DELETE FROM genre_top")                                                          \
    X(FILL_TOP, "INSERT INTO genre_top SELECT name, count(*) FROM genre WHERE name <> ''"          \
                " GROUP BY name")                                                                  \
    X(LIST_WORDS, "SELECT term, doc FROM vocabulary ORDER BY term")

#define WRITE_ENUM(name, sql) WRITE_##name,
enum write { WRITES(WRITE_ENUM) WRITE_COUNT };
#undef WRITE_ENUM

// Whether the viewer of ?2 (age), ?3 (territory), ?4 (now) may see what makes `doc` visible.
#define VISIBLE                                                                                    \
    "EXISTS (SELECT 1 FROM part JOIN window ON window.entry = part.entry WHERE part.doc = doc.id"  \
    " AND window.age <= ?2 AND (?3 = '*' OR window.territory IN ('*', ?3))"                        \
    " AND (?4 < 0 OR (window.from_ms <= ?4 AND window.until_ms > ?4)))"

// What is read of an entry.
#define DOC_COLUMNS "doc.id, doc.kind, doc.key, doc.label, doc.face, doc.published_ms, doc.names"

// Statements of readers. The inner limits bound the work for letters that begin much.
#define READS(X)                                                                                   \
    X(NAMES, "SELECT " DOC_COLUMNS ", doc.place FROM (SELECT doc AS id FROM name"                  \
             " WHERE folded >= ?1 AND folded < ?5 LIMIT 2000) AS found JOIN doc USING (id)"        \
             " WHERE " VISIBLE " LIMIT 200")                                                       \
    X(WORDS, "SELECT " DOC_COLUMNS ", doc.place FROM (SELECT rowid AS id FROM text"                \
             " WHERE text MATCH ?1 LIMIT 4000) AS found JOIN doc USING (id)"                       \
             " WHERE " VISIBLE " LIMIT 1000")                                                      \
    X(BROWSE, "SELECT " DOC_COLUMNS ", genre.published_ms FROM genre JOIN doc ON doc.id ="         \
              " genre.doc WHERE genre.name = ?1 AND (genre.published_ms, genre.doc) < (?5, ?6)"    \
              " AND " VISIBLE " ORDER BY genre.published_ms DESC, genre.doc DESC LIMIT ?7")        \
    X(GENRES, "SELECT name, count FROM genre_top ORDER BY count DESC, name LIMIT ?1")              \
    X(PERSON, "SELECT " DOC_COLUMNS ", person.label FROM doc AS person JOIN part AS credit ON"     \
              " credit.doc = person.id JOIN doc ON doc.id = credit.entry WHERE person.kind = 2"    \
              " AND person.key = ?1 AND " VISIBLE " ORDER BY doc.published_ms DESC LIMIT ?5")

#define READ_ENUM(name, sql) READ_##name,
enum read { READS(READ_ENUM) READ_COUNT };
#undef READ_ENUM

struct reader {
    sqlite3 *db;
    sqlite3_stmt *statements[READ_COUNT];
    struct reader *next; // free ones
};

struct index {
    char *path;
    pthread_mutex_t write_lock; // from begin to commit
    sqlite3 *db;                // the writer's
    sqlite3_stmt *writes[WRITE_COUNT];
    pthread_mutex_t lock; // of what follows
    pthread_cond_t freed;
    struct reader *free_readers;
    size_t reader_count, asking;
    bool is_remaking;
    pthread_rwlock_t lexicon_lock;
    struct lexicon *lexicon;
};

// A reader of one's own; waits when all are in use.
must_check outcome reader_take(struct index *index, struct reader **out, struct why *why);
void reader_give(struct index *index, struct reader *reader);

// Opens the writer's side where a failed index_remake() has left none. Under the write lock.
must_check outcome writer_ready(struct index *index, struct why *why);

#endif
