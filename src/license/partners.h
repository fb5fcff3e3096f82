// SPDX-License-Identifier: Apache-2.0
//
// Others with whom keys are shared, from one JSON file of mode 0600:
//
//     {
//       "packagers": [{"name": "packager1", "key": "<64 hex digits>", "iv": "<32 hex digits>"}],
//       "speke":     [{"name": "mux", "key": "<what it sends>", "certificate": "/etc/mux.pem"}],
//       "widevine":  {"url": "https://...", "name": "provider", "key": "...", "iv": "..."},
//       "playready": {"url": "https://...", "authorization": "Bearer ..."},
//       "fairplay":  {"url": "https://...", "authorization": "Bearer ..."}
//     }
//
// Packagers may fetch keys (license/key_server.h, and SPEKE v2: studio/speke.h); the others are the
// vendors' licence services (license/gateway.h). Every part may be left out. A SPEKE packager shows
// its key to ask at all, and gets content keys for its own certificate alone.
#ifndef LICENSE_PARTNERS_H
#define LICENSE_PARTNERS_H

#include "drm/widevine.h"

enum {
    PACKAGERS_MAX = 16, // of either kind
    PARTNER_URL_BYTES = 1024,
    PARTNER_FIELD_BYTES = 2048,
    PARTNER_CERTIFICATE_BYTES = 16 * 1024, // PEM
    SPEKE_KEY_LETTERS_MIN = 24,            // 143 bits of base64
};

enum vendor { VENDOR_WIDEVINE, VENDOR_PLAYREADY, VENDOR_FAIRPLAY, VENDOR_COUNT };

const char *vendor_word(enum vendor vendor); // "widevine": also in addresses

// False when there is no such vendor.
bool vendor_parse(const char *word, enum vendor *out);

struct speke_packager {
    char name[64];
    uint8_t key_hash[32];                        // SHA-256 of what it sends
    char certificate[PARTNER_CERTIFICATE_BYTES]; // PEM, NUL
};

struct partners {
    struct widevine_signer packagers[PACKAGERS_MAX];
    size_t packager_count;
    struct speke_packager spekes[PACKAGERS_MAX];
    size_t speke_count;
    struct vendor_service {
        char url[PARTNER_URL_BYTES];             // "": not set up
        char authorization[PARTNER_FIELD_BYTES]; // of the request to the vendor; "": none
        struct widevine_signer signer;           // Widevine's
    } vendors[VENDOR_COUNT];
};

// DENIED when others than the owner may read the file; INVALID names the member at fault, never its
// value. The caller frees it with partners_close(), which wipes.
must_check outcome partners_load(const char *path, struct partners **out, struct why *why);
// Whose key it is; NULL for nobody's. The time it takes says nothing of the keys.
const struct speke_packager *partners_speke(const struct partners *partners, struct slice key);

void partners_close(struct partners **partners); // tolerates NULL

#endif
