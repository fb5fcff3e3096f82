// SPDX-License-Identifier: Apache-2.0
//
// What every blob store must do. A backend's test makes a place and calls run_blob_conformance();
// nothing in here knows which backend it is.
#ifndef TESTS_STORE_CONFORMANCE_BLOB_H
#define TESTS_STORE_CONFORMANCE_BLOB_H

#include "store/blob.h"

struct blob_place {
    const char *name;    // of the backend, for the report
    void *(*make)(void); // an empty store's place: a folder, a bucket
    void (*remove)(void *place);
    // One more handle to the same store; also called in forked processes. Objects are dated by the
    // wall clock.
    outcome (*open)(void *place, struct blob_store **out, struct why *why);
};

struct CMUnitTest;

// Runs all tests, then the backend's own (NULL and 0: none), as one report; gives the number that
// failed.
int run_blob_conformance(const struct blob_place *place, const struct CMUnitTest *own,
                         size_t own_count);

#endif
