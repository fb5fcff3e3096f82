// SPDX-License-Identifier: Apache-2.0
//
// The entitlement: what one play may open, as a signed token. Playback decides and signs it; the
// licence service, which keeps no state, verifies it and gives keys.
//
//     base64url(header) . base64url(claims) . base64url(signature)      JWS compact, RFC 7515
//     {"alg":"EdDSA","typ":"entitlement+jwt","kid":"<thumbprint>"}      Ed25519, RFC 8037
//
//     iat - skew     nbf - skew            exp
//        |...............|===== valid =====|         exp - iat <= ENTITLEMENT_LIFE_S_MAX
//
// There is one algorithm and it is not read from the token: the header must say exactly what we
// would have written. A key is named by its RFC 7638 thumbprint. Everything here is a pure function
// of bytes and of a time that is given; keys are read from a file of PEM blocks:
//
//     -----BEGIN PRIVATE KEY-----   the first one signs       the file is 0600 then
//     -----BEGIN PUBLIC KEY-----    verifies only             a licence process needs no others
//
// `openssl genpkey -algorithm ed25519` makes such a block. Rotation: a new private key in front,
// the old one stays as a public block until the tokens it signed have expired.
#ifndef DRM_ENTITLEMENT_H
#define DRM_ENTITLEMENT_H

#include "base/buffer.h"
#include "drm/content_key.h"
#include "drm/ed25519.h"

enum {
    ENTITLEMENT_TOKEN_BYTES = 2048,       // a token is about 700; fields of HTTP allow 8192
    ENTITLEMENT_ID_BYTES = 65,            // as id_is_valid() has them
    ENTITLEMENT_KEY_ID_BYTES = 44,        // base64url of SHA-256, NUL
    ENTITLEMENT_KEYS_MAX = 8,             // rotated weekly with a day's overlap needs two
    ENTITLEMENT_LIFE_S_MAX = 86400,       // a token that leaks dies within the day
    ENTITLEMENT_SKEW_S = 30,              // by which the clocks of our machines may differ
    ENTITLEMENT_OFFLINE_S_MAX = 31622400, // a year
    ENTITLEMENT_STREAMS_MAX = 1000,
};

// Who the token is for: nobody else accepts it.
#define ENTITLEMENT_FOR_LICENSE "license"

struct entitlement {
    char id[ENTITLEMENT_ID_BYTES];      // of this token, for revocation and the log; id_make("ent")
    char session[ENTITLEMENT_ID_BYTES]; // of playback: what counts as one stream
    char member[ENTITLEMENT_ID_BYTES];  // "guest" in an open house
    char profile[ENTITLEMENT_ID_BYTES];
    char device[ENTITLEMENT_ID_BYTES]; // registered id, or "" for a browser that is none
    char title[ENTITLEMENT_ID_BYTES];
    char rental[ENTITLEMENT_ID_BYTES]; // the rental or purchase it rests on; "": the plan alone
    char territory[3];    // ISO 3166-1 alpha-2 where it was granted and may be used; "": anywhere
    unsigned key_classes; // bits 1u << enum key_class; see entitlement_classes()
    int64_t issued_s, not_before_s, expires_s; // since 1970
    int64_t rental_start_by_s; // a rental must be started before; 0: no rental clock
    uint32_t rental_play_s;    // and, once started, ended within; 0 only with rental_start_by_s 0
    uint32_t offline_start_s;  // a download must be started within; 0: no downloads
    uint32_t offline_play_s;   // and, once started, ended within; 0 only with offline_start_s 0
    int64_t offline_until_s;   // and ended before, as a right to the title ends; 0: no such end
    uint16_t account_streams_max, title_streams_max; // at once; 0: no limit
};

// The classes up to and with `highest` (KEY_FOR_AUDIO .. KEY_FOR_UHD) as key_classes has them. A
// key for all classes opens the highest one too, so only UHD includes it.
unsigned entitlement_classes(enum key_class highest);

// Why a token is none.
enum entitlement_fault {
    ENTITLEMENT_SOUND,
    ENTITLEMENT_MALFORMED,   // not three parts, not ours to read, a claim missing or out of range
    ENTITLEMENT_ALGORITHM,   // a header other than ours
    ENTITLEMENT_KEY_UNKNOWN, // signed by a key that is not in the file (any more)
    ENTITLEMENT_FORGED,      // the signature is not of these bytes
    ENTITLEMENT_AUDIENCE,    // for another service
    ENTITLEMENT_EARLY,
    ENTITLEMENT_EXPIRED,
};

// Keys of one file. Immutable: any thread may use it.
struct entitlement_keys;

// Reads the file. DENIED when it holds a private key and others than its owner may read or write
// it; INVALID: no key in it, a block that is no Ed25519 key, more than ENTITLEMENT_KEYS_MAX.
must_check outcome entitlement_keys_load(const char *path, struct entitlement_keys **out,
                                         struct why *why);

// The same from text in memory, for processes that are handed their keys. `what` names it.
must_check outcome entitlement_keys_parse(struct slice pem, const char *what,
                                          struct entitlement_keys **out, struct why *why);
void entitlement_keys_close(struct entitlement_keys **keys); // tolerates NULL; wipes

#define autoentitlementkeys __attribute__((cleanup(entitlement_keys_close))) struct entitlement_keys

// Makes a new private key in `path` (0600), in front of the public halves of those that are there.
// Makes the file where missing. At most ENTITLEMENT_KEYS_MAX stay: the oldest go. Processes that
// only verify must have the new public block before the one that signs reads the file again.
must_check outcome entitlement_keys_rotate(const char *path, struct why *why);

// Makes the file with a first key where there is none; two processes that start at once agree on
// one.
must_check outcome entitlement_keys_ensure(const char *path, struct why *why);

// The key that signs, for other signatures of a service whose keys lie in a file of this form
// (those of native licences). DENIED when the keys can only verify. The caller closes it.
must_check outcome entitlement_keys_signer(const struct entitlement_keys *keys,
                                           struct ed25519_key **out, struct why *why);

bool entitlement_keys_can_sign(const struct entitlement_keys *keys);

// Appends the public blocks: what a licence process is given.
must_check outcome entitlement_keys_public(const struct entitlement_keys *keys, struct buffer *out,
                                           struct why *why);

// Appends the token of `claims` for `audience` to `out`. DENIED when the keys can only verify;
// INVALID for claims that entitlement_verify() would refuse at any time.
must_check outcome entitlement_make(const struct entitlement_keys *keys, const char *audience,
                                    const struct entitlement *claims, struct buffer *out,
                                    struct why *why);

// Verifies signature, audience and times, in this order. Every refusal is DENIED with its fault in
// `*fault` (may be NULL) and a sentence that quotes nothing of the token; NO_MEMORY sets no fault.
must_check outcome entitlement_verify(const struct entitlement_keys *keys, struct slice token,
                                      const char *audience, int64_t now_s, struct entitlement *out,
                                      enum entitlement_fault *fault, struct why *why);

// The times alone, for a token that was verified before and kept.
must_check outcome entitlement_check_time(const struct entitlement *claims, int64_t now_s,
                                          enum entitlement_fault *fault, struct why *why);

#endif
