// SPDX-License-Identifier: Apache-2.0
//
// CBOR (RFC 8949) for our own signed messages: written and read in the one form that section 4.2.1
// calls deterministic, so that a message has exactly one encoding.
//
//     | major type, 3 bits; value or its length | value, 0 to 8 bytes | content |
//
// A reader is a cursor over bytes that stay where they are: nothing is allocated, nothing nests
// deeper than the code that reads it. It takes exactly what the caller names, in its order; all
// else is INVALID: longer forms of a number, indefinite lengths, another type, bytes behind the
// end; tags, too. libcbor's streaming decoder does the decoding.
#ifndef DRM_CBOR_H
#define DRM_CBOR_H

#include "base/buffer.h"

struct cbor_reader {
    struct slice rest;
    const char *what; // for sentences: "the challenge"
};

struct cbor_reader cbor_reader_init(struct slice bytes, const char *what);

// Numbers from 0 to `max`, and negative ones down to INT64_MIN.
must_check outcome cbor_take_uint(struct cbor_reader *reader, uint64_t max, uint64_t *out,
                                  struct why *why);
must_check outcome cbor_take_int(struct cbor_reader *reader, int64_t *out, struct why *why);

// A map's key or a constant: INVALID when it is another number.
must_check outcome cbor_expect_int(struct cbor_reader *reader, int64_t value, struct why *why);

// Byte and text strings of up to `max` bytes; borrowed from the message. Text is UTF-8.
must_check outcome cbor_take_bytes(struct cbor_reader *reader, size_t max, struct slice *out,
                                   struct why *why);
must_check outcome cbor_take_text(struct cbor_reader *reader, size_t max, struct slice *out,
                                  struct why *why);

// A byte string of exactly `len` bytes, copied.
must_check outcome cbor_take_exactly(struct cbor_reader *reader, uint8_t *out, size_t len,
                                     struct why *why);

// An array's head; its items follow. INVALID over `max` items.
must_check outcome cbor_take_array(struct cbor_reader *reader, size_t max, size_t *out,
                                   struct why *why);

// Heads with exactly `count` items or pairs.
must_check outcome cbor_expect_array(struct cbor_reader *reader, size_t count, struct why *why);
must_check outcome cbor_expect_map(struct cbor_reader *reader, size_t count, struct why *why);

// INVALID when bytes are left.
must_check outcome cbor_expect_end(const struct cbor_reader *reader, struct why *why);

// Each appends one item; heads are followed by the items that the caller puts.
must_check outcome cbor_put_uint(struct buffer *out, uint64_t value, struct why *why);
must_check outcome cbor_put_int(struct buffer *out, int64_t value, struct why *why);
must_check outcome cbor_put_bytes(struct buffer *out, struct slice bytes, struct why *why);
must_check outcome cbor_put_text(struct buffer *out, struct slice text, struct why *why);
must_check outcome cbor_put_array(struct buffer *out, size_t count, struct why *why);
must_check outcome cbor_put_map(struct buffer *out, size_t pairs, struct why *why);

#endif
