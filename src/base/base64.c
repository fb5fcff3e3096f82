// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

static const struct {
    uint8_t letter_62, letter_63;
    bool is_padded;
} forms[] = {
    [BASE64_URL] = {'-', '_', false},
    [BASE64_PADDED] = {'+', '/', true},
};

enum { BITS_NONE = 64 }; // a letter of no value

// All ones when low <= value <= high, else 0; each below 2^31.
static uint32_t mask_between(uint32_t value, uint32_t low, uint32_t high)
{
    return (((value - low) | (high - value)) >> 31) - 1;
}

static uint8_t letter_of(enum base64_form form, uint32_t bits)
{
    return (uint8_t)((mask_between(bits, 0, 25) & (bits + 'A')) |
                     (mask_between(bits, 26, 51) & (bits - 26 + 'a')) |
                     (mask_between(bits, 52, 61) & (bits - 52 + '0')) |
                     (mask_between(bits, 62, 62) & forms[form].letter_62) |
                     (mask_between(bits, 63, 63) & forms[form].letter_63));
}

static uint32_t bits_of(enum base64_form form, uint32_t letter)
{
    const uint32_t last = forms[form].letter_62, very_last = forms[form].letter_63;
    const uint32_t upper = mask_between(letter, 'A', 'Z'), lower = mask_between(letter, 'a', 'z');
    const uint32_t digit = mask_between(letter, '0', '9');
    const uint32_t is_62 = mask_between(letter, last, last);
    const uint32_t is_63 = mask_between(letter, very_last, very_last);
    return (upper & (letter - 'A')) | (lower & (letter - 'a' + 26)) |
           (digit & (letter - '0' + 52)) | (is_62 & 62) | (is_63 & 63) |
           (~(upper | lower | digit | is_62 | is_63) & BITS_NONE);
}

static size_t put_letters(enum base64_form form, struct slice bytes, uint8_t *out)
{
    const bool is_padded = forms[form].is_padded;
    uint8_t *at = out;
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t left = bytes.len - i;
        const uint32_t three = (uint32_t)bytes.at[i] << 16 |
                               (left > 1 ? (uint32_t)bytes.at[i + 1] << 8 : 0) |
                               (left > 2 ? bytes.at[i + 2] : 0);
        *at++ = letter_of(form, three >> 18);
        *at++ = letter_of(form, three >> 12 & 63);
        if (left > 1 || is_padded) *at++ = left > 1 ? letter_of(form, three >> 6 & 63) : '=';
        if (left > 2 || is_padded) *at++ = left > 2 ? letter_of(form, three & 63) : '=';
    }
    return (size_t)(at - out);
}

outcome base64_format(enum base64_form form, struct slice bytes, struct buffer *out,
                      struct why *why)
{
    if (bytes.len > SIZE_MAX / 8) return fail(why, TOO_LARGE, "too many bytes for base64 text");
    TRY(buffer_reserve(out, bytes.len / 3 * 4 + 4, why));
    out->len += put_letters(form, bytes, out->at + out->len);
    return OK;
}

void base64_text(struct slice bytes, char *out)
{
    out[put_letters(BASE64_URL, bytes, (uint8_t *)out)] = '\0';
}

static outcome cut_padding(struct slice *text, struct why *why)
{
    if (text->len % 4 != 0)
        return fail(why, INVALID, "base64 text comes in fours of letters, padded with \"=\"");
    for (int i = 0; i < 2 && text->len > 0 && text->at[text->len - 1] == '='; i++)
        text->len--;
    return OK;
}

outcome base64_parse(enum base64_form form, struct slice text, uint8_t *out, size_t room,
                     size_t *out_len, struct why *why)
{
    if (forms[form].is_padded) TRY(cut_padding(&text, why));
    if (text.len % 4 == 1) return fail(why, INVALID, "base64 text never ends after one letter");
    const size_t len = text.len / 4 * 3 + (text.len % 4 * 3) / 4;
    if (len > room)
        return fail(why, TOO_LARGE, "base64 text of %zu bytes where %zu fit", len, room);
    uint32_t held = 0, faults = 0;
    unsigned held_bits = 0;
    for (size_t i = 0, at = 0; i < text.len; i++) {
        const uint32_t bits = bits_of(form, text.at[i]);
        faults |= bits & BITS_NONE;
        held = held << 6 | (bits & 63);
        held_bits += 6;
        if (held_bits < 8) continue;
        held_bits -= 8;
        out[at++] = (uint8_t)(held >> held_bits);
        held &= (1u << held_bits) - 1;
    }
    if (faults != 0 || held != 0)
        return fail(why, INVALID, "the text is not base64%s", forms[form].is_padded ? "" : "url");
    *out_len = len;
    return OK;
}
