// SPDX-License-Identifier: Apache-2.0
//
// What every queue must do. A backend's test makes a place and calls run_queue_conformance();
// nothing in here knows which backend it is.
#ifndef TESTS_STORE_CONFORMANCE_QUEUE_H
#define TESTS_STORE_CONFORMANCE_QUEUE_H

#include "base/clock.h"
#include "store/queue.h"

struct CMUnitTest;

enum { CONFORMANCE_TRIES = 3 }; // what the backend is opened with

struct queue_place {
    const char *name;    // of the backend, for the report
    void *(*make)(void); // an empty queue's place: a file, a service
    void (*remove)(void *place);
    // One more handle to the same queue, with CONFORMANCE_TRIES and leases judged by `clock`; also
    // called in forked processes.
    outcome (*open)(void *place, const struct clock *clock, struct queue_store **out,
                    struct why *why);
};

// Runs all tests, then the backend's own (NULL and 0: none), as one report; gives the number that
// failed.
int run_queue_conformance(const struct queue_place *place, const struct CMUnitTest *own,
                          size_t own_count);

#endif
