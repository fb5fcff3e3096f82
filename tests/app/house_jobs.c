// SPDX-License-Identifier: Apache-2.0
#include "house_jobs.h"

#include "../studio/drawn_plan.h"

#include "studio/board.h"
#include "studio/ingest.h"
#include "studio/outline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail // cmocka's; ours is base/outcome.h

static struct plan *make_plan(void)
{
    static const char ladder[] =
        "{\"rungs\": [{\"name\": \"360p\", \"width\": 640, \"height\": 360, \"encoder\": \"x264\","
        " \"preset\": \"veryfast\", \"crf_tenths\": 230}]}";
    struct plan *plan = drawn_plan(&(struct drawn_film){"the-lamplighter", ladder, 24, 640, 360});
    assert_int_equal(plan_chunk_count(plan), 3);
    return plan;
}

static struct queue_lease *lease(struct queue_store *queue, const char *worker, struct arena *arena)
{
    const struct queue_taker taker = {.worker = worker, .lease_ms = 3600000, .max = 1};
    struct queue_lease *leases = NULL;
    size_t count = 0;
    assert_int_equal(queue->ops->lease(queue, PLAN_QUEUE, &taker, arena, &leases, &count, NULL),
                     OK);
    assert_int_equal(count, 1);
    return leases;
}

static void push(struct queue_store *queue, const struct plan *plan, uint32_t chunk)
{
    const struct job job = {JOB_VIDEO, 0, chunk, 0};
    struct job_texts texts;
    const struct queue_job wanted = job_queued(plan, &job, JOB_FIRST_TRY, 0, &texts);
    assert_int_equal(queue->ops->push(queue, PLAN_QUEUE, &wanted, 1, NULL), OK);
}

static void tell(struct stores *stores, const struct plan *plan)
{
    struct board board = {.tables = stores->tables, .clock = clock_system()};
    assert_int_equal(board_begin(&board, plan->title_id, "The Lamplighter", NULL), OK);
    (void)strncpy(board.note.version, plan->id, sizeof board.note.version - 1);
    assert_int_equal(board_tell(&board, ingest_stage_word(INGEST_ENCODE), 5, 8, NULL), OK);
}

static void check(struct stores *stores)
{
    static struct qc_report report;
    const struct qc_rules rules = qc_rules_default();
    const struct qc_finding at = {.rule = QC_BLACK, .start_ms = 1000, .end_ms = 9000};
    autojson *json = NULL;
    autobuffer text = buffer_init(1 << 20);
    report = (struct qc_report){.rules = &rules, .rate = {24, 1}};
    qc_look(&report, QC_SILENCE);
    qc_judge(&report, &at, 8000, "a black span");
    assert_int_equal(qc_report_json(&report, "the-lamplighter", &json, NULL), OK);
    assert_int_equal(json_format(json, &text, NULL), OK);
    assert_int_equal(
        blob_put(stores->blobs, "reports/the-lamplighter/3f9c.json", buffer_slice(&text), NULL),
        OK);
}

void house_jobs_make(struct stores *stores)
{
    struct queue_store *queue = stores->queue;
    struct plan *plan = make_plan();
    autoarena arena = arena_init(1 << 20);
    char output[PLAN_KEY_BYTES];
    job_output(plan, &(struct job){JOB_VIDEO, 0, 2, 0}, 0, output);
    assert_int_equal(outline_put(stores->tables, plan, NULL), OK);
    tell(stores, plan);
    check(stores);
    assert_int_equal(blob_put(stores->blobs, output, slice_of("chunk"), NULL), OK);
    assert_int_equal(queue->ops->drop(queue, PLAN_QUEUE, "", NULL), OK);
    push(queue, plan, 0);
    for (int i = 0; i < STORES_JOB_TRIES; i++) {
        const struct queue_lease *held = lease(queue, "host-2", &arena);
        assert_int_equal(queue->ops->nack(queue, PLAN_QUEUE, held->job.id, held->token,
                                          "the picture is green", NULL),
                         OK);
    }
    push(queue, plan, 1);
    (void)lease(queue, "host-1", &arena);
    free(plan);
}
