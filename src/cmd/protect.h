// SPDX-License-Identifier: Apache-2.0
//
// What verbs that encrypt have in common: their options' words, and the key ring.
#ifndef CMD_PROTECT_H
#define CMD_PROTECT_H

#include "cmd/verb.h"
#include "drm/key_ring.h"
#include "drm/pssh.h"

enum { RING_PLACE_BYTES = 1200 }; // of a setting's value and a folder's end

// "cbcs", "cenc", "none".
enum cenc_scheme protect_scheme(const char *word);

// The systems that are named, ClearKey where none is. INVALID for a word that is none, and for
// FairPlay with cenc.
must_check outcome protect_systems(const struct option_texts *words, enum cenc_scheme scheme,
                                   drm_systems *out, struct why *why);

// Guards the process (secret_guard()) and opens the key ring, making it where there is none.
// `configured` is the setting keys.ring.
must_check outcome protect_ring(const char *configured, const char *data, struct key_ring **out,
                                struct why *why);

// The options of every verb that opens the ring.
#define PROTECT_RING_DOC                                                                           \
    "The key ring: a file (made where missing), or a PKCS#11 token as "                            \
    "pkcs11:token=NAME?module-path=LIB&pin-source=file:PIN. Empty: keys/ring in the data folder."

#endif
