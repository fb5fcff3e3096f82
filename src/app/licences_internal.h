// SPDX-License-Identifier: Apache-2.0
//
// What licences.c opens and api_licences.c works with.
#ifndef APP_LICENCES_INTERNAL_H
#define APP_LICENCES_INTERNAL_H

#include "app/licences.h"

enum { LICENCES_PLACE_BYTES = 1200 }; // of a setting's value and the name of a file

struct licences {
    const struct stores *stores;
    const struct clock *clock;
    const char *url;
    char keys_path[LICENCES_PLACE_BYTES];
    const struct places *places;
    struct entitlement_keys *signing; // role api
    struct key_ring *ring;            // role license, and what follows
    struct desk *desk;
    struct ed25519_key *signer;
    struct native *native;
};

#endif
