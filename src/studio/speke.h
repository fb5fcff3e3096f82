// SPDX-License-Identifier: Apache-2.0
//
// SPEKE v2: a packager asks a key provider for keys with a CPIX document, and gets it back filled.
//
//     packager                                        provider
//       CPIX: key ids, usage rules, systems,  ------>   keys of the title, made where missing
//             its own certificate
//       CPIX: the same, with keys encrypted   <------   signalling of each system
//             to that certificate
//
// Both ends are here, as documents alone; HTTP carries them (X-Speke-Version: 2.0).
#ifndef STUDIO_SPEKE_H
#define STUDIO_SPEKE_H

#include "catalog/title_keys.h"
#include "media/cpix.h"

// What an answer needs. Borrowed.
struct speke_provider {
    struct table_store *tables;
    struct key_ring *ring;
    struct slice partners; // PEM certificates, one after another: nobody else gets a key
    int64_t wall_ms;
};

// Appends the answer to `request`. Its contentId names the title. A key id that the packager chose
// is kept. DENIED for a certificate that is no partner's, or none; CONFLICT when the title has
// another key for a class, or the key id belongs to another title; INVALID otherwise.
must_check outcome speke_answer(const struct speke_provider *provider, struct slice request,
                                struct buffer *out, struct why *why);

// What a packager asks for: a fresh key id for each of `classes` (bits 1 << enum key_class), to be
// encrypted to `certificate` (PEM). `out` is the request; cpix_write() makes its text.
must_check outcome speke_ask(const char *title, uint32_t classes, enum cenc_scheme scheme,
                             drm_systems systems, struct slice certificate, struct cpix *out,
                             struct why *why);

// Takes the keys of `answer` for the key ids of `asked` into `keys`. INVALID when one is missing or
// there is one that was not asked for; else as cpix_read().
must_check outcome speke_take(const struct cpix *asked, struct slice answer,
                              struct slice private_key, struct key_set *keys, struct why *why);

#endif
