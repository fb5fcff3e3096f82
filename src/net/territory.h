// SPDX-License-Identifier: Apache-2.0
//
// Which country an address is in, by a MaxMind database (GeoLite2-Country, GeoIP2-Country, or any
// MMDB whose records have country.iso_code).
//
// The country is where the address is used; the one it is registered in is another thing and is not
// taken in its place. What the database does not know is not known: "".
#ifndef NET_TERRITORY_H
#define NET_TERRITORY_H

#include "net/address.h"

enum { TERRITORY_BYTES = 3 }; // ISO 3166-1 alpha-2 and a NUL

struct territory_map;

// NOT_FOUND, DENIED; INVALID when the file is no MMDB.
must_check outcome territory_open(const char *path, struct territory_map **out, struct why *why);
void territory_close(struct territory_map **map); // tolerates NULL

// "DE", or "" for an address that the map does not know, into `out` of TERRITORY_BYTES. Returns
// `out`. `map` NULL knows nothing. Thread-safe; does not block once the pages are in memory.
const char *territory_of(const struct territory_map *map, const struct address *address, char *out);

#endif
