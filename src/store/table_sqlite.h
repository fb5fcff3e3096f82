// SPDX-License-Identifier: Apache-2.0
//
// The table port over one SQLite file.
//
//     callers   put --+                       +--> reader connections, one caller each, as many as
//     needed at once
//               put --+--> [pending] -> writer thread: BEGIN IMMEDIATE, up to 512 writes, COMMIT
//               --> one sync for all drop -+
//
// While the writer waits for the disk, the next writes gather: the more callers, the larger the
// groups. A write returns when its group is on the disk. Conditions are judged inside the
// transaction, one write after the other, so that of two that want an item absent one wins, also
// between processes.
//
// Expired items are invisible at once and are removed by the writer as it passes, some hundred at a
// time.
#ifndef STORE_TABLE_SQLITE_H
#define STORE_TABLE_SQLITE_H

#include "base/clock.h"
#include "store/table.h"

// Opens the file at `path`, making it where missing; its folder exists. Any number of processes may
// have it open. The clock, which must outlive the store, judges expiry. One handle starts one
// thread; open it after fork(), not before.
must_check outcome table_sqlite_open(const char *path, const struct clock *clock,
                                     struct table_store **out, struct why *why);

#endif
