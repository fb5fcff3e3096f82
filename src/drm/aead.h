// SPDX-License-Identifier: Apache-2.0
//
// AES-GCM (SP 800-38D), the one cipher here that seals and proves: 128- and 256-bit keys, nonces of
// 12 bytes, tags of 16.
//
//     key, nonce, associated (not secret, but proven)
//          |
//     plain [..............]  -- seal -->  [..............] [tag]
//                             <-- open --  CORRUPT when any bit of all this changed
//
// A nonce must never come twice under one key: who seals says how that is kept.
#ifndef DRM_AEAD_H
#define DRM_AEAD_H

#include "base/slice.h"

enum {
    AEAD_NONCE_BYTES = 12,
    AEAD_TAG_BYTES = 16,
    AEAD_KEY_BYTES_MAX = 32,
};

// A key made ready; many messages may be sealed with it. One thread at a time.
struct aead;

// `key` of 16 or 32 bytes; copied. NO_MEMORY, UNAVAILABLE when OpenSSL has no AES-GCM.
must_check outcome aead_start(struct slice key, struct aead **out, struct why *why);
void aead_end(struct aead **aead); // wipes; tolerates NULL

#define autoaead __attribute__((cleanup(aead_end))) struct aead

// What a message is sealed with beside the key. Both parts are below 2 GiB.
struct aead_bind {
    const uint8_t *nonce; // AEAD_NONCE_BYTES
    struct slice associated;
};

// `plain` to `out` of the same length (may be the same place), and the tag.
must_check outcome aead_seal(struct aead *aead, const struct aead_bind *bind, struct slice plain,
                             uint8_t *out, uint8_t tag[AEAD_TAG_BYTES], struct why *why);

// CORRUPT, without a sentence, when it was not sealed so; `out` is wiped then.
must_check outcome aead_open(struct aead *aead, const struct aead_bind *bind, struct slice sealed,
                             const uint8_t tag[AEAD_TAG_BYTES], uint8_t *out, struct why *why);

// One message under a key: start, seal or open, end.
must_check outcome aead_seal_once(struct slice key, const struct aead_bind *bind,
                                  struct slice plain, uint8_t *out, uint8_t tag[AEAD_TAG_BYTES],
                                  struct why *why);
must_check outcome aead_open_once(struct slice key, const struct aead_bind *bind,
                                  struct slice sealed, const uint8_t tag[AEAD_TAG_BYTES],
                                  uint8_t *out, struct why *why);

#endif
