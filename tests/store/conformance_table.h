// SPDX-License-Identifier: Apache-2.0
//
// What every table store must do. A backend's test makes a place and calls run_table_conformance();
// nothing in here knows which backend it is.
#ifndef TESTS_STORE_CONFORMANCE_TABLE_H
#define TESTS_STORE_CONFORMANCE_TABLE_H

#include "base/clock.h"
#include "store/table.h"

struct CMUnitTest;

struct table_place {
    const char *name;    // of the backend, for the report
    void *(*make)(void); // an empty store's place: a file, a service
    void (*remove)(void *place);
    // One more handle to the same store, judging expiry by `clock`; also called in forked
    // processes.
    outcome (*open)(void *place, const struct clock *clock, struct table_store **out,
                    struct why *why);
};

// Runs all tests, then the backend's own (NULL and 0: none), as one report; gives the number that
// failed.
int run_table_conformance(const struct table_place *place, const struct CMUnitTest *own,
                          size_t own_count);

#endif
