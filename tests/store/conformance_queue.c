// SPDX-License-Identifier: Apache-2.0
#include "conformance_queue_rig.h"

#include <pthread.h>

const struct queue_place *backend;

static void jobs_come_by_priority_then_in_order_and_once(void **state)
{
    struct fixture *fixture = *state;
    (void)lease(fixture, "w", 5, "");
    push(fixture, "c", "", 5);
    push(fixture, "b", "", 5);
    push(fixture, "late", "", 9);
    push(fixture, "urgent", "", -1);
    push(fixture, "b", "", -100); // already there: no second one, and unchanged
    assert_counts(fixture, 4, 0, 0);
    const struct queue_lease *held = lease(fixture, "w", 5, "urgent"); // no group: one at a time
    assert_int_equal(held->tries, 1);
    assert_int_equal(held->job.priority, -1);
    assert_true(slice_is(held->job.payload, "urgent"));
    assert_string_equal(held->job.group, "");
    (void)lease(fixture, "w2", 1, "c");
    push(fixture, "c", "", 0); // leased counts as present
    (void)lease(fixture, "w", 1, "b");
    (void)lease(fixture, "w", 1, "late");
    (void)lease(fixture, "w", 1, "");
    assert_counts(fixture, 0, 4, 0);
    assert_int_equal(ack(fixture, held), OK);
    assert_int_equal(ack(fixture, held), CONFLICT); // gone
    assert_counts(fixture, 0, 3, 0);
    push(fixture, "urgent", "", 0); // done ones may be pushed anew
    assert_counts(fixture, 1, 3, 0);
}

static void a_group_is_leased_together(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "1080p-0", "chunk-0", 0);
    push(fixture, "1080p-1", "chunk-1", 0);
    push(fixture, "720p-0", "chunk-0", 0);
    push(fixture, "audio", "", 0);
    push(fixture, "480p-0", "chunk-0", 0);
    push(fixture, "720p-1", "chunk-1", 0);
    push(fixture, "first-0", "chunk-0", -1);
    (void)lease(fixture, "w1", 3, "first-0 1080p-0 720p-0"); // as many as asked, best first
    (void)lease(fixture, "w2", 8, "1080p-1 720p-1"); // the best one left, with its own group
    (void)lease(fixture, "w1", 8, "audio");
    (void)lease(fixture, "w1", 8, "480p-0");
    assert_counts(fixture, 0, 7, 0);
}

static void a_lost_lease_goes_to_another_and_the_old_token_is_worthless(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "job", "", 0);
    const struct queue_lease *first = lease(fixture, "w1", 1, "job");
    pass_ms(fixture, LEASE_MS - 1);
    (void)lease(fixture, "w2", 1, "");
    assert_counts(fixture, 0, 1, 0);
    pass_ms(fixture, 1);
    assert_counts(fixture, 1, 0, 0);
    const struct queue_lease *second = lease(fixture, "w2", 1, "job");
    assert_int_equal(second->tries, 2);
    assert_true(second->token != first->token);
    assert_int_equal(ack(fixture, first), CONFLICT);
    assert_int_equal(nack(fixture, first, "late"), CONFLICT);
    assert_int_equal(extend(fixture, first), CONFLICT);
    assert_counts(fixture, 0, 1, 0);
    assert_int_equal(ack(fixture, second), OK);
    assert_counts(fixture, 0, 0, 0);
}

static void a_heartbeat_keeps_a_lease_and_late_work_still_counts(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "long", "", 0);
    const struct queue_lease *held = lease(fixture, "w1", 1, "long");
    for (int i = 0; i < 10; i++) {
        pass_ms(fixture, LEASE_MS - 100);
        assert_int_equal(extend(fixture, held), OK);
        (void)lease(fixture, "w2", 1, "");
    }
    pass_ms(fixture, LEASE_MS * 2); // ran out, but nobody came
    assert_int_equal(extend(fixture, held), OK);
    assert_counts(fixture, 0, 1, 0);
    pass_ms(fixture, LEASE_MS * 2);
    assert_counts(fixture, 1, 0, 0);
    assert_int_equal(ack(fixture, held), OK); // work that is done is done
    assert_counts(fixture, 0, 0, 0);
}

static void tokens_never_repeat_even_for_an_id_pushed_anew(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "job", "", 0);
    const struct queue_lease *old = lease(fixture, "w1", 1, "job");
    assert_ok(fixture->store->ops->drop(fixture->store, "q", "job", &why_));
    push(fixture, "job", "", 0);
    const struct queue_lease *new = lease(fixture, "w2", 1, "job");
    assert_int_equal(new->tries, 1);
    assert_int_equal(ack(fixture, old), CONFLICT);
    assert_int_equal(ack(fixture, new), OK);
}

struct seen {
    char text[1000];
    size_t len, stop_at, count;
};

static outcome see(void *context, const struct queue_view *job, struct why *why)
{
    static const char *const states[] = {"ready", "leased", "parked"};
    struct seen *seen = context;
    seen->len += (size_t)snprintf(seen->text + seen->len, sizeof seen->text - seen->len,
                                  "%s %s %u %s [%s]\n", job->id, states[job->state], job->tries,
                                  job->worker, job->reason);
    return ++seen->count == seen->stop_at ? fail(why, EXHAUSTED, "enough") : OK;
}

static void a_poison_job_is_parked_with_its_reason(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "bad", "", 0);
    push(fixture, "hang", "", 1);
    for (int i = 1; i <= CONFORMANCE_TRIES; i++) {
        const struct queue_lease *held = lease(fixture, "w", 1, "bad");
        assert_int_equal(held->tries, i);
        assert_int_equal(nack(fixture, held, "the picture is green"), OK);
        assert_int_equal(nack(fixture, held, "again"), CONFLICT);
        assert_int_equal(ack(fixture, held), CONFLICT); // given back is given back
    }
    assert_counts(fixture, 1, 0, 1);
    for (int i = 1; i <= CONFORMANCE_TRIES; i++) {
        (void)lease(fixture, "w", 1, "hang");
        pass_ms(fixture, LEASE_MS);
    }
    assert_counts(fixture, 0, 0, 2);
    (void)lease(fixture, "w", 1, "");
    struct seen seen = {.len = 0};
    assert_ok(fixture->store->ops->list(fixture->store, "q", "", see, &seen, &why_));
    assert_string_equal(seen.text, "bad parked 3 w [the picture is green]\n"
                                   "hang parked 3 w [the lease of w ran out]\n");
    push(fixture, "bad", "", 0); // parked counts as present
    assert_counts(fixture, 0, 0, 2);
    assert_ok(fixture->store->ops->drop(fixture->store, "q", "bad", &why_));
    push(fixture, "bad", "", 0);
    assert_counts(fixture, 1, 0, 1);

    char long_reason[QUEUE_REASON_BYTES * 2];
    memset(long_reason, 'r', sizeof long_reason - 1);
    long_reason[sizeof long_reason - 1] = '\0';
    assert_int_equal(nack(fixture, lease(fixture, "w", 1, "bad"), long_reason), OK);
}

static void a_parked_job_is_given_new_tries(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_ops *ops = fixture->store->ops;
    struct queue_store *store = fixture->store;
    push(fixture, "bad", "", 0);
    push(fixture, "next", "", 0);
    assert_int_equal(ops->retry(store, "q", "none", NULL), NOT_FOUND);
    assert_int_equal(ops->retry(store, "q", "bad", NULL), CONFLICT);
    for (int i = 1; i <= CONFORMANCE_TRIES; i++)
        assert_int_equal(nack(fixture, lease(fixture, "w", 1, "bad"), "green"), OK);
    assert_counts(fixture, 1, 0, 1);
    assert_ok(ops->retry(store, "q", "bad", &why_));
    assert_int_equal(ops->retry(store, "q", "bad", NULL), CONFLICT);
    assert_counts(fixture, 2, 0, 0);
    const struct queue_lease *held =
        lease(fixture, "w", 1, "bad"); // where it stood: before the next
    assert_int_equal(held->tries, 1);
    assert_int_equal(ack(fixture, held), OK);
    for (int i = 1; i <= CONFORMANCE_TRIES; i++) { // parked by leases that ran out, too
        (void)lease(fixture, "w", 1, "next");
        pass_ms(fixture, LEASE_MS);
    }
    assert_ok(ops->retry(store, "q", "next", &why_));
    assert_counts(fixture, 1, 0, 0);
}

static void a_worker_that_stops_gives_back_without_a_try(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_ops *ops = fixture->store->ops;
    push(fixture, "job", "", 0);
    push(fixture, "later", "", 0);
    for (int i = 0; i < 2 * CONFORMANCE_TRIES; i++) {                   // never parked for that
        const struct queue_lease *held = lease(fixture, "w", 1, "job"); // in its old place
        assert_int_equal(held->tries, 1);
        assert_ok(ops->release(fixture->store, "q", "job", held->token, &why_));
        assert_counts(fixture, 2, 0, 0);
        assert_int_equal(ops->release(fixture->store, "q", "job", held->token, NULL), CONFLICT);
    }
}

static void onlookers_see_states_by_prefix_in_order(void **state)
{
    struct fixture *fixture = *state;
    push(fixture, "film/2", "", 2);
    push(fixture, "film/1", "", 1);
    push(fixture, "film/10", "", 3);
    push(fixture, "films/1", "", 4);
    push(fixture, "a", "", 5);
    (void)lease(fixture, "w1", 1, "film/1");
    struct seen seen = {.len = 0};
    const struct queue_ops *ops = fixture->store->ops;
    assert_ok(ops->list(fixture->store, "q", "film/", see, &seen, &why_));
    assert_string_equal(seen.text, "film/1 leased 1 w1 []\nfilm/10 ready 0  []\n"
                                   "film/2 ready 0  []\n");
    struct seen two = {.stop_at = 2};
    assert_int_equal(ops->list(fixture->store, "q", "", see, &two, NULL), EXHAUSTED);
    assert_int_equal(two.count, 2);
    struct seen none = {.len = 0};
    assert_ok(ops->list(fixture->store, "other", "", see, &none, &why_));
    assert_int_equal(none.count, 0);
    assert_ok(ops->drop(fixture->store, "q", "film/", &why_)); // in whatever state
    assert_counts(fixture, 2, 0, 0);
    assert_ok(ops->drop(fixture->store, "q", "", &why_));
    assert_counts(fixture, 0, 0, 0);
}

static void pushing_is_all_or_nothing_and_caps_hold(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_ops *ops = fixture->store->ops;
    char id[QUEUE_ID_BYTES + 2];
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    uint8_t *payload = calloc(1, QUEUE_PAYLOAD_BYTES + 1);
    assert_non_null(payload);
    const struct slice large = {payload, QUEUE_PAYLOAD_BYTES + 1},
                       full = {payload, QUEUE_PAYLOAD_BYTES};
    const struct {
        struct queue_job job;
        outcome result;
    } bad[] = {
        {{.id = "", .group = ""}, INVALID},
        {{.id = id, .group = ""}, INVALID},
        {{.id = "a\nb", .group = ""}, INVALID},
        {{.id = "x", .group = "g\n"}, INVALID},
        {{.id = "x", .group = id}, INVALID},
        {{.id = "x", .group = "", .share = id}, INVALID},
        {{.id = "x", .group = "", .payload = large}, TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct queue_job jobs[] = {{.id = "fine", .group = ""}, bad[i].job};
        struct why why = {""};
        assert_int_equal(ops->push(fixture->store, "q", jobs, 2, &why), bad[i].result);
        assert_true(why.text[0] != '\0');
        assert_counts(fixture, 0, 0, 0);
    }
    id[QUEUE_ID_BYTES] = '\0';
    const struct queue_job most = {
        .id = id, .group = id, .priority = INT32_MIN, .payload = full, .share = id};
    assert_ok(ops->push(fixture->store, "q", &most, 1, &why_));
    assert_int_equal(lease(fixture, "w", 1, id)->job.payload.len, QUEUE_PAYLOAD_BYTES);
    assert_int_equal(ops->push(fixture->store, "No Name", &most, 1, NULL), INVALID);
    struct queue_lease *leases;
    size_t count;
    struct arena *arena = &fixture->arena;
    struct queue_store *store = fixture->store;
    const struct queue_taker takers[] = {{.worker = "w", .lease_ms = 0, .max = 1},
                                         {.worker = "w", .lease_ms = 1, .max = 0},
                                         {.worker = "", .lease_ms = 1, .max = 1},
                                         {"w", 1, QUEUE_LEASE_JOBS_MAX + 1, {0, 0}}};
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
        assert_int_equal(ops->lease(store, "q", &takers[i], arena, &leases, &count, NULL), INVALID);
    free(payload);
}

static void a_lease_that_does_not_fit_the_arena_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    uint8_t payload[10000] = {0};
    const struct queue_job job = {.id = "big", .group = "", .payload = {payload, sizeof payload}};
    assert_ok(fixture->store->ops->push(fixture->store, "q", &job, 1, &why_));
    struct arena small = arena_init(8192);
    struct queue_lease *leases = NULL;
    size_t count = 77;
    const struct queue_taker taker = {.worker = "w", .lease_ms = LEASE_MS, .max = 1};
    assert_int_equal(
        fixture->store->ops->lease(fixture->store, "q", &taker, &small, &leases, &count, NULL),
        NO_MEMORY);
    assert_int_equal(count, 77);
    arena_release(&small);
    assert_int_equal(lease(fixture, "w", 1, "big")->tries, 1);
}

// --- side by side -----------------------------------------------------------------------

enum { WORKERS = 4, JOBS = 120 };

struct worker {
    struct fixture *fixture;
    char name[16];
    int told;   // one byte for each job done; -1: nobody listens
    int die_at; // stops breathing while holding its n-th lease; 0: never
    bool is_fine;
};

static void push_many(struct fixture *fixture)
{
    for (int i = 0; i < JOBS; i++) {
        char id[16], group[16];
        (void)snprintf(id, sizeof id, "job-%03d", i);
        (void)snprintf(group, sizeof group, "group-%d", i / 4);
        push(fixture, id, group, 0);
    }
}

// Takes jobs until none is left. Tells of each that was acked: the byte must come exactly once per
// job.
static bool work(struct queue_store *store, const struct worker *worker)
{
    struct arena arena = arena_init(1 << 20);
    int turn = 0;
    for (;;) {
        struct queue_lease *leases;
        size_t count;
        const struct queue_taker taker = {.worker = worker->name, .lease_ms = LEASE_MS, .max = 3};
        if (store->ops->lease(store, "q", &taker, &arena, &leases, &count, NULL) != OK)
            return false;
        if (count == 0) break;
        if (++turn == worker->die_at) (void)raise(SIGKILL);
        for (size_t i = 0; i < count; i++) {
            if (store->ops->ack(store, "q", leases[i].job.id, leases[i].token, NULL) != OK)
                return false;
            pipe_tell(worker->told);
        }
        arena_reset(&arena);
    }
    arena_release(&arena);
    return true;
}

static void *work_thread(void *argument)
{
    struct worker *worker = argument;
    worker->is_fine = work(worker->fixture->store, worker);
    return NULL;
}

static bool work_process(void *argument)
{
    const struct worker *worker = argument;
    struct queue_store *store;
    if (backend->open(worker->fixture->place, &worker->fixture->clock->clock, &store, NULL) != OK)
        return false;
    const bool is_fine = work(store, worker);
    queue_store_close(&store);
    return is_fine;
}

static int count_told(int fd)
{
    int count = 0;
    while (pipe_wait(fd))
        count++;
    return count;
}

static void threads_and_processes_share_the_jobs_without_doubling(void **state)
{
    struct fixture *fixture = *state;
    push_many(fixture);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct worker workers[2 * WORKERS];
    pthread_t threads[WORKERS];
    pid_t children[WORKERS];
    for (int i = 0; i < 2 * WORKERS; i++) {
        workers[i] = (struct worker){.fixture = fixture, .told = ends[1]};
        (void)snprintf(workers[i].name, sizeof workers[i].name, "w%d", i);
    }
    for (int i = 0; i < WORKERS; i++)
        children[i] = child_start(work_process, &workers[i]);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work_thread, &workers[WORKERS + i]), 0);
    for (int i = 0; i < WORKERS; i++) {
        child_must_succeed(children[i]);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[WORKERS + i].is_fine);
    }
    (void)close(ends[1]);
    assert_int_equal(count_told(ends[0]), JOBS);
    (void)close(ends[0]);
    assert_counts(fixture, 0, 0, 0);
}

static void workers_killed_with_jobs_in_hand_lose_none(void **state)
{
    struct fixture *fixture = *state;
    push_many(fixture);
    int done = 0;
    for (int i = 0; i < 6; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        struct worker victim = {.fixture = fixture, .name = "victim", .told = ends[1]};
        victim.die_at = i + 1;
        const pid_t child = child_start(work_process, &victim);
        (void)close(ends[1]);
        done += count_told(ends[0]);
        (void)close(ends[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    struct queue_counts counts;
    assert_ok(fixture->store->ops->count(fixture->store, "q", &counts, &why_));
    assert_int_equal(done + (int)(counts.ready + counts.leased), JOBS);
    assert_true(counts.leased > 0);
    pass_ms(fixture, LEASE_MS);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct worker heir = {.fixture = fixture, .name = "heir", .told = ends[1]};
    child_must_succeed(child_start(work_process, &heir));
    (void)close(ends[1]);
    assert_int_equal(done + count_told(ends[0]), JOBS);
    (void)close(ends[0]);
    assert_counts(fixture, 0, 0, 0);
}

int run_queue_conformance(const struct queue_place *place, const struct CMUnitTest *own,
                          size_t own_count)
{
    backend = place;
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(jobs_come_by_priority_then_in_order_and_once),
        CASE(a_group_is_leased_together),
        CASE(a_lost_lease_goes_to_another_and_the_old_token_is_worthless),
        CASE(a_heartbeat_keeps_a_lease_and_late_work_still_counts),
        CASE(tokens_never_repeat_even_for_an_id_pushed_anew),
        CASE(a_poison_job_is_parked_with_its_reason),
        CASE(a_parked_job_is_given_new_tries),
        CASE(a_worker_that_stops_gives_back_without_a_try),
        CASE(onlookers_see_states_by_prefix_in_order),
        CASE(pushing_is_all_or_nothing_and_caps_hold),
        CASE(a_lease_that_does_not_fit_the_arena_is_not_taken),
        CASE(threads_and_processes_share_the_jobs_without_doubling),
        CASE(workers_killed_with_jobs_in_hand_lose_none),
    };
#undef CASE
    struct CMUnitTest others[OWN_TESTS_MAX / 2];
    assert_true(queue_share_test_count + own_count <= OWN_TESTS_MAX / 2);
    memcpy(others, queue_share_tests, queue_share_test_count * sizeof *others);
    memcpy(others + queue_share_test_count, own, own_count * sizeof *others);
    return run_with_own(place->name, tests, sizeof tests / sizeof tests[0], others,
                        queue_share_test_count + own_count);
}
