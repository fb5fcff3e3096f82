// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

// Bytes of the character at the front of `s`, which is not empty; 0 when there is none.
static size_t character_bytes(struct slice s)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (s.at[0] < forms[i].first_min || s.at[0] > forms[i].first_max) continue;
        if (s.len < forms[i].len) return 0;
        if (forms[i].len == 1) return 1;
        if (s.at[1] < forms[i].second_min || s.at[1] > forms[i].second_max) return 0;
        for (size_t b = 2; b < forms[i].len; b++)
            if (s.at[b] < 0x80 || s.at[b] > 0xbf) return 0;
        return forms[i].len;
    }
    return 0;
}

size_t utf8_prefix(struct slice text)
{
    size_t at = 0;
    while (at < text.len) {
        const size_t len = character_bytes(slice_part(text, at, text.len));
        if (len == 0) break;
        at += len;
    }
    return at;
}

size_t utf8_put(uint32_t character, uint8_t *out)
{
    static const uint8_t firsts[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
    if (is_surrogate || character > 0x10ffff) character = 0xfffd;
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    const size_t len = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; character >>= 6)
        out[i] = (uint8_t)(0x80 | (character & 0x3f));
    out[0] = (uint8_t)(firsts[len] | character);
    return len;
}
