// SPDX-License-Identifier: Apache-2.0
#include "studio/plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char storyboard_name[] = "storyboard";
static const char poster_name[] = "poster";

size_t plan_chunk_count(const struct plan *plan)
{
    return (size_t)grid_chunk_count(&plan->grid, plan->facts.video.frame_count);
}

static size_t image_job_count(const struct plan *plan)
{
    return plan->images.poster[0] == '\0' ? 2 : 1;
}

size_t plan_job_count(const struct plan *plan)
{
    return plan_chunk_count(plan) * plan->ladder.count + plan->audio_count + plan->text_count +
           image_job_count(plan);
}

struct job plan_job_at(const struct plan *plan, size_t index)
{
    assert(index < plan_job_count(plan));
    const size_t rungs = plan->ladder.count, videos = plan_chunk_count(plan) * rungs;
    if (index < videos)
        return (struct job){JOB_VIDEO, (uint32_t)(index % rungs), (uint32_t)(index / rungs)};
    index -= videos;
    if (index < plan->audio_count) return (struct job){JOB_AUDIO, (uint32_t)index, 0};
    index -= plan->audio_count;
    if (index < plan->text_count) return (struct job){JOB_TEXT, (uint32_t)index, 0};
    index -= plan->text_count;
    return (struct job){index == 0 ? JOB_STORYBOARD : JOB_POSTER, 0, 0};
}

size_t plan_job_index(const struct plan *plan, const struct job *job)
{
    const size_t rungs = plan->ladder.count, videos = plan_chunk_count(plan) * rungs;
    switch (job->kind) {
    case JOB_VIDEO: return job->chunk * rungs + job->track;
    case JOB_AUDIO: return videos + job->track;
    case JOB_TEXT: return videos + plan->audio_count + job->track;
    case JOB_STORYBOARD:
    case JOB_POSTER: break;
    }
    return videos + plan->audio_count + plan->text_count + (job->kind == JOB_POSTER);
}

void plan_prefix(const struct plan *plan, char *out)
{
    (void)snprintf(out, PLAN_KEY_BYTES, "%s/%s/", plan->title_id, plan->id);
}

void plan_work(const struct plan *plan, char *out)
{
    (void)snprintf(out, PLAN_KEY_BYTES, "work/%s/%s/", plan->title_id, plan->id);
}

void plan_key(const struct plan *plan, char *out)
{
    (void)snprintf(out, PLAN_KEY_BYTES, "work/%s/%s/plan.json", plan->title_id, plan->id);
}

void plan_track_name(const struct plan *plan, const struct job *job, char *out)
{
    switch (job->kind) {
    case JOB_VIDEO:
        (void)snprintf(out, TRACK_NAME_BYTES, "v-%s", plan->ladder.rungs[job->track].name);
        return;
    case JOB_AUDIO:
        (void)snprintf(out, TRACK_NAME_BYTES, "%s", plan->audio[job->track].name);
        return;
    case JOB_TEXT: (void)snprintf(out, TRACK_NAME_BYTES, "%s", plan->text[job->track].name); return;
    case JOB_STORYBOARD: (void)snprintf(out, TRACK_NAME_BYTES, "%s", storyboard_name); return;
    case JOB_POSTER: (void)snprintf(out, TRACK_NAME_BYTES, "%s", poster_name); return;
    }
}

void job_id(const struct plan *plan, const struct job *job, char *out)
{
    char name[TRACK_NAME_BYTES];
    plan_track_name(plan, job, name);
    (void)snprintf(out, PLAN_KEY_BYTES, "%s/%s/%s/%06u", plan->title_id, plan->id, name,
                   job->chunk);
}

void job_group(const struct plan *plan, const struct job *job, char *out)
{
    out[0] = '\0';
    if (job->kind != JOB_VIDEO) return;
    const enum rung_range range = plan->ladder.rungs[job->track].range;
    (void)snprintf(out, QUEUE_GROUP_BYTES, "%s/%s/%06u%s", plan->title_id, plan->id, job->chunk,
                   range == RUNG_HDR ? "-hdr" : "");
}

void job_output(const struct plan *plan, const struct job *job, uint32_t number, char *out)
{
    static const char *const endings[] = {"mp4", "mp4", "vtt", "jpg", "jpg"};
    char name[TRACK_NAME_BYTES];
    plan_track_name(plan, job, name);
    (void)snprintf(out, PLAN_KEY_BYTES, "work/%s/%s/%s/%06u.%s", plan->title_id, plan->id, name,
                   job->chunk + number, endings[job->kind]);
}

uint32_t job_output_count(const struct plan *plan, const struct job *job)
{
    return job->kind == JOB_STORYBOARD ? plan->images.sheet_count : 1;
}

int32_t job_priority(const struct job *job)
{
    enum { SMALL_JOBS = 1 }; // behind the chunks: what is short fills the gaps at the end
    return job->kind == JOB_VIDEO ? 0 : SMALL_JOBS;
}

void job_id_second(const struct plan *plan, const struct job *job, char *out)
{
    job_id(plan, job, out);
    const size_t len = strlen(out);
    (void)snprintf(out + len, PLAN_KEY_BYTES - len, "%c2", JOB_SECOND_MARK);
}

void job_group_second(const struct plan *plan, const struct job *job, char *out)
{
    job_group(plan, job, out);
    const size_t len = strlen(out);
    if (len > 0) (void)snprintf(out + len, QUEUE_GROUP_BYTES - len, "%c2", JOB_SECOND_MARK);
}

outcome job_parse(const struct plan *plan, const char *text, struct job *out, struct why *why)
{
    char expected[PLAN_KEY_BYTES], id[PLAN_KEY_BYTES] = "";
    (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(text, "~"), text);
    uint64_t chunk = 0;
    const char *slash = strrchr(id, '/');
    const size_t chunks = plan_chunk_count(plan), rungs = plan->ladder.count;
    if (slash != NULL && slice_u64(slice_of(slash + 1), chunks - 1, &chunk, NULL) == OK) {
        const size_t others = plan_job_count(plan) - chunks * rungs;
        for (size_t i = 0; i < rungs + others; i++) {
            const struct job job = i < rungs ? (struct job){JOB_VIDEO, (uint32_t)i, (uint32_t)chunk}
                                             : plan_job_at(plan, chunks * rungs + i - rungs);
            job_id(plan, &job, expected);
            if (strcmp(expected, id) != 0) continue;
            *out = job;
            return OK;
        }
    }
    return fail(why, INVALID, "%.150s is no job of plan %s of %s", text, plan->id, plan->title_id);
}

// Outputs are put in order, so the last one tells.
outcome job_is_done(struct blob_store *blobs, const struct plan *plan, const struct job *job,
                    bool *out, struct why *why)
{
    char key[PLAN_KEY_BYTES];
    struct blob_facts facts;
    job_output(plan, job, job_output_count(plan, job) - 1, key);
    const outcome result = blobs->ops->stat(blobs, key, &facts, why);
    if (result != OK && result != NOT_FOUND) return result;
    *out = result == OK;
    return OK;
}
