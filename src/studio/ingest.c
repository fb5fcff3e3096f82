// SPDX-License-Identifier: Apache-2.0
#include "studio/ingest.h"

#include "base/file.h"
#include "base/program.h"
#include "catalog/title_keys.h"
#include "media/dash.h"
#include "studio/assemble.h"
#include "studio/board.h"
#include "studio/check.h"
#include "studio/intake.h"
#include "studio/job_run.h"
#include "studio/publish.h"
#include "studio/review.h"
#include "studio/title_lock.h"
#include "studio/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = ASSEMBLE_ARENA_BYTES + (32 << 20) };

struct ingesting {
    struct stores *stores;
    const struct ingest_options *options;
    struct arena arena;
    struct intake intake;
    char master_key[INTAKE_KEY_BYTES];
    struct master_report report;
    struct plan plan;
    struct tuning tuning; // when the result says so
    struct plan_track audio[PLAN_TRACKS_MAX], text[PLAN_TRACKS_MAX];
    char poster[INTAKE_KEY_BYTES];
    struct presentation presentation;
    struct title published; // the version that stood before
    bool has_published;
    struct ingest_progress progress;
    struct board board; // for those who look on
    int64_t stage_start_us;
    struct ingest_result result;
};

const char *ingest_stage_word(enum ingest_stage stage)
{
    static const char *const words[] = {
#define STAGE_WORD(name, word, says) word,
        INGEST_STAGES(STAGE_WORD)
#undef STAGE_WORD
    };
    return stage < INGEST_STAGE_COUNT ? words[stage] : "done";
}

// --- progress --------------------------------------------------------------------------------

static outcome tell(struct ingesting *ingesting, uint64_t done, uint64_t total, struct why *why)
{
    const struct ingest_options *options = ingesting->options;
    struct ingest_progress *progress = &ingesting->progress;
    const bool is_over = progress->stage == INGEST_STAGE_COUNT;
    if (!is_over && options->stop != NULL && atomic_load(options->stop) != 0)
        return fail(why, UNAVAILABLE, "stopped: run it again to go on from there");
    progress->done = done;
    progress->total = total;
    if (!is_over)
        progress->stage_us[progress->stage] = clock_us(options->clock) - ingesting->stage_start_us;
    TRY(board_tell(&ingesting->board, ingest_stage_word(progress->stage), done, total, why));
    return options->progressed == NULL ? OK : options->progressed(options->context, progress, why);
}

static outcome enter(struct ingesting *ingesting, enum ingest_stage stage, struct why *why)
{
    struct ingest_progress *progress = &ingesting->progress;
    const int64_t now_us = clock_us(ingesting->options->clock);
    progress->stage_us[progress->stage] = now_us - ingesting->stage_start_us;
    progress->stage = stage;
    progress->encode = NULL;
    ingesting->stage_start_us = now_us;
    return tell(ingesting, 0, 0, why);
}

static outcome heard_bytes(void *context, uint64_t done, struct why *why)
{
    struct ingesting *ingesting = context;
    return tell(ingesting, done, ingesting->progress.total, why);
}

static outcome heard_probe(void *context, uint64_t done, uint64_t total, struct why *why)
{
    return tell(context, done, total, why);
}

static outcome heard_encode(void *context, const struct encode_view *view, struct why *why)
{
    struct ingesting *ingesting = context;
    ingesting->progress.encode = view;
    ingesting->result.jobs_resumed = view->resumed_count;
    ingesting->result.worker_deaths = view->worker_deaths;
    const outcome told = tell(ingesting, view->done_count, view->job_count, why);
    ingesting->progress.encode = NULL; // the view is gone when we return
    return told;
}

static outcome heard_assemble(void *context, size_t done, size_t total, struct why *why)
{
    return tell(context, done, total, why);
}

// --- stages ----------------------------------------------------------------------------------

static outcome read_master(struct ingesting *ingesting, struct why *why)
{
    const struct digest_watch watch = {heard_bytes, ingesting};
    const struct transcoder_options options = {.program = ingesting->options->transcoder};
    autotranscoder *transcoder = NULL;
    autofd master = -1;
    struct stat info;
    TRY(transcoder_open(&transcoder, &options, why));
    TRY(intake_master_open(&ingesting->intake, transcoder, &watch, &master, why));
    if (fstat(master, &info) != 0)
        return fail_errno(why, errno, "cannot look at the master %s", ingesting->intake.master);
    TRY(tell(ingesting, 0, (uint64_t)info.st_size, why));
    return intake_keep_open(ingesting->stores->blobs, master, ingesting->intake.master, &watch,
                            ingesting->master_key, why);
}

static outcome probe_master(struct ingesting *ingesting, struct why *why)
{
    autotranscoder *transcoder = NULL;
    const struct transcoder_options options = {.program = ingesting->options->transcoder};
    const struct transcode_watch watch = {heard_probe, ingesting};
    autofd master = -1;
    struct blob_store *blobs = ingesting->stores->blobs;
    TRY(transcoder_open(&transcoder, &options, why));
    TRY(job_source(blobs, transcoder, ingesting->master_key, &master, why));
    TRY(transcoder_probe(transcoder, master, &watch, &ingesting->report, why));
    TRY(master_accept(&ingesting->report, why));
    return intake_colour(&ingesting->intake, &ingesting->report.facts, why);
}

// --- the check -------------------------------------------------------------------------------

enum { CHECK_REPORT_BYTES_MAX = 1024 * 1024 };

// The whole report stays beside the title, out of what is served: reports/<title>/<version>.json.
static outcome keep_report(struct ingesting *ingesting, const struct qc_report *report,
                           struct why *why)
{
    char key[128];
    autojson *json = NULL;
    autobuffer text = buffer_init(CHECK_REPORT_BYTES_MAX);
    (void)snprintf(key, sizeof key, "reports/%s/%s.json", ingesting->plan.title_id,
                   ingesting->plan.id);
    TRY(qc_report_json(report, ingesting->plan.title_id, &json, why));
    TRY(json_format(json, &text, why));
    return blob_put(ingesting->stores->blobs, key, buffer_slice(&text), why);
}

static outcome refuse_failed(const struct qc_report *report, struct why *why)
{
    size_t failed = 0;
    const struct qc_finding *first = NULL;
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].verdict != QC_FAIL) continue;
        if (failed++ == 0) first = &report->findings[i];
    }
    if (first == NULL) return OK;
    return fail(why, INVALID,
                "the master breaks %zu rules of %s, the first: %s: %.200s (see all with primrose "
                "check, or choose other rules)",
                failed, report->rules->name, qc_rule_id(first->rule), first->sentence.text);
}

static outcome check(struct ingesting *ingesting, struct why *why)
{
    autotranscoder *transcoder = NULL;
    const struct transcoder_options options = {.program = ingesting->options->transcoder};
    const struct transcode_watch watch = {heard_probe, ingesting};
    struct blob_store *blobs = ingesting->stores->blobs;
    autofd master = -1;
    if (ingesting->options->rules == NULL) return OK;
    TRY(transcoder_open(&transcoder, &options, why));
    TRY(job_source(blobs, transcoder, ingesting->master_key, &master, why));
    struct qc_report *report = calloc(1, sizeof *report);
    if (report == NULL) return fail(why, NO_MEMORY, "no memory to check a master");
    report->rules = ingesting->options->rules;
    outcome result = check_accepted(transcoder, master, &ingesting->report.facts,
                                    &ingesting->intake, &watch, report, why);
    if (result == OK) result = keep_report(ingesting, report, why);
    ingesting->result.check = qc_overall(report);
    (void)snprintf(ingesting->board.note.check, sizeof ingesting->board.note.check, "%s",
                   qc_verdict_word(ingesting->result.check));
    ingesting->result.check_findings = report->finding_count;
    if (result == OK) result = refuse_failed(report, why);
    free(report);
    return result;
}

// What the bytes of chunks depend on beside the plan: the program that makes them.
static outcome transcoder_build(const char *program, char *out, struct why *why)
{
    char path[PATH_MAX];
    if (program == NULL) {
        TRY(program_beside(TRANSCODER_PROGRAM, path, why));
        program = path;
    }
    autofd fd = open(program, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", program);
    return digest_file(fd, NULL, out, why);
}

static bool is_worth_tuning(const struct ingesting *ingesting)
{
    const struct media_time duration = ingesting->report.facts.duration;
    if (ingesting->options->per_title != LADDER_AUTO)
        return ingesting->options->per_title == LADDER_TUNED;
    return media_time_rescale(duration, 1000).ticks >= LADDER_TUNED_MS_MIN;
}

static outcome choose_ladder(struct ingesting *ingesting, const char *build, struct ladder *out,
                             struct why *why)
{
    const struct transcode_watch watch = {heard_probe, ingesting};
    struct ingest_result *result = &ingesting->result;
    TRY(ladder_find(ingesting->options->ladder, out, why));
    if (!is_worth_tuning(ingesting)) return OK;
    const struct tune_order order = {ingesting->options->transcoder,
                                     ingesting->master_key,
                                     build,
                                     &ingesting->report.facts,
                                     out,
                                     &watch};
    TRY(enter(ingesting, INGEST_SURVEY, why));
    TRY(tune_ladder(ingesting->stores->blobs, &order, &ingesting->tuning, why));
    const sound_forms sound = out->sound;
    *out = ingesting->tuning.ladder;
    out->sound = sound;
    result->is_tuned = true;
    for (size_t i = 0; i < ingesting->tuning.fixed.count; i++) {
        const struct hull_choice *choice = &ingesting->tuning.choices[i];
        result->fixed_bps += choice->fixed_bps;
        result->tuned_bps += choice->is_dropped ? 0 : choice->bps;
    }
    return OK;
}

static outcome make_plan(struct ingesting *ingesting, struct why *why)
{
    struct plan_inputs inputs = {0};
    struct ladder ladder;
    char build[DIGEST_TEXT_BYTES];
    TRY(transcoder_build(ingesting->options->transcoder, build, why));
    TRY(choose_ladder(ingesting, build, &ladder, why));
    autotranscoder *transcoder = NULL;
    const struct transcoder_options options = {.program = ingesting->options->transcoder};
    TRY(transcoder_open(&transcoder, &options, why));
    TRY(intake_tracks(ingesting->stores->blobs, transcoder, &ingesting->intake,
                      &ingesting->report.facts, ingesting->master_key, &inputs, ingesting->audio,
                      ingesting->text, ingesting->poster, why));
    inputs.ladder = &ladder;
    inputs.is_fitted = ingesting->result.is_tuned;
    inputs.encoder = build;
    inputs.chunk_segments = ingesting->options->chunk_segments;
    const struct ingest_protection *protection = &ingesting->options->protection;
    char how[64];
    if (protection->scheme != SCHEME_NONE) {
        (void)snprintf(how, sizeof how, "%s %x", cenc_scheme_word(protection->scheme),
                       protection->systems);
        inputs.protection = how;
    }
    return plan_make(&inputs, &ingesting->plan, why);
}

// The whole review stays beside the check's report: reports/<title>/<version>-encode.json.
static outcome keep_review(struct ingesting *ingesting, const struct review *review,
                           struct why *why)
{
    char key[128];
    autobuffer text = buffer_init(REVIEW_BYTES_MAX);
    (void)snprintf(key, sizeof key, "reports/%s/%s-encode.json", ingesting->plan.title_id,
                   ingesting->plan.id);
    TRY(review_format(&ingesting->plan, review, &text, why));
    memcpy(ingesting->result.retakes, review->retakes, sizeof review->retakes);
    ingesting->result.offending = review->offending;
    return blob_put(ingesting->stores->blobs, key, buffer_slice(&text), why);
}

// All jobs, and then all retakes that the chunks turn out to need.
static outcome encode_and_review(struct ingesting *ingesting, const struct encode_options *options,
                                 struct why *why)
{
    struct stores *stores = ingesting->stores;
    size_t added = 0;
    do {
        autoarena arena = arena_init((size_t)1 << 30);
        struct review review;
        TRY(encode_plan(stores, &ingesting->plan, options, why));
        TRY(review_title(stores->blobs, &ingesting->plan, &arena, &review, &added, why));
        if (added == 0) TRY(keep_review(ingesting, &review, why));
    } while (added > 0);
    return OK;
}

static outcome encode(struct ingesting *ingesting, struct why *why)
{
    const struct ingest_options *options = ingesting->options;
    char log[PATH_MAX];
    if (snprintf(log, sizeof log, "%s/worker.log", options->data) >= (int)sizeof log)
        return fail(why, INVALID, "the data folder's path is too long");
    // Short leases: these workers are ours, and what a dead one held should not wait long.
    const char *const command[] = {options->worker,
                                   "worker",
                                   "--data",
                                   options->data,
                                   "--lease",
                                   "3s",
                                   "--queue",
                                   options->queue == NULL ? "" : options->queue,
                                   "--store",
                                   options->blobs == NULL ? "" : options->blobs,
                                   "--studio-ring",
                                   options->studio_ring == NULL ? "none" : options->studio_ring,
                                   NULL};
    const struct pool_options pool_options = {command, options->workers, log};
    struct pool *pool = NULL;
    if (options->workers > 0) TRY(pool_open(&pool_options, &pool, why));
    const struct encode_options encode_options = {.pool = pool,
                                                  .clock = options->clock,
                                                  .stop = options->stop,
                                                  .priority = options->priority,
                                                  .progressed = heard_encode,
                                                  .context = ingesting};
    const outcome result = encode_and_review(ingesting, &encode_options, why);
    pool_close(&pool);
    return result;
}

// The keys of the classes that the title's tracks have.
static outcome load_keys(struct ingesting *ingesting, struct key_set *keys, struct why *why)
{
    const struct plan *plan = &ingesting->plan;
    uint32_t classes = plan->audio_count > 0 ? 1u << KEY_FOR_AUDIO : 0;
    for (size_t i = 0; i < plan->ladder.count; i++)
        classes |=
            1u << key_class_of_picture(plan->ladder.rungs[i].width, plan->ladder.rungs[i].height);
    return title_keys_load(ingesting->stores->tables, ingesting->options->protection.ring,
                           plan->title_id, classes, clock_wall_ms(ingesting->options->clock), keys,
                           why);
}

static outcome assemble(struct ingesting *ingesting, struct why *why)
{
    const struct assemble_watch watch = {heard_assemble, ingesting};
    const struct ingest_protection *wanted = &ingesting->options->protection;
    const bool is_clear = wanted->scheme == SCHEME_NONE;
    autokeys keys = {.count = 0};
    if (!is_clear) TRY(load_keys(ingesting, &keys, why));
    const struct protection_order order = {
        .scheme = wanted->scheme, .keys = &keys, .systems = wanted->systems};
    return assemble_title(ingesting->stores->blobs, &ingesting->plan, is_clear ? NULL : &order,
                          &ingesting->arena, &watch, &ingesting->presentation, why);
}

// The version stands whole when the record names it: nobody drops files of a published version.
static outcome find_published(struct ingesting *ingesting, struct why *why)
{
    const outcome loaded = title_load(ingesting->stores->tables, ingesting->intake.id,
                                      &ingesting->arena, &ingesting->published, why);
    ingesting->has_published = loaded == OK;
    return loaded == NOT_FOUND ? OK : loaded;
}

static bool is_this_published(const struct ingesting *ingesting)
{
    return ingesting->has_published &&
           strcmp(ingesting->published.version, ingesting->plan.id) == 0;
}

static outcome publish(struct ingesting *ingesting, struct why *why)
{
    struct stores *stores = ingesting->stores;
    const bool is_again = is_this_published(ingesting);
    if (is_again)
        TRY(publish_again(stores, &ingesting->intake, &ingesting->published, &ingesting->arena,
                          why));
    else
        TRY(publish_title(stores, &ingesting->intake, &ingesting->plan, &ingesting->presentation,
                          clock_wall_ms(ingesting->options->clock), &ingesting->arena, why));
    // What stood before this version is not known any more when it is written again.
    const char *before = is_again                   ? NULL
                         : ingesting->has_published ? ingesting->published.version
                                                    : "";
    return publish_tidy(stores, &ingesting->plan, before, why);
}

// --- the whole -------------------------------------------------------------------------------

static void take_result(struct ingesting *ingesting)
{
    struct ingest_result *result = &ingesting->result;
    const struct plan *plan = &ingesting->plan;
    (void)snprintf(result->title_id, sizeof result->title_id, "%s", plan->title_id);
    (void)snprintf(result->version, sizeof result->version, "%s", plan->id);
    result->was_published = is_this_published(ingesting);
    result->jobs = plan_job_count(plan);
    result->renditions = plan->ladder.count;
    result->audio_tracks = plan->audio_count;
    result->text_tracks = plan->text_count;
    result->chunks = plan_chunk_count(plan);
    result->frames = plan->facts.video.frame_count;
    result->duration_ms = media_time_rescale(plan->facts.duration, 1000).ticks;
    memcpy(result->stage_us, ingesting->progress.stage_us, sizeof result->stage_us);
    for (size_t i = 0; i < ingesting->presentation.track_count; i++)
        result->published_bytes += ingesting->presentation.tracks[i].file_size;
}

static outcome run(struct ingesting *ingesting, struct why *why)
{
    autofd lock = -1;
    TRY(intake_open(ingesting->options->path, ingesting->options->id, &ingesting->arena,
                    &ingesting->intake, why));
    ingesting->progress.title_id = ingesting->intake.id;
    TRY(title_lock(ingesting->options->data, ingesting->intake.id, &lock, why));
    TRY(board_begin(&ingesting->board, ingesting->intake.id, ingesting->intake.file.title, why));
    TRY(enter(ingesting, INGEST_READ, why));
    TRY(read_master(ingesting, why));
    TRY(enter(ingesting, INGEST_PROBE, why));
    TRY(probe_master(ingesting, why));
    ingesting->progress.facts = &ingesting->report.facts;
    TRY(make_plan(ingesting, why));
    (void)snprintf(ingesting->board.note.version, sizeof ingesting->board.note.version, "%s",
                   ingesting->plan.id);
    TRY(find_published(ingesting, why));
    if (ingesting->result.is_tuned)
        TRY(tune_report(ingesting->stores->blobs, &ingesting->plan, &ingesting->tuning, why));
    if (!is_this_published(ingesting)) {
        TRY(enter(ingesting, INGEST_CHECK, why));
        TRY(check(ingesting, why));
        TRY(enter(ingesting, INGEST_ENCODE, why));
        TRY(encode(ingesting, why));
        TRY(enter(ingesting, INGEST_ASSEMBLE, why));
        TRY(assemble(ingesting, why));
    }
    TRY(enter(ingesting, INGEST_PUBLISH, why));
    TRY(publish(ingesting, why));
    return enter(ingesting, INGEST_STAGE_COUNT, why);
}

// The last word to those who look on; the ingest's own outcome stands, whatever becomes of it.
static void say_how_it_ended(struct ingesting *ingesting, outcome result, const char *sentence)
{
    const atomic_int *stop = ingesting->options->stop;
    const bool is_stopped = stop != NULL && atomic_load(stop) != 0;
    const enum board_state state = result == OK                    ? BOARD_PUBLISHED
                                   : ingesting->board.is_cancelled ? BOARD_CANCELLED
                                   : is_stopped                    ? BOARD_STOPPED
                                                                   : BOARD_FAILED;
    const outcome told = board_end(&ingesting->board, state, result == OK ? NULL : sentence, NULL);
    (void)told;
    if (state != BOARD_CANCELLED || ingesting->plan.id[0] == '\0') return;
    const outcome forgotten = encode_forget(ingesting->stores, &ingesting->plan, NULL);
    (void)forgotten; // then workers do what nobody waits for, until it is run again
}

outcome ingest(struct stores *stores, const struct ingest_options *options,
               struct ingest_result *out, struct why *why)
{
    struct ingesting *ingesting = calloc(1, sizeof *ingesting);
    if (ingesting == NULL) return fail(why, NO_MEMORY, "no memory to ingest %s", options->path);
    ingesting->stores = stores;
    ingesting->options = options;
    ingesting->arena = arena_init(ARENA_BYTES_MAX);
    ingesting->board = (struct board){.tables = stores->tables, .clock = options->clock};
    ingesting->stage_start_us = clock_us(options->clock);
    struct why sentence = {""};
    const outcome result = run(ingesting, &sentence);
    if (result != OK && why != NULL) *why = sentence;
    say_how_it_ended(ingesting, result, sentence.text);
    if (result == OK) {
        take_result(ingesting);
        *out = ingesting->result;
    }
    arena_release(&ingesting->arena);
    free(ingesting);
    return result;
}
