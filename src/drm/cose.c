// SPDX-License-Identifier: Apache-2.0
#include "drm/cose.h"

#include "drm/cbor.h"

#include <string.h>

enum {
    TAG_CWT = 61,
    LABEL_ALG = 1,
    LABEL_CRIT = 2,
    LABEL_KID = 4,
    PAIRS_MAX = 16,       // of a header map: real ones have two
    HEADS_BYTES_MAX = 64, // of the signed structure: its context's text and the lengths
};

// One of the two header maps.
struct header {
    bool has_alg;
    int64_t alg;
    struct slice kid;
};

static outcome parse_header(struct slice *rest, bool is_protected, struct header *out,
                            struct why *why)
{
    struct cbor_item map, label, value;
    TRY(cbor_item_take_kind(rest, CBOR_MAP, &map, why));
    if (map.count > PAIRS_MAX)
        return fail(why, INVALID, "a COSE header has more than %d labels", PAIRS_MAX);
    for (uint64_t i = 0; i < map.count; i++) {
        TRY(cbor_item_take(rest, &label, why));
        const bool is_number = label.kind == CBOR_UINT || label.kind == CBOR_NEGINT;
        if (!is_number && label.kind != CBOR_TEXT)
            return fail(why, INVALID, "a COSE header label is a number or a text");
        if (is_number && label.number == LABEL_CRIT)
            return fail(why, UNSUPPORTED, "the COSE message has critical headers");
        if (is_number && label.number == LABEL_ALG) {
            TRY(cbor_item_take(rest, &value, why));
            if (!is_protected || out->has_alg ||
                (value.kind != CBOR_UINT && value.kind != CBOR_NEGINT))
                return fail(why, INVALID, "a COSE message has one alg, a number, protected");
            out->has_alg = true;
            out->alg = value.number;
        } else if (is_number && label.number == LABEL_KID) {
            TRY(cbor_item_take_kind(rest, CBOR_BYTES, &value, why));
            if (out->kid.at != NULL)
                return fail(why, INVALID, "a COSE message names its key twice");
            out->kid = value.bytes;
        } else {
            TRY(cbor_item_skip(rest, NULL, why));
        }
    }
    return OK;
}

static outcome take_tag(struct slice *rest, struct cose_message *out, struct why *why)
{
    struct cbor_item tag;
    TRY(cbor_item_take_kind(rest, CBOR_TAG, &tag, why));
    if (tag.count == TAG_CWT) TRY(cbor_item_take_kind(rest, CBOR_TAG, &tag, why));
    if (tag.count != COSE_MAC0 && tag.count != COSE_SIGN1)
        return fail(why, INVALID, "the COSE message has tag 17 (Mac0) or 18 (Sign1)");
    out->kind = tag.count == COSE_MAC0 ? COSE_MAC0 : COSE_SIGN1;
    return OK;
}

outcome cose_parse(struct slice bytes, struct cose_message *out, struct why *why)
{
    struct cose_message message = {.kind = COSE_MAC0};
    struct header header = {.has_alg = false};
    struct cbor_item array, part;
    struct slice rest = bytes;
    if (bytes.len > COSE_BYTES_MAX)
        return fail(why, TOO_LARGE, "a COSE message here has at most %d bytes", COSE_BYTES_MAX);
    TRY(take_tag(&rest, &message, why));
    TRY(cbor_item_take_kind(&rest, CBOR_ARRAY, &array, why));
    if (array.count != 4) return fail(why, INVALID, "a COSE message has four parts");
    TRY(cbor_item_take_kind(&rest, CBOR_BYTES, &part, why));
    message.protected = part.bytes;
    struct slice map = part.bytes;
    TRY(parse_header(&map, true, &header, why));
    if (map.len != 0) return fail(why, INVALID, "bytes stand behind the COSE protected header");
    TRY(parse_header(&rest, false, &header, why));
    TRY(cbor_item_take_kind(&rest, CBOR_BYTES, &part, why));
    message.payload = part.bytes;
    TRY(cbor_item_take_kind(&rest, CBOR_BYTES, &part, why));
    message.signature = part.bytes;
    if (rest.len != 0) return fail(why, INVALID, "bytes stand behind the COSE message");
    message.algorithm = header.has_alg ? signature_of_cose(header.alg) : SIGN_NONE;
    if (message.algorithm == SIGN_NONE ||
        (message.kind == COSE_MAC0) != (message.algorithm == SIGN_HS256))
        return fail(why, UNSUPPORTED,
                    "the COSE algorithm is HS256 with Mac0, or ES256, PS256 or RS256 with Sign1");
    message.key_id = header.kid;
    *out = message;
    return OK;
}

static const char *context_text(enum cose_kind kind)
{
    return kind == COSE_MAC0 ? "MAC0" : "Signature1";
}

// What is signed: RFC 9052 sections 4.4 and 6.3.
static outcome put_signed(enum cose_kind kind, struct slice protected, struct slice payload,
                          struct buffer *out, struct why *why)
{
    TRY(cbor_put_array(out, 4, why));
    TRY(cbor_put_text(out, slice_of(context_text(kind)), why));
    TRY(cbor_put_bytes(out, protected, why));
    TRY(cbor_put_bytes(out, (struct slice){NULL, 0}, why));
    return cbor_put_bytes(out, payload, why);
}

bool cose_is_signed_by(const struct cose_message *message, const struct verify_key *key,
                       enum signature_algorithm algorithm)
{
    if (algorithm != message->algorithm || !verify_key_fits(key, algorithm)) return false;
    autobuffer text = buffer_init(COSE_BYTES_MAX + HEADS_BYTES_MAX);
    if (put_signed(message->kind, message->protected, message->payload, &text, NULL) != OK)
        return false;
    const struct slice pieces[] = {buffer_slice(&text)};
    return signature_is_of(key, algorithm, pieces, 1, message->signature);
}

static outcome put_protected(struct slice key_id, struct buffer *out, struct why *why)
{
    TRY(cbor_put_map(out, 2, why));
    TRY(cbor_put_int(out, LABEL_ALG, why));
    TRY(cbor_put_int(out, 5, why)); // HS256
    TRY(cbor_put_int(out, LABEL_KID, why));
    return cbor_put_bytes(out, key_id, why);
}

outcome cose_mac0_make(const struct verify_key *key, struct slice key_id, struct slice payload,
                       struct buffer *out, struct why *why)
{
    uint8_t mac[HMAC_BYTES];
    autobuffer protected = buffer_init(COSE_BYTES_MAX);
    autobuffer text = buffer_init(COSE_BYTES_MAX + HEADS_BYTES_MAX);
    autobuffer made = buffer_init(COSE_BYTES_MAX);
    TRY(put_protected(key_id, &protected, why));
    TRY(put_signed(COSE_MAC0, buffer_slice(&protected), payload, &text, why));
    const struct slice pieces[] = {buffer_slice(&text)};
    if (!hmac_make(key, pieces, 1, mac)) return fail(why, NO_MEMORY, "no memory for a MAC");
    TRY(buffer_put_u8(&made, 0xc0 | COSE_MAC0, why)); // a tag
    TRY(cbor_put_array(&made, 4, why));
    TRY(cbor_put_bytes(&made, buffer_slice(&protected), why));
    TRY(cbor_put_map(&made, 0, why));
    TRY(cbor_put_bytes(&made, payload, why));
    TRY(cbor_put_bytes(&made, (struct slice){mac, sizeof mac}, why));
    return buffer_put(out, buffer_slice(&made), why);
}
