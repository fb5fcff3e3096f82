// SPDX-License-Identifier: Apache-2.0
//
// The native licence protocol, the bytes of both ends: how a device that holds an EC P-256 identity
// is given content keys that nobody else can open, on terms that nobody can change.
//
//     device (primrose-cdm)                             licence service
//       registration  {point, name, time} signed ------> keeps the point under the device's id
//       (once; signing proves that the device holds the key)
//
//       challenge     {title, key ids, nonce, time, ---> finds the point by the id and verifies;
//                      one-time point} signed            takes each nonce once, times near its own
//       licence       <--------------------------------- {terms, keys sealed to the one-time point,
//                                                         digest of the challenge} signed
//
// Each message is a drm/signed_message.h: ES256 by the device, EdDSA by the service. Keys are
// sealed with HPKE to a point that the challenge made for this answer alone: who records the answer
// and later steals the device's key still cannot open it. The digest of the whole challenge and the
// terms go into the sealing, so that an answer fits one challenge and its terms cannot be
// exchanged, even by someone who could sign.
//
// Times are milliseconds since 1970 by the service's clock.
#ifndef DRM_DEVICE_LICENCE_H
#define DRM_DEVICE_LICENCE_H

#include "drm/content_key.h"
#include "drm/ed25519.h"
#include "drm/p256.h"

#include "base/buffer.h"

enum {
    DEVICE_ID_BYTES = 32,
    DEVICE_ID_TEXT_BYTES = 2 * DEVICE_ID_BYTES + 1,
    DEVICE_NAME_BYTES = 65,  // 64 and a NUL
    DEVICE_TITLE_BYTES = 65, // ids are at most 64 characters
    DEVICE_NONCE_BYTES = 16,
    DEVICE_DIGEST_BYTES = 32,
    LICENCE_ID_BYTES = 16,
    LICENCE_KEYS_MAX = 64, // five classes, and a dozen periods of rotation

    // What each message takes at most: ends refuse longer ones before reading them.
    REGISTRATION_BYTES_MAX = 512,
    CHALLENGE_BYTES_MAX = 2048,
    LICENCE_BYTES_MAX = 4096,
};

#define REGISTRATION_MEDIA_TYPE "application/primrose-registration+cbor"
#define CHALLENGE_MEDIA_TYPE    "application/primrose-challenge+cbor"
#define LICENCE_MEDIA_TYPE      "application/primrose-licence+cbor"

// SHA-256 of the identity's point.
struct device_id {
    uint8_t bytes[DEVICE_ID_BYTES];
};

void device_id_make(const struct p256_point *point, struct device_id *out);
bool device_id_equal(const struct device_id *a, const struct device_id *b);

// 64 hex digits, into `out` of DEVICE_ID_TEXT_BYTES. Returns `out`.
const char *device_id_format(const struct device_id *id, char *out);

struct device_registration {
    struct p256_point point;
    char name[DEVICE_NAME_BYTES]; // for people, UTF-8: "living room"
    int64_t wall_ms;              // by the device's clock
};

// Appends the message; `name` is cut at 64 bytes.
must_check outcome device_registration_make(const struct p256_key *identity, const char *name,
                                            int64_t wall_ms, struct buffer *out, struct why *why);

// Reads it and verifies that its signer holds the key. INVALID, or DENIED.
must_check outcome device_registration_open(struct slice bytes, struct device_registration *out,
                                            struct why *why);

enum licence_kind {
    LICENCE_STREAMED, // forgotten when the play ends
    LICENCE_KEPT,     // stored for a download
    LICENCE_KIND_COUNT
};

struct device_challenge {
    struct device_id device;
    char title[DEVICE_TITLE_BYTES];
    enum licence_kind kind; // wished for; the service decides
    struct key_id key_ids[LICENCE_KEYS_MAX];
    size_t key_count; // 1 .. LICENCE_KEYS_MAX
    uint8_t nonce[DEVICE_NONCE_BYTES];
    int64_t wall_ms;                     // by the device's clock
    uint8_t renews[LICENCE_ID_BYTES];    // the licence to renew; zeros: a first one
    struct p256_point one_time;          // what the answer is sealed to
    uint8_t digest[DEVICE_DIGEST_BYTES]; // SHA-256 of the whole message; set by make and open
};

// Appends the message for what `challenge` says of title, kind, key ids, time and renewal; sets its
// device, nonce, one-time point and digest. The one-time key comes back to be closed by the caller
// once the answer is opened or given up.
must_check outcome device_challenge_make(const struct p256_key *identity,
                                         struct device_challenge *challenge,
                                         struct p256_key **out_one_time, struct buffer *out,
                                         struct why *why);

// Whose point to look up. Nothing is verified. INVALID when the message is malformed.
must_check outcome device_challenge_signer(struct slice bytes, struct device_id *out,
                                           struct why *why);

// Reads and verifies against the registered point. INVALID, or DENIED when another key signed.
// Whether the nonce is new and the time is near is the caller's to judge.
must_check outcome device_challenge_open(struct slice bytes, const struct p256_point *device,
                                         struct device_challenge *out, struct why *why);

// What may be done with the keys, and until when.
struct licence_terms {
    enum licence_kind kind;
    int64_t issued_ms;
    int64_t expires_ms;       // nothing is decrypted from here on
    int64_t renew_ms;         // when to ask again, before it expires; 0: not
    int64_t begin_within_ms;  // kept: the first play must begin so soon after it was issued; 0: any
    int64_t finish_within_ms; // once begun, play may go on so long; 0: any
};

struct licence_keys {
    struct classed_key keys[LICENCE_KEYS_MAX];
    size_t count;
};

void licence_keys_release(struct licence_keys *keys); // wipes; tolerates a zeroed one

#define autolicencekeys __attribute__((cleanup(licence_keys_release))) struct licence_keys

struct device_licence {
    uint8_t id[LICENCE_ID_BYTES];
    struct licence_terms terms;
};

// Appends the answer to `challenge`, with a licence id of its own in `out_id` (NULL: not wanted).
// The service's public key names itself in the message. INVALID when the terms contradict
// themselves, TOO_LARGE over LICENCE_KEYS_MAX.
must_check outcome device_licence_make(const struct device_challenge *challenge,
                                       const struct licence_terms *terms,
                                       const struct licence_keys *keys,
                                       const struct ed25519_key *service,
                                       uint8_t out_id[LICENCE_ID_BYTES], struct buffer *out,
                                       struct why *why);

// Opens the answer to `challenge` with its one-time key, trusting any of the `service_count`
// services. DENIED when it was signed by none of them, answers another challenge, or cannot be
// opened; INVALID when it is malformed. Terms are not judged here: see drm/licence_clock.h.
must_check outcome device_licence_open(struct slice bytes, const struct device_challenge *challenge,
                                       const struct p256_key *one_time,
                                       const struct ed25519_public *services, size_t service_count,
                                       struct device_licence *out, struct licence_keys *out_keys,
                                       struct why *why);

#endif
