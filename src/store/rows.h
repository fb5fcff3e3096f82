// SPDX-License-Identifier: Apache-2.0
//
// Records (base/record.h) as items of a table: a structure goes in and comes out, its JSON stays
// between these two functions.
//
//     struct member --record_format--> {"id":"member_01...","login":"ada",...} --put--> table item
//
// The version that a read gives is what TABLE_VERSION expects of the next write: whoever edits what
// he has read cannot overwrite what he has not.
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/record.h"
#include "store/table.h"

// Where a row stands.
struct row_key {
    const char *table, *partition, *sort;
};

// How it is written; zero: whatever is there, for ever.
struct row_terms {
    enum table_condition condition;
    uint64_t version;   // with TABLE_VERSION
    int64_t rank;       // with TABLE_NEWER_RANK
    int64_t expires_ms; // wall clock; 0: never
};

// Outcomes of the table's put. `out_version` may be NULL.
must_check outcome row_put(struct table_store *tables, struct row_key key,
                           const struct record *record, const void *of, struct row_terms terms,
                           uint64_t *out_version, struct why *why);

// NOT_FOUND; CORRUPT when what stands there cannot be read. `out_version` may be NULL.
must_check outcome row_get(struct table_store *tables, struct row_key key,
                           const struct record *record, void *out, uint64_t *out_version,
                           struct why *why);

// OK when there is none and `version` is 0, which means any.
must_check outcome row_drop(struct table_store *tables, struct row_key key, uint64_t version,
                            struct why *why);

// What a list of rows is read into: `items` is `count` structures, `versions` theirs.
struct row_page {
    void *items;
    uint64_t *versions;
    const char **sorts;
    size_t count;
};

// Rows of key.partition whose sort key starts with key.sort ("" for all) behind `after` (NULL: from
// the start), at most `limit` (1..TABLE_PAGE_MAX), each of `bytes`. Memory is the arena's.
must_check outcome row_list(struct table_store *tables, struct row_key key, const char *after,
                            size_t limit, const struct record *record, size_t bytes,
                            struct arena *arena, struct row_page *out, struct why *why);

#endif
