// SPDX-License-Identifier: Apache-2.0
//
// A growing run of bytes with a cap.
//
//     at                     at + len            at + room          cap
//     |----------------------|-------------------|                  |
//       written                allocated, free      never more than this
//
// The cap is given where the buffer is made, with its reason; going over it is TOO_LARGE, not a
// crash. An append that fails leaves the buffer as it was.
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"

struct buffer {
    uint8_t *at;
    size_t len;
    size_t room;
    size_t cap;
};

// An empty buffer that may grow to `cap` bytes. Allocates nothing yet.
struct buffer buffer_init(size_t cap);

// Frees the bytes; the buffer is empty and may be used again. Tolerates a zeroed buffer.
void buffer_release(struct buffer *buffer);

#define autobuffer __attribute__((cleanup(buffer_release))) struct buffer

// Makes room for `more` bytes behind `len` without changing `len`. TOO_LARGE over the cap, or
// NO_MEMORY.
must_check outcome buffer_reserve(struct buffer *buffer, size_t more, struct why *why);

must_check outcome buffer_put(struct buffer *buffer, struct slice bytes, struct why *why);
must_check outcome buffer_put_text(struct buffer *buffer, const char *text, struct why *why);
must_check outcome buffer_put_u8(struct buffer *buffer, uint8_t value, struct why *why);
must_check outcome buffer_put_u16be(struct buffer *buffer, uint16_t value, struct why *why);
must_check outcome buffer_put_u32be(struct buffer *buffer, uint32_t value, struct why *why);
must_check outcome buffer_put_u64be(struct buffer *buffer, uint64_t value, struct why *why);

// printf behind what is there. Not for markup: JSON is jansson's, XML libxml2's.
__attribute__((format(printf, 3, 4))) must_check outcome buffer_format(struct buffer *buffer,
                                                                       struct why *why,
                                                                       const char *format, ...);

// Overwrites four bytes that were put before; `at` + 4 <= len.
void buffer_patch_u32be(struct buffer *buffer, size_t at, uint32_t value);

// Drops the first `count` bytes (count <= len), moving the rest to the front.
void buffer_drop(struct buffer *buffer, size_t count);

// What is written so far. Borrowed: valid until the next change.
struct slice buffer_slice(const struct buffer *buffer);

// Ends the text with a NUL that is not counted in `len` and returns it, or NULL when there is no
// room for it.
const char *buffer_text(struct buffer *buffer);

#endif
