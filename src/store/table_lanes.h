// SPDX-License-Identifier: Apache-2.0
//
// Writes that are handed in, for a table store whose calls block: a few threads do them.
//
//     submit --hash of the partition--> lane 0  [w][w] --> thread: put or drop, then done
//                                       lane 1  [w]    --> ...
//
// Writes of one partition keep their order. What waits is the callers' own memory, so that nothing
// can run out here.
#ifndef STORE_TABLE_LANES_H
#define STORE_TABLE_LANES_H

#include "store/table.h"

struct table_lanes;

// Writes go to put() and drop() of `store`, which is borrowed until close.
must_check outcome table_lanes_open(struct table_store *store, struct table_lanes **out,
                                    struct why *why);

// Does what was handed in, then ends the threads. Tolerates NULL.
void table_lanes_close(struct table_lanes **lanes);

// As the port's submit().
must_check outcome table_lanes_submit(struct table_lanes *lanes, struct table_pending *pending,
                                      struct why *why);

#endif
