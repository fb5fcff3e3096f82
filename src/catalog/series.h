// SPDX-License-Identifier: Apache-2.0
//
// A series: what its episodes have in common. Its episodes are titles (title_episodes()).
//
//     table "series"        partition <id>   sort "record"    JSON
//     table "series-list"   partition "all"  sort <id>        catalog/changes.h
//
// The first episode that is published makes the record with the name that its title.json gives, so
// that nobody needs to write one before.
#ifndef CATALOG_SERIES_H
#define CATALOG_SERIES_H

#include "catalog/title.h"

#define SERIES_LIST "series-list" // as changes_list() takes it

struct series {
    const char *id, *title, *synopsis, *original_language;
    const char **genres;
    size_t genre_count;
    struct title_words *words;
    size_t word_count;
    uint64_t row_version; // as it was read; 0: there is none yet; not part of the record
};

// NOT_FOUND; CORRUPT when the record cannot be read. Memory is the arena's.
must_check outcome series_load(struct table_store *tables, const char *id, struct arena *arena,
                               struct series *out, struct why *why);

// CONFLICT when the record is not the one that row_version names. Sets row_version.
must_check outcome series_save(struct table_store *tables, struct series *series, struct why *why);

// Makes the record that an episode's title.json speaks of; what stands there is left alone.
must_check outcome series_begin(struct table_store *tables, const struct title *episode,
                                struct why *why);

struct shape;
extern const struct shape series_shape;

#endif
