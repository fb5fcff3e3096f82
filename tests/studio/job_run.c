// SPDX-License-Identifier: Apache-2.0
#include "studio/job_run.h"

#include "store/blob_folder.h"
#include "studio/digest.h"

#include "studio_place.h"

struct fixture {
    char folder[128];
    struct blob_store *blobs;
    struct transcoder *transcoder;
    struct plan *plan;
};

static void drop_fixture(struct fixture *fixture)
{
    transcoder_close(&fixture->transcoder);
    blob_store_close(&fixture->blobs);
    free(fixture->plan);
    assert_ok(folder_remove(fixture->folder, &why_));
}

static void make_fixture(struct fixture *fixture)
{
    char path[PATH_MAX], program[PATH_MAX];
    *fixture = (struct fixture){.plan = calloc(1, sizeof *fixture->plan)};
    assert_non_null(fixture->plan);
    folder_new(fixture->folder);
    need_ffmpeg(fixture->folder);
    master_new(fixture->folder, "320x180", "24", "5");
    (void)snprintf(path, sizeof path, "%s/blobs", fixture->folder);
    assert_ok(blob_folder_open(path, clock_system(), &fixture->blobs, &why_));
    (void)snprintf(path, sizeof path, "%s/master.mov", fixture->folder);
    autofd master = open(path, O_RDONLY);
    assert_true(master >= 0);
    assert_ok(blob_put_file(fixture->blobs, "masters/m", master, &why_));
    program_path("primrose-transcode", program);
    const struct transcoder_options options = {.program = program};
    assert_ok(transcoder_open(&fixture->transcoder, &options, &why_));
    struct master_report *report = calloc(1, sizeof *report);
    struct ladder ladder;
    assert_non_null(report);
    assert_ok(transcoder_probe(fixture->transcoder, master, NULL, report, &why_));
    assert_ok(master_accept(report, &why_));
    assert_ok(rungs_parse(slice_of(small_ladder), "ladder", &ladder, &why_));
    const struct plan_inputs inputs = {.title_id = "t",
                                       .master = "masters/m",
                                       .facts = &report->facts,
                                       .ladder = &ladder,
                                       .poster = "",
                                       .encoder = "test"};
    assert_ok(plan_make(&inputs, fixture->plan, &why_));
    free(report);
}

static void digest_of(struct fixture *fixture, const struct job *job, char *out)
{
    char key[PLAN_KEY_BYTES];
    autofd fd = -1;
    job_output(fixture->plan, job, 0, key);
    assert_ok(fixture->blobs->ops->open(fixture->blobs, key, &fd, &why_));
    assert_ok(digest_file(fd, NULL, out, &why_));
}

// A worker may die between two outputs of one chunk; who comes after it makes only what is missing.
static void a_rendition_alone_has_the_same_bytes_as_among_others(void **state)
{
    (void)state;
    struct fixture fixture;
    make_fixture(&fixture);
    const struct job both[] = {{JOB_VIDEO, 0, 0, 0}, {JOB_VIDEO, 1, 0, 0}};
    char together[2][DIGEST_TEXT_BYTES], alone[DIGEST_TEXT_BYTES], work[PLAN_KEY_BYTES];
    assert_ok(job_run(fixture.blobs, fixture.transcoder, fixture.plan, both, 2, NULL, &why_));
    plan_work(fixture.plan, work);
    for (size_t i = 0; i < 2; i++)
        digest_of(&fixture, &both[i], together[i]);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(blob_drop_prefix(fixture.blobs, work, &why_));
        assert_ok(
            job_run(fixture.blobs, fixture.transcoder, fixture.plan, &both[i], 1, NULL, &why_));
        digest_of(&fixture, &both[i], alone);
        assert_string_equal(alone, together[i]);
        bool is_done = true;
        assert_ok(job_is_done(fixture.blobs, fixture.plan, &both[1 - i], &is_done, &why_));
        assert_false(is_done); // what nobody asked for is not put
    }
    drop_fixture(&fixture);
}

static outcome give_up(void *context, uint64_t done, uint64_t total, struct why *why)
{
    return fail(why, CONFLICT, "lost at %llu of %llu", (unsigned long long)done,
                (unsigned long long)total);
}

static void a_job_that_is_stopped_leaves_nothing_to_see(void **state)
{
    (void)state;
    struct fixture fixture;
    make_fixture(&fixture);
    const struct transcode_watch watch = {give_up, NULL};
    for (size_t i = 0; i < plan_job_count(fixture.plan); i++) {
        const struct job job = plan_job_at(fixture.plan, i);
        bool is_done = false;
        struct why why = {""};
        if (job.kind == JOB_POSTER) continue; // one picture: over before it can be stopped
        assert_int_equal(
            job_run(fixture.blobs, fixture.transcoder, fixture.plan, &job, 1, &watch, &why),
            CONFLICT);
        assert_non_null(strstr(why.text, "lost at"));
        assert_ok(job_is_done(fixture.blobs, fixture.plan, &job, &is_done, &why_));
        assert_false(is_done);
        // and the transcoder is there again for whoever comes next
        assert_ok(job_run(fixture.blobs, fixture.transcoder, fixture.plan, &job, 1, NULL, &why_));
    }
    drop_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rendition_alone_has_the_same_bytes_as_among_others),
        cmocka_unit_test(a_job_that_is_stopped_leaves_nothing_to_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
