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

size_t plan_first_job_count(const struct plan *plan)
{
    return plan_chunk_count(plan) * plan->ladder.count + plan->audio_count + plan->text_count +
           image_job_count(plan);
}

size_t plan_job_count(const struct plan *plan)
{
    return plan_first_job_count(plan) + plan->retake_count;
}

struct job plan_job_at(const struct plan *plan, size_t index)
{
    assert(index < plan_job_count(plan));
    const size_t rungs = plan->ladder.count, videos = plan_chunk_count(plan) * rungs;
    const size_t first = plan_first_job_count(plan);
    if (index >= first) {
        const struct retake *retake = &plan->retakes[index - first];
        return (struct job){JOB_VIDEO, retake->rung, retake->chunk, retake->take};
    }
    if (index < videos)
        return (struct job){JOB_VIDEO, (uint32_t)(index % rungs), (uint32_t)(index / rungs), 0};
    index -= videos;
    if (index < plan->audio_count) return (struct job){.kind = JOB_AUDIO, .track = (uint32_t)index};
    index -= plan->audio_count;
    if (index < plan->text_count) return (struct job){.kind = JOB_TEXT, .track = (uint32_t)index};
    index -= plan->text_count;
    return (struct job){.kind = index == 0 ? JOB_STORYBOARD : JOB_POSTER};
}

const struct retake *plan_retake(const struct plan *plan, const struct job *job)
{
    if (job->kind != JOB_VIDEO || job->take == 0) return NULL;
    for (size_t i = 0; i < plan->retake_count; i++) {
        const struct retake *retake = &plan->retakes[i];
        if (retake->rung == job->track && retake->chunk == job->chunk && retake->take == job->take)
            return retake;
    }
    return NULL;
}

uint32_t plan_last_take(const struct plan *plan, uint32_t rung, uint32_t chunk)
{
    uint32_t last = 0;
    for (size_t i = 0; i < plan->retake_count; i++)
        if (plan->retakes[i].rung == rung && plan->retakes[i].chunk == chunk &&
            plan->retakes[i].take > last)
            last = plan->retakes[i].take;
    return last;
}

size_t plan_job_index(const struct plan *plan, const struct job *job)
{
    const size_t rungs = plan->ladder.count, videos = plan_chunk_count(plan) * rungs;
    const struct retake *retake = plan_retake(plan, job);
    if (retake != NULL) return plan_first_job_count(plan) + (size_t)(retake - plan->retakes);
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
    // Workers keep a plan by its key: one with retakes is another.
    if (plan->retake_count == 0)
        (void)snprintf(out, PLAN_KEY_BYTES, "work/%s/%s/plan.json", plan->title_id, plan->id);
    else
        (void)snprintf(out, PLAN_KEY_BYTES, "work/%s/%s/plan-%zu.json", plan->title_id, plan->id,
                       plan->retake_count);
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

// "000007", "000007-1" for its second take.
enum { NUMBER_BYTES = 24 };

static void number_of(const struct job *job, uint32_t output, char *out)
{
    if (job->take == 0)
        (void)snprintf(out, NUMBER_BYTES, "%06u", job->chunk + output);
    else
        (void)snprintf(out, NUMBER_BYTES, "%06u-%u", job->chunk, job->take);
}

void job_id(const struct plan *plan, const struct job *job, char *out)
{
    char name[TRACK_NAME_BYTES];
    plan_track_name(plan, job, name);
    char number[NUMBER_BYTES];
    number_of(job, 0, number);
    (void)snprintf(out, PLAN_KEY_BYTES, "%s/%s/%s/%s", plan->title_id, plan->id, name, number);
}

void job_group(const struct plan *plan, const struct job *job, char *out)
{
    out[0] = '\0';
    if (job->kind != JOB_VIDEO) return;
    const enum rung_range range = plan->ladder.rungs[job->track].range;
    char number[NUMBER_BYTES];
    number_of(job, 0, number);
    (void)snprintf(out, QUEUE_GROUP_BYTES, "%s/%s/%s%s", plan->title_id, plan->id, number,
                   range == RUNG_HDR ? "-hdr" : "");
}

void job_output(const struct plan *plan, const struct job *job, uint32_t number, char *out)
{
    static const char *const endings[] = {"mp4", "mp4", "vtt", "jpg", "jpg"};
    const bool is_note = job->kind == JOB_VIDEO && number == CHUNK_NOTE_OUTPUT;
    char name[TRACK_NAME_BYTES], text[NUMBER_BYTES];
    plan_track_name(plan, job, name);
    number_of(job, is_note ? 0 : number, text);
    (void)snprintf(out, PLAN_KEY_BYTES, "work/%.64s/%.16s/%.47s/%.16s.%.4s", plan->title_id,
                   plan->id, name, text, is_note ? "json" : endings[job->kind]);
}

uint32_t job_output_count(const struct plan *plan, const struct job *job)
{
    return job->kind == JOB_STORYBOARD ? plan->images.sheet_count
           : job->kind == JOB_VIDEO    ? CHUNK_NOTE_OUTPUT + 1
                                       : 1;
}

// Pictures times pixels that an encoder of the house's ladders does in a tenth of a second: see
// bench/fleet.
static uint64_t pixels_per_unit(const struct rung *rung)
{
    return strcmp(rung->encoder, "x264") == 0 ? 1900000 : 480000;
}

uint32_t job_cost(const struct plan *plan, const struct job *job)
{
    enum { SOUND_S_PER_UNIT = 10, TILES_PER_UNIT = 1 };
    const struct media_time length = media_time_rescale(plan->facts.duration, 1);
    if (job->kind == JOB_STORYBOARD)
        return 1 + (uint32_t)(length.ticks * 1000 / plan->images.interval_ms) / TILES_PER_UNIT;
    if (job->kind != JOB_VIDEO) return 1 + (uint32_t)length.ticks / SOUND_S_PER_UNIT;
    const struct rung *rung = &plan->ladder.rungs[job->track];
    const struct frame_span span =
        grid_chunk(&plan->grid, plan->facts.video.frame_count, job->chunk);
    return 1 +
           (uint32_t)((span.end - span.first) * rung->width * rung->height / pixels_per_unit(rung));
}

static uint32_t round_up(uint64_t mib)
{
    uint64_t rounded = 256;
    while (rounded < mib && rounded < UINT32_MAX / 2)
        rounded *= 2;
    return (uint32_t)rounded;
}

struct queue_room job_needs(const struct plan *plan, const struct job *job)
{
    enum { MIB = 1 << 20, PROGRAM_MIB = 192, PICTURES = 36, SOURCE_BYTES_PER_PIXEL = 48 };
    const struct master_video *video = &plan->facts.video;
    uint64_t bytes = (uint64_t)video->width * video->height * SOURCE_BYTES_PER_PIXEL;
    for (size_t i = 0; i < plan->ladder.count && job->kind == JOB_VIDEO; i++) {
        const struct rung *rung = &plan->ladder.rungs[i];
        // x265 keeps 16 bits a sample, its lookahead, and copies; x264 8 bits
        const uint64_t pixel_bytes = strcmp(rung->encoder, "x265") == 0 ? 6 : 2;
        if (rung->range == plan->ladder.rungs[job->track].range)
            bytes += (uint64_t)rung->width * rung->height * pixel_bytes * PICTURES;
    }
    return (struct queue_room){.memory_mib = round_up(PROGRAM_MIB + bytes / MIB),
                               .disk_mib = round_up(plan->facts.size_bytes / MIB)};
}

struct queue_job job_queued(const struct plan *plan, const struct job *job, enum job_try try,
                            int32_t priority, struct job_texts *texts)
{
    job_id(plan, job, texts->id);
    job_group(plan, job, texts->group);
    plan_key(plan, texts->payload);
    if (try != JOB_FIRST_TRY) {
        const size_t len = strlen(texts->id);
        (void)snprintf(texts->id + len, sizeof texts->id - len, "%c%d", JOB_SECOND_MARK, (int)try);
        texts->group[0] = '\0';
        priority--;
    }
    return (struct queue_job){.id = texts->id,
                              .group = texts->group,
                              .priority = priority,
                              .payload = slice_of(texts->payload),
                              .share = plan->title_id,
                              .cost = job_cost(plan, job),
                              .needs = job_needs(plan, job)};
}

size_t plan_push_order(const struct plan *plan, size_t position)
{
    const size_t rungs = plan->ladder.count, chunks = plan_chunk_count(plan);
    const size_t others = plan_job_count(plan) - chunks * rungs;
    if (position < others) return chunks * rungs + position;
    position -= others;
    size_t first = 0; // rungs of the first range; a fitted ladder has the larger range first
    while (first < rungs && plan->ladder.rungs[first].range == plan->ladder.rungs[0].range)
        first++;
    if (position < chunks * first) return position / first * rungs + position % first;
    position -= chunks * first;
    return position / (rungs - first) * rungs + first + position % (rungs - first);
}

// Whether an id's last parts are "v-NAME/...": a coordinator asks for every job of a film at each
// look, and writing an id costs more.
static bool is_of_rung(const char *id, const char *rung)
{
    const char *slash = strrchr(id, '/');
    const size_t len = strlen(rung);
    return slash != NULL && slash - id > (ptrdiff_t)len + 2 &&
           strncmp(slash - len - 2, "v-", 2) == 0 && strncmp(slash - len, rung, len) == 0;
}

// Chunk and take of an id's last part. False when it has none that the plan could have.
static bool parse_number(const struct plan *plan, const char *id, uint64_t *chunk, uint64_t *take)
{
    const char *slash = strrchr(id, '/');
    if (slash == NULL) return false;
    struct slice rest = slice_of(slash + 1), first;
    *take = 0;
    (void)slice_cut(&rest, '-', &first);
    if (strchr(slash, '-') != NULL &&
        (slice_u64(rest, PLAN_RETAKES_MAX, take, NULL) != OK || *take == 0))
        return false;
    return slice_u64(first, plan_chunk_count(plan) - 1, chunk, NULL) == OK;
}

outcome job_parse(const struct plan *plan, const char *text, struct job *out, struct why *why)
{
    char expected[PLAN_KEY_BYTES], id[PLAN_KEY_BYTES] = "";
    (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(text, "~"), text);
    uint64_t chunk = 0, take = 0;
    const size_t rungs = plan->ladder.count, videos = plan_chunk_count(plan) * rungs;
    if (parse_number(plan, id, &chunk, &take)) {
        const size_t others = take > 0 ? 0 : plan_first_job_count(plan) - videos;
        for (size_t i = 0; i < rungs + others; i++) {
            if (i < rungs && !is_of_rung(id, plan->ladder.rungs[i].name)) continue;
            const struct job job =
                i < rungs ? (struct job){JOB_VIDEO, (uint32_t)i, (uint32_t)chunk, (uint32_t)take}
                          : plan_job_at(plan, videos + i - rungs);
            job_id(plan, &job, expected);
            if (strcmp(expected, id) != 0 || (take > 0 && plan_retake(plan, &job) == NULL))
                continue;
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
