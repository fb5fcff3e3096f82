// SPDX-License-Identifier: Apache-2.0
//
// Whose network an address is in, the viewer's internet provider: by a MaxMind database with
// autonomous systems (GeoLite2-ASN, or any MMDB whose records have autonomous_system_number and
// autonomous_system_organization).
//
//     203.0.113.9   known      "AS64501 Example Net"
//                   unknown    "203.0.113.0/24", for IPv6 a /48: what a provider hands out
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include "net/address.h"

enum { NETWORK_BYTES = 65 }; // a longer name is cut

struct network_map;

// NOT_FOUND, DENIED; INVALID when the file is no MMDB.
must_check outcome network_open(const char *path, struct network_map **out, struct why *why);
void network_close(struct network_map **map); // tolerates NULL

// Printable ASCII into `out` of NETWORK_BYTES; "" for no address at all. Returns `out`. `map` NULL
// knows nothing. Thread-safe; does not block once the pages are in memory.
const char *network_of(const struct network_map *map, const struct address *address, char *out);

#endif
