// SPDX-License-Identifier: Apache-2.0
//
// Content keys between systems: CPIX 2.3 documents (DASH-IF, ETSI TS 103 799), with keys encrypted
// to the receiver's certificate.
//
//     CPIX contentId
//       DeliveryDataList        to whom: X.509 certificate
//                                 document key  RSA-OAEP    --> encrypts the keys below
//                                 MAC key       RSA-OAEP    --> HMAC-SHA512 over each of them
//       ContentKeyList          kid, commonEncryptionScheme, AES-256-CBC, ValueMAC
//       DRMSystemList           per kid and system: pssh, EXT-X-KEY, PlayReady Object
//       ContentKeyUsageRuleList kid -> AUDIO, SD, HD, UHD, ALL, with filters by pixels
//
// Reading takes what others write: encrypted keys with a MAC, plain keys, or none at all (a
// request, as SPEKE v2 sends it). An encrypted key without a MAC is refused: CBC alone lets anyone
// alter it. Signatures are not looked at: the MAC, or the channel, says who wrote it.
#ifndef MEDIA_CPIX_H
#define MEDIA_CPIX_H

#include "drm/pssh.h"

enum {
    CPIX_KEYS_MAX = 64,
    CPIX_BYTES_MAX = 1024 * 1024, // 64 keys with four systems each take some 200 KiB
    CPIX_CONTENT_ID_BYTES = 256,
    CPIX_CERTIFICATE_BYTES = 4096, // DER; of 4096-bit RSA with its names: some 2 KiB
    CPIX_DELIVERIES_MAX = 16,
};

struct cpix_key {
    struct content_key key; // its secret is zero when has_secret is false
    bool has_secret;
    enum key_class class;
};

// Holds keys: not for arenas, and wiped by cpix_release().
struct cpix {
    char content_id[CPIX_CONTENT_ID_BYTES]; // "": none
    enum cenc_scheme scheme;                // of all keys; SCHEME_NONE: not said
    drm_systems systems;                    // named for any key
    struct cpix_key keys[CPIX_KEYS_MAX];
    size_t count;
    uint8_t certificate[CPIX_CERTIFICATE_BYTES]; // DER of the first DeliveryKey: to whom an answer
    size_t certificate_len;                      // is to be encrypted; 0: none
};

void cpix_release(struct cpix *cpix); // wipes; tolerates a zeroed one

#define autocpix __attribute__((cleanup(cpix_release))) struct cpix

// Appends the document. Keys are encrypted to cpix->certificate (RSA of 2048 bits or more), or
// plain without one. INVALID for a certificate that cannot be used, for no key, and for a key id
// that is there twice.
must_check outcome cpix_write(const struct cpix *cpix, struct buffer *out, struct why *why);

// Reads a document. `private_key` is PEM, and may be empty: then encrypted keys are DENIED, as they
// are when no DeliveryData is for that key, or a MAC is wrong. INVALID with the line for what is
// no CPIX; UNSUPPORTED for a usage rule that the classes cannot say. The caller releases `*out`.
must_check outcome cpix_read(struct slice xml, struct slice private_key, struct cpix *out,
                             struct why *why);

// The certificate of a PEM text as cpix->certificate. INVALID.
must_check outcome cpix_set_certificate(struct cpix *cpix, struct slice pem, struct why *why);

#endif
