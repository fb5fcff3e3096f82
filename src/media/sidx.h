// SPDX-License-Identifier: Apache-2.0
//
// Reads a segment index (`sidx`, ISO/IEC 14496-12 clause 8.16.3): where the segments of a track
// file lie and how long each is.
//
//     | sidx ............ | first_offset | seg 0 | seg 1 | ...
//                         ^ anchor: the first byte behind the box
#ifndef MEDIA_SIDX_H
#define MEDIA_SIDX_H

#include "base/arena.h"
#include "media/box.h"
#include "media/presentation.h"

struct sidx {
    uint32_t timescale;
    uint64_t earliest_time; // presentation time of the first segment, ticks
    struct sidx_entry *entries;
    size_t entry_count;
};

struct sidx_entry {
    uint64_t offset; // from the start of the file
    uint32_t size;
    uint32_t duration; // ticks
    bool starts_with_sap;
    uint8_t sap_type; // 0: not told
};

// Reads the box, whose offset tells where in the file it lies. Entries are the arena's. INVALID
// when it is cut off, has a timescale of zero, over SEGMENTS_MAX entries, or offsets past 2^63;
// UNSUPPORTED when it refers to further indexes (hierarchical, which on-demand files have no need
// of).
must_check outcome sidx_parse(const struct box *box, struct arena *arena, struct sidx *out,
                              struct why *why);

#endif
