// SPDX-License-Identifier: Apache-2.0
//
// The cache port in the memory of one process.
//
//     slots     [ ]->entry   [ ]   [ ]->entry->entry        chained hash, keyed by a random seed
//     order     newest <-> ... <-> oldest                   least recently used goes first when the
//     cap is reached
//
// An entry that has outlived its time is taken for absent when it is met, and leaves like any other
// at the old end.
#ifndef STORE_CACHE_MEMORY_H
#define STORE_CACHE_MEMORY_H

#include "base/clock.h"
#include "store/cache.h"

// `cap_bytes` bounds keys, values and bookkeeping together; a put that finds no room pushes out the
// least recently used. INVALID below CACHE_MEMORY_BYTES_MIN, which the largest single entry needs.
// The clock outlives the cache; times to live count its monotonic time.
enum { CACHE_MEMORY_BYTES_MIN = 128 * 1024 };
must_check outcome cache_memory_open(size_t cap_bytes, const struct clock *clock,
                                     struct cache_store **out, struct why *why);

#endif
