// SPDX-License-Identifier: Apache-2.0
//
// The queue port: jobs that are done at least once, by workers that may die at any moment.
//
//     push -> [ready] --lease--> [leased until T] --ack--> gone
//                ^                    |  | extend: T later
//                +---- T passes, nack-+  +-- tries = tries_max --> [parked] (with its last reason)
//
// A lease carries a fencing token: after the lease was lost to another worker, ack, extend and nack
// with the old token are CONFLICT. A lease that ran out but was not taken yet may still be acked,
// extended and given back: work that is done is done. Jobs of one `group` share an expensive input
// (all renditions of one chunk share its decoding): lease_group hands a worker further ready jobs
// of a group it already holds.
//
// Among jobs of one priority each `share` (a title) gets the same part of the work: start-time fair
// queuing. A job's tag is where its share has come to when it is pushed, in units of cost, and at
// least where the queue is; the job with the lowest tag is next.
//
//     share A, pushed first    0   10   20   30   40   50 ...     costs 10 each
//     leased so far            A0  A10                            the queue is at 10
//     share B is pushed                 10   20   30              its turn comes at once:
//     leased from then on               B10  A20 B20  A30 B30     A waits no longer than it must
//
// A worker says how much room it has; jobs that need more are passed over.
//
// Backends: SQLite (store/queue_sqlite.h), shared by the processes of one machine; Redis
// (store/queue_redis.h). All pass tests/store/conformance_queue.h. Thread-safe.
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/arena.h"

enum {
    QUEUE_NAME_BYTES = 64,
    QUEUE_ID_BYTES = 160,
    QUEUE_GROUP_BYTES = 160,
    QUEUE_PAYLOAD_BYTES = 64 * 1024,
    QUEUE_REASON_BYTES = 400,
    QUEUE_LEASE_JOBS_MAX = 32,
};

// What a job needs of a machine, and what a worker has. A queue looks through as many heads as
// there are different needs among its jobs: round them.
struct queue_room {
    uint32_t memory_mib, disk_mib; // 0: a job needs none to speak of; a worker has no limit
};

struct queue_job {
    const char *id;    // chosen by the producer, unique in the queue: pushing it again is a no-op
    const char *group; // "" : none
    int32_t priority;  // lower first; among equals the shares take turns
    struct slice payload;
    const char *share; // NULL is ""; within one: the order of pushing. Not given back by a lease
    uint32_t cost;     // about how much work it is, in any unit; 0 is 1. Nor this
    struct queue_room needs; // nor this
};

// Who asks for jobs.
struct queue_taker {
    const char *worker;
    int64_t lease_ms;
    size_t max; // jobs of one group at most
    struct queue_room room;
};

struct queue_lease {
    struct queue_job job; // memory of the arena given
    uint64_t token;       // fencing
    uint32_t tries;       // 1 with the first lease
};

enum queue_state { QUEUE_READY, QUEUE_LEASED, QUEUE_PARKED };

// One job as an onlooker sees it. Texts are valid during the visit.
struct queue_view {
    const char *id;
    enum queue_state state;
    uint32_t tries; // leases so far
    int32_t priority;
    const char *worker; // holder of the last lease; "" before the first
    const char *reason; // of the last nack or of parking; "" otherwise
};

struct queue_counts {
    uint64_t ready, leased, parked;
};

struct queue_store;

struct queue_ops {
    // Pushes all jobs or none; ids already present (ready, leased or parked) are skipped silently.
    must_check outcome (*push)(struct queue_store *store, const char *queue,
                               const struct queue_job *jobs, size_t count, struct why *why);
    // Takes the first ready job that the taker has room for, then up to `max` - 1 further ones of
    // its group (when it has one), each for `lease_ms`. `*out_count` is 0 when there is none. Does
    // not wait.
    must_check outcome (*lease)(struct queue_store *store, const char *queue,
                                const struct queue_taker *taker, struct arena *arena,
                                struct queue_lease **out, size_t *out_count, struct why *why);
    must_check outcome (*extend)(struct queue_store *store, const char *queue, const char *id,
                                 uint64_t token, int64_t lease_ms, struct why *why); // CONFLICT
    must_check outcome (*ack)(struct queue_store *store, const char *queue, const char *id,
                              uint64_t token, struct why *why); // CONFLICT
    // Gives the job back with a reason (cut at QUEUE_REASON_BYTES); after the backend's tries_max
    // leases it is parked.
    must_check outcome (*nack)(struct queue_store *store, const char *queue, const char *id,
                               uint64_t token, const char *reason, struct why *why); // CONFLICT
    // Gives the job back as if it had not been leased: the try does not count. For a worker that is
    // told to stop.
    must_check outcome (*release)(struct queue_store *store, const char *queue, const char *id,
                                  uint64_t token, struct why *why); // CONFLICT
    must_check outcome (*count)(struct queue_store *store, const char *queue,
                                struct queue_counts *out, struct why *why);
    // Calls `visit` for each job whose id starts with `prefix`, in byte order of the ids. Stops
    // early when visit returns other than OK and returns that. `visit` may not call the queue.
    must_check outcome (*list)(struct queue_store *store, const char *queue, const char *prefix,
                               outcome (*visit)(void *context, const struct queue_view *job,
                                                struct why *why),
                               void *context, struct why *why);
    // Gives a parked job new tries: it is ready, as if never leased, where it stood in its line.
    // NOT_FOUND; CONFLICT when it is not parked.
    must_check outcome (*retry)(struct queue_store *store, const char *queue, const char *id,
                                struct why *why);
    // Gives every job whose id starts with `prefix` this priority, in whatever state it is. They
    // line up anew, as if pushed now in the order they had.
    must_check outcome (*prioritize)(struct queue_store *store, const char *queue,
                                     const char *prefix, int32_t priority, struct why *why);
    // Forgets every job whose id starts with `prefix`, in whatever state.
    must_check outcome (*drop)(struct queue_store *store, const char *queue, const char *prefix,
                               struct why *why);
    void (*close)(struct queue_store *store);
};

struct queue_store {
    const struct queue_ops *ops;
};

// What every backend refuses alike. A queue's name has 1 to QUEUE_NAME_BYTES of a-z, 0-9, '-' and
// '_'; ids (1 to QUEUE_ID_BYTES), groups and shares (0 to QUEUE_GROUP_BYTES) are printable ASCII.
// INVALID; TOO_LARGE for a payload.
must_check outcome queue_name_check(const char *queue, struct why *why);
must_check outcome queue_job_check(const struct queue_job *job, struct why *why);
// INVALID for a lease of less than 1 ms, no jobs or more than QUEUE_LEASE_JOBS_MAX, or a worker
// without a name.
must_check outcome queue_lease_check(const char *queue, const struct queue_taker *taker,
                                     struct why *why);
must_check outcome queue_extend_check(const char *queue, int64_t lease_ms, struct why *why);

// What a retry of a job that is not parked, or not there, comes to: CONFLICT or NOT_FOUND.
must_check outcome queue_retry_refuse(const char *id, bool is_there, struct why *why);

const char *queue_share(const struct queue_job *job);
uint32_t queue_cost(const struct queue_job *job);

void queue_store_close(struct queue_store **store); // tolerates NULL

#endif
