// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

struct slice slice_of(const char *text)
{
    assert(text);
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_of(text));
}

bool slice_is_nocase(struct slice s, const char *text)
{
    const size_t len = strlen(text);
    return s.len == len && (len == 0 || strncasecmp((const char *)s.at, text, len) == 0);
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

uint64_t slice_hash(struct slice s)
{
    return slice_hash_on(UINT64_C(0xcbf29ce484222325), s);
}

uint64_t slice_hash_on(uint64_t hash, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ s.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

bool slice_starts(struct slice s, const char *prefix)
{
    const size_t len = strlen(prefix);
    return s.len >= len && slice_is(slice_part(s, 0, len), prefix);
}

bool slice_ends(struct slice s, const char *suffix)
{
    const size_t len = strlen(suffix);
    return s.len >= len && slice_is(slice_part(s, s.len - len, len), suffix);
}

struct slice slice_part(struct slice s, size_t from, size_t len)
{
    if (from > s.len) from = s.len;
    if (len > s.len - from) len = s.len - from;
    return (struct slice){s.at == NULL ? NULL : s.at + from, len};
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_space(s.at[0]))
        s = slice_part(s, 1, s.len);
    while (s.len > 0 && is_space(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool slice_cut(struct slice *rest, char separator, struct slice *part)
{
    if (rest->at == NULL) return false;
    const uint8_t *found = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
    if (found == NULL) {
        *part = *rest;
        *rest = (struct slice){NULL, 0};
        return true;
    }
    const size_t len = (size_t)(found - rest->at);
    *part = slice_part(*rest, 0, len);
    *rest = slice_part(*rest, len + 1, rest->len);
    return true;
}

outcome slice_u64(struct slice s, uint64_t max, uint64_t *out, struct why *why)
{
    if (s.len == 0) return fail(why, INVALID, "a number is missing: give decimal digits");
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return fail(why, INVALID, "\"%.*s\" is not a number: give decimal digits alone",
                        SLICE_ARG(slice_part(s, 0, 40)));
        const uint64_t digit = (uint64_t)(s.at[i] - '0');
        if (value > (max - digit) / 10 || digit > max)
            return fail(why, INVALID, "%.*s is over the limit of %llu",
                        SLICE_ARG(slice_part(s, 0, 40)), (unsigned long long)max);
        value = value * 10 + digit;
    }
    *out = value;
    return OK;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

outcome slice_hex(struct slice s, uint8_t *out, size_t len, struct why *why)
{
    if (s.len != 2 * len)
        return fail(why, INVALID, "%zu hex digits are needed here, not %zu", 2 * len, s.len);
    for (size_t i = 0; i < s.len; i++)
        if (hex_digit(s.at[i]) < 0)
            return fail(why, INVALID, "character %zu is no hex digit: use 0-9 and a-f", i + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(hex_digit(s.at[2 * i]) << 4 | hex_digit(s.at[2 * i + 1]));
    return OK;
}

void hex_format(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

size_t decimal_format(uint64_t number, char *out)
{
    char digits[DECIMAL_BYTES];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

uint16_t read_u16be(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t read_u32be(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t read_u64be(const uint8_t *at)
{
    return (uint64_t)read_u32be(at) << 32 | read_u32be(at + 4);
}
