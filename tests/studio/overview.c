// SPDX-License-Identifier: Apache-2.0
#include "studio/overview.h"

#include "studio/outline.h"

#include "drawn_plan.h"
#include "studio_place.h"

struct fixture {
    char folder[128];
    struct stores stores;
    struct arena arena;
    struct plan *plan;
};

// A plan of one rung and five chunks, of which nothing is done.
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_new(fixture->folder);
    fixture->arena = arena_init(OVERVIEW_ARENA_BYTES);
    assert_ok(stores_open(&fixture->stores, fixture->folder, clock_system(), &why_));
    fixture->plan = drawn_plan(&(struct drawn_film){"film", small_ladder, 10, 320, 180});
    assert_ok(outline_put(fixture->stores.tables, fixture->plan, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stores_close(&fixture->stores);
    arena_release(&fixture->arena);
    free(fixture->plan);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static void push(struct fixture *fixture, size_t index, bool is_second)
{
    const struct job job = plan_job_at(fixture->plan, index);
    struct job_texts texts;
    const struct queue_job wanted =
        job_queued(fixture->plan, &job, is_second ? JOB_SECOND_TRY : JOB_FIRST_TRY, 0, &texts);
    struct queue_store *queue = fixture->stores.queue;
    assert_ok(queue->ops->push(queue, PLAN_QUEUE, &wanted, 1, &why_));
}

static struct queue_lease *lease(struct fixture *fixture, const char *worker)
{
    struct queue_lease *leases = NULL;
    size_t count = 0;
    struct queue_store *queue = fixture->stores.queue;
    const struct queue_taker taker = {.worker = worker, .lease_ms = 3600000, .max = 1};
    assert_ok(
        queue->ops->lease(queue, PLAN_QUEUE, &taker, &fixture->arena, &leases, &count, &why_));
    assert_int_equal(count, 1);
    return leases;
}

static struct overview look(struct fixture *fixture)
{
    struct overview overview;
    assert_ok(overview_make(&fixture->stores, clock_system(), &fixture->arena, &overview, &why_));
    return overview;
}

static void titles_workers_and_what_was_given_up_are_seen(void **state)
{
    struct fixture *fixture = *state;
    struct queue_store *queue = fixture->stores.queue;
    assert_int_equal(look(fixture).title_count, 0);
    const size_t total = plan_job_count(fixture->plan);
    for (size_t i = 0; i < 3; i++)
        push(fixture, i, false);
    for (int i = 0; i < STORES_JOB_TRIES; i++) {
        const struct queue_lease *held = lease(fixture, "host-1");
        assert_ok(queue->ops->nack(queue, PLAN_QUEUE, held->job.id, held->token,
                                   "the picture is green", &why_));
    }
    const char *const held = lease(fixture, "host-2")->job.id;
    push(fixture, 1, true); // the same job a second time is no job more
    const struct overview_told told = {clock_wall_ms(clock_system()), 60000, 2};
    assert_ok(
        overview_tell(&fixture->stores, fixture->plan->title_id, fixture->plan->id, &told, &why_));
    const struct overview seen = look(fixture);
    assert_int_equal(seen.title_count, 1);
    assert_string_equal(seen.titles[0].id, "film");
    assert_string_equal(seen.titles[0].plan, fixture->plan->id);
    assert_int_equal(seen.titles[0].total, total);
    assert_int_equal(seen.titles[0].done, total - 3 - 2);
    assert_int_equal(seen.titles[0].held, 2);
    assert_int_equal(seen.titles[0].seconds, 1);
    assert_int_equal(seen.titles[0].ready, 1);
    assert_int_equal(seen.titles[0].leased, 1);
    assert_int_equal(seen.titles[0].parked, 1);
    assert_int_equal(seen.titles[0].retries, STORES_JOB_TRIES - 1);
    assert_true(seen.titles[0].left_ms > 0 && seen.titles[0].left_ms <= 60000);
    assert_int_equal(seen.worker_count, 1);
    assert_string_equal(seen.workers[0].name, "host-2");
    assert_int_equal(seen.parked_count, 1);
    assert_string_not_equal(seen.parked[0].id, held);
    assert_string_equal(seen.parked[0].worker, "host-1");
    assert_string_equal(seen.parked[0].reason, "the picture is green");
    assert_int_equal(seen.parked[0].tries, STORES_JOB_TRIES);

    struct why why = {""};
    assert_int_equal(overview_retry(&fixture->stores, "film/x", &why), NOT_FOUND);
    assert_int_equal(overview_retry(&fixture->stores, held, &why), CONFLICT);
    assert_ok(overview_retry(&fixture->stores, seen.parked[0].id, &why_));
    const struct overview again = look(fixture);
    assert_int_equal(again.parked_count, 0);
    assert_int_equal(again.titles[0].ready, 2);
    assert_int_equal(again.titles[0].retries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(titles_workers_and_what_was_given_up_are_seen, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
