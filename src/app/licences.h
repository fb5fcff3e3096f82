// SPDX-License-Identifier: Apache-2.0
//
// The licence service of a house, as its roles see it: the api signs what a play may open, the
// license role verifies it and gives keys.
//
//     role api       keys/entitlement.pem (private)                    licence_offer()
//     role license   keys/entitlement.pem (public halves are enough),  api_clearkey, api_native,
//                    keys/licence.pem, the key ring                    api_register_device
//
// Files under keys/ of the data folder are made where missing: with a data folder of its own a
// house of one machine needs no setting. A role opens only what it needs.
#ifndef APP_LICENCES_H
#define APP_LICENCES_H

#include "app/service.h"
#include "catalog/title.h"
#include "license/native.h"
#include "net/places.h"

// Settings; each may be NULL or "" for what the brackets say.
struct licence_settings {
    const char *ring;              // of drm/key_ring.h [keys/ring in the data folder]
    const char *entitlement_keys;  // [keys/entitlement.pem]
    const char *licence_keys;      // sign native licences [keys/licence.pem]
    const char *url;               // where players find the license role [this house]
    const char *browser_class;     // the highest class that ClearKey may open [hd]
    const char *unknown_territory; // "allow" or "deny" plays granted for a territory [allow]
    const char *device_rate;       // licences a device may ask for in a minute; 0: any [120]
    const char *registration_rate; // devices that an address may register in an hour; 0: any [100]
    const char *partners;          // packagers and vendors' services, of license/partners.h [none]
};

struct licences;

// Opens what `roles` (enum service_role) need; `stores`, `places` and `clock` outlive it. Guard the
// process first (drm/secret.h).
must_check outcome licences_open(const struct licence_settings *settings, const char *data,
                                 unsigned roles, const struct stores *stores,
                                 const struct places *places, const struct clock *clock,
                                 struct licences **out, struct why *why);
void licences_close(struct licences **licences); // wipes; tolerates NULL

// What POST /v1/playback answers with for `title`: `*licence` is null and `*key_ids` empty for a
// title in the clear; else the addresses and a token signed for `claims`. The caller releases both.
must_check outcome licence_offer(struct licences *licences, const struct title *title,
                                 const struct entitlement *claims, json_t **licence,
                                 json_t **key_ids, struct why *why);

// Where a request comes from, by net/places.h: "DE", or "" when it is not known.
// `out` has room for TERRITORY_BYTES. For whoever decides about territories: playback grants, the
// license role compares.
const char *licences_territory(const struct licences *licences,
                               const struct http_exchange *exchange, char *out);

// Handlers. api_clearkey begins on the loop and goes on the pool only when the stores are needed.
http_handler api_clearkey, api_native, api_register_device, api_vendor_licence, api_key_server,
    api_speke;

#endif
