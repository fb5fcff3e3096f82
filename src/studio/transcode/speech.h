// SPDX-License-Identifier: Apache-2.0
//
// Whether somebody speaks: for a loudness that is gated by dialogue (as ATSC A/85 asks for the
// anchor of long programmes).
//
//     samples --300 Hz .. 4 kHz--> level every 10 ms  ^  /\ /\  /\    syllables: 3 to 8 a second,
//                                                     |_/  v  \/  \_  with pauses between them
//
// After Scheirer and Slaney (ICASSP 1997) and Saunders (ICASSP 1996): in the last second, the
// levels vary (their deviation is more than half of their mean), much of that at 2 to 8 Hz, and
// many are below half the mean. Speech does so and music mostly does not; a detector of this kind
// is right some nine times in ten, over a film more often than not in each direction. It is no
// recogniser, and applause may fool it.
#ifndef STUDIO_TRANSCODE_SPEECH_H
#define STUDIO_TRANSCODE_SPEECH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SPEECH_LEVELS_A_SECOND = 100,
    SPEECH_WINDOW = 100,    // levels: a second
    SPEECH_HOP_LEVELS = 10, // a word every 100 ms
};

struct speech_filter {
    double b0, b1, b2, a1, a2, x1, x2, y1, y2;
};

struct speech {
    struct speech_filter high, low;
    int block; // samples of a level
    double sum;
    int filled;
    double levels[SPEECH_WINDOW]; // a ring
    size_t at, count;
};

struct speech speech_init(int sample_rate);

// The next sample. True when a hop (100 ms) has just ended; `*out_speaks` then says whether the
// second up to here is speech.
bool speech_put(struct speech *speech, float sample, bool *out_speaks);

#endif
