// SPDX-License-Identifier: Apache-2.0
#include "studio/review.h"

#include "store/blob_folder.h"
#include "studio/digest.h"
#include "studio/job_run.h"

#include "studio_place.h"

// --- the rules, by hand ----------------------------------------------------------------------

static const struct frame_rate ten = {10, 1};
static const struct rung small = {
    .name = "s", .crf_tenths = 230, .maxrate_bps = 1000, .bufsize_bits = 1000};

static struct chunk_review reviewed(uint32_t ssim_ppm, uint64_t bytes)
{
    return (struct chunk_review){
        .quality = {4000, ssim_ppm}, .bytes = bytes, .pictures = 10, .bucket = {900, 500, 0, 0}};
}

static void an_offender_first_starts_with_what_is_there_and_then_gets_coarser(void **state)
{
    (void)state;
    struct chunk_review chunk = reviewed(980000, 100);
    struct retake retake;
    chunk.bucket = (struct bucket_passage){410, -30, 2, 1};
    assert_true(review_retake(&small, &chunk, NULL, ten, &retake));
    assert_int_equal(retake.reason, RETAKE_BUCKET);
    assert_int_equal(retake.take, 1);
    assert_int_equal(retake.start_permille, 410);
    assert_int_equal(retake.crf_tenths, 230);
    chunk.take = 1;
    const struct retake first = retake;
    assert_true(review_retake(&small, &chunk, &first, ten, &retake));
    assert_int_equal(retake.take, 2);
    assert_int_equal(retake.start_permille, 410);
    assert_int_equal(retake.crf_tenths, 245);
    chunk.take = REVIEW_TAKES_MAX - 1; // enough is enough
    assert_false(review_retake(&small, &chunk, &first, ten, &retake));
    chunk.take = 0; // it may begin with next to nothing, but not with nothing
    chunk.bucket.start_permille = 0;
    assert_true(review_retake(&small, &chunk, NULL, ten, &retake));
    assert_int_equal(retake.start_permille, 100);
}

static void a_weak_chunk_is_made_finer_once_if_the_cap_leaves_room(void **state)
{
    (void)state;
    struct chunk_review chunk = reviewed(940000, 90); // 720 of 1000 bits
    struct retake retake;
    assert_false(review_retake(&small, &chunk, NULL, ten, &retake));
    chunk.is_weak = true;
    assert_true(review_retake(&small, &chunk, NULL, ten, &retake));
    assert_int_equal(retake.reason, RETAKE_QUALITY);
    assert_int_equal(retake.crf_tenths, 210);
    assert_int_equal(retake.start_permille, BUCKET_START_PERMILLE);
    chunk.bytes = 110; // 880 of 1000 bits: the cap holds it
    assert_false(review_retake(&small, &chunk, NULL, ten, &retake));
    chunk.bytes = 90;
    chunk.take = 1;
    assert_false(review_retake(&small, &chunk, &retake, ten, &retake));
}

static void weak_is_who_distorts_much_more_than_both_neighbours(void **state)
{
    (void)state;
    static const struct {
        uint32_t ssim_ppm[3];
        bool is_weak;
    } cases[] = {
        {{980000, 968000, 980000}, true},  // 0.032 against 0.020: 2.04 dB
        {{980000, 969000, 980000}, false}, // 1.90 dB
        {{980000, 960000, 970000}, false}, // not of the worse one
        {{999000, 991000, 999000}, false}, // nobody sees it
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chunk_note notes[3];
        struct chunk_review chunks[3] = {{.take = 0}};
        uint32_t size = 10;
        for (size_t n = 0; n < 3; n++)
            notes[n] = (struct chunk_note){{4000, cases[i].ssim_ppm[n]}, &size, 1};
        review_rung(&small, ten, notes, chunks, 3);
        assert_int_equal(chunks[1].is_weak, cases[i].is_weak);
        assert_int_equal(chunks[1].bytes, 10);
        assert_int_equal(chunks[1].bucket.start_permille, 920); // 900 - 80 + 100
    }
}

static void without_a_cap_no_bucket_is_kept(void **state)
{
    (void)state;
    struct rung open_rate = small;
    open_rate.maxrate_bps = open_rate.bufsize_bits = 0;
    uint32_t size = 1u << 30;
    const struct chunk_note note = {{4000, 900000}, &size, 1};
    struct chunk_review chunk = {.take = 0};
    review_rung(&open_rate, ten, &note, &chunk, 1);
    assert_int_equal(chunk.bucket.late, 0);
    assert_false(chunk.is_weak); // it has no neighbours
}

// --- a real offence --------------------------------------------------------------------------

// 20 s of grey, with noise from the seventh second to the ninth: chunk 0 ends with an empty bucket,
// and chunk 1 begins with what wants a full one.
static void noise_new(const char *folder)
{
    char path[PATH_MAX], log[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/master.mov", folder);
    (void)snprintf(log, sizeof log, "%s/log", folder);
    const char *const words[] = {"ffmpeg",
                                 "-v",
                                 "error",
                                 "-y",
                                 "-f",
                                 "lavfi",
                                 "-i",
                                 "color=gray:size=192x108:rate=12:duration=20,"
                                 "noise=alls=90:allf=t:all_seed=7:enable='between(t,7,9.5)'",
                                 "-c:v",
                                 "prores_ks",
                                 "-profile:v",
                                 "0",
                                 path,
                                 NULL};
    assert_int_equal(command_wait(command_start(words, log)), 0);
}

static const char tight_ladder[] =
    "{\"rungs\": [{\"name\": \"tight\", \"width\": 192, \"height\": 108, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 230, \"maxrate_bps\": 200000,"
    " \"bufsize_bits\": 400000}]}";

struct studio {
    char folder[128];
    struct blob_store *blobs;
    struct transcoder *transcoder;
    struct plan *plan;
};

static void studio_open(struct studio *studio)
{
    char path[PATH_MAX], program[PATH_MAX];
    folder_new(studio->folder);
    need_ffmpeg(studio->folder);
    noise_new(studio->folder);
    (void)snprintf(path, sizeof path, "%s/blobs", studio->folder);
    assert_ok(blob_folder_open(path, clock_system(), &studio->blobs, &why_));
    (void)snprintf(path, sizeof path, "%s/master.mov", studio->folder);
    autofd master = open(path, O_RDONLY);
    assert_ok(blob_put_file(studio->blobs, "masters/m", master, &why_));
    program_path("primrose-transcode", program);
    const struct transcoder_options options = {.program = program};
    assert_ok(transcoder_open(&studio->transcoder, &options, &why_));
    struct master_report *report = calloc(1, sizeof *report);
    studio->plan = calloc(1, sizeof *studio->plan);
    assert_true(report != NULL && studio->plan != NULL);
    assert_ok(transcoder_probe(studio->transcoder, master, NULL, report, &why_));
    struct ladder ladder;
    assert_ok(rungs_parse(slice_of(tight_ladder), "ladder", &ladder, &why_));
    const struct plan_inputs inputs = {.title_id = "t",
                                       .master = "masters/m",
                                       .facts = &report->facts,
                                       .ladder = &ladder,
                                       .poster = "",
                                       .encoder = "test"};
    assert_ok(plan_make(&inputs, studio->plan, &why_));
    free(report);
}

static void studio_close(struct studio *studio)
{
    transcoder_close(&studio->transcoder);
    blob_store_close(&studio->blobs);
    free(studio->plan);
    assert_ok(folder_remove(studio->folder, &why_));
}

// What a worker would do; returns the jobs that were missing.
static size_t make_chunks(struct studio *studio)
{
    size_t made = 0;
    for (size_t i = 0; i < plan_job_count(studio->plan); i++) {
        const struct job job = plan_job_at(studio->plan, i);
        bool is_done = true;
        if (job.kind != JOB_VIDEO) continue;
        assert_ok(job_is_done(studio->blobs, studio->plan, &job, &is_done, &why_));
        if (is_done) continue;
        assert_ok(job_run(studio->blobs, studio->transcoder, studio->plan, &job, 1, NULL, &why_));
        made++;
    }
    return made;
}

static void a_real_offence_over_a_join_is_found_and_mended_for_good(void **state)
{
    (void)state;
    struct studio studio;
    studio_open(&studio);
    assert_int_equal(make_chunks(&studio), 3);
    autoarena arena = arena_init(1 << 24);
    struct review review;
    size_t added = 0;
    assert_ok(review_title(studio.blobs, studio.plan, &arena, &review, &added, &why_));
    assert_int_equal(review.offending, 1);
    assert_int_equal(added, 1); // and it alone is encoded again
    assert_int_equal(studio.plan->retakes[0].chunk, 1);
    assert_int_equal(studio.plan->retakes[0].reason, RETAKE_BUCKET);
    assert_true(review.chunks[0][1].bucket.start_permille < 500);
    const int64_t dry_bits = review.chunks[0][1].bucket.lowest_bits;
    assert_true(dry_bits < 0);
    while (added > 0) {
        assert_int_equal(make_chunks(&studio), added);
        assert_ok(review_title(studio.blobs, studio.plan, &arena, &review, &added, &why_));
    }
    assert_int_equal(review.offending, 0);
    assert_true(review.chunks[0][1].take >= 1 && review.chunks[0][0].take == 0);
    print_message("# dry by %lld bits; with take %u at least %lld are left\n", (long long)-dry_bits,
                  review.chunks[0][1].take, (long long)review.chunks[0][1].bucket.lowest_bits);
    // Whoever comes after a crash knows of no retakes and finds the same ones.
    struct plan *again = malloc(sizeof *again);
    assert_non_null(again);
    *again = *studio.plan;
    again->retake_count = 0;
    size_t rounds = 0;
    do {
        assert_ok(review_title(studio.blobs, again, &arena, &review, &added, &why_));
    } while (added > 0 && ++rounds < REVIEW_TAKES_MAX);
    assert_int_equal(again->retake_count, studio.plan->retake_count);
    assert_memory_equal(again->retakes, studio.plan->retakes,
                        again->retake_count * sizeof again->retakes[0]);
    free(again);
    autobuffer report = buffer_init(1 << 20);
    assert_ok(review_format(studio.plan, &review, &report, &why_));
    autojson *json = NULL;
    assert_ok(json_parse(buffer_slice(&report), "the review", &json, &why_));
    const json_t *rung = json_array_get(json_object_get(json, "rungs"), 0);
    assert_int_equal(json_array_size(json_object_get(rung, "chunks")), 3);
    assert_int_equal(json_array_size(json_object_get(json, "retakes")), studio.plan->retake_count);
    studio_close(&studio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offender_first_starts_with_what_is_there_and_then_gets_coarser),
        cmocka_unit_test(a_weak_chunk_is_made_finer_once_if_the_cap_leaves_room),
        cmocka_unit_test(weak_is_who_distorts_much_more_than_both_neighbours),
        cmocka_unit_test(without_a_cap_no_bucket_is_kept),
        cmocka_unit_test(a_real_offence_over_a_join_is_found_and_mended_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
