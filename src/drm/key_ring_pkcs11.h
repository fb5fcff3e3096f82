// SPDX-License-Identifier: Apache-2.0
//
// A key ring in a PKCS#11 token (a security module, or SoftHSM2): wrapping keys are made in it,
// marked sensitive and not extractable, and used in it.
//
//     pkcs11:token=primrose?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/pin
//            |              |                                           `- or pin-value=1234
//            the token      the maker's library; none: those that p11-kit is configured with
//
// Each wrapping key is a secret key object: label "primrose wrapping key", id (CKA_ID) the key's id
// as text. The token must offer CKM_AES_KEY_GEN and CKM_AES_GCM (PKCS #11 v2.40, section 2.12.3).
#ifndef DRM_KEY_RING_PKCS11_H
#define DRM_KEY_RING_PKCS11_H

#include "drm/key_ring.h"

must_check outcome key_ring_pkcs11_open(const char *uri, struct key_ring **out, struct why *why);

// The first wrapping key of a token. CONFLICT when it has one.
must_check outcome key_ring_pkcs11_make(const char *uri, const char *first_id, struct why *why);

#endif
