// SPDX-License-Identifier: Apache-2.0
//
// What a worker does about jobs that cannot be done. That they are done otherwise is the ingest
// test's.
#include "studio/worker.h"

#include "studio/encode.h"

#include "drawn_plan.h"
#include "studio_place.h"

struct fixture {
    char folder[128];
    struct stores stores;
    struct plan *plan;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_new(fixture->folder);
    assert_ok(stores_open(&fixture->stores, fixture->folder, clock_system(), &why_));
    fixture->plan = drawn_plan(&(struct drawn_film){"t", small_ladder, 10, 320, 180});
    assert_ok(blob_put(fixture->stores.blobs, "masters/m", slice_of("master"), &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stores_close(&fixture->stores);
    free(fixture->plan);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

struct seen {
    struct worker *worker;
    size_t failures;
    char reason[WHY_BYTES];
};

static void hear(void *context, const char *job_id, size_t jobs, const char *reason)
{
    struct seen *seen = context;
    assert_true(jobs >= 1 && job_id[0] == 't');
    seen->failures += reason[0] != '\0';
    (void)snprintf(seen->reason, sizeof seen->reason, "%s", reason);
}

// Lets the worker work until nothing is left for it, whenever the ingest tells how far it is.
static outcome take_turns(void *context, const struct encode_view *view, struct why *why)
{
    const struct seen *seen = context;
    bool is_idle = false;
    while (!is_idle)
        TRY(worker_step(seen->worker, &is_idle, why));
    return OK;
}

static outcome encode_with(struct fixture *fixture, struct seen *seen, const char *program,
                           struct why *why)
{
    const struct worker_options options = {
        .name = "w", .transcoder = {.program = program}, .heard = hear, .context = seen};
    autoworker *worker = NULL;
    assert_ok(worker_open(&fixture->stores, &options, &worker, &why_));
    seen->worker = worker;
    const struct encode_options encode = {
        .clock = clock_system(), .progressed = take_turns, .context = seen};
    return encode_plan(&fixture->stores, fixture->plan, &encode, why);
}

static void a_job_that_fails_everywhere_is_parked_with_its_sentence(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {.failures = 0};
    struct why why = {""};
    // a transcoder that ends at once, as one does that a broken master kills
    assert_int_equal(encode_with(fixture, &seen, "/bin/false", &why), INVALID);
    assert_true(seen.failures >= STORES_JOB_TRIES);
    assert_non_null(strstr(why.text, "failed 5 times"));
    assert_non_null(strstr(why.text, "t/"));
    assert_true(seen.reason[0] != '\0');
    // a new run gives it new tries
    assert_int_equal(encode_with(fixture, &seen, "/bin/false", &why), INVALID);
    assert_ok(encode_forget(&fixture->stores, fixture->plan, &why_));
    struct queue_counts counts;
    assert_ok(fixture->stores.queue->ops->count(fixture->stores.queue, PLAN_QUEUE, &counts, &why_));
    assert_int_equal(counts.ready + counts.leased + counts.parked, 0);
}

static void a_job_whose_plan_is_gone_is_let_go(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_job job = {
        .id = "t/0/v-180p/000000", .group = "", .payload = slice_of("work/t/0/plan.json")};
    const struct worker_options options = {.name = "w", .transcoder = {.program = "/bin/false"}};
    struct queue_store *queue = fixture->stores.queue;
    autoworker *worker = NULL;
    assert_ok(queue->ops->push(queue, PLAN_QUEUE, &job, 1, &why_));
    assert_ok(worker_open(&fixture->stores, &options, &worker, &why_));
    bool is_idle = true;
    assert_ok(worker_step(worker, &is_idle, &why_));
    assert_false(is_idle);
    assert_ok(worker_step(worker, &is_idle, &why_));
    assert_true(is_idle);
    struct queue_counts counts;
    assert_ok(queue->ops->count(queue, PLAN_QUEUE, &counts, &why_));
    assert_int_equal(counts.ready + counts.leased + counts.parked, 0);
}

static void outputs_that_stand_are_not_made_again(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < plan_job_count(fixture->plan); i++) {
        const struct job job = plan_job_at(fixture->plan, i);
        char key[PLAN_KEY_BYTES];
        job_output(fixture->plan, &job, job_output_count(fixture->plan, &job) - 1, key);
        assert_ok(blob_put(fixture->stores.blobs, key, slice_of("done before"), &why_));
    }
    struct seen seen = {.failures = 0};
    assert_ok(encode_with(fixture, &seen, "/bin/false", &why_)); // nobody could do anything
    assert_int_equal(seen.failures, 0);
}

static void a_worker_that_is_told_to_stop_stops(void **state)
{
    struct fixture *fixture = *state;
    atomic_int stop = 1;
    const struct worker_options options = {
        .name = "w", .transcoder = {.program = "/bin/false"}, .stop = &stop};
    autoworker *worker = NULL;
    assert_ok(worker_open(&fixture->stores, &options, &worker, &why_));
    assert_ok(worker_run(worker, &why_));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_job_that_fails_everywhere_is_parked_with_its_sentence),
        CASE(a_job_whose_plan_is_gone_is_let_go),
        CASE(outputs_that_stand_are_not_made_again),
        CASE(a_worker_that_is_told_to_stop_stops),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
