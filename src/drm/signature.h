// SPDX-License-Identifier: Apache-2.0
//
// Keys that verify what others signed, and the signatures of JOSE (RFC 7518) and COSE (RFC 9053).
//
//     alg      JOSE     COSE   what the signature is
//     HS256    "HS256"    5    HMAC-SHA-256, 32 bytes
//     ES256    "ES256"   -7    ECDSA on P-256, r and s as 32 bytes each
//     PS256    "PS256"  -37    RSASSA-PSS, salt as long as the hash
//     RS256    "RS256" -257    RSASSA-PKCS1-v1_5
//
// A key has one algorithm, given with it: what a token says of its own algorithm is compared with
// that, never followed.
#ifndef DRM_SIGNATURE_H
#define DRM_SIGNATURE_H

#include "base/json.h"

#include <openssl/types.h>

enum signature_algorithm { SIGN_NONE, SIGN_HS256, SIGN_ES256, SIGN_PS256, SIGN_RS256 };

// By the name of JOSE, and by the number of COSE. SIGN_NONE for others.
enum signature_algorithm signature_of_jose(const char *name);
enum signature_algorithm signature_of_cose(int64_t number);

enum {
    SECRET_BYTES_MIN = 16,
    SECRET_BYTES_MAX = 128,
    HMAC_BYTES = 32,
    SIGNED_BYTES_MAX = 8192 + 64, // no token is longer than the request line it came in
};

struct verify_key {
    uint8_t secret[SECRET_BYTES_MAX]; // of HS256
    size_t secret_len;
    EVP_PKEY *pkey; // of the others
};

// Reads the key material of a JWK (RFC 7517): kty "oct" with k, "RSA" with n and e, "EC" with crv
// P-256, x and y; or "pem" with a public key's PEM text in its place. Private parts are refused: a
// verifier holds none. INVALID with a sentence that quotes no secret.
must_check outcome verify_key_parse(const json_t *jwk, struct verify_key *out, struct why *why);
void verify_key_release(struct verify_key *key); // wipes; tolerates a zeroed key

// True when the key is one for that algorithm.
bool verify_key_fits(const struct verify_key *key, enum signature_algorithm algorithm);

// True when `signature` is of the pieces, one behind the other. The key fits the algorithm.
bool signature_is_of(const struct verify_key *key, enum signature_algorithm algorithm,
                     const struct slice *pieces, size_t count, struct slice signature);

// The same for a signature as OpenSSL makes it (PKCS #1 for RSA, DER for ECDSA) over a hash by
// name.
bool signature_is_of_plain(const struct verify_key *key, const char *hash, struct slice text,
                           struct slice signature);

// HMAC-SHA-256 of the pieces into `out` of HMAC_BYTES. The key has a secret. false without memory,
// or over SIGNED_BYTES_MAX.
bool hmac_make(const struct verify_key *key, const struct slice *pieces, size_t count,
               uint8_t *out);

#endif
