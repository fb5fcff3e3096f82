// SPDX-License-Identifier: Apache-2.0
#include "studio/channel_map.h"

#include "media/wave.h"

#include <string.h>

// By word: its bit among the eight that can be told apart.
static const struct {
    const char *word;
    unsigned bit;
} words[] = {
    {"L", 0},  {"R", 1},   {"C", 2},   {"LFE", 3}, {"Ls", 4},
    {"Rs", 5}, {"Lrs", 6}, {"Rrs", 7}, {"M", 2},
};
enum { WORD_COUNT = sizeof words / sizeof words[0], DROPPED = -1, UNKNOWN = -2, MONO = 1 << 2 };

static int bit_of(struct slice word)
{
    if (slice_is(word, "-")) return DROPPED;
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (slice_is(word, words[i].word)) return (int)words[i].bit;
    return UNKNOWN;
}

// A side needs its other side, and rear surrounds those beside the listener.
static bool is_layout(unsigned bits)
{
    static const unsigned layouts[] = {MONO, 0x03, 0x07, 0x33, 0x37, 0xf7};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if ((bits & ~8u) == layouts[i]) return bits != (MONO | 8u);
    return false;
}

// Surrounds stand behind in 5.1 and beside in 7.1.
static uint32_t wave_bit(unsigned bit, bool has_rear)
{
    static const uint32_t plain[8] = {WAVE_LEFT,      WAVE_RIGHT,     WAVE_CENTRE,
                                      WAVE_LFE,       WAVE_BACK_LEFT, WAVE_BACK_RIGHT,
                                      WAVE_BACK_LEFT, WAVE_BACK_RIGHT};
    if (has_rear && bit == 4) return WAVE_SIDE_LEFT;
    if (has_rear && bit == 5) return WAVE_SIDE_RIGHT;
    return plain[bit];
}

outcome channel_map_parse(const char *text, struct channel_map *out, struct why *why)
{
    struct slice rest = slice_of(text), word;
    struct channel_map map = {.named_count = 0};
    int bits[CHANNEL_MAP_MAX];
    unsigned all = 0;
    while (rest.len > 0) {
        (void)slice_cut(&rest, ' ', &word);
        const int bit = bit_of(word);
        if (bit == UNKNOWN)
            return fail(why, INVALID,
                        "\"%.*s\" is no channel: write L R C LFE Ls Rs Lrs Rrs, M for mono, or - "
                        "for one to leave out",
                        SLICE_ARG(slice_part(word, 0, 20)));
        if (map.named_count == CHANNEL_MAP_MAX)
            return fail(why, INVALID, "more than %d channels", CHANNEL_MAP_MAX);
        if (bit >= 0 && (all >> bit & 1u) != 0)
            return fail(why, INVALID, "\"%.*s\" stands twice", SLICE_ARG(word));
        if (bit >= 0) all |= 1u << bit;
        bits[map.named_count++] = bit;
    }
    if (!is_layout(all))
        return fail(
            why, INVALID,
            "\"%s\" is no layout: M, L R, L R C, L R Ls Rs, L R C Ls Rs and L R C Ls Rs Lrs "
            "Rrs are, with LFE or without",
            text);
    const bool has_rear = (all & 0xc0u) != 0;
    for (uint32_t bit = 1; bit != 0 && bit <= WAVE_SIDE_RIGHT; bit <<= 1)
        for (size_t i = 0; i < map.named_count; i++) {
            if (bits[i] < 0 || wave_bit((unsigned)bits[i], has_rear) != bit) continue;
            map.mask |= bit;
            map.from[map.channel_count++] = i;
        }
    *out = map;
    return OK;
}
