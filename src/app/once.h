// SPDX-License-Identifier: Apache-2.0
//
// Idempotency-Key: a request that is sent again is done once.
//
//     first    claim {fingerprint, seed} ---> the work ---> seal the answer into the claim
//     again    claim is there, with an answer: the same answer, "Idempotency-Replayed: true"
//     again    claim is there, no answer yet: 409, or, when whoever made it must be dead, the work
//     is
//              done again with the claim's seed: ids that were made come out the same, so that what
//              had been written before a crash is written over, not beside
//
// The table knows the key by a hash alone. The answer, which may hold a token, is sealed with a key
// made of it (XChaCha20-Poly1305 by libsodium): whoever reads the table reads neither.
#ifndef APP_ONCE_H
#define APP_ONCE_H

#include "account/accounts.h"
#include "base/buffer.h"
#include "base/random.h"

#define ONCE_LIFE_MS 86400000LL // a day: longer than anybody tries again

enum {
    ONCE_KEY_MIN = 8, // shorter ones collide
    ONCE_KEY_MAX = 128,
    ONCE_DEAD_MS = 35000, // longer than any handler works in this process
    ONCE_SEED_BYTES = 16,
};

enum once_verdict {
    ONCE_FRESH,    // do the work, then once_finish() or once_abandon()
    ONCE_ANSWERED, // the answer is in `answer`
    ONCE_BUSY,     // somebody works on it
    ONCE_OTHER,    // the key was used for another request
};

struct once {
    char place[SECRET_HASH_BYTES]; // of the claim
    char fingerprint[SECRET_HASH_BYTES];
    uint8_t seal[32];
    uint8_t seed[ONCE_SEED_BYTES];
    int64_t seed_ms; // time of ids
    uint64_t version;
    unsigned ids; // made so far
};

struct once_request {
    const char *caller;
    struct slice key;                // of the field
    struct slice method, path, body; // what it names
};

// INVALID for a key that is none.
must_check outcome once_begin(const struct accounts *accounts, const struct once_request *request,
                              struct once *out, enum once_verdict *verdict, struct buffer *answer,
                              struct why *why);

// Keeps the answer. On failure the next try does the work again, with the same ids.
must_check outcome once_finish(const struct accounts *accounts, const struct once *once,
                               struct slice answer, struct why *why);

// The request was refused: the next try is a new one.
void once_abandon(const struct accounts *accounts, const struct once *once);

// The next id of this request, the same when it is done again.
void once_id(struct once *once, const char *prefix, char *out);

#endif
