// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_internal.h"
#include "delivery/access_match.h"
#include "drm/cbor_item.h"

#include <string.h>

#include <openssl/evp.h>

enum { MATCHES_MAX = 8 }; // there are seven types

static bool holds_hash(const char *name, struct slice text, struct slice expected)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    return EVP_Q_digest(NULL, name, NULL, text.at, text.len, digest, &len) == 1 &&
           slice_equal((struct slice){digest, len}, expected);
}

static bool contains(struct slice text, struct slice part)
{
    return part.len == 0 || (text.len > 0 && memmem(text.at, text.len, part.at, part.len) != NULL);
}

static bool holds_text(int64_t type, struct slice text, struct slice value)
{
    switch (type) {
    case MATCH_EXACT: return slice_equal(text, value);
    case MATCH_PREFIX: return slice_equal(slice_part(text, 0, value.len), value);
    case MATCH_SUFFIX:
        return value.len <= text.len &&
               slice_equal(slice_part(text, text.len - value.len, value.len), value);
    default: return contains(text, value);
    }
}

// The value is an array: the pattern, and what its groups must be, which is not enforced here.
static enum access_fault holds_regex(struct slice *rest, struct slice text,
                                     enum access_fault missed)
{
    struct cbor_item item, pattern;
    if (cbor_item_take(rest, &item, NULL) != OK) return ACCESS_MALFORMED;
    if (item.kind == CBOR_ARRAY && item.count != 1) return ACCESS_UNSUPPORTED;
    if (item.kind == CBOR_ARRAY && cbor_item_take(rest, &pattern, NULL) != OK)
        return ACCESS_MALFORMED;
    if (item.kind != CBOR_ARRAY) pattern = item;
    if (pattern.kind != CBOR_TEXT) return ACCESS_MALFORMED;
    const enum match match = match_regex(pattern.bytes, text);
    if (match == MATCH_REFUSED) return ACCESS_UNSUPPORTED;
    return match == MATCH_YES ? ACCESS_GRANTED : missed;
}

static enum access_fault holds(int64_t type, struct slice *rest, struct slice text,
                               enum access_fault missed)
{
    struct cbor_item value;
    if (type == MATCH_REGEX) return holds_regex(rest, text, missed);
    if (type < MATCH_SHA512_256 || type > MATCH_REGEX) return ACCESS_UNSUPPORTED;
    if (cbor_item_take(rest, &value, NULL) != OK) return ACCESS_MALFORMED;
    const bool is_hash = type < 0;
    if (value.kind != (is_hash ? CBOR_BYTES : CBOR_TEXT)) return ACCESS_MALFORMED;
    bool is_held;
    if (is_hash)
        is_held = holds_hash(type == MATCH_SHA256 ? "SHA256" : "SHA512-256", text, value.bytes);
    else
        is_held = holds_text(type, text, value.bytes);
    return is_held ? ACCESS_GRANTED : missed;
}

enum access_fault access_cat_match(struct slice *rest, struct slice text, enum access_fault missed)
{
    struct cbor_item map, type;
    if (cbor_item_take_kind(rest, CBOR_MAP, &map, NULL) != OK || map.count > MATCHES_MAX)
        return ACCESS_MALFORMED;
    for (uint64_t i = 0; i < map.count; i++) {
        if (cbor_item_take(rest, &type, NULL) != OK ||
            (type.kind != CBOR_UINT && type.kind != CBOR_NEGINT))
            return ACCESS_MALFORMED;
        const enum access_fault fault = holds(type.number, rest, text, missed);
        if (fault != ACCESS_GRANTED) return fault;
    }
    return ACCESS_GRANTED;
}
