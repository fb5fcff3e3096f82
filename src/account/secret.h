// SPDX-License-Identifier: Apache-2.0
//
// Passwords and PINs, which people choose, and tokens, which we make.
//
//     password   Argon2id (RFC 9106) by libsodium, with its own salt: slow on purpose
//     token      "ps_" and 32 random bytes in base64url; kept as BLAKE2b-256 of it: as random as it
//                is, it needs no salt and no slowness
#ifndef ACCOUNT_SECRET_H
#define ACCOUNT_SECRET_H

#include "base/slice.h"

enum {
    SECRET_TOKEN_BYTES = 56,   // prefix of at most 8, 43 letters, NUL
    SECRET_HASH_BYTES = 65,    // hex with a NUL
    PASSWORD_HASH_BYTES = 128, // as libsodium's text form has it
    PASSWORD_BYTES_MIN = 8,    // NIST SP 800-63B, section 5.1.1
    PASSWORD_BYTES_MAX = 256,
};

struct password_cost {
    uint64_t passes;
    size_t memory_bytes;
};

struct password_cost password_cost_member(void); // 2 passes over 64 MiB: some 0.1 s
struct password_cost password_cost_least(void);  // what libsodium allows; for PINs and for tests

// INVALID for a password that is too short or too long.
must_check outcome password_check(const char *password, struct why *why);

// Into `out` of PASSWORD_HASH_BYTES. NO_MEMORY.
must_check outcome password_hash(const char *password, struct password_cost cost, char *out,
                                 struct why *why);

// Takes as long as hashing did. false also for a hash that is none.
bool password_matches(const char *hash, const char *password);

// A new token with `prefix` ("ps_") into `out` of SECRET_TOKEN_BYTES.
void token_make(const char *prefix, char *out);

// What a token, or any text that serves as a key, is kept as: `out` has SECRET_HASH_BYTES.
void token_hash(struct slice token, char *out);

// Compares without telling by time where they differ.
bool token_hash_equal(const char *a, const char *b);

#endif
