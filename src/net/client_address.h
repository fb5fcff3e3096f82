// SPDX-License-Identifier: Apache-2.0
//
// Whose request is it, when proxies stand in front? Each proxy appends the address that it saw to
// X-Forwarded-For; anyone can send such a line, so only what a proxy of ours wrote counts:
//
//     X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.9       from peer 10.0.0.4
//                      made up  the client   ours           ours
//                               ^ the first address from the right that is not trusted
//
// With no trusted proxies the peer is the client, whatever the line says.
#ifndef NET_CLIENT_ADDRESS_H
#define NET_CLIENT_ADDRESS_H

#include "net/address.h"
#include "net/http_parse.h"

enum {
    TRUSTED_PROXIES_MAX = 32,
    FORWARDED_HOPS_MAX = 16, // edge, shield, origin and a company's own: longer lists are made up
};

struct trusted_proxies {
    struct prefix prefixes[TRUSTED_PROXIES_MAX];
    size_t count;
};

// "10.0.0.0/8, 192.0.2.1"; "" is none. INVALID names what is no prefix.
must_check outcome trusted_proxies_parse(const char *text, struct trusted_proxies *out,
                                         struct why *why);

// The client's address. An entry that is none, or more hops than there can be, ends the walk at the
// last proxy: whom we cannot tell is not taken for somebody else.
struct address client_address(const struct trusted_proxies *trusted, struct address peer,
                              const struct http_request *request);

#endif
