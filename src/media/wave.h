// SPDX-License-Identifier: Apache-2.0
//
// Writes sound without loss as a RIFF WAVE file, or as RF64 (EBU Tech 3306) where it is too long
// for one: the same bytes but for a head that is patched at the end.
//
//     RIFF | size | WAVE | JUNK 28 | fmt  40 | data | size | samples, interleaved, little-endian
//     RF64 | ~0   | WAVE | ds64 28 | fmt  40 | data | ~0   | ...
//
// Channels stand in the order of their bits in `mask`, as WAVEFORMATEXTENSIBLE has it.
#ifndef MEDIA_WAVE_H
#define MEDIA_WAVE_H

#include "base/buffer.h"

enum wave_channel {
    WAVE_LEFT = 0x1,
    WAVE_RIGHT = 0x2,
    WAVE_CENTRE = 0x4,
    WAVE_LFE = 0x8,
    WAVE_BACK_LEFT = 0x10,
    WAVE_BACK_RIGHT = 0x20,
    WAVE_SIDE_LEFT = 0x200,
    WAVE_SIDE_RIGHT = 0x400,
};

struct wave_writer {
    int fd; // borrowed; written from offset 0
    uint32_t rate, channels, mask;
    uint32_t bits; // 24 or 32
    uint64_t data_bytes;
};

// Writes the head.
must_check outcome wave_open(int fd, uint32_t rate, uint32_t channels, uint32_t mask, uint32_t bits,
                             struct wave_writer *out, struct why *why);

// Appends samples that are as the file has them.
must_check outcome wave_put(struct wave_writer *writer, struct slice samples, struct why *why);

// Patches the sizes into the head.
must_check outcome wave_finish(struct wave_writer *writer, struct why *why);

#endif
