// SPDX-License-Identifier: Apache-2.0
//
// Where requests come from: the address behind the proxies in front (net/client_address.h), and
// the country it is used in (net/territory.h), and the provider's network (net/network.h). One for
// a process, shared by whoever decides by it: licences, signed access, steering, telemetry.
#ifndef NET_PLACES_H
#define NET_PLACES_H

#include "net/client_address.h"
#include "net/http_exchange.h"
#include "net/network.h"
#include "net/territory.h"

struct places {
    struct trusted_proxies proxies;
    struct territory_map *territories; // NULL: no country is known
    struct network_map *networks;      // NULL: none has a name
};

// Both settings may be NULL or "": nobody is in front, and no country is known. The outcomes of
// trusted_proxies_parse() and territory_open(); `out` is then empty.
must_check outcome places_open(const char *trusted_proxies, const char *territories,
                               struct places *out, struct why *why);
// Names networks from now on. `path` may be NULL or "": nothing changes. Outcomes of
// network_open().
must_check outcome places_name_networks(struct places *places, const char *path, struct why *why);
void places_close(struct places *places);

struct address places_client(const struct places *places, const struct http_exchange *exchange);

// "DE", or "" when it is not known, into `out` of TERRITORY_BYTES. Returns `out`.
const char *places_country(const struct places *places, const struct address *client, char *out);

// "AS64501 Example Net" or a prefix, into `out` of NETWORK_BYTES. Returns `out`.
const char *places_network(const struct places *places, const struct address *client, char *out);

#endif
