// SPDX-License-Identifier: Apache-2.0
//
// How a copy of the catalogue, such as a search index, learns what changed.
//
//     table "title-list"   partition "all"   sort <id>       its version goes up with each change
//     table "series-list"  partition "all"   sort <id>       the same for series
//     table "change"       partition "all"   sort "count"    its version goes up behind all of them
//
//     writer   entry +1, record, entry +1, count +1
//     copy     count moved? -> page through the entries, take again whatever has another version
//
// The entry moves behind the record, so that a copy which saw the old record sees the entry move
// once more. A writer that is killed before the count leaves its change for the next look at the
// entries, which a copy takes when it starts.
#ifndef CATALOG_CHANGES_H
#define CATALOG_CHANGES_H

#include "store/table.h"

#define CHANGES_PARTITION "all"

// The record behind an entry of a list has been written.
must_check outcome changes_note(struct table_store *tables, const char *list, const char *id,
                                struct why *why);

// The count as it stands; 0 when nothing was ever written.
must_check outcome changes_read(struct table_store *tables, uint64_t *out, struct why *why);

struct change {
    const char *id;
    uint64_t version;
};

// Entries of a list behind `after` ("" : from the start), at most `limit`; memory is the arena's.
must_check outcome changes_list(struct table_store *tables, const char *list, const char *after,
                                size_t limit, struct arena *arena, struct change **out,
                                size_t *count, struct why *why);

#endif
