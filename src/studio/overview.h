// SPDX-License-Identifier: Apache-2.0
//
// What an onlooker wants to know of the studio's queue: titles in work, who works, what was given
// up.
//
//     queue    film-1/3f9c.../v-1080p/000007  leased by host-17  -> a title, a worker
//     objects  work/film-1/3f9c.../plan.json                     -> how many jobs there are in all
//     tables   "progress" / "studio" / film-1/3f9c...            -> the pace, by whoever waits for
//                                                                   it
#ifndef STUDIO_OVERVIEW_H
#define STUDIO_OVERVIEW_H

#include "base/clock.h"
#include "store/stores.h"
#include "studio/plan.h"

enum {
    OVERVIEW_ARENA_BYTES = 16 << 20,
    OVERVIEW_TITLES_MAX = 1000,
    OVERVIEW_WORKERS_MAX = 10000,
    OVERVIEW_PARKED_MAX = 1000,
};

struct overview_title {
    const char *id, *plan;
    uint64_t total, done, ready, leased, parked; // jobs
    uint64_t retries;                            // leases beyond the first, of jobs still there
    int64_t left_ms;                             // -1: nobody says
};

struct overview_worker {
    const char *name;
    uint32_t jobs;
};

struct overview_parked {
    const char *id, *worker, *reason;
    uint32_t tries;
};

struct overview {
    struct overview_title *titles;
    struct overview_worker *workers;
    struct overview_parked *parked;
    size_t title_count, worker_count, parked_count;
};

// Memory of the arena. TOO_LARGE over the limits above.
must_check outcome overview_make(struct stores *stores, const struct clock *clock,
                                 struct arena *arena, struct overview *out, struct why *why);

// Gives a parked job new tries. NOT_FOUND when the queue has none of that id; CONFLICT when it is
// not parked.
must_check outcome overview_retry(struct stores *stores, const char *id, struct why *why);

// Says how far a plan is, for some seconds. Told by encode_plan().
must_check outcome overview_tell(struct stores *stores, const struct plan *plan, int64_t left_ms,
                                 int64_t wall_ms, struct why *why);

#endif
