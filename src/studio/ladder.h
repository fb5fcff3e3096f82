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
#include "studio/sound.h"

enum {
    LADDER_RUNGS_MAX = 16,  // of which a title gets 8 to 12: more cost storage and cache
    LADDER_NAME_BYTES = 24, // "1080p-hevc"; the track becomes "v-1080p-hevc"
    LADDER_SIDE_MAX = 8192, // pixels; level 6.2
    LADDER_FILE_BYTES_MAX = 64 * 1024,
};

// What a rung is for. HDR rungs carry the master's own range (PQ or HLG), 10 bits, BT.2020.
#define RUNG_RANGES(X)                                                                             \
    X(RUNG_SDR, "sdr")                                                                             \
    X(RUNG_HDR, "hdr")
#define RUNG_RANGE_ENUM(name, word) name,
enum rung_range { RUNG_RANGES(RUNG_RANGE_ENUM) RUNG_RANGE_COUNT };
#undef RUNG_RANGE_ENUM

struct rung {
    char name[LADDER_NAME_BYTES];
    uint32_t width, height; // even, square pixels
    enum rung_range range;
    char encoder[LADDER_NAME_BYTES]; // "x264", "x265", "svtav1"
    char preset[LADDER_NAME_BYTES];  // the encoder's own word
    uint32_t crf_tenths;             // constant rate factor times ten
    uint32_t maxrate_bps;            // 0: no cap
    uint32_t bufsize_bits;
};

struct ladder_picture {
    uint32_t width, height; // square pixels
    enum rung_range range;  // of the master
};

struct ladder {
    struct rung rungs[LADDER_RUNGS_MAX]; // from the largest down
    size_t count;
    sound_forms sound; // renditions of the sound
};

// A ladder of the house ("demo", "mission", "av1") or, with a '/' or ".json" in it, a file.
// NOT_FOUND with the names there are.
must_check outcome ladder_find(const char *name_or_path, struct ladder *out, struct why *why);

// {"rungs": [{"name": "1080p", "width": 1920, "height": 1080, "encoder": "x264", "preset":
// "veryfast", "crf_tenths": 230, "maxrate_bps": 6000000, "bufsize_bits": 9000000, "range": "sdr"},
// ...], "audio": ["aac-stereo", "aac-5.1", ...]}; range is "sdr" (which it is without) or "hdr";
// without "audio" the house's forms of sound are made. `what` names it in sentences. INVALID for
// anything missing, unknown or out of range, and for a name that is there twice.
must_check outcome rungs_parse(struct slice text, const char *what, struct ladder *out,
                               struct why *why);

// The ladder for a picture of `width` x `height` square pixels: each rung in the picture's shape
// (both sides even, within a pixel of it), upright boxes for upright pictures, those that would
// enlarge it left out. HDR rungs are for HDR masters, which leave out an SDR rung that an HDR one
// of the same size and encoder stands beside: who can decode it has it in HDR. A picture smaller
// than all rungs of a range gets the smallest one in its own size.
void ladder_fit(const struct ladder *ladder, const struct ladder_picture *picture,
                struct ladder *out);

#endif
