// SPDX-License-Identifier: Apache-2.0
//
// The one thread that writes a table's SQLite file, and the line of callers before it (see
// store/table_sqlite.h).
#ifndef STORE_TABLE_WRITER_H
#define STORE_TABLE_WRITER_H

#include "base/clock.h"
#include "store/sqlite.h"
#include "store/table.h"

struct table_writer;

must_check outcome table_writer_open(const char *path, const struct sql_schema *schema,
                                     const struct clock *clock, struct table_writer **out,
                                     struct why *why);

// Finishes what is in line, then stops. Nobody calls the writer any more.
void table_writer_close(struct table_writer *writer);

// As the operations of the port; keys and values are checked before. Both wait until the disk has
// the write.
must_check outcome table_writer_put(struct table_writer *writer, const char *table,
                                    const struct table_write *write, uint64_t *out_version,
                                    struct why *why);
must_check outcome table_writer_drop(struct table_writer *writer, const char *table,
                                     const char *partition, const char *sort, uint64_t version,
                                     struct why *why);

// Hands it in; it is told by its `done`, on the writer's thread. Checked before, as the others.
void table_writer_submit(struct table_writer *writer, struct table_pending *pending);

#endif
