// SPDX-License-Identifier: Apache-2.0
//
// Keys on the curve P-256 (FIPS 186-4 D.1.2.3): signatures ES256 and key agreement.
//
//     point       | 04 | x, 32 bytes | y, 32 bytes |     uncompressed, SEC 1 section 2.3.3; public
//     secret      | d, 32 bytes |                        big-endian, 1 <= d < n
//     signature   | r, 32 bytes | s, 32 bytes |          as COSE and JOSE have it (RFC 9053 2.1)
//
// A private key has no function that prints it and is wiped when closed.
#ifndef DRM_P256_H
#define DRM_P256_H

#include "base/slice.h"

enum { P256_POINT_BYTES = 65, P256_SECRET_BYTES = 32, P256_SIGNATURE_BYTES = 64 };

struct p256_point {
    uint8_t bytes[P256_POINT_BYTES];
};

// A private key with its point. May be used by several threads at once.
struct p256_key;

// A new key from the kernel's random numbers. The caller closes it.
must_check outcome p256_key_make(struct p256_key **out, struct why *why);

// The key of that secret. INVALID when it is none: 0, or not below the curve's order.
must_check outcome p256_key_load(const uint8_t secret[P256_SECRET_BYTES], struct p256_key **out,
                                 struct why *why);
void p256_key_close(struct p256_key **key); // tolerates NULL

#define autop256 __attribute__((cleanup(p256_key_close))) struct p256_key

const struct p256_point *p256_key_point(const struct p256_key *key);

// For keeping the key: the caller wipes `out`.
must_check outcome p256_key_secret(const struct p256_key *key, uint8_t out[P256_SECRET_BYTES],
                                   struct why *why);

// INVALID when the bytes are no point of the curve, or the point at infinity.
must_check outcome p256_point_check(const struct p256_point *point, struct why *why);

// ECDSA with SHA-256 over `message`.
must_check outcome p256_sign(const struct p256_key *key, struct slice message,
                             uint8_t out[P256_SIGNATURE_BYTES], struct why *why);

// DENIED when the signature is not that of `signer` over `message`; INVALID as p256_point_check.
must_check outcome p256_verify(const struct p256_point *signer, struct slice message,
                               const uint8_t signature[P256_SIGNATURE_BYTES], struct why *why);

// ECDH: the x of the shared point (SEC 1 section 3.3.1). The caller wipes `out`. INVALID as
// p256_point_check.
must_check outcome p256_agree(const struct p256_key *key, const struct p256_point *other,
                              uint8_t out[P256_SECRET_BYTES], struct why *why);

#endif
