// SPDX-License-Identifier: Apache-2.0
//
// The table port: items under a partition key and a sort key, written one at a time under a
// condition. What DynamoDB gives everywhere; SQLite imitates it.
//
//     table "title"      partition "film-1"   sort "record"          -> value (bytes, usually
//     JSON), version 7 table "position"   partition "prof_01"  sort "film-1#dev_02"   -> ...
//
// Backends: SQLite (store/table_sqlite.h), one writer with group commit; DynamoDB
// (store/table_dynamodb.h). All pass tests/store/conformance_table.h. Every call is thread-safe.
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include "base/arena.h"

enum {
    TABLE_NAME_BYTES = 64,
    TABLE_KEY_BYTES = 512,          // each of partition and sort; DynamoDB allows 2048 and 1024
    TABLE_VALUE_BYTES = 256 * 1024, // DynamoDB's limit for an item is 400 KB
    TABLE_PAGE_MAX = 1000,
};

struct table_item {
    const char *partition;
    const char *sort;
    struct slice value;
    uint64_t version;   // 1 after the first write, +1 with each
    int64_t expires_ms; // wall clock; 0: never. Reads no longer see it from then on; it is removed
                        // some time later
};

// When a write may happen.
enum table_condition {
    TABLE_ALWAYS,
    TABLE_ABSENT,     // nothing (unexpired) under the keys yet
    TABLE_VERSION,    // the item's version is item->version
    TABLE_NEWER_RANK, // the item is absent or its rank is lower than the new one (positions: the
                      // client's clock)
};

struct table_write {
    struct table_item item; // version is the expected one with TABLE_VERSION, else ignored
    enum table_condition condition;
    int64_t rank; // kept with the item
};

// A write that is handed in and told of when it is done, so that no thread waits for the disk. It
// stays where it is, with all that it points to, until then.
struct table_pending {
    enum { TABLE_PUT, TABLE_DROP } kind;
    const char *table;
    struct table_write write; // of a drop: partition, sort, and version (0: any)
    // Called once, on a thread of the store, which waits for it: hand the result on, no more.
    void (*done)(struct table_pending *pending);
    // Set when `done` is called.
    outcome result;
    uint64_t version; // after a put
    struct why why;
    struct table_pending *next; // the store's own
};

struct table_store;

struct table_ops {
    // CONFLICT when the condition does not hold. Durable when it returns OK. `out_version` may be
    // NULL.
    must_check outcome (*put)(struct table_store *store, const char *table,
                              const struct table_write *write, uint64_t *out_version,
                              struct why *why);
    // Hands a write in, for what put() and drop() would do. INVALID and TOO_LARGE at once, and
    // `done` is not called then; every other outcome comes with `done`.
    must_check outcome (*submit)(struct table_store *store, struct table_pending *pending,
                                 struct why *why);
    // NOT_FOUND. The item's memory is the arena's.
    must_check outcome (*get)(struct table_store *store, const char *table, const char *partition,
                              const char *sort, struct arena *arena, struct table_item *out,
                              struct why *why);
    // Items of one partition whose sort key starts with `prefix` ("" for all) and lies behind
    // `after` (NULL: from the start), in byte order of the sort key, at most `limit`
    // (1..TABLE_PAGE_MAX).
    must_check outcome (*query)(struct table_store *store, const char *table, const char *partition,
                                const char *prefix, const char *after, size_t limit,
                                struct arena *arena, struct table_item **out, size_t *out_count,
                                struct why *why);
    // `version` 0: whatever is there. OK when absent and version is 0; CONFLICT when another
    // version is there.
    must_check outcome (*drop)(struct table_store *store, const char *table, const char *partition,
                               const char *sort, uint64_t version, struct why *why);
    void (*close)(struct table_store *store);
};

struct table_store {
    const struct table_ops *ops;
};

// What every backend refuses alike. A table's name has 1 to TABLE_NAME_BYTES of a-z, 0-9, '-' and
// '_'; partition and sort have 1 to TABLE_KEY_BYTES printable ASCII characters. INVALID.
must_check outcome table_keys_check(const char *table, const char *partition, const char *sort,
                                    struct why *why);
// The same for a prefix or a position in a query, which may be "".
must_check outcome table_query_check(const char *table, const char *partition, const char *prefix,
                                     size_t limit, struct why *why);
// The keys, and TOO_LARGE for a value over TABLE_VALUE_BYTES.
must_check outcome table_write_check(const char *table, const struct table_write *write,
                                     struct why *why);

void table_store_close(struct table_store **store); // for cleanup attributes; tolerates NULL

#endif
