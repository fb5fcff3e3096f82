// SPDX-License-Identifier: Apache-2.0
//
// The keys of entitlements as entitlement.c and entitlement_keys.c share them.
#ifndef DRM_ENTITLEMENT_INTERNAL_H
#define DRM_ENTITLEMENT_INTERNAL_H

#include "drm/entitlement.h"

#include <openssl/evp.h>

struct entitlement_keys {
    struct entitlement_key {
        EVP_PKEY *pkey;
        bool is_private;
        char id[ENTITLEMENT_KEY_ID_BYTES];
    } keys[ENTITLEMENT_KEYS_MAX];
    size_t count;
};

// The first private key, or NULL.
const struct entitlement_key *entitlement_signing_key(const struct entitlement_keys *keys);

// The key of that id, or NULL.
const struct entitlement_key *entitlement_key_find(const struct entitlement_keys *keys,
                                                   struct slice id);

#endif
