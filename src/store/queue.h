// SPDX-License-Identifier: Apache-2.0
//
// The queue port: jobs that are done at least once, by workers that may die at any moment.
//
//     push -> [ready] --lease--> [leased until T] --ack--> gone
//                ^                    |  | extend: T later
//                +---- T passes, nack-+  +-- tries = tries_max --> [parked] (with its last reason)
//
// A lease carries a fencing token: after the lease was lost to another worker, ack, extend and nack
// with the old token are CONFLICT. Jobs of one `group` share an expensive input (all renditions of
// one chunk share its decoding): lease_group hands a worker further ready jobs of a group it
// already holds.
//
// Backends: SQLite (store/queue_sqlite.h), shared by the processes of one machine; later Redis
// Streams. All pass tests/store/conformance_queue.h. Thread-safe.
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/arena.h"

enum {
    QUEUE_NAME_BYTES = 64,
    QUEUE_ID_BYTES = 128,
    QUEUE_GROUP_BYTES = 128,
    QUEUE_PAYLOAD_BYTES = 64 * 1024,
    QUEUE_REASON_BYTES = 400,
    QUEUE_LEASE_JOBS_MAX = 32,
};

struct queue_job {
    const char *id;    // chosen by the producer, unique in the queue: pushing it again is a no-op
    const char *group; // "" : none
    int32_t priority;  // lower first; among equals the order of pushing
    struct slice payload;
};

struct queue_lease {
    struct queue_job job; // memory of the arena given
    uint64_t token;       // fencing
    uint32_t tries;       // 1 with the first lease
};

struct queue_counts {
    uint64_t ready, leased, parked;
};

struct queue_parked {
    const char *id;
    const char *reason;
};

struct queue_store;

struct queue_ops {
    // Pushes all jobs or none; ids already present (ready, leased or parked) are skipped silently.
    must_check outcome (*push)(struct queue_store *store, const char *queue,
                               const struct queue_job *jobs, size_t count, struct why *why);
    // Takes the first ready job, then up to `max` - 1 further ready jobs of its group (when it has
    // one), each for `lease_ms`. `*out_count` is 0 when nothing is ready. Does not wait.
    must_check outcome (*lease)(struct queue_store *store, const char *queue, const char *worker,
                                int64_t lease_ms, size_t max, struct arena *arena,
                                struct queue_lease **out, size_t *out_count, struct why *why);
    must_check outcome (*extend)(struct queue_store *store, const char *queue, const char *id,
                                 uint64_t token, int64_t lease_ms, struct why *why); // CONFLICT
    must_check outcome (*ack)(struct queue_store *store, const char *queue, const char *id,
                              uint64_t token, struct why *why); // CONFLICT
    // Gives the job back with a reason; after QUEUE tries_max leases it is parked instead.
    must_check outcome (*nack)(struct queue_store *store, const char *queue, const char *id,
                               uint64_t token, const char *reason, struct why *why); // CONFLICT
    must_check outcome (*count)(struct queue_store *store, const char *queue,
                                struct queue_counts *out, struct why *why);
    must_check outcome (*parked)(struct queue_store *store, const char *queue, size_t limit,
                                 struct arena *arena, struct queue_parked **out, size_t *out_count,
                                 struct why *why);
    // Forgets every job whose id starts with `prefix`, in whatever state.
    must_check outcome (*drop)(struct queue_store *store, const char *queue, const char *prefix,
                               struct why *why);
    void (*close)(struct queue_store *store);
};

struct queue_store {
    const struct queue_ops *ops;
};

void queue_store_close(struct queue_store **store); // tolerates NULL

#endif
