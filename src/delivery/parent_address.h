// SPDX-License-Identifier: Apache-2.0
//
// Where a parent is and how it is spoken to, from its URL:
//
//     http://host[:port][/prefix]
//     https://host[:port][/prefix]                       its certificate is checked
//     s3://bucket[/prefix][?region=..&endpoint=http://..]  requests are signed (store/aws.h) with
//                                                        what AWS_ACCESS_KEY_ID and
//                                                        AWS_SECRET_ACCESS_KEY say
#ifndef DELIVERY_PARENT_ADDRESS_H
#define DELIVERY_PARENT_ADDRESS_H

#include "net/http_call.h"
#include "store/aws.h"

enum { PARENT_AUTHORITY_BYTES = 300, PARENT_PREFIX_BYTES = 256, PARENT_PORT_BYTES = 8 };

struct parent_address {
    char authority[PARENT_AUTHORITY_BYTES]; // for Host
    char host[PARENT_AUTHORITY_BYTES], port[PARENT_PORT_BYTES];
    char prefix[PARENT_PREFIX_BYTES]; // "" or "/..."
    bool is_secure;
    struct aws *s3; // NULL: requests are not signed
};

// `clock` dates signatures. INVALID, TOO_LARGE; DENIED without credentials.
must_check outcome parent_address_open(const char *url, const struct clock *clock,
                                       struct parent_address *out, struct why *why);
void parent_address_close(struct parent_address *address); // tolerates zeroes

// Sets `peer`'s address to what the host's name says now. NOT_FOUND.
must_check outcome parent_address_resolve(const struct parent_address *address,
                                          struct http_peer *peer, struct why *why);

#endif
