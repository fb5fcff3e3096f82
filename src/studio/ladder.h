// SPDX-License-Identifier: Apache-2.0
//
// The renditions of a title: a list of rungs made for 16:9, fitted to the picture that is there.
//
//     ladder "demo"     source 1920x804 (scope)     source 1080x1920 (portrait)   source 1280x720
//     1080p 1920x1080   1920x804                    1080x1920                     -- above it
//      720p 1280x720    1280x536                     720x1280                     1280x720
//      480p  854x480     854x358                     480x854                       854x480
//
// A rung is a box: the picture keeps its shape and touches the box on one side. Nothing is
// enlarged.
#ifndef STUDIO_LADDER_H
#define STUDIO_LADDER_H

#include "base/slice.h"

enum {
    LADDER_RUNGS_MAX = 12,  // more cost storage and cache, and hardly anyone sees them
    LADDER_NAME_BYTES = 24, // "1080p-hevc"; the track becomes "v-1080p-hevc"
    LADDER_SIDE_MAX = 8192, // pixels; level 6.2
    LADDER_FILE_BYTES_MAX = 64 * 1024,
};

struct rung {
    char name[LADDER_NAME_BYTES];
    uint32_t width, height;          // even, square pixels
    char encoder[LADDER_NAME_BYTES]; // "x264"
    char preset[LADDER_NAME_BYTES];  // the encoder's own word
    uint32_t crf_tenths;             // constant rate factor times ten
    uint32_t maxrate_bps;            // 0: no cap
    uint32_t bufsize_bits;
};

struct ladder {
    struct rung rungs[LADDER_RUNGS_MAX]; // from the largest down
    size_t count;
};

// A ladder of the house ("demo", "mission") or, with a '/' or ".json" in it, a file. NOT_FOUND with
// the names there are.
must_check outcome ladder_find(const char *name_or_path, struct ladder *out, struct why *why);

// {"rungs": [{"name": "1080p", "width": 1920, "height": 1080, "encoder": "x264", "preset":
// "veryfast", "crf_tenths": 230, "maxrate_bps": 6000000, "bufsize_bits": 9000000}, ...]}. `what`
// names it in sentences. INVALID for anything missing, unknown or out of range, and for a name that
// is there twice.
must_check outcome rungs_parse(struct slice text, const char *what, struct ladder *out,
                               struct why *why);

// The ladder for a picture of `width` x `height` square pixels: each rung in the picture's shape
// (both sides even, within a pixel of it), upright boxes for upright pictures, those that would
// enlarge it left out. A picture smaller than all rungs gets the smallest one in its own size.
void ladder_fit(const struct ladder *ladder, uint32_t width, uint32_t height, struct ladder *out);

#endif
