// SPDX-License-Identifier: Apache-2.0
//
// The key ring: AES-256 keys that wrap content keys. Everything else of the house keeps content
// keys wrapped only; who has the stores but not the ring has nothing.
//
//     key ring                                         a record in the table
//     kek_01KA...  \                                   +-----------------------------------------+
//     kek_01KB...   > older: unwrap only               | kek_01KC... | nonce | sealed key | tag  |
//     kek_01KC...  <- active: the newest, wraps ------>|  which one  |  12   |     16     |  16  |
//                                                      +-----------------------------------------+
//     AES-256-GCM; associated data: "primrose wrapped key 1", the wrapping key's id, the context
//
// The context is what the record says of the key (its id, title, class): a record that was altered,
// or moved to another title or class, does not unwrap. Nonces are random: 2^32 keys may be wrapped
// under one wrapping key (SP 800-38D, section 8.3).
//
// Two kinds: a file of mode 0600 (drm/key_ring_file.h) and a PKCS#11 token, from which wrapping
// keys never come out (drm/key_ring_pkcs11.h). Both pass tests/drm/conformance_key_ring.h and make
// the same records. Every call is thread-safe. Open after fork(), not before; see secret_guard().
#ifndef DRM_KEY_RING_H
#define DRM_KEY_RING_H

#include "drm/content_key.h"

enum {
    WRAPPING_ID_BYTES = 32,      // "kek_", a ULID's 26 characters, NUL: ids sort by age
    WRAPPING_KEYS_MAX = 64,      // five years of monthly rotation
    WRAP_NONCE_BYTES = 12,       //
    WRAP_SEALED_BYTES = 16 + 16, // content key and tag
    WRAP_CONTEXT_BYTES = 256,    // at most
};

struct wrapping_key {
    char id[WRAPPING_ID_BYTES];
    int64_t made_ms; // as the id says
};

// A content key as it may be stored anywhere.
struct wrapped_key {
    char wrapping_id[WRAPPING_ID_BYTES];
    uint8_t nonce[WRAP_NONCE_BYTES];
    uint8_t sealed[WRAP_SEALED_BYTES];
};

struct key_ring;

// What a kind of ring does; callers use the functions below.
struct key_ring_ops {
    // Ids in no order, at most WRAPPING_KEYS_MAX; as they are now, also when another process
    // changed them.
    must_check outcome (*list)(struct key_ring *ring, char (*out)[WRAPPING_ID_BYTES], size_t *count,
                               struct why *why);
    must_check outcome (*add)(struct key_ring *ring, const char *id, struct why *why); // random key
    must_check outcome (*drop)(struct key_ring *ring, const char *id, struct why *why);
    // AES-256-GCM with the key of that id. NOT_FOUND without a sentence when the ring has no such
    // key; `open` is CORRUPT, without a sentence, when the tag is wrong.
    must_check outcome (*seal)(struct key_ring *ring, const char *id, const uint8_t *nonce,
                               struct slice associated, const uint8_t secret[CONTENT_KEY_BYTES],
                               uint8_t sealed[WRAP_SEALED_BYTES], struct why *why);
    must_check outcome (*open)(struct key_ring *ring, const char *id, const uint8_t *nonce,
                               struct slice associated, const uint8_t sealed[WRAP_SEALED_BYTES],
                               uint8_t secret[CONTENT_KEY_BYTES], struct why *why);
    void (*close)(struct key_ring *ring); // wipes
};

struct key_ring {
    const struct key_ring_ops *ops;
};

// Where the ring is: `configured`, or keys/ring in the data folder where that is "". INVALID when
// it is too long for `out` of `room` bytes.
must_check outcome key_ring_place(const char *configured, const char *data, char *out, size_t room,
                                  struct why *why);

// `where` is a file, or a token as "pkcs11:token=NAME?module-path=LIB&pin-source=file:PIN" (RFC
// 7512). NOT_FOUND when there is none yet; DENIED when others than its owner may read the file, or
// the token's PIN is wrong; CORRUPT when it cannot be read as a key ring.
must_check outcome key_ring_open(const char *where, struct key_ring **out, struct why *why);

// Makes a ring with one wrapping key. CONFLICT when one is there: a ring is never overwritten. A
// token must have been initialised with its maker's tools.
must_check outcome key_ring_make(const char *where, int64_t wall_ms, struct why *why);

// Opens the ring, making it first where there is none.
must_check outcome key_ring_have(const char *where, int64_t wall_ms, struct key_ring **out,
                                 struct why *why);

void key_ring_close(struct key_ring **ring); // wipes; tolerates NULL

#define autoring __attribute__((cleanup(key_ring_close))) struct key_ring

// The ids, oldest first: the last one is active. `out` has room for WRAPPING_KEYS_MAX. Secrets are
// not given out by anything here.
must_check outcome key_ring_list(struct key_ring *ring, struct wrapping_key *out, size_t *count,
                                 struct why *why);

// Adds a wrapping key, which is active from then on. CONFLICT when the clock stands before the
// active key's time, TOO_LARGE over WRAPPING_KEYS_MAX. `out_id` may be NULL.
must_check outcome key_ring_rotate(struct key_ring *ring, int64_t wall_ms,
                                   char out_id[WRAPPING_ID_BYTES], struct why *why);

// Forgets a wrapping key for ever; what is wrapped under it is lost. CONFLICT for the active one,
// NOT_FOUND.
must_check outcome key_ring_forget(struct key_ring *ring, const char *id, struct why *why);

// Wraps under the active key. TOO_LARGE for a context over WRAP_CONTEXT_BYTES.
must_check outcome key_ring_wrap(struct key_ring *ring, const uint8_t secret[CONTENT_KEY_BYTES],
                                 struct slice context, struct wrapped_key *out, struct why *why);

// NOT_FOUND when the ring does not have the wrapping key; CORRUPT when the record or its context is
// not what was wrapped. The caller wipes `secret`.
must_check outcome key_ring_unwrap(struct key_ring *ring, const struct wrapped_key *wrapped,
                                   struct slice context, uint8_t secret[CONTENT_KEY_BYTES],
                                   struct why *why);

// "kek_" and a ULID: what may stand in a record as a wrapping key's id.
bool wrapping_id_is_valid(const char *id);

#endif
