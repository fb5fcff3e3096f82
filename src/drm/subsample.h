// SPDX-License-Identifier: Apache-2.0
//
// Which bytes of a sample are encrypted (ISO/IEC 23001-7 clause 9.5).
//
//     sample   |len|hdr|slice hdr|slice data ....|len|SEI|len|hdr|slice hdr|slice data ....|
//     map      |<--- clear ----->|<- protected ->|<------- clear --------->|<- protected ->|
//                   subsample 0                          subsample 1
//
// `cenc` protects whole blocks alone: what is over goes to the clear bytes before it (9.5.2.3).
// `cbcs` protects all slice data; its last part of a block is left clear by the cipher.
#ifndef DRM_SUBSAMPLE_H
#define DRM_SUBSAMPLE_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

enum cenc_scheme { SCHEME_NONE, SCHEME_CBCS, SCHEME_CENC, SCHEME_COUNT };
const char *cenc_scheme_word(enum cenc_scheme scheme); // "cbcs", "cenc"; "" for none
uint32_t cenc_scheme_type(enum cenc_scheme scheme);    // 'cbcs' as a number; 0 for none

enum {
    CIPHER_BLOCK_BYTES = 16,
    // saiz has one byte for an IV of 16, a count of 2, and 6 bytes each: 16 + 2 + 39 * 6 = 252.
    SUBSAMPLES_MAX = 39,
};

struct subsample {
    uint16_t clear_bytes;
    uint32_t protected_bytes;
};

struct subsample_map {
    enum cenc_scheme scheme;
    size_t count; // 0 when ended: the whole sample is protected
    uint64_t waiting_clear_bytes;
    struct subsample items[SUBSAMPLES_MAX];
};

void subsample_map_begin(struct subsample_map *map, enum cenc_scheme scheme);

// Appends `clear` bytes and then `protected_bytes`. UNSUPPORTED when the sample has more pieces
// than its auxiliary information can tell.
must_check outcome subsample_map_add(struct subsample_map *map, uint64_t clear,
                                     uint32_t protected_bytes, struct why *why);
must_check outcome subsample_map_end(struct subsample_map *map, struct why *why);

#endif
