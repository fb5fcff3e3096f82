// SPDX-License-Identifier: Apache-2.0
//
// Where the renditions of one title are cut into segments: times at which every video track has a
// sync sample, chosen nearest to a regular grid counted in frames.
//
//     grid         0         48        96        144       192        frames, 48 = 2 s at 24/1
//     sync, 1080p  |    |    |    |    |  |      |    |    |    |
//     sync, 480p   |         |         |         |         |
//     cuts         0         48        96        144       192        common, nearest to the grid
//     audio        |--------|----------|---------|---------|------    its frame nearest each cut
//
#ifndef MEDIA_CUTS_H
#define MEDIA_CUTS_H

#include "base/arena.h"
#include "media/sample_source.h"

struct cuts {
    const int64_t *at; // presentation times of the segments' starts, rising; at[0] is 0
    size_t count;
    uint32_t timescale; // of `at`
    int64_t step_ticks; // the grid's regular distance: how tracks that last longer are cut further
};

// Reads the timing of all the videos once (no media bytes) and chooses the cuts; with no video the
// grid alone decides. `segment_ms` is rounded to whole frames of the first video. INVALID when a
// video does not start with a sync sample, and when no common sync sample lies within a segment's
// length of a grid place (the sentence names the file and the time). Sources are rewound.
must_check outcome cuts_plan(struct arena *arena, struct sample_source *const *videos, size_t count,
                             uint32_t segment_ms, struct cuts *out, struct why *why);

#endif
