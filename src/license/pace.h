// SPDX-License-Identifier: Apache-2.0
//
// How often one may ask: counters in the cache port, so that all processes of a house count
// together when they share a cache.
//
//     |-- window begins with the first --|-- and again --|
//      1 2 3 ... limit | no more                              at worst twice the limit in a row
//
// What it keeps away is a flood of registrations or licences from one place. It is no measure
// against theft: what may be opened is decided by license/desk.h.
#ifndef LICENSE_PACE_H
#define LICENSE_PACE_H

#include "store/cache.h"

struct pace {
    const char *what;  // names the counters
    int64_t limit;     // 0: there is none
    int64_t window_ms; // from the first
};

enum {
    PACE_DEVICE_LIMIT = 120, // licences of one device in PACE_DEVICE_MS: a play takes one and one
                             // each half hour
    PACE_DEVICE_MS = 60000,
    PACE_ADDRESS_LIMIT = 100, // registrations from one address, where a school may be behind
    PACE_ADDRESS_MS = 3600000,
};

// Counts one of `who` (printable ASCII). EXHAUSTED, with a sentence, when that is too many.
must_check outcome pace_take(struct cache_store *cache, const struct pace *pace, const char *who,
                             struct why *why);

#endif
