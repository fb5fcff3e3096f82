// SPDX-License-Identifier: Apache-2.0
//
// The queue port over one SQLite file, shared by the processes of one machine.
//
//     job    queue | id | group | share | priority | tag | order | needs | state | payload |
//            worker | token | lease_until | tries | reason
//     pace   queue | priority | tag of the foremost job leased
//
// Each operation is one immediate transaction, so that two workers never get the same job. Nobody
// watches the clock: whoever leases next first gives back (or parks) the jobs whose leases ran out.
// Tokens come from one counter of the file and never repeat, not even for an id that was dropped
// and pushed again.
#ifndef STORE_QUEUE_SQLITE_H
#define STORE_QUEUE_SQLITE_H

#include "base/clock.h"
#include "store/queue.h"

struct queue_sqlite_options {
    uint32_t tries_max; // leases of one job before it is parked, at least 1
};

// Opens the file at `path`, making it where missing; its folder exists. Leases run by the wall time
// of the clock, which must outlive the store and be the same for all processes. Open it after
// fork(), not before.
must_check outcome queue_sqlite_open(const char *path, struct queue_sqlite_options options,
                                     const struct clock *clock, struct queue_store **out,
                                     struct why *why);

#endif
