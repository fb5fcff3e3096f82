// SPDX-License-Identifier: Apache-2.0
//
// Random numbers: the kernel's for secrets and ids, a seeded generator for everything that must be
// repeatable.
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

// Fills `out` from getrandom(2). Cannot fail once the kernel has booted; asserts that.
void random_bytes(uint8_t *out, size_t len);

// xoshiro256**: fast, seeded, repeatable. Not for secrets.
struct prng {
    uint64_t state[4];
};

struct prng prng_init(uint64_t seed);
uint64_t prng_next(struct prng *prng);
uint64_t prng_below(struct prng *prng, uint64_t bound); // 0 .. bound - 1, unbiased; bound >= 1
double prng_unit(struct prng *prng);                    // 0 <= x < 1

enum { ID_BYTES = 48 }; // prefix of at most 20 characters, '_', 26 of the ULID, NUL

// An id such as "title_01JD3M6Q8B9V4S2K7N5X0T1RWE": the ULID holds `wall_ms`, so that ids sort by
// age, and 80 random bits. `out` has room for ID_BYTES.
void id_make(const char *prefix, int64_t wall_ms, char *out);

// The same from noise that is given, for a name that must come out the same again.
enum { ID_NOISE_BYTES = 16 };
void id_of(const char *prefix, int64_t wall_ms, const uint8_t *noise, char *out);

// True for 1..64 characters of a-z, 0-9, '-', '_' with a letter or digit first (upper case allowed
// for ULIDs): what may stand in a path or a key without escaping.
bool id_is_valid(const char *text);

#endif
