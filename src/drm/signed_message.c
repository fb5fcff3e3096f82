// SPDX-License-Identifier: Apache-2.0
#include "drm/signed_message.h"

#include "drm/cbor.h"

#include <assert.h>
#include <string.h>

enum {
    LABEL_ALGORITHM = 1,
    LABEL_KEY_ID = 4,
    LABEL_TYPE = 16,
    HEADER_BYTES_MAX = 256,
    TYPE_BYTES_MAX = 64,
    SIGNATURE_BYTES = 64,
};
static_assert((int)SIGNATURE_BYTES == (int)P256_SIGNATURE_BYTES,
              "both algorithms sign with 64 bytes");
static_assert((int)SIGNATURE_BYTES == (int)ED25519_SIGNATURE_BYTES,
              "both algorithms sign with 64 bytes");

static outcome header_put(const struct signed_header *header, struct buffer *out, struct why *why)
{
    TRY(cbor_put_map(out, 3, why));
    TRY(cbor_put_int(out, LABEL_ALGORITHM, why));
    TRY(cbor_put_int(out, header->algorithm, why));
    TRY(cbor_put_int(out, LABEL_KEY_ID, why));
    TRY(cbor_put_bytes(out, header->key_id, why));
    TRY(cbor_put_int(out, LABEL_TYPE, why));
    return cbor_put_text(out, slice_of(header->type), why);
}

// Sig_structure of RFC 9052 section 4.4.
static outcome covered_put(struct slice protected_header, struct slice payload, struct buffer *out,
                           struct why *why)
{
    TRY(cbor_put_array(out, 4, why));
    TRY(cbor_put_text(out, slice_of("Signature1"), why));
    TRY(cbor_put_bytes(out, protected_header, why));
    TRY(cbor_put_bytes(out, (struct slice){NULL, 0}, why));
    return cbor_put_bytes(out, payload, why);
}

static struct buffer covered_buffer(void)
{
    return buffer_init(SIGNED_PAYLOAD_BYTES_MAX + HEADER_BYTES_MAX + 32);
}

static outcome message_put(struct slice protected_header, struct slice payload,
                           const uint8_t signature[SIGNATURE_BYTES], struct buffer *out,
                           struct why *why)
{
    TRY(cbor_put_array(out, 4, why));
    TRY(cbor_put_bytes(out, protected_header, why));
    TRY(cbor_put_map(out, 0, why));
    TRY(cbor_put_bytes(out, payload, why));
    return cbor_put_bytes(out, (struct slice){signature, SIGNATURE_BYTES}, why);
}

outcome signed_message_put_es256(const struct p256_key *key, const struct signed_header *header,
                                 struct slice payload, struct buffer *out, struct why *why)
{
    autobuffer marks = buffer_init(HEADER_BYTES_MAX), covered = covered_buffer();
    uint8_t signature[SIGNATURE_BYTES];
    assert(header->algorithm == SIGNED_ES256);
    TRY(header_put(header, &marks, why));
    TRY(covered_put(buffer_slice(&marks), payload, &covered, why));
    TRY(p256_sign(key, buffer_slice(&covered), signature, why));
    return message_put(buffer_slice(&marks), payload, signature, out, why);
}

outcome signed_message_put_eddsa(const struct ed25519_key *key, const struct signed_header *header,
                                 struct slice payload, struct buffer *out, struct why *why)
{
    autobuffer marks = buffer_init(HEADER_BYTES_MAX), covered = covered_buffer();
    uint8_t signature[SIGNATURE_BYTES];
    assert(header->algorithm == SIGNED_EDDSA);
    TRY(header_put(header, &marks, why));
    TRY(covered_put(buffer_slice(&marks), payload, &covered, why));
    TRY(ed25519_sign(key, buffer_slice(&covered), signature, why));
    return message_put(buffer_slice(&marks), payload, signature, out, why);
}

static outcome header_take(struct slice bytes, const char *what, enum signed_algorithm algorithm,
                           const char *type, struct slice *out_key_id, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, what);
    struct slice found, key_id;
    TRY(cbor_expect_map(&reader, 3, why));
    TRY(cbor_expect_int(&reader, LABEL_ALGORITHM, why));
    TRY(cbor_expect_int(&reader, algorithm, why));
    TRY(cbor_expect_int(&reader, LABEL_KEY_ID, why));
    TRY(cbor_take_bytes(&reader, SIGNED_KEY_ID_BYTES_MAX, &key_id, why));
    TRY(cbor_expect_int(&reader, LABEL_TYPE, why));
    TRY(cbor_take_text(&reader, TYPE_BYTES_MAX, &found, why));
    if (!slice_is(found, type))
        return fail(why, INVALID, "%s should be of type %s, and is not", what, type);
    TRY(cbor_expect_end(&reader, why));
    *out_key_id = key_id;
    return OK;
}

outcome signed_message_take(struct slice bytes, const char *what, enum signed_algorithm algorithm,
                            const char *type, struct signed_message *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, what);
    struct signed_message made;
    TRY(cbor_expect_array(&reader, 4, why));
    TRY(cbor_take_bytes(&reader, HEADER_BYTES_MAX, &made.protected_header, why));
    TRY(cbor_expect_map(&reader, 0, why));
    TRY(cbor_take_bytes(&reader, SIGNED_PAYLOAD_BYTES_MAX, &made.payload, why));
    TRY(cbor_take_exactly(&reader, made.signature, SIGNATURE_BYTES, why));
    TRY(cbor_expect_end(&reader, why));
    TRY(header_take(made.protected_header, what, algorithm, type, &made.key_id, why));
    *out = made;
    return OK;
}

outcome signed_message_verify_es256(const struct signed_message *message,
                                    const struct p256_point *signer, struct why *why)
{
    autobuffer covered = covered_buffer();
    TRY(covered_put(message->protected_header, message->payload, &covered, why));
    return p256_verify(signer, buffer_slice(&covered), message->signature, why);
}

outcome signed_message_verify_eddsa(const struct signed_message *message,
                                    const struct ed25519_public *signer, struct why *why)
{
    autobuffer covered = covered_buffer();
    TRY(covered_put(message->protected_header, message->payload, &covered, why));
    return ed25519_verify(signer, buffer_slice(&covered), message->signature, why);
}
