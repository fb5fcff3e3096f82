// SPDX-License-Identifier: Apache-2.0
//
// CBOR (RFC 8949) that others wrote, item by item, over libcbor's stateless decoder: no tree, no
// memory, texts and bytes are slices of what is read. Our own messages have one form only and are
// read with drm/cbor.h.
//
//     D1 84 43 A10105 A0 54 ... 58 20 ...
//     |  |  |         |  |      `- bytes, 32    a map or an array says how many items follow it
//     |  |  |         |  `- bytes, 20           (a map twice as many); a tag is followed by what it
//     |  |  `- bytes, 3`- map of 0 pairs        tags
//     |  `- array of 4
//     `- tag 17
//
// Strict where a token could otherwise be read in two ways: no item of indefinite length, no text
// that is not UTF-8; depth and counts are limited by the caller's own loops and by
// cbor_item_skip().
#ifndef DRM_CBOR_ITEM_H
#define DRM_CBOR_ITEM_H

#include "base/buffer.h"

enum cbor_kind {
    CBOR_UINT,   // number >= 0
    CBOR_NEGINT, // number < 0
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY, // count items follow
    CBOR_MAP,   // count pairs follow
    CBOR_TAG,   // one item follows
    CBOR_FLOAT,
    CBOR_OTHER, // true, false, null, undefined
};

struct cbor_item {
    enum cbor_kind kind;
    int64_t number; // of CBOR_UINT and CBOR_NEGINT
    uint64_t count; // of CBOR_ARRAY and CBOR_MAP; the tag of CBOR_TAG
    struct slice bytes;
    double real; // of CBOR_FLOAT
};

enum { CBOR_DEPTH_MAX = 8 }; // tokens nest four deep: map, claim, part, match

// Takes one item off the front of `*rest`. INVALID at the end, on malformed bytes, on a number past
// int64 and on what is refused above; `*rest` is untouched then.
must_check outcome cbor_item_take(struct slice *rest, struct cbor_item *out, struct why *why);

// The same, and INVALID unless it is of `kind`.
must_check outcome cbor_item_take_kind(struct slice *rest, enum cbor_kind kind,
                                       struct cbor_item *out, struct why *why);

// Takes one item with all that is in it, and sets `*whole` (may be NULL) to its bytes. INVALID over
// CBOR_DEPTH_MAX.
must_check outcome cbor_item_skip(struct slice *rest, struct slice *whole, struct why *why);

#endif
