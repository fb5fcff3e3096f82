// SPDX-License-Identifier: Apache-2.0
#include "studio/job_run.h"

#include "base/file.h"
#include "media/cues.h"
#include "studio/captions.h"
#include "studio/chunk_note.h"
#include "studio/sealed_store.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { OUTPUTS_MAX = PLAN_SHEETS_MAX, NOTE_ARENA_BYTES = 4 << 20 };

// The objects that a run fills, in the order in which they become visible.
struct outputs {
    struct blob_writer *writers[OUTPUTS_MAX];
    size_t count;
};

static void outputs_abandon(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        if (outputs->writers[i] != NULL) outputs->writers[i]->ops->abandon(outputs->writers[i]);
    outputs->count = 0;
}

#define autooutputs __attribute__((cleanup(outputs_abandon))) struct outputs

static outcome output_add(struct outputs *outputs, struct blob_store *blobs, const char *key,
                          int *out_fd, struct why *why)
{
    assert(outputs->count < OUTPUTS_MAX);
    struct blob_writer **writer = &outputs->writers[outputs->count];
    TRY(blobs->ops->create(blobs, key, writer, why));
    outputs->count++;
    return (*writer)->ops->file(*writer, out_fd, why);
}

static outcome outputs_commit(struct outputs *outputs, struct why *why)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct blob_writer *writer = outputs->writers[i];
        outputs->writers[i] = NULL;
        TRY(writer->ops->commit(writer, why));
    }
    return OK;
}

outcome job_source(struct blob_store *blobs, struct transcoder *transcoder, const char *key,
                   int *out_fd, struct why *why)
{
    struct seal seal;
    TRY(sealed_store_reach(blobs, key, out_fd, &seal, why));
    transcoder_unseal(transcoder, &seal);
    explicit_bzero(&seal, sizeof seal);
    return OK;
}

// --- video -----------------------------------------------------------------------------------

// Renditions are scaled one from the other, from the largest down. So that a chunk that is encoded
// in two goes (a worker died in between) has the same bytes as in one, all rungs of the same range
// above the ones wanted take part: those that nobody wants are scaled and not encoded.
struct rungs_run {
    struct rendition_job renditions[LADDER_RUNGS_MAX];
    const struct job *jobs[LADDER_RUNGS_MAX]; // of each; NULL: not wanted
    size_t count;
    int spare[LADDER_RUNGS_MAX]; // where a descriptor has to be
    size_t spare_count;
};

static void rungs_release(struct rungs_run *run)
{
    for (size_t i = 0; i < run->spare_count; i++)
        fd_close(&run->spare[i]);
}

static struct rendition_job rendition_of(const struct rung *rung, const struct retake *retake,
                                         int fd)
{
    struct rendition_job job = {
        .output_fd = fd,
        .width = rung->width,
        .height = rung->height,
        .crf_tenths = retake == NULL ? rung->crf_tenths : retake->crf_tenths,
        .maxrate_bps = rung->maxrate_bps,
        .bufsize_bits = rung->bufsize_bits,
        .start_permille = retake == NULL ? 0 : retake->start_permille,
    };
    memcpy(job.encoder, rung->encoder, sizeof job.encoder);
    memcpy(job.preset, rung->preset, sizeof job.preset);
    return job;
}

static const struct job *job_of_rung(const struct job *jobs, size_t count, size_t rung)
{
    for (size_t i = 0; i < count; i++)
        if (jobs[i].track == rung) return &jobs[i];
    return NULL;
}

static outcome rungs_choose(struct blob_store *blobs, const struct plan *plan,
                            const struct job *jobs, size_t count, struct outputs *outputs,
                            struct rungs_run *run, struct why *why)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].track >= end) end = jobs[i].track + 1;
    const enum rung_range range = plan->ladder.rungs[jobs[0].track].range;
    for (size_t rung = 0; rung < end; rung++) {
        if (plan->ladder.rungs[rung].range != range) continue;
        const struct job *job = job_of_rung(jobs, count, rung);
        int fd = -1;
        if (job == NULL) {
            fd = memfd_create("unwanted", MFD_CLOEXEC);
            if (fd < 0) return fail_errno(why, errno, "cannot make a file in memory");
            run->spare[run->spare_count++] = fd;
        } else {
            char key[PLAN_KEY_BYTES];
            job_output(plan, job, 0, key);
            TRY(output_add(outputs, blobs, key, &fd, why));
        }
        const struct retake *retake = job == NULL ? NULL : plan_retake(plan, job);
        struct rendition_job *rendition = &run->renditions[run->count];
        *rendition = rendition_of(&plan->ladder.rungs[rung], retake, fd);
        if (job == NULL) rendition->encoder[0] = '\0';
        run->jobs[run->count++] = job;
    }
    return OK;
}

// Reads back what was made, and puts the note beside it.
static outcome note_chunk(struct blob_store *blobs, const struct plan *plan, const struct job *job,
                          int media_fd, const struct rendition_result *result,
                          struct outputs *outputs, struct why *why)
{
    autoarena arena = arena_init(NOTE_ARENA_BYTES);
    autobuffer text = buffer_init(CHUNK_NOTE_BYTES_MAX);
    char key[PLAN_KEY_BYTES];
    int fd = -1;
    struct chunk_note note = {.quality = {result->psnr_cdb, result->ssim_ppm}};
    TRY(chunk_note_read(&arena, media_fd, &note, why));
    TRY(chunk_note_format(&note, &text, why));
    job_output(plan, job, CHUNK_NOTE_OUTPUT, key);
    TRY(output_add(outputs, blobs, key, &fd, why));
    return fd_write(fd, buffer_slice(&text), why);
}

static outcome run_video(struct blob_store *blobs, struct transcoder *transcoder,
                         const struct plan *plan, const struct job *jobs, size_t count,
                         const struct transcode_watch *watch, struct outputs *outputs,
                         struct why *why)
{
    __attribute__((cleanup(rungs_release))) struct rungs_run run = {.count = 0};
    autofd master = -1;
    TRY(job_source(blobs, transcoder, plan->master, &master, why));
    TRY(rungs_choose(blobs, plan, jobs, count, outputs, &run, why));
    const struct video_job job = {
        .master_fd = master,
        .facts = &plan->facts,
        .frames = grid_chunk(&plan->grid, plan->facts.video.frame_count, jobs[0].chunk),
        .segment_frames = plan->grid.segment_frames,
        .range = plan->ladder.rungs[jobs[0].track].range == RUNG_HDR ? plan->facts.video.range
                                                                     : RANGE_SDR,
        .renditions = run.renditions,
        .rendition_count = run.count,
    };
    struct video_result result;
    TRY(transcoder_video(transcoder, &job, watch, &result, why));
    for (size_t i = 0; i < run.count; i++)
        if (run.jobs[i] != NULL)
            TRY(note_chunk(blobs, plan, run.jobs[i], run.renditions[i].output_fd,
                           &result.renditions[i], outputs, why));
    return OK;
}

// --- the rest --------------------------------------------------------------------------------

static outcome run_audio(struct blob_store *blobs, struct transcoder *transcoder,
                         const struct plan *plan, const struct job *wanted,
                         const struct transcode_watch *watch, struct outputs *outputs,
                         struct why *why)
{
    const struct plan_track *track = &plan->audio[wanted->track];
    autofd source = -1;
    TRY(job_source(blobs, transcoder, track->source, &source, why));
    struct audio_job job = {
        .audio_fd = source,
        .facts = &plan->facts,
        .track = track->is_sidecar ? AUDIO_TRACK_FIRST : track->stream,
        .start = track->is_sidecar ? (struct media_time){0, 1} : plan->facts.video.start,
        .bitrate_bps = track->bitrate_bps,
        .channels = track->channels,
        .segment_frames = plan->grid.segment_frames,
        .codec = track->codec,
        .mix = track->mix,
    };
    char key[PLAN_KEY_BYTES];
    job_output(plan, wanted, 0, key);
    TRY(output_add(outputs, blobs, key, &job.output_fd, why));
    struct audio_result result;
    return transcoder_audio(transcoder, &job, watch, &result, why);
}

static outcome normalize_sidecar(struct blob_store *blobs, const struct plan *plan,
                                 const struct plan_track *track, int output, struct why *why)
{
    autobuffer text = buffer_init(CAPTION_FILE_BYTES_MAX);
    autobuffer normal = buffer_init(2 * CAPTION_FILE_BYTES_MAX);
    TRY(blob_get(blobs, track->source, &text, why));
    TRY(captions_normalize(buffer_slice(&text), track->name,
                           media_time_rescale(plan->facts.duration, 1000).ticks, &normal, why));
    return fd_write(output, buffer_slice(&normal), why);
}

static outcome run_text(struct blob_store *blobs, struct transcoder *transcoder,
                        const struct plan *plan, const struct job *wanted,
                        const struct transcode_watch *watch, struct outputs *outputs,
                        struct why *why)
{
    const struct plan_track *track = &plan->text[wanted->track];
    char key[PLAN_KEY_BYTES];
    int output = -1;
    job_output(plan, wanted, 0, key);
    TRY(output_add(outputs, blobs, key, &output, why));
    if (track->is_sidecar) return normalize_sidecar(blobs, plan, track, output, why);
    autofd master = -1;
    TRY(job_source(blobs, transcoder, track->source, &master, why));
    const struct text_job job = {master, &plan->facts, track->stream, output, 0};
    struct text_result result;
    return transcoder_text(transcoder, &job, watch, &result, why);
}

static outcome run_storyboard(struct blob_store *blobs, struct transcoder *transcoder,
                              const struct plan *plan, const struct job *wanted,
                              const struct transcode_watch *watch, struct outputs *outputs,
                              struct why *why)
{
    const struct plan_images *images = &plan->images;
    autofd master = -1;
    int sheets[PLAN_SHEETS_MAX];
    TRY(job_source(blobs, transcoder, plan->master, &master, why));
    for (uint32_t i = 0; i < images->sheet_count; i++) {
        char key[PLAN_KEY_BYTES];
        job_output(plan, wanted, i, key);
        TRY(output_add(outputs, blobs, key, &sheets[i], why));
    }
    const struct storyboard_job job = {
        .master_fd = master,
        .facts = &plan->facts,
        .interval_ms = images->interval_ms,
        .columns = images->columns,
        .rows = images->rows,
        .tile_width = images->tile_width,
        .tile_height = images->tile_height,
        .output_fds = sheets,
        .output_count = images->sheet_count,
    };
    struct storyboard_result result;
    return transcoder_storyboard(transcoder, &job, watch, &result, why);
}

static outcome run_poster(struct blob_store *blobs, struct transcoder *transcoder,
                          const struct plan *plan, const struct job *wanted,
                          const struct transcode_watch *watch, struct outputs *outputs,
                          struct why *why)
{
    autofd master = -1;
    char key[PLAN_KEY_BYTES];
    struct poster_job job = {
        .facts = &plan->facts,
        .frame = POSTER_ANY,
        .width = plan->images.poster_width,
        .height = plan->images.poster_height,
    };
    TRY(job_source(blobs, transcoder, plan->master, &master, why));
    job.master_fd = master;
    job_output(plan, wanted, 0, key);
    TRY(output_add(outputs, blobs, key, &job.output_fd, why));
    struct poster_result result;
    return transcoder_poster(transcoder, &job, watch, &result, why);
}

typedef outcome run_one(struct blob_store *blobs, struct transcoder *transcoder,
                        const struct plan *plan, const struct job *wanted,
                        const struct transcode_watch *watch, struct outputs *outputs,
                        struct why *why);

outcome job_run(struct blob_store *blobs, struct transcoder *transcoder, const struct plan *plan,
                const struct job *jobs, size_t count, const struct transcode_watch *watch,
                struct why *why)
{
    static run_one *const runs[] = {
        [JOB_AUDIO] = run_audio,
        [JOB_TEXT] = run_text,
        [JOB_STORYBOARD] = run_storyboard,
        [JOB_POSTER] = run_poster,
    };
    assert(count >= 1 && (count == 1 || jobs[0].kind == JOB_VIDEO));
    autooutputs outputs = {.count = 0};
    if (jobs[0].kind == JOB_VIDEO)
        TRY(run_video(blobs, transcoder, plan, jobs, count, watch, &outputs, why));
    else
        TRY(runs[jobs[0].kind](blobs, transcoder, plan, jobs, watch, &outputs, why));
    return outputs_commit(&outputs, why);
}
