// SPDX-License-Identifier: Apache-2.0
//
// A signed message: COSE_Sign1 (RFC 9052 section 4.2) in one fixed shape, so that there is nothing
// for an attacker to choose.
//
//     [ protected,  {},  payload,  signature ]              without the tag: only one kind may come
//       |                |         64 bytes over ["Signature1", protected, h'', payload]
//       |                bytes of the caller's own
//       {1: algorithm, 4: key id, 16: type}
//           |                         media type (RFC 9596): no message passes for another kind
//           -7 ES256 or -8 EdDSA with Ed25519 (RFC 9053 section 2); the reader says which
#ifndef DRM_SIGNED_MESSAGE_H
#define DRM_SIGNED_MESSAGE_H

#include "drm/ed25519.h"
#include "drm/p256.h"

#include "base/buffer.h"

enum { SIGNED_KEY_ID_BYTES_MAX = 32, SIGNED_PAYLOAD_BYTES_MAX = 8192 };

enum signed_algorithm { SIGNED_ES256 = -7, SIGNED_EDDSA = -8 };

// What a message is marked with.
struct signed_header {
    enum signed_algorithm algorithm;
    const char *type;
    struct slice key_id; // at most SIGNED_KEY_ID_BYTES_MAX
};

// Appends the whole message. The header's algorithm must be the key's.
must_check outcome signed_message_put_es256(const struct p256_key *key,
                                            const struct signed_header *header,
                                            struct slice payload, struct buffer *out,
                                            struct why *why);
must_check outcome signed_message_put_eddsa(const struct ed25519_key *key,
                                            const struct signed_header *header,
                                            struct slice payload, struct buffer *out,
                                            struct why *why);

// A message taken apart; its slices are borrowed.
struct signed_message {
    struct slice key_id, payload;
    struct slice protected_header;
    uint8_t signature[64];
};

// Reads a message of `algorithm` and `type`; `what` names it in sentences. INVALID when it is
// anything else. Nothing is verified yet: trust the payload after the next step alone.
must_check outcome signed_message_take(struct slice bytes, const char *what,
                                       enum signed_algorithm algorithm, const char *type,
                                       struct signed_message *out, struct why *why);

// DENIED when the signature is not the signer's.
must_check outcome signed_message_verify_es256(const struct signed_message *message,
                                               const struct p256_point *signer, struct why *why);
must_check outcome signed_message_verify_eddsa(const struct signed_message *message,
                                               const struct ed25519_public *signer,
                                               struct why *why);

#endif
