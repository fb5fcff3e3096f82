// SPDX-License-Identifier: Apache-2.0
//
// Titles as they were last read, so that a page of them costs reading and no parsing: a studio's
// record has tens of kilobytes of JSON, a home page some two hundred of them.
//
//     take id --> the record's bytes, as they stand now
//                   the same as before --> the title that was made of them
//                   others             --> made anew; the old one goes when nobody holds it any
//                   more
//
// The table is asked every time, so that nobody sees what was edited or withdrawn elsewhere. Over
// the cap those go that were not asked for for longest. Every call is thread-safe.
#ifndef CATALOG_TITLE_SHELF_H
#define CATALOG_TITLE_SHELF_H

#include "catalog/title.h"

struct title_shelf;

// The tables outlive it. `bytes_max`: of all that nobody holds.
must_check outcome title_shelf_open(struct table_store *tables, size_t bytes_max,
                                    struct title_shelf **out, struct why *why);

// Outcomes of title_load(). What it gives is shared and stays as it is until it is given back.
must_check outcome title_shelf_take(struct title_shelf *shelf, const char *id,
                                    const struct title **out, struct why *why);
void title_shelf_give(struct title_shelf *shelf, const struct title *title);

void title_shelf_close(struct title_shelf **shelf); // all are given back; tolerates NULL

struct title_shelf_counts {
    uint64_t parsed, found; // titles that were made, and that were there
    size_t kept, bytes;     // on the shelf now
};
void title_shelf_count(struct title_shelf *shelf, struct title_shelf_counts *out);

#endif
