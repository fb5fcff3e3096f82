// SPDX-License-Identifier: Apache-2.0
//
// Has all jobs of a plan done: pushes those whose outputs are missing, and waits while workers take
// them.
//
//     outputs there?  --no-->  held  --a window of them-->  queue  --lease, ack-->  gone from the
//                                                             |            queue, output there:
//                                                             done
//                                                             |
//                     parked: the title cannot be made; the sentence says why
//
// Back-pressure: a title has at most some thousand ready jobs in the queue (as many as are leased,
// where that is more); the rest is held and follows as workers take them. So the queue's size goes
// by the fleet's, not by the length of films.
#ifndef STUDIO_ENCODE_H
#define STUDIO_ENCODE_H

#include "base/clock.h"
#include "store/stores.h"
#include "studio/plan.h"
#include "studio/pool.h"

#include <stdatomic.h>

enum encode_state { ENCODE_WAITING, ENCODE_RUNNING, ENCODE_DONE, ENCODE_PARKED };

// How far a plan's jobs are: one state per job, in plan_job_at()'s order.
struct encode_view {
    const struct plan *plan;
    const uint8_t *states; // enum encode_state
    size_t job_count, done_count;
    size_t resumed_count;  // of the done ones: found done at the start
    size_t seconded_count; // jobs that were pushed a second time, being late
    size_t worker_deaths;  // of local workers
    int64_t elapsed_us;
    int64_t left_us; // estimate; -1 while there is nothing to go by
};

struct encode_options {
    struct pool *pool; // of local workers; NULL: others do the work
    const struct clock *clock;
    const atomic_int *stop; // may be NULL
    int32_t priority; // of the title, lower first; what jobs in the queue have by now counts more
    // Told when something changed, and at least once a second. May be NULL.
    outcome (*progressed)(void *context, const struct encode_view *view, struct why *why);
    void *context;
};

// OK when every output stands. INVALID with the job's sentence when one was parked; UNAVAILABLE
// when told to stop, or when local workers cannot live. Done outputs stay: calling again goes on.
must_check outcome encode_plan(struct stores *stores, const struct plan *plan,
                               const struct encode_options *options, struct why *why);

// The same by steps, for whoever keeps time itself (bench/fleet: a virtual clock). Open pushes the
// first jobs; a step is one look at the queue, and is asked for every `*rest_ms`. The arguments are
// borrowed until close.
struct encoding;
must_check outcome encode_open(struct stores *stores, const struct plan *plan,
                               const struct encode_options *options, struct encoding **out,
                               struct why *why);
must_check outcome encode_step(struct encoding *encoding, bool *is_done, int64_t *rest_ms,
                               struct why *why);
void encode_close(struct encoding **encoding); // tolerates NULL

// Takes all its jobs off the queue.
must_check outcome encode_forget(struct stores *stores, const struct plan *plan, struct why *why);

#endif
