// SPDX-License-Identifier: Apache-2.0
//
// Content steering: which caches a client is to use, best first.
//
//     client's address -> zone by longest prefix -> its sites, nearest tier first -> those that are
//     up, spread over a tier by weight -> a steering document
//
//     {"ttl_s": 300,
//      "sites": [{"id": "isp-7", "tier": "isp",  "host": "c7.isp.example", "weight": 2},
//                {"id": "fra-1", "tier": "edge", "host": "fra1.example", "is_down": true},
//                ...],
//      "zones": [{"prefixes": ["192.0.2.0/24", "2001:db8::/32"], "sites": ["isp-7", "fra-1"]}],
//      "elsewhere": ["fra-1", "cdn"]}
//
// The document is one for HLS (RFC 8216bis section 7.1) and DASH (ETSI TS 103 998): manifests have
// the one pathway "." they were stored with, and every site is a clone of it on another host, so
// that no manifest changes when a site comes or goes. "." itself comes last.
//
// Clients of one network (/24, /48) prefer the same site of a tier, by weighted rendezvous hashing:
// a site that goes moves only its own clients.
#ifndef DELIVERY_STEERING_H
#define DELIVERY_STEERING_H

#include "base/buffer.h"
#include "net/address.h"

enum {
    STEERING_SITES_MAX = 4096,       // caches of a large service, inside providers too
    STEERING_ZONE_SITES_MAX = 16,    // a client tries a few, not hundreds
    STEERING_PREFIXES_MAX = 1 << 18, // a quarter of the routes of the Internet
    STEERING_BYTES_MAX = 32 << 20,
    STEERING_ID_BYTES = 65,
    STEERING_HOST_BYTES = 264,
    STEERING_DOCUMENT_BYTES_MAX = 16 * 1024,
};

// Nearest first: the order in which tiers are tried.
enum steering_tier { TIER_ISP, TIER_EDGE, TIER_CDN, TIER_COUNT };

struct steering_site {
    char id[STEERING_ID_BYTES];     // of the pathway
    char host[STEERING_HOST_BYTES]; // without a port: it is on that of "."
    enum steering_tier tier;
    uint32_t weight; // its share of a tier
    bool is_down;
};

struct steering_map; // immutable once made: any thread may read it

// INVALID with a sentence for anything that is not as above, names that are not known, prefixes
// that come twice; TOO_LARGE over the caps.
must_check outcome steering_map_parse(struct slice text, const char *what,
                                      struct steering_map **out, struct why *why);
void steering_map_close(struct steering_map **map); // tolerates NULL

#define autosteering __attribute__((cleanup(steering_map_close))) struct steering_map

struct steering_choice {
    const struct steering_site *sites[STEERING_ZONE_SITES_MAX];
    size_t count; // 0 only when the map has no site for this client, or all are down
};

// The sites for a client, best first. An address that is not known is elsewhere.
void steering_choose(const struct steering_map *map, const struct address *client,
                     struct steering_choice *out);

// Appends the document.
must_check outcome steering_document(const struct steering_map *map,
                                     const struct steering_choice *choice, struct buffer *out,
                                     struct why *why);

#endif
