// SPDX-License-Identifier: Apache-2.0
//
// The signed JSON of Widevine's cloud APIs, both ways: what packagers send to a key server (Common
// Encryption API) and what a licence proxy sends to the licence service.
//
//     {"request":"<base64 of JSON>","signature":"<base64>","signer":"<name>"}
//
//     signature = AES-256-CBC(key, iv, SHA-1(the JSON), PKCS #7)        32 bytes
//
// Name, key and iv are agreed with each signer. The API fixes SHA-1 and CBC; what holds is that
// nobody without the key can make the block that SHA-1 of a message of theirs becomes.
#ifndef DRM_WIDEVINE_H
#define DRM_WIDEVINE_H

#include "base/buffer.h"

enum {
    WIDEVINE_NAME_BYTES = 65,
    WIDEVINE_KEY_BYTES = 32,
    WIDEVINE_IV_BYTES = 16,
    WIDEVINE_SIGNATURE_BYTES = 32,
    WIDEVINE_MESSAGE_BYTES_MAX = 64 * 1024, // a licence challenge is a few kB
};

struct widevine_signer {
    char name[WIDEVINE_NAME_BYTES];
    uint8_t key[WIDEVINE_KEY_BYTES], iv[WIDEVINE_IV_BYTES];
};

// The signature of a message.
must_check outcome widevine_sign(const struct widevine_signer *signer, struct slice message,
                                 uint8_t out[WIDEVINE_SIGNATURE_BYTES], struct why *why);

// Appends the envelope around `message`.
must_check outcome widevine_envelope_make(const struct widevine_signer *signer,
                                          struct slice message, struct buffer *out,
                                          struct why *why);

// Appends the message of an envelope that one of `signers` signed. INVALID when it is no envelope,
// DENIED for a signer that is none of them or a signature that is not theirs; compared in constant
// time, and an unknown signer costs the same work.
must_check outcome widevine_envelope_open(struct slice body, const struct widevine_signer *signers,
                                          size_t count, struct buffer *out, struct why *why);

#endif
