// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include <stdio.h>
#include <string.h>

bool ttml_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim(*rest);
    if (rest->len == 0) return false;
    size_t len = 0;
    while (len < rest->len && rest->at[len] > ' ')
        len++;
    *word = slice_part(*rest, 0, len);
    *rest = slice_part(*rest, len, rest->len);
    return true;
}

// The named colours of TTML2 clause 10.3.5 (<named-color>).
static const struct {
    const char *name;
    uint32_t color;
} named[] = {
    {"transparent", 0x00000000}, {"black", 0x000000ff},  {"silver", 0xc0c0c0ff},
    {"gray", 0x808080ff},        {"white", 0xffffffff},  {"maroon", 0x800000ff},
    {"red", 0xff0000ff},         {"purple", 0x800080ff}, {"fuchsia", 0xff00ffff},
    {"magenta", 0xff00ffff},     {"green", 0x008000ff},  {"lime", 0x00ff00ff},
    {"olive", 0x808000ff},       {"yellow", 0xffff00ff}, {"navy", 0x000080ff},
    {"blue", 0x0000ffff},        {"teal", 0x008080ff},   {"aqua", 0x00ffffff},
    {"cyan", 0x00ffffff},
};

// "(r, g, b)" or "(r, g, b, a)".
static bool read_channels(struct slice text, size_t count, uint32_t *out)
{
    uint32_t color = 0;
    if (text.len < 2 || text.at[0] != '(' || text.at[text.len - 1] != ')') return false;
    struct slice rest = slice_part(text, 1, text.len - 2);
    for (size_t i = 0; i < count; i++) {
        struct slice part;
        uint64_t value;
        if (!slice_cut(&rest, ',', &part)) return false;
        if (slice_u64(slice_trim(part), 255, &value, NULL) != OK) return false;
        color = color << 8 | (uint32_t)value;
    }
    if (rest.len > 0) return false;
    *out = count == 3 ? color << 8 | 0xff : color;
    return true;
}

bool ttml_color(struct slice text, uint32_t *out)
{
    uint8_t bytes[4] = {0, 0, 0, 255};
    text = slice_trim(text);
    if (slice_starts(text, "#") && (text.len == 7 || text.len == 9)) {
        const size_t count = (text.len - 1) / 2;
        if (slice_hex(slice_part(text, 1, text.len), bytes, count, NULL) != OK) return false;
        *out = read_u32be(bytes);
        return true;
    }
    if (slice_starts(text, "rgba")) return read_channels(slice_part(text, 4, text.len), 4, out);
    if (slice_starts(text, "rgb")) return read_channels(slice_part(text, 3, text.len), 3, out);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (!slice_is_nocase(text, named[i].name)) continue;
        *out = named[i].color;
        return true;
    }
    return false;
}

// "12.5" off the front, in thousandths.
static bool take_decimal(struct slice *rest, int32_t *out)
{
    int64_t value = 0;
    size_t at = 0, digits = 0;
    bool is_negative = false;
    if (rest->len > 0 && (rest->at[0] == '+' || rest->at[0] == '-'))
        is_negative = rest->at[at++] == '-';
    for (; at < rest->len && rest->at[at] >= '0' && rest->at[at] <= '9'; at++, digits++) {
        value = value * 10 + (rest->at[at] - '0');
        if (value > 1000000) return false; // no ruler is that long
    }
    value *= 1000;
    if (at < rest->len && rest->at[at] == '.') {
        int64_t scale = 100;
        for (at++; at < rest->len && rest->at[at] >= '0' && rest->at[at] <= '9'; at++, digits++) {
            value += (rest->at[at] - '0') * scale;
            scale /= 10;
        }
    }
    if (digits == 0) return false;
    *rest = slice_part(*rest, at, rest->len);
    *out = (int32_t)(is_negative ? -value : value);
    return true;
}

bool ttml_length(struct slice text, struct ttml_length *out)
{
    static const struct {
        const char *name;
        enum ttml_unit unit;
    } units[] = {
        {"%", UNIT_PERCENT}, {"px", UNIT_PIXEL},  {"c", UNIT_CELL},
        {"em", UNIT_EM},     {"rw", UNIT_ROOT_W}, {"rh", UNIT_ROOT_H},
    };
    int32_t value;
    if (!take_decimal(&text, &value)) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!slice_is(text, units[i].name)) continue;
        *out = (struct ttml_length){value, units[i].unit};
        return true;
    }
    return false;
}

bool ttml_lengths(struct slice text, struct ttml_length out[2])
{
    struct slice word;
    struct ttml_length read[2];
    for (int i = 0; i < 2; i++)
        if (!ttml_word(&text, &word) || !ttml_length(word, &read[i])) return false;
    if (slice_trim(text).len > 0) return false;
    memcpy(out, read, sizeof read);
    return true;
}

bool ttml_whole_pair(struct slice text, uint32_t max, uint32_t out[2])
{
    uint32_t read[2];
    for (int i = 0; i < 2; i++) {
        struct slice word;
        uint64_t value;
        if (!ttml_word(&text, &word) || slice_u64(word, max, &value, NULL) != OK || value == 0)
            return false;
        read[i] = (uint32_t)value;
    }
    if (slice_trim(text).len > 0) return false;
    memcpy(out, read, sizeof read);
    return true;
}
