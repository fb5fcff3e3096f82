// SPDX-License-Identifier: Apache-2.0
//
// What every cache must do. A backend's test makes a place and calls run_cache_conformance();
// nothing in here knows which backend it is.
#ifndef TESTS_STORE_CONFORMANCE_CACHE_H
#define TESTS_STORE_CONFORMANCE_CACHE_H

#include "base/clock.h"
#include "store/cache.h"

struct CMUnitTest;

struct cache_place {
    const char *name; // of the backend, for the report
    // An empty cache with room for at least 1000 small entries, and the means to let time pass for
    // it.
    void *(*make)(void);
    void (*remove)(void *place);
    outcome (*open)(void *place, struct cache_store **out, struct why *why);
    void (*pass_ms)(void *place, int64_t ms);
};

// Runs all tests, then the backend's own (NULL and 0: none), as one report; gives the number that
// failed.
int run_cache_conformance(const struct cache_place *place, const struct CMUnitTest *own,
                          size_t own_count);

#endif
