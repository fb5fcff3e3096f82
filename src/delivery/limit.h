// SPDX-License-Identifier: Apache-2.0
//
// How often one may ask: a bucket of requests for each of many askers.
//
//     burst ----+--.                one request takes one out; `per_s` come back in a second
//               |   \    /\  __
//     0 --------+----\--/--\/-----> time
//                     '-- empty: refused, with the seconds until there is one again
//
// A bucket is one number, the time at which it will be full again (the generic cell rate algorithm,
// ITU-T I.371): an asker who is not heard of for so long is as new, and his place is another's. In
// a table of fixed size that is what happens first to those who have waited longest; under a flood
// of askers some are forgiven, none is punished for another. Thread-safe.
#ifndef DELIVERY_LIMIT_H
#define DELIVERY_LIMIT_H

#include "base/outcome.h"
#include "net/address.h"

struct limit;

struct limit_options {
    uint32_t per_s;  // at least 1
    uint32_t burst;  // at least 1: what may come at once
    uint32_t askers; // remembered at a time; rounded up to a power of two
};

must_check outcome limit_open(const struct limit_options *options, struct limit **out,
                              struct why *why);
void limit_close(struct limit **limit); // tolerates NULL

// 0: granted. Else the seconds, at least 1, after which one more is.
uint32_t limit_take(struct limit *limit, uint64_t asker, int64_t now_us);

// A client as an asker: its IPv4 address, or the first 64 bits of its IPv6 address, which one
// subscriber has to himself.
uint64_t limit_client(const struct address *client);

#endif
