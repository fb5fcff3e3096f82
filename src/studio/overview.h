// SPDX-License-Identifier: Apache-2.0
//
// What an onlooker wants to know of the studio's queue: titles in work, who works, what was given
// up.
//
//     queue    film-1/3f9c.../v-1080p/000007  leased by host-17  -> a title, a worker
//     tables   "progress" / "outline" / film-1       -> how many jobs there are in all
//              "progress" / "studio" / film-1/3f9c...  -> the pace, and what is held back, by
//                                                         whoever waits for it
//              "ingest"                                -> ingests from begin to end (board.h)
#ifndef STUDIO_OVERVIEW_H
#define STUDIO_OVERVIEW_H

#include "base/clock.h"
#include "store/stores.h"
#include "studio/board.h"

enum {
    OVERVIEW_ARENA_BYTES = 16 << 20,
    OVERVIEW_TITLES_MAX = 1000,
    OVERVIEW_WORKERS_MAX = 10000,
    OVERVIEW_PARKED_MAX = 1000,
};

struct overview_title {
    const char *id, *plan;
    uint64_t total, done, held, ready, leased, parked; // jobs; held: not in the queue yet
    uint64_t retries; // leases beyond the first, of jobs still there
    uint64_t seconds; // second tries of late jobs, in the queue now
    int32_t priority;
    int64_t left_ms; // -1: nobody says
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
    struct board_note *notes; // of ingests
    size_t title_count, worker_count, parked_count, note_count;
};

// Memory of the arena. TOO_LARGE over the limits above.
must_check outcome overview_make(struct stores *stores, const struct clock *clock,
                                 struct arena *arena, struct overview *out, struct why *why);

// As the program and the API show it; the caller releases it. NULL without memory.
json_t *overview_json(const struct overview *overview);

// The plan of a title that has jobs in the queue, and its priority there. `out_plan` has room for
// 17 characters. NOT_FOUND when it has none.
must_check outcome overview_plan(struct stores *stores, const char *title_id, char *out_plan,
                                 int32_t *out_priority, struct why *why);

// Gives a parked job new tries. NOT_FOUND when the queue has none of that id; CONFLICT when it is
// not parked.
must_check outcome overview_retry(struct stores *stores, const char *id, struct why *why);

// Gives a title's jobs a priority, lower first. NOT_FOUND when it has none in the queue.
must_check outcome overview_prioritize(struct stores *stores, const char *title_id,
                                       int32_t priority, struct why *why);

// What whoever waits for a plan tells every few seconds: encode_plan().
struct overview_told {
    int64_t wall_ms; // now
    int64_t left_ms; // -1: not known yet
    uint64_t held;   // jobs that are not in the queue yet
};
must_check outcome overview_tell(struct stores *stores, const char *title_id, const char *plan_id,
                                 const struct overview_told *told, struct why *why);
must_check outcome overview_forget(struct stores *stores, const char *title_id, const char *plan_id,
                                   struct why *why);

#endif
