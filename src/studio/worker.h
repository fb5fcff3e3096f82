// SPDX-License-Identifier: Apache-2.0
//
// A worker: takes jobs of any title's plan off the queue, has them transcoded, and puts what comes
// out into the blob store.
//
//     lease a chunk's jobs --> decode once, encode each rendition --> commit outputs --> ack each
//           |                        |                                     |
//           |     a thread extends the leases every third of their time    |
//           |                        |                                     |
//           +-- killed here: the leases run out, another worker takes the jobs; nothing is visible
//                 |                                           killed here: visible outputs are
//                 +-- lease lost (asleep too long): the encode   found done and only acked
//                     stops within a few frames
//
// One that is told to stop gives its jobs back at once, and the try does not count. A job that
// fails is given back with the sentence; after STORES_JOB_TRIES it is parked with it.
#ifndef STUDIO_WORKER_H
#define STUDIO_WORKER_H

#include "store/stores.h"
#include "studio/transcoder.h"

#include <stdatomic.h>

struct worker;

struct worker_options {
    const char *name; // unique among workers: "host-1234"
    struct transcoder_options transcoder;
    int64_t lease_ms;       // 0: 10 s
    struct queue_room room; // jobs that need more are left to others; zeroed: any job
    const atomic_int *stop; // a signal handler may set it to 1: the worker gives its jobs back
    // Hears of what may interest an operator; may be NULL. `reason` is "" when all went well.
    void (*heard)(void *context, const char *job_id, size_t jobs, const char *reason);
    void *context;
};

// The stores and the options are borrowed until close.
must_check outcome worker_open(struct stores *stores, const struct worker_options *options,
                               struct worker **out, struct why *why);
void worker_close(struct worker **worker); // tolerates NULL; ends its transcoder

#define autoworker __attribute__((cleanup(worker_close))) struct worker

// Takes and does one lease of jobs. `*is_idle` is true when there was none. A job that fails is no
// failure of this function: that is told to `heard` and to the queue. Stores that do not answer
// are.
must_check outcome worker_step(struct worker *worker, bool *is_idle, struct why *why);

// Steps until told to stop, sleeping a little while idle.
must_check outcome worker_run(struct worker *worker, struct why *why);

#endif
