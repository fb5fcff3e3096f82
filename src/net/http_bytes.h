// SPDX-License-Identifier: Apache-2.0
//
// Which byte may stand where in HTTP, as one table of 256 entries with a bit per class.
#ifndef NET_HTTP_BYTES_H
#define NET_HTTP_BYTES_H

#include "base/slice.h"

enum byte_class {
    BYTE_TOKEN = 1, // RFC 9110 5.6.2: field names, methods
    BYTE_VALUE = 2, // RFC 9110 5.5: HTAB, SP, visible ASCII, 0x80 and up
    BYTE_PATH = 4,  // RFC 3986: pchar, '/' and '%'
    BYTE_QUERY = 8, // the same, '?', and what browsers leave raw in queries: [ ] { } | ^ `
    BYTE_HOST = 16, // letters, digits, - . _ ~: what of RFC 3986's reg-name names real hosts
    BYTE_DIGIT = 32,
    BYTE_HEX = 64,
};

extern const uint8_t byte_classes[256];

static inline bool byte_is(uint8_t byte, enum byte_class class)
{
    return (byte_classes[byte] & class) != 0;
}

// True when all bytes are of the class and every '%' is followed by two hex digits. Empty text is.
bool http_is_escaped(struct slice text, enum byte_class class);

// True for host[:port]: a registered name, an IPv4 address, an IPv6 address in brackets; no
// userinfo.
bool http_is_authority(struct slice text);

#endif
