// SPDX-License-Identifier: Apache-2.0
//
// What every kind of key ring must do. A kind's test makes places and calls
// run_key_ring_conformance(); nothing in here knows which kind it is.
#ifndef TESTS_DRM_CONFORMANCE_KEY_RING_H
#define TESTS_DRM_CONFORMANCE_KEY_RING_H

#include "drm/key_ring.h"

struct CMUnitTest;

struct key_ring_place {
    const char *name;
    // Somewhere without a ring yet, for key_ring_make(); the text lives until remove().
    const char *(*make)(void);
    void (*remove)(void); // all that were made
};

// Runs all tests, then the kind's own; gives the number that failed.
int run_key_ring_conformance(const struct key_ring_place *place, const struct CMUnitTest *own,
                             size_t own_count);

#endif
