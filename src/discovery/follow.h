// SPDX-License-Identifier: Apache-2.0
//
// Keeps an index (discovery/index.h) what the catalogue is.
//
//     start     all entries of the catalogue's lists are compared with what the index holds, and
//               what differs is taken again: after a crash of either, or with no index at all
//     then      the same whenever the catalogue's count has moved (catalog/changes.h)
//
// Stopped or killed at any point, it goes on from there: a batch is one transaction, which keeps
// the versions of what it took.
#ifndef DISCOVERY_FOLLOW_H
#define DISCOVERY_FOLLOW_H

#include "discovery/index.h"
#include "store/table.h"

#include <stdatomic.h>

enum follow_look {
    FOLLOW_COUNT, // look at the entries if the count has moved
    FOLLOW_ALL,   // look at them in any case
};

struct follow_report {
    size_t put, dropped, unreadable; // unreadable: records that are damaged, passed over
};

// Brings the index up to date. Ends early, with OK, once `*stop` is true. CORRUPT when the index is
// damaged: index_remake() it and follow again; outcomes of the table.
must_check outcome index_follow(struct index *index, struct table_store *tables,
                                enum follow_look look, const _Atomic bool *stop,
                                struct follow_report *out, struct why *why);

#endif
