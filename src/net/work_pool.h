// SPDX-License-Identifier: Apache-2.0
//
// A few threads for work that may block (a store, a disk), so that event loops never do.
//
//     loop --submit--> [ queue, capped ] --> thread 1..n: run(job) -- who hands its result back by
//                                                                     loop_post()
//
// First come, first served. A full queue says EXHAUSTED at once: an answer "come back later" in a
// millisecond is worth more than one in a minute.
#ifndef NET_WORK_POOL_H
#define NET_WORK_POOL_H

#include "base/outcome.h"

#include <stddef.h>

enum { WORK_THREADS_MAX = 64 };

struct work_job { // part of whatever the work is about
    struct work_job *next;
    void (*run)(struct work_job *job); // on a thread of the pool; owns the job from here on
};

struct work_pool;

// `threads` 1 .. WORK_THREADS_MAX; `queue_max` jobs may wait.
must_check outcome work_pool_open(size_t threads, size_t queue_max, struct work_pool **out,
                                  struct why *why);

// Runs what is queued, then ends the threads. Tolerates NULL.
void work_pool_close(struct work_pool **pool);

must_check outcome work_submit(struct work_pool *pool, struct work_job *job, struct why *why);

#endif
