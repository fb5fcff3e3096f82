// SPDX-License-Identifier: Apache-2.0
//
// What verbs that encrypt have in common: their options' words, and the key ring.
#ifndef CMD_PROTECT_H
#define CMD_PROTECT_H

#include "cmd/verb.h"
#include "drm/key_ring.h"
#include "drm/pssh.h"
#include "store/stores.h"
#include "studio/sealed_store.h"

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

// --- the studio's ring -----------------------------------------------------------------------

// Seals masters and unfinished work of a house's store (studio/sealed_store.h). It outlives the
// stores.
struct studio_seal {
    struct sealed_options options;
    char place[RING_PLACE_BYTES]; // "" where nothing is sealed
};

#define PROTECT_STUDIO_NONE "none"

// Where the studio's ring is: `configured` (the setting keys.studio), or keys/studio in the data
// folder; "" for PROTECT_STUDIO_NONE.
must_check outcome protect_studio_place(const char *configured, const char *data,
                                        char out[RING_PLACE_BYTES], struct why *why);

// Makes the stores' blobs sealed ones. The ring is opened at first use, and must be there then;
// guards the process.
must_check outcome protect_studio(const char *configured, const char *data, struct stores *stores,
                                  struct studio_seal *out, struct why *why);

// The same, making the ring where there is none: for who begins work, not for who joins in.
must_check outcome protect_studio_make(const char *configured, const char *data,
                                       struct stores *stores, struct studio_seal *out,
                                       struct why *why);

#define PROTECT_STUDIO_DOC                                                                         \
    "The key ring that masters and unfinished work are sealed with: a file or a PKCS#11 token, "   \
    "none for no seal. Empty: keys/studio in the data folder."

// The options of every verb that opens the ring.
#define PROTECT_RING_DOC                                                                           \
    "The key ring: a file (made where missing), or a PKCS#11 token as "                            \
    "pkcs11:token=NAME?module-path=LIB&pin-source=file:PIN. Empty: keys/ring in the data folder."

#endif
