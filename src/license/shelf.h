// SPDX-License-Identifier: Apache-2.0
//
// What the licence service remembers between requests: values of one size under digests, for a
// while. Tokens that were verified, content keys that were unwrapped.
//
//     key (32 bytes)  --first bytes-->  set     [slot][slot][slot][slot]
//                                               the one that ends first makes room
//
// Its memory is taken once and never grows: what does not fit is forgotten, and fetched again.
// Keys are digests or random ids: what an attacker can choose goes through SHA-256 first, so that
// nobody can crowd one set. Keys are compared in constant time. Values are wiped when they leave.
// Thread-safe.
#ifndef LICENSE_SHELF_H
#define LICENSE_SHELF_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

enum { SHELF_KEY_BYTES = 32 };

struct shelf;

// At least `count` slots (1 .. 1 << 20) for values of `value_bytes`.
must_check outcome shelf_open(size_t count, size_t value_bytes, struct shelf **out,
                              struct why *why);
void shelf_close(struct shelf **shelf); // wipes; tolerates NULL

// Copies the value to `out`. False when there is none, or it has ended by `now_ms`.
bool shelf_get(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES], int64_t now_ms, void *out);

// Keeps a copy of `value` until `until_ms`, in place of what stood under the key.
void shelf_put(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES], int64_t now_ms,
               int64_t until_ms, const void *value);

// Forgets it.
void shelf_drop(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES]);

#endif
