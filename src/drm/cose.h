// SPDX-License-Identifier: Apache-2.0
//
// COSE (RFC 9052): messages with one MAC (COSE_Mac0) or one signature (COSE_Sign1), as CBOR Web
// Tokens (RFC 8392) are wrapped in.
//
//     [61 (]  17 or 18 ( [ protected: bytes of a map,  unprotected: map,  payload: bytes, tag ] )
//     CWT tag,            `- {1: alg, 4: kid}           `- {4: kid}        `- e.g. claims `- MAC or
//     optional signature
//
//     signed bytes:  [ "MAC0" or "Signature1", protected, external aad: empty bytes, payload ]
//
// The tag 17 or 18 is required: without it a MAC could be passed off as something else. `alg` must
// stand in the protected map; labels there that are not known here are refused when `crit` names
// them. Nothing is copied: a message is slices of the bytes that were read.
#ifndef DRM_COSE_H
#define DRM_COSE_H

#include "drm/cbor_item.h"
#include "drm/signature.h"

enum { COSE_BYTES_MAX = 4096 }; // half of a request line: no token needs more

enum cose_kind { COSE_MAC0 = 17, COSE_SIGN1 = 18 };

struct cose_message {
    enum cose_kind kind;
    enum signature_algorithm algorithm; // never SIGN_NONE
    struct slice key_id;                // `at` NULL: none is named
    struct slice protected;             // as it stood there
    struct slice payload;
    struct slice signature;
};

// TOO_LARGE over COSE_BYTES_MAX, UNSUPPORTED for an algorithm or a critical header that is not
// known here, INVALID for anything else that is not as above.
must_check outcome cose_parse(struct slice bytes, struct cose_message *out, struct why *why);

// True when the key, which was given for `algorithm`, made the MAC or signature.
bool cose_is_signed_by(const struct cose_message *message, const struct verify_key *key,
                       enum signature_algorithm algorithm);

// Appends a COSE_Mac0 of `payload` with HS256, its kid protected, with its tag. The key has a
// secret.
must_check outcome cose_mac0_make(const struct verify_key *key, struct slice key_id,
                                  struct slice payload, struct buffer *out, struct why *why);

#endif
