// SPDX-License-Identifier: Apache-2.0
#include "studio/heartbeat.h"

#include "store/queue_sqlite.h"

#include "studio_place.h"

#include <sched.h>
#include <stdatomic.h>

struct fixture {
    char folder[128];
    struct queue_store *queue;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    char path[200];
    folder_new(fixture->folder);
    (void)snprintf(path, sizeof path, "%s/queue.db", fixture->folder);
    assert_ok(queue_sqlite_open(path, (struct queue_sqlite_options){5}, clock_system(),
                                &fixture->queue, &why_));
    fixture->arena = arena_init(1 << 20);
    const struct queue_job job = {.id = "job", .group = ""};
    assert_ok(fixture->queue->ops->push(fixture->queue, "q", &job, 1, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    queue_store_close(&fixture->queue);
    arena_release(&fixture->arena);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static struct queue_lease *lease(struct fixture *fixture, int64_t lease_ms)
{
    struct queue_lease *leases;
    size_t count;
    const struct queue_taker taker = {.worker = "w", .lease_ms = lease_ms, .max = 1};
    assert_ok(fixture->queue->ops->lease(fixture->queue, "q", &taker, &fixture->arena, &leases,
                                         &count, &why_));
    return count == 1 ? leases : NULL;
}

// The lease of 1 ms runs out before the first beat: that it counts as leased afterwards is the
// beat's doing.
static void a_beating_heart_keeps_the_lease(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_lease *held = lease(fixture, 1);
    assert_non_null(held);
    struct heartbeat *heartbeat = NULL;
    assert_ok(heartbeat_start(fixture->queue, "q", held, 1, 60, &heartbeat, &why_));
    struct queue_counts counts = {0};
    while (counts.leased == 0) // the first beat comes by itself
        assert_ok(fixture->queue->ops->count(fixture->queue, "q", &counts, &why_));
    assert_false(heartbeat_is_lost(heartbeat));
    heartbeat_stop(&heartbeat);
    assert_null(heartbeat);
    assert_ok(fixture->queue->ops->ack(fixture->queue, "q", held->job.id, held->token, &why_));
}

static void a_lease_that_went_to_another_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_lease *held = lease(fixture, 1), *other = NULL;
    while (other == NULL) // it runs out within a millisecond
        other = lease(fixture, 600000);
    struct heartbeat *heartbeat = NULL;
    assert_ok(heartbeat_start(fixture->queue, "q", held, 1, 3, &heartbeat, &why_));
    while (!heartbeat_is_lost(heartbeat))
        (void)sched_yield();
    heartbeat_stop(&heartbeat);
    assert_ok(fixture->queue->ops->ack(fixture->queue, "q", other->job.id, other->token, &why_));
}

static void a_long_lease_does_not_make_stopping_long(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_lease *held = lease(fixture, 3600000);
    struct heartbeat *heartbeat = NULL;
    assert_ok(heartbeat_start(fixture->queue, "q", held, 1, 3600000, &heartbeat, &why_));
    heartbeat_stop(&heartbeat); // or the suite's timeout says so
    heartbeat_stop(&heartbeat);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_beating_heart_keeps_the_lease),
        CASE(a_lease_that_went_to_another_is_noticed),
        CASE(a_long_lease_does_not_make_stopping_long),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
