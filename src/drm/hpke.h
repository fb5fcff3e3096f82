// SPDX-License-Identifier: Apache-2.0
//
// Hybrid Public Key Encryption (RFC 9180): seals a message so that only the holder of a private key
// opens it. Base mode, one message per key schedule (section 6.1), with
// DHKEM(P-256, HKDF-SHA256) = 0x0010, HKDF-SHA256 = 0x0001 and AES-128-GCM = 0x0001: the suite of
// the RFC's appendix A.3.
//
//     sender                                               receiver (r, R)
//       new key pair (e, E)
//       x(e * R) -> shared secret -> key, nonce     E      x(r * E) -> the same
//       AES-GCM(key, nonce, aad, plaintext) ------------>  opened only with the same info and aad
//
//     sealed   | ciphertext, as long as the plaintext | tag, 16 bytes |
//
// OpenSSL has HPKE of its own from 3.2 on; Debian 12 has 3.0.
#ifndef DRM_HPKE_H
#define DRM_HPKE_H

#include "base/buffer.h"
#include "drm/p256.h"

enum { HPKE_TAG_BYTES = 16, HPKE_INFO_BYTES_MAX = 256 };

struct hpke_context {
    struct slice info; // what the sealing is for; at most HPKE_INFO_BYTES_MAX
    struct slice aad;  // what must be the same at both ends and is not sealed
};

// Appends the sealed bytes to `out` and sets `out_encapsulated`, the sender's one-time point.
// INVALID when `receiver` is no point.
must_check outcome hpke_seal(const struct p256_point *receiver, const struct hpke_context *context,
                             struct slice plaintext, struct p256_point *out_encapsulated,
                             struct buffer *out, struct why *why);

// The same with a one-time key of the caller's: for published vectors. A key used twice gives both
// plaintexts away.
must_check outcome hpke_seal_with(const struct p256_key *one_time,
                                  const struct p256_point *receiver,
                                  const struct hpke_context *context, struct slice plaintext,
                                  struct buffer *out, struct why *why);

// Appends the plaintext, which the caller wipes if it is secret. DENIED when it was not sealed so
// to this receiver; INVALID when a point is none or the bytes are too short.
must_check outcome hpke_open(const struct p256_key *receiver, const struct p256_point *encapsulated,
                             const struct hpke_context *context, struct slice sealed,
                             struct buffer *out, struct why *why);

#endif
