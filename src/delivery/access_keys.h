// SPDX-License-Identifier: Apache-2.0
//
// The keys that access tokens are checked with: a JWK Set (RFC 7517) with a few members of ours.
//
//     {"audience": "media.example",                             who tokens must be meant for
//      "keys": [
//        {"kid": "2026-11", "for": "token", "kty": "oct", "k": "<base64url, 16 bytes or more>"},
//        {"kid": "K2JCJM", "for": "cloudfront", "pem": "-----BEGIN PUBLIC KEY-----..."},
//        {"kid": "cat-1", "for": "cat", "alg": "ES256", "kty": "EC", "crv": "P-256", ...,
//         "iss": "play.example"},
//        {"kid": "cdni-1", "for": "uri", "alg": "HS256", "kty": "oct", "k": "...", "iss": "..."}]}
//
//     now:         A B      the first key of a scheme signs, all of them verify; so a rotation puts
//     rotated:   C A B      the new key in front, and takes the last away when what it signed has
//     later:     C A        expired
//
// One key serves one scheme with one algorithm. A token that names an issuer passes only with a key
// that has that "iss". "base" (CloudFront) is the "https://d111.cloudfront.net" that signers wrote
// where it is not what this server is asked by. "for" is "token" for our own short token.
#ifndef DELIVERY_ACCESS_KEYS_H
#define DELIVERY_ACCESS_KEYS_H

#include "drm/signature.h"

enum {
    ACCESS_KEYS_MAX = 32, // four schemes, two issuers, rotated with overlap
    ACCESS_KEYS_BYTES_MAX = 256 * 1024,
    ACCESS_KEY_ID_BYTES = 128,
    ACCESS_NAME_BYTES = 256,
    ACCESS_HINT_BYTES = 4,
};

enum access_scheme { ACCESS_TOKEN, ACCESS_CLOUDFRONT, ACCESS_CAT, ACCESS_URI, ACCESS_SCHEME_COUNT };

const char *access_scheme_word(enum access_scheme scheme); // "token", "cloudfront", "cat", "uri"

struct access_key {
    char id[ACCESS_KEY_ID_BYTES];
    char issuer[ACCESS_NAME_BYTES]; // "": tokens name none
    char base[ACCESS_NAME_BYTES];   // "": as the request has it
    enum access_scheme scheme;
    enum signature_algorithm algorithm; // SIGN_NONE for CloudFront, whose signatures say the hash
    uint8_t hint[ACCESS_HINT_BYTES];    // of `id`: names the key in our own token
    struct verify_key key;
};

struct access_keys {                  // immutable once made: any thread may read it
    char audience[ACCESS_NAME_BYTES]; // "": tokens name none
    size_t count;
    struct access_key keys[ACCESS_KEYS_MAX];
};

// INVALID with a sentence that quotes no secret; TOO_LARGE over ACCESS_KEYS_MAX.
must_check outcome access_keys_parse(struct slice text, const char *what, struct access_keys **out,
                                     struct why *why);

// The same from a file. DENIED when it holds a secret and anyone but its owner and group may read
// it.
must_check outcome access_keys_load(const char *path, struct access_keys **out, struct why *why);

void access_keys_close(struct access_keys **keys); // tolerates NULL; wipes

#define autoaccesskeys __attribute__((cleanup(access_keys_close))) struct access_keys

// The key of a scheme by its id; with `id.at` NULL the only one. NULL when there is none.
const struct access_key *access_keys_find(const struct access_keys *keys, enum access_scheme scheme,
                                          struct slice id);

#endif
