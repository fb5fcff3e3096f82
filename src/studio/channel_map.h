// SPDX-License-Identifier: Apache-2.0
//
// Which channel is which, in words: of files that hold one channel each, or of one whose order is
// not the usual.
//
//     "L R C LFE Ls Rs"   the words say what the channels of the files are, as they come
//     "Ls L C R Rs LFE"   another order
//     "L R - -"           the last two are left out
//
//     L R        left, right              Ls Rs     surround: beside the listener in 7.1
//     C          centre                   Lrs Rrs   rear surround, of 7.1
//     LFE        low frequencies          M         mono
#ifndef STUDIO_CHANNEL_MAP_H
#define STUDIO_CHANNEL_MAP_H

#include "base/slice.h"

enum {
    CHANNEL_MAP_MAX = 16, // words
    CHANNEL_MAP_BYTES = 80,
};

struct channel_map {
    size_t named_count;           // channels that the files have
    size_t channel_count;         // of the sound that is made
    uint32_t mask;                // of them, as media/wave.h has it
    size_t from[CHANNEL_MAP_MAX]; // for each, in the mask's order: the channel of the files
};

// INVALID with the word that is none, or stands twice, and for a set that is no layout: mono,
// stereo, 5.1 and 7.1 are, with or without their LFE, and 3.0.
must_check outcome channel_map_parse(const char *text, struct channel_map *out, struct why *why);

#endif
