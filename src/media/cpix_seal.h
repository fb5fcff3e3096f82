// SPDX-License-Identifier: Apache-2.0
//
// The document key of CPIX and what is done with it (XML Encryption 1.0 sections 5.2.2 and 5.4.2,
// RFC 6030 section 6.2).
//
//     sealed content key   | IV, 16 | AES-256-CBC of key and padding, 32 |   MAC: HMAC-SHA512 of it
#ifndef MEDIA_CPIX_SEAL_H
#define MEDIA_CPIX_SEAL_H

#include "drm/content_key.h"

#include "base/buffer.h"

enum {
    DOCUMENT_KEY_BYTES = 32,
    DOCUMENT_MAC_KEY_BYTES = 64,
    SEALED_KEY_BYTES = 16 + 32,
    SEALED_MAC_BYTES = 64,
    RSA_SEALED_BYTES_MAX = 1024, // RSA of 8192 bits
};

struct document_key {
    uint8_t key[DOCUMENT_KEY_BYTES];
    uint8_t mac_key[DOCUMENT_MAC_KEY_BYTES];
    size_t mac_key_len; // others' may be shorter; at least 16
};

void document_key_release(struct document_key *key); // wipes

// Random; both keys are appended to their buffers, encrypted to the certificate (DER).
must_check outcome document_key_make(struct slice certificate, struct document_key *out,
                                     struct buffer *sealed_key, struct buffer *sealed_mac_key,
                                     struct why *why);

// With the private key (PEM). DENIED, without a reason, when it does not open them.
must_check outcome document_key_open(struct slice private_key, struct slice sealed_key,
                                     struct slice sealed_mac_key, struct document_key *out,
                                     struct why *why);

must_check outcome document_key_seal(const struct document_key *key,
                                     const uint8_t secret[CONTENT_KEY_BYTES],
                                     uint8_t sealed[SEALED_KEY_BYTES],
                                     uint8_t mac[SEALED_MAC_BYTES], struct why *why);

// DENIED when the MAC is wrong; looked at first, in constant time.
must_check outcome document_key_unseal(const struct document_key *key,
                                       const uint8_t sealed[SEALED_KEY_BYTES],
                                       const uint8_t mac[SEALED_MAC_BYTES],
                                       uint8_t secret[CONTENT_KEY_BYTES], struct why *why);

// DER of a PEM certificate, appended. INVALID.
must_check outcome certificate_der(struct slice pem, struct buffer *out, struct why *why);

#endif
