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
    // senc counts subsamples in 16 bits (ISO/IEC 23001-7, 7.2.2), but saiz has one byte for the
    // size of all that it tells of a sample (ISO/IEC 14496-12, 8.7.8), and 23001-7 has it beside
    // senc: 2 + 42 * 6 = 254 with cbcs, and with cenc's IVs of 8 bytes 8 + 2 + 40 * 6 = 250. Of a
    // picture in more slices the smallest stay clear: decision 66.
    SUBSAMPLES_MAX = 42,
    SUBSAMPLES_MAX_CENC = 40,
    PIECES_MAX = 1024, // slices or tiles of a sample: 64 tiles of 16 frames
};

struct subsample {
    uint16_t clear_bytes;
    uint32_t protected_bytes;
};

// One slice or tile: bytes before it and its own.
struct subsample_piece {
    uint64_t clear_bytes;
    uint32_t protected_bytes;
};

struct subsample_map {
    enum cenc_scheme scheme;
    size_t count; // valid when ended; 0: the whole sample is protected
    struct subsample items[SUBSAMPLES_MAX];
    size_t piece_count; // while it is made
    uint64_t waiting_clear_bytes;
    struct subsample_piece pieces[PIECES_MAX];
};

void subsample_map_begin(struct subsample_map *map, enum cenc_scheme scheme);

// Appends `clear` bytes and then `protected_bytes`. UNSUPPORTED over PIECES_MAX.
must_check outcome subsample_map_add(struct subsample_map *map, uint64_t clear,
                                     uint32_t protected_bytes, struct why *why);

// Fills items. A sample with more pieces than its auxiliary information can tell (an AV1 temporal
// unit may hold several frames of many tiles) keeps the largest protected; the smallest stay clear.
// UNSUPPORTED when even its clear bytes take too many entries.
must_check outcome subsample_map_end(struct subsample_map *map, struct why *why);

#endif
