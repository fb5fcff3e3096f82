// SPDX-License-Identifier: Apache-2.0
//
// The boxes of an encrypted track (ISO/IEC 23001-7 clauses 6 to 8, ISO/IEC 14496-12 clauses 8.7.8
// and 8.7.9).
//
//     stsd  encv | enca
//             ... what the clear entry holds
//             sinf [ frma: the clear type | schm: cbcs, cenc | schi [ tenc: key id, IV, pattern ] ]
//     traf  ... trun
//             saiz  bytes of each sample's part of senc
//             saio  where senc's first part is, from moof
//             senc  per sample: [IV] [subsamples: clear 16 bits, protected 32 bits]
//     traf of a clear lead
//             tfhd names the second sample entry, which is a clear one
//
// (A sample group could say so as well, but not all readers look at groups.) Samples that are whole
// and have the constant IV (cbcs audio) have nothing to tell: none of saiz, saio, senc.
#ifndef MEDIA_PROTECTION_BOXES_H
#define MEDIA_PROTECTION_BOXES_H

#include "drm/cenc.h"
#include "media/box_writer.h"

void sinf_put(struct box_writer *writer, uint32_t clear_type,
              const struct track_encryption *encryption);

struct fragment_protection {
    bool is_clear;        // a clear lead: of the second sample entry
    bool has_subsamples;  // entries tell them
    struct slice entries; // of senc, all samples'
    struct slice sizes;   // one byte a sample: of its part of entries; empty: there are none
};

// Into the traf of a moof that starts at `moof_at` of the writer's buffer.
void fragment_protection_put(struct box_writer *writer,
                             const struct fragment_protection *protection, size_t samples,
                             size_t moof_at);

#endif
