// SPDX-License-Identifier: Apache-2.0
//
// A borrowed run of bytes: `len` bytes at `at`, owned by someone else, not NUL-terminated.
//
// Everything that is read (requests, boxes, playlists) is handled as slices of the buffer it
// arrived in; a NUL is added only where a system call wants one.
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct slice {
    const uint8_t *at; // may be NULL when len is 0
    size_t len;
};

// For printf: printf("%.*s", SLICE_ARG(s)). The slice must be shorter than INT_MAX.
#define SLICE_ARG(s) (int)(s).len, (const char *)(s).at

// The slice of a string literal or of a NUL-terminated text, without its NUL.
struct slice slice_of(const char *text);

bool slice_is(struct slice s, const char *text);        // same bytes
bool slice_is_nocase(struct slice s, const char *text); // same, ASCII letters folded
bool slice_equal(struct slice a, struct slice b);
bool slice_starts(struct slice s, const char *prefix);
bool slice_ends(struct slice s, const char *suffix);

// FNV-1a of 64 bits, for tables and for spreading load: whoever chooses the bytes can make them
// collide. slice_hash_on() goes on from the hash of what came before.
uint64_t slice_hash(struct slice s);
uint64_t slice_hash_on(uint64_t hash, struct slice s);

// The part from `from` on, at most `len` bytes; both are clamped to the slice.
struct slice slice_part(struct slice s, size_t from, size_t len);

// Without spaces, tabs, CR and LF at either end.
struct slice slice_trim(struct slice s);

// Cuts the text before the first `separator` off the front of `*rest` and returns it; `*rest` then
// starts behind the separator, or is empty. false when `*rest` had `at` NULL: nothing is left.
bool slice_cut(struct slice *rest, char separator, struct slice *part);

// A decimal number of digits alone, no sign, no space. INVALID when it is anything else or exceeds
// `max`.
must_check outcome slice_u64(struct slice s, uint64_t max, uint64_t *out, struct why *why);

// Hex digits to bytes: exactly 2 * `len` digits. INVALID otherwise.
must_check outcome slice_hex(struct slice s, uint8_t *out, size_t len, struct why *why);

// `len` bytes as lower-case hex with a NUL: `out` has room for 2 * len + 1.
void hex_format(const uint8_t *bytes, size_t len, char *out);

// The number in decimal digits, without a NUL; returns how many of `out`'s bytes they take.
enum { DECIMAL_BYTES = 20 };
size_t decimal_format(uint64_t number, char *out);

// Big-endian reads, as ISO BMFF and network formats have them. The caller has checked the length.
uint16_t read_u16be(const uint8_t *at);
uint32_t read_u32be(const uint8_t *at);
uint64_t read_u64be(const uint8_t *at);

#endif
