// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean ...?" for names that a person typed.
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

// The candidate nearest to `typed`, or NULL when none is near: at most a third of its letters
// inserted, removed, replaced or swapped with a neighbour, or `typed` is its beginning. `typed`
// longer than 64 bytes has no neighbour.
const char *suggest(const char *typed, const char *const *candidates, size_t count);

#endif
