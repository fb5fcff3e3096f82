// SPDX-License-Identifier: Apache-2.0
#include "net/http_bytes.h"

// Sixteen to a row, so that a row is one leading hex digit: 0x00, 0x10, ... tests/net/http_bytes.c
// derives every entry again from the RFCs' own lists.
// clang-format off
const uint8_t byte_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 15, 2, 3, 15, 15, 15, 15, 14, 14, 15, 15, 14, 31, 31, 14,
    127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 14, 14, 2, 14, 2, 10,
    14, 95, 95, 95, 95, 95, 95, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 10, 2, 10, 11, 31,
    11, 95, 95, 95, 95, 95, 95, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 10, 11, 10, 31, 0,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};
// clang-format on

bool http_is_escaped(struct slice text, enum byte_class class)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!byte_is(text.at[i], class)) return false;
        if (text.at[i] != '%') continue;
        if (text.len - i < 3) return false;
        if (!byte_is(text.at[i + 1], BYTE_HEX) || !byte_is(text.at[i + 2], BYTE_HEX)) return false;
    }
    return true;
}

// What stands between '[' and ']' of an IPv6 address: hex digits, colons, dots.
static bool is_ip_literal(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!byte_is(text.at[i], BYTE_HEX) && text.at[i] != ':' && text.at[i] != '.') return false;
    return text.len > 0;
}

bool http_is_authority(struct slice text)
{
    struct slice port = {NULL, 0};
    if (slice_starts(text, "[")) {
        size_t end = 0;
        while (end < text.len && text.at[end] != ']')
            end++;
        if (end == text.len || !is_ip_literal(slice_part(text, 1, end - 1))) return false;
        const struct slice rest = slice_part(text, end + 1, text.len);
        if (rest.len == 0) return true;
        if (rest.at[0] != ':') return false;
        port = slice_part(rest, 1, rest.len);
    } else {
        struct slice host;
        port = text;
        if (!slice_cut(&port, ':', &host) || host.len == 0 || !http_is_escaped(host, BYTE_HOST))
            return false;
    }
    uint64_t number;
    return port.len == 0 || slice_u64(port, 65535, &number, NULL) == OK;
}
