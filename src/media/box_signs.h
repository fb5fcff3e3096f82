// SPDX-License-Identifier: Apache-2.0
//
// What the boxes of an ISO media file (MP4, MOV) say about it before any demuxer is let near: is it
// whole, is it encrypted, can it be played while it arrives.
#ifndef MEDIA_BOX_SIGNS_H
#define MEDIA_BOX_SIGNS_H

#include "drm/sealed_file.h"

#include <stdint.h>

struct box_signs {
    bool is_iso;       // starts with a box that such files start with
    bool is_cut;       // a box reaches past the end, or there are media bytes but no `moov`
    bool is_faststart; // `moov` before the first `mdat`
    bool is_fragmented;
    bool is_encrypted; // sample entries `encv`, `enca` (ISO/IEC 23001-7)
};

// Reads headers of the outer boxes and the whole of `moov`. Never fails on what a file holds, only
// on reading it.
must_check outcome box_signs_read(struct sealed_file *file, struct box_signs *out, struct why *why);

#endif
