// SPDX-License-Identifier: Apache-2.0
//
// IP addresses and prefixes as values.
//
//     192.0.2.0/24          2001:db8::/32          203.0.113.7 (a prefix of its whole length)
//
// An IPv4 address that arrives mapped into IPv6 (::ffff:192.0.2.1) is the IPv4 address, so that a
// dual-stack socket changes no decision.
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/slice.h"

struct sockaddr;

enum { ADDRESS_TEXT_BYTES = 46 }; // INET6_ADDRSTRLEN

struct address {
    uint8_t len;       // 4 or 16; 0: not known
    uint8_t bytes[16]; // zero behind len
};

struct prefix {
    struct address address; // zero behind `bits`
    uint8_t bits;
};

// INVALID when the text is no IPv4 dotted quad and no IPv6 address.
must_check outcome address_parse(struct slice text, struct address *out, struct why *why);

// "ADDRESS" or "ADDRESS/BITS"; bits behind the prefix are cleared. INVALID otherwise.
must_check outcome prefix_parse(struct slice text, struct prefix *out, struct why *why);

// From `len` address bytes (4 or 16; fewer are filled with zeros) and a length in bits. false when
// it cannot be.
bool prefix_of_bytes(struct slice bytes, size_t len, int64_t bits, struct prefix *out);

// The address of a socket's other end; len 0 for families that have none (a Unix socket).
struct address address_of(const struct sockaddr *socket);

// False for an address that is not known and for one of the other family.
bool prefix_has(const struct prefix *prefix, const struct address *address);

// "192.0.2.1", or "" when it is not known, into `out` of ADDRESS_TEXT_BYTES. Returns `out`.
const char *address_format(const struct address *address, char *out);

#endif
