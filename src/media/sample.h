// SPDX-License-Identifier: Apache-2.0
//
// One coded picture or audio frame: where its bytes are and when it is due.
//
//     decode time   0     1     2     3     4      in the order of the file
//     picture       I0    P3    B1    B2    P6
//     shift         0    +2    -1    -1    +2      composition time = decode time + shift
//     shown at      0     3     1     2     6
//
// Ticks are of the stream's timescale. Times of a `struct sample` are on the presentation timeline:
// edit lists have been applied, the first picture that is shown is at 0, audio priming lies before.
#ifndef MEDIA_SAMPLE_H
#define MEDIA_SAMPLE_H

#include "base/slice.h"

struct sample {
    uint64_t offset; // of its bytes in its file
    uint32_t size;
    uint32_t file;        // number of its file in the source
    int64_t decode_ticks; // negative for what comes before the presentation
    uint32_t duration_ticks;
    int32_t shift_ticks;
    bool is_sync; // a decoder can start here: SAP type 1 or 2; every audio frame
};

// A sample whose bytes are in memory: what an encoder hands over.
struct coded_sample {
    struct slice bytes;
    uint32_t duration_ticks;
    int32_t shift_ticks;
    bool is_sync;
};

#endif
