// SPDX-License-Identifier: Apache-2.0
//
// Bits of a codec's headers, most significant first, with the variable-length numbers of AVC and
// HEVC (Rec. ITU-T H.264 clause 9.1). Reading past the end gives zeros and is remembered.
//
//     NAL unit    67 64 00 28 ac | 00 00 03 | 01 ...     emulation prevention: the 03 is no data
//     (clause 7.4.1) payload     67 64 00 28 ac | 00 00    | 01 ...     what bits_of_nal() gives
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/slice.h"

struct bits {
    struct slice bytes;
    size_t at;      // next byte
    uint32_t mask;  // next bit within it: 0x80 .. 0x01
    uint32_t zeros; // zero bytes just passed, when emulation prevention is undone
    bool is_nal;
    bool is_short;
};

struct bits bits_of(struct slice bytes);
struct bits bits_of_nal(struct slice nal); // skips emulation prevention bytes as it goes

uint32_t bits_u(struct bits *bits, unsigned count); // 0 .. 32 bits
bool bits_flag(struct bits *bits);
void bits_skip(struct bits *bits, unsigned count);
uint32_t
bits_ue(struct bits *bits); // Exp-Golomb; UINT32_MAX and is_short for one of more than 32 bits
int32_t bits_se(struct bits *bits);

#endif
