// SPDX-License-Identifier: Apache-2.0
#include "base/bits.h"

#include <assert.h>

struct bits bits_of(struct slice bytes)
{
    return (struct bits){.bytes = bytes, .mask = 0x80};
}

struct bits bits_of_nal(struct slice nal)
{
    return (struct bits){.bytes = nal, .mask = 0x80, .is_nal = true};
}

// Called before the first bit of a byte is read: steps over a 03 that follows two zero bytes.
static void skip_emulation_prevention(struct bits *bits)
{
    if (bits->zeros >= 2 && bits->at < bits->bytes.len && bits->bytes.at[bits->at] == 3) {
        bits->at++;
        bits->zeros = 0;
    }
}

bool bits_flag(struct bits *bits)
{
    if (bits->is_nal && bits->mask == 0x80) skip_emulation_prevention(bits);
    if (bits->at >= bits->bytes.len) {
        bits->is_short = true;
        return false;
    }
    const uint8_t byte = bits->bytes.at[bits->at];
    const bool is_set = (byte & bits->mask) != 0;
    bits->mask >>= 1;
    if (bits->mask == 0) {
        bits->mask = 0x80;
        bits->at++;
        bits->zeros = byte == 0 ? bits->zeros + 1 : 0;
    }
    return is_set;
}

uint32_t bits_u(struct bits *bits, unsigned count)
{
    assert(count <= 32);
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 1 | (bits_flag(bits) ? 1u : 0u);
    return value;
}

void bits_skip(struct bits *bits, unsigned count)
{
    for (unsigned i = 0; i < count && !bits->is_short; i++)
        (void)bits_flag(bits);
}

uint32_t bits_ue(struct bits *bits)
{
    unsigned zeros = 0;
    while (zeros < 32 && !bits->is_short && !bits_flag(bits))
        zeros++;
    if (zeros == 32 || bits->is_short) {
        bits->is_short = true;
        return UINT32_MAX;
    }
    return (1u << zeros) - 1 + bits_u(bits, zeros);
}

int32_t bits_se(struct bits *bits)
{
    const uint32_t code = bits_ue(bits);
    if (bits->is_short) return 0;
    const int64_t half = (int64_t)(code / 2) + (code & 1u);
    return (int32_t)((code & 1u) ? half : -half);
}
