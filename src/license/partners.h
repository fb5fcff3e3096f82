// SPDX-License-Identifier: Apache-2.0
//
// Others with whom keys are shared, from one JSON file of mode 0600:
//
//     {
//       "packagers": [{"name": "packager1", "key": "<64 hex digits>", "iv": "<32 hex digits>"}],
//       "widevine":  {"url": "https://...", "name": "provider", "key": "...", "iv": "..."},
//       "playready": {"url": "https://...", "authorization": "Bearer ..."},
//       "fairplay":  {"url": "https://...", "authorization": "Bearer ..."}
//     }
//
// Packagers may fetch keys (license/key_server.h); the others are the vendors' licence services
// (license/gateway.h). Every part may be left out.
#ifndef LICENSE_PARTNERS_H
#define LICENSE_PARTNERS_H

#include "drm/widevine.h"

enum { PACKAGERS_MAX = 16, PARTNER_URL_BYTES = 1024, PARTNER_FIELD_BYTES = 2048 };

enum vendor { VENDOR_WIDEVINE, VENDOR_PLAYREADY, VENDOR_FAIRPLAY, VENDOR_COUNT };

const char *vendor_word(enum vendor vendor); // "widevine": also in addresses

// False when there is no such vendor.
bool vendor_parse(const char *word, enum vendor *out);

struct partners {
    struct widevine_signer packagers[PACKAGERS_MAX];
    size_t packager_count;
    struct vendor_service {
        char url[PARTNER_URL_BYTES];             // "": not set up
        char authorization[PARTNER_FIELD_BYTES]; // of the request to the vendor; "": none
        struct widevine_signer signer;           // Widevine's
    } vendors[VENDOR_COUNT];
};

// DENIED when others than the owner may read the file; INVALID names the member at fault, never its
// value. The caller frees it with partners_close(), which wipes.
must_check outcome partners_load(const char *path, struct partners **out, struct why *why);
void partners_close(struct partners **partners); // tolerates NULL

#endif
