// SPDX-License-Identifier: Apache-2.0
//
// What the files of the queue's conformance test share.
#ifndef TESTS_STORE_CONFORMANCE_QUEUE_RIG_H
#define TESTS_STORE_CONFORMANCE_QUEUE_RIG_H

#include "conformance_queue.h"

#include "place.h"

extern const struct queue_place *backend;

enum { LEASE_MS = 1000 };

struct fixture {
    void *place;
    struct clock_manual *clock;
    struct queue_store *store;
    struct arena arena;
};

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->place = backend->make();
    fixture->clock = clock_shared();
    fixture->arena = arena_init(64 << 20);
    assert_ok(backend->open(fixture->place, &fixture->clock->clock, &fixture->store, &why_));
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;
    queue_store_close(&fixture->store);
    backend->remove(fixture->place);
    arena_release(&fixture->arena);
    (void)munmap(fixture->clock, sizeof *fixture->clock);
    free(fixture);
    return 0;
}

static inline void push(struct fixture *fixture, const char *id, const char *group,
                        int32_t priority)
{
    const struct queue_job job = {
        .id = id, .group = group, .priority = priority, .payload = slice_of(id)};
    assert_ok(fixture->store->ops->push(fixture->store, "q", &job, 1, &why_));
}

// Leases up to `max` jobs; their ids, joined by spaces, must be `expected`.
static inline struct queue_lease *lease(struct fixture *fixture, const char *worker, size_t max,
                                        const char *expected)
{
    struct queue_lease *leases = NULL;
    size_t count = 77;
    const struct queue_taker taker = {.worker = worker, .lease_ms = LEASE_MS, .max = max};
    assert_ok(fixture->store->ops->lease(fixture->store, "q", &taker, &fixture->arena, &leases,
                                         &count, &why_));
    char ids[1000] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%s", i == 0 ? "" : " ",
                                leases[i].job.id);
    assert_string_equal(ids, expected);
    return leases;
}

static inline outcome ack(struct fixture *fixture, const struct queue_lease *held)
{
    return fixture->store->ops->ack(fixture->store, "q", held->job.id, held->token, NULL);
}

static inline outcome nack(struct fixture *fixture, const struct queue_lease *held,
                           const char *reason)
{
    return fixture->store->ops->nack(fixture->store, "q", held->job.id, held->token, reason, NULL);
}

static inline outcome extend(struct fixture *fixture, const struct queue_lease *held)
{
    return fixture->store->ops->extend(fixture->store, "q", held->job.id, held->token, LEASE_MS,
                                       NULL);
}

static inline void assert_counts(struct fixture *fixture, unsigned ready, unsigned leased,
                                 unsigned parked)
{
    struct queue_counts counts;
    assert_ok(fixture->store->ops->count(fixture->store, "q", &counts, &why_));
    assert_int_equal(counts.ready, ready);
    assert_int_equal(counts.leased, leased);
    assert_int_equal(counts.parked, parked);
}

static inline void pass_ms(struct fixture *fixture, int64_t ms)
{
    fixture->clock->now_us += ms * 1000;
}

// Of conformance_queue_shares.c.
extern const struct CMUnitTest queue_share_tests[];
extern const size_t queue_share_test_count;

#endif
