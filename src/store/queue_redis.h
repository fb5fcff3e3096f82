// SPDX-License-Identifier: Apache-2.0
//
// The queue port over Redis, for workers on any machine.
//
//     primrose:{studio}:2:ids      sorted set   every id, in byte order
//     ...:ready:MEMORY:DISK        sorted set   priority -> tag + order of pushing + id, of the
//     jobs
//                                               that need so much
//     ...:classes                  set          the "MEMORY:DISK" there are
//     ...:group:G                  sorted set   as ready, of one group
//     ...:share:PRIORITY:S         sorted set   where each of its jobs ends -> id
//     ...:pace                     hash         priority -> tag of the foremost job leased
//     ...:leased                   sorted set   end of the lease -> id
//     ...:parked                   set          ids
//     ...:job:ID                   hash         all that is known of it
//     ...:last                     number       of the last push or lease: tokens
//
// Each operation is one script, which Redis runs alone; the braces keep a queue's keys on one node
// of a cluster. Streams with consumer groups were the alternative: they know neither priorities nor
// unique ids nor groups, so that all of the above would stand beside them anyway (docs/adr).
//
// Leases run by the clock of Redis, so that workers' clocks need not agree. Turn its append-only
// file on (appendonly yes): a Redis that forgets jobs costs only time, since whoever waits for a
// title pushes again what is missing, and tokens start from the time of day, so that none repeats.
#ifndef STORE_QUEUE_REDIS_H
#define STORE_QUEUE_REDIS_H

#include "base/clock.h"
#include "store/queue.h"

struct queue_redis_options {
    const char *url;           // store/redis.h
    uint32_t tries_max;        // leases of one job before it is parked, at least 1
    const struct clock *clock; // NULL: the clock of Redis; must outlive the store
};

// Connects at the first call; a Redis that is away is waited for some 10 s. Open after fork(), not
// before.
must_check outcome queue_redis_open(const struct queue_redis_options *options,
                                    struct queue_store **out, struct why *why);

#endif
