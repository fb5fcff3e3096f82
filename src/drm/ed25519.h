// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 signatures (RFC 8032): how services sign what devices and other services check.
//
//     seed        | 32 bytes |            the private key as RFC 8032 section 5.1.5 has it
//     public      | 32 bytes |
//     signature   | R, 32 bytes | S, 32 bytes |
#ifndef DRM_ED25519_H
#define DRM_ED25519_H

#include "base/slice.h"

#include <openssl/types.h>

enum { ED25519_SEED_BYTES = 32, ED25519_PUBLIC_BYTES = 32, ED25519_SIGNATURE_BYTES = 64 };

struct ed25519_public {
    uint8_t bytes[ED25519_PUBLIC_BYTES];
};

// A private key with its public one. May be used by several threads at once.
struct ed25519_key;

// The key of that seed (any 32 bytes are one). The caller closes it and wipes the seed.
must_check outcome ed25519_key_load(const uint8_t seed[ED25519_SEED_BYTES],
                                    struct ed25519_key **out, struct why *why);
void ed25519_key_close(struct ed25519_key **key); // tolerates NULL; wipes

#define autoed25519 __attribute__((cleanup(ed25519_key_close))) struct ed25519_key

const struct ed25519_public *ed25519_key_public(const struct ed25519_key *key);

must_check outcome ed25519_sign(const struct ed25519_key *key, struct slice message,
                                uint8_t out[ED25519_SIGNATURE_BYTES], struct why *why);

// DENIED when the signature is not that of `signer` over `message`.
must_check outcome ed25519_verify(const struct ed25519_public *signer, struct slice message,
                                  const uint8_t signature[ED25519_SIGNATURE_BYTES],
                                  struct why *why);

// The same with a key that was read elsewhere, as from a PEM file (drm/entitlement_keys.c).
// UNAVAILABLE when OpenSSL cannot work with it.
must_check outcome ed25519_sign_by(EVP_PKEY *pkey, struct slice message,
                                   uint8_t out[ED25519_SIGNATURE_BYTES], struct why *why);
must_check outcome ed25519_verify_by(EVP_PKEY *pkey, struct slice message,
                                     const uint8_t signature[ED25519_SIGNATURE_BYTES],
                                     struct why *why);

#endif
