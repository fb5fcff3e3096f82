// SPDX-License-Identifier: Apache-2.0
//
// What a cache keeps: S3-FIFO (Yang et al., SOSP 2023) over bytes, with its small queue in memory
// and its main queue on disk, so that the disk takes only what has been asked for twice.
//
//     first request                                    asked for again: back to the tail, uses - 1
//         |                                                    +-----<-----+
//         v                     asked for again                |           |
//     [ small, in memory ] -----------------------> [ main, on disk ] -----+--> not again: dropped
//         |  not again                                 ^
//         v                                            | asked for again within reach of the ghost
//       dropped, its hash into [ ghost: hashes alone ]-+
//
// How far the ghost reaches back is what decides who gets into main. The paper's reach is as many
// items as main holds. Ours is as many dropped bytes as POLICY_GHOST_PERCENT of main's: what comes
// back later than that is, in a service of films, about as likely to come back once more as what it
// would displace. bench/cache has the figures: a third of the writes, and more hits.
//
// Pure: no I/O, no clock, no lock. The items are members of whatever is cached; the policy links
// them and never looks inside. The caller adds an item, then calls policy_trim() until it answers
// NULL and does what each step says: move the bytes to disk, or drop them.
#ifndef DELIVERY_CACHE_POLICY_H
#define DELIVERY_CACHE_POLICY_H

#include "base/outcome.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    POLICY_USES_MAX = 3,   // what an item can save up: more only makes old favourites stay longer
    POLICY_GHOST_WAYS = 4, // hashes that share one place of the ghost
    POLICY_GHOST_PERCENT = 30,
};

enum policy_queue { POLICY_NOWHERE, POLICY_SMALL, POLICY_MAIN };

struct policy_item {                   // zero at the start
    struct policy_item *newer, *older; // in its queue
    uint64_t hash;                     // of what it is: the same bytes again have the same hash
    uint32_t bytes;
    uint8_t uses; // since it came into its queue, at most POLICY_USES_MAX
    uint8_t queue;
    bool is_fleeting; // never goes to main, however often it is asked for, and leaves no ghost
};

struct policy_list {
    struct policy_item *newest, *oldest;
    uint64_t bytes;
    uint64_t count;
};

struct policy_ghost_place {
    uint32_t tag[POLICY_GHOST_WAYS];
    uint64_t stamp[POLICY_GHOST_WAYS]; // the ghost's clock then; 0: free
};

// Where the queues share one place, nothing leaves while that place has room: small may be larger
// than its share until main wants it. Where each has its own, each is kept to its own cap.
struct policy_caps {
    uint64_t small_bytes_max; // a tenth of the whole is the paper's choice
    uint64_t main_bytes_max;
    uint32_t ghosts_max; // hashes remembered, were all items small
    bool is_shared;      // one place of small_bytes_max + main_bytes_max
};

struct cache_policy {
    struct policy_caps caps;
    struct policy_list small, main;
    struct policy_ghost_place *ghost;
    uint32_t ghost_mask;  // places - 1
    uint64_t ghost_clock; // bytes of what was put into the ghost so far
    uint64_t ghost_reach; // that it looks back, on this clock
};

// Memory for the ghost is all it takes. INVALID when main has no room, NO_MEMORY.
must_check outcome policy_open(const struct policy_caps *caps, struct cache_policy *out,
                               struct why *why);
void policy_close(struct cache_policy *policy); // the items are the caller's; tolerates zeroes

// Adds an item with its hash and bytes set: to small, or straight to main when the ghost knows it.
enum policy_queue policy_add(struct cache_policy *policy, struct policy_item *item);

// Adds it to main: found on disk at the start, oldest first, or placed there by a forecast.
void policy_add_main(struct cache_policy *policy, struct policy_item *item);

// It was asked for again.
void policy_use(struct policy_item *item);

// It is gone for another reason (purged, replaced, unreadable) and leaves no ghost.
void policy_remove(struct cache_policy *policy, struct policy_item *item);

enum policy_step {
    POLICY_PROMOTE, // has moved from small to main: its bytes are to go to disk
    POLICY_DROP,    // is in no queue any more: its bytes are to be freed
};

// One step towards the caps: the item it concerns, or NULL when the queues fit.
struct policy_item *policy_trim(struct cache_policy *policy, enum policy_step *step);

// One step beyond the caps, for a store that finds no room of the right size: the next item of
// `queue` that leaves it. NULL when the queue is empty.
struct policy_item *policy_squeeze(struct cache_policy *policy, enum policy_queue queue,
                                   enum policy_step *step);

#endif
