// SPDX-License-Identifier: Apache-2.0
#include "studio/review.h"

#include <string.h>

enum {
    START_PERMILLE_MIN = 100, // an encoder that starts with less has no bits for its first picture
    START_PERMILLE_SLACK = 10,
    CRF_TENTHS_MAX = 510,
};

// --- one rung --------------------------------------------------------------------------------

static uint32_t distortion_ppm(const struct chunk_review *chunk)
{
    return PICTURE_SSIM_MAX - chunk->quality.ssim_ppm;
}

static bool is_weak(const struct chunk_review *chunks, size_t count, size_t index)
{
    uint64_t worst = 0;
    const uint32_t ssim_ppm = chunks[index].quality.ssim_ppm;
    if (count < 2 || ssim_ppm == 0 || ssim_ppm >= REVIEW_SSIM_SEEN_PPM) return false;
    if (index > 0) worst = distortion_ppm(&chunks[index - 1]);
    if (index + 1 < count && distortion_ppm(&chunks[index + 1]) > worst)
        worst = distortion_ppm(&chunks[index + 1]);
    return (uint64_t)distortion_ppm(&chunks[index]) * 100 > worst * REVIEW_MARGIN_PERCENT;
}

void review_rung(const struct rung *rung, struct frame_rate rate, const struct chunk_note *notes,
                 struct chunk_review *chunks, size_t count)
{
    const bool is_capped = rung->maxrate_bps > 0;
    struct leaky_bucket bucket = {.size = 0};
    if (is_capped) bucket = bucket_init(rung->maxrate_bps, rung->bufsize_bits, rate);
    for (size_t i = 0; i < count; i++) {
        chunks[i].quality = notes[i].quality;
        chunks[i].bytes = chunk_note_bytes(&notes[i]);
        chunks[i].pictures = notes[i].sample_count;
        if (is_capped)
            chunks[i].bucket = bucket_pass(&bucket, notes[i].sample_bytes, notes[i].sample_count);
    }
    for (size_t i = 0; i < count; i++)
        chunks[i].is_weak = is_weak(chunks, count, i);
}

static bool has_room(const struct rung *rung, const struct chunk_review *chunk,
                     struct frame_rate rate)
{
    if (rung->maxrate_bps == 0) return true;
    return chunk->bytes * 800 * rate.frames <
           (uint64_t)rung->maxrate_bps * REVIEW_ROOM_PERCENT * chunk->pictures * rate.seconds;
}

bool review_retake(const struct rung *rung, const struct chunk_review *chunk,
                   const struct retake *last, struct frame_rate rate, struct retake *out)
{
    struct retake next = {.take = chunk->take + 1,
                          .crf_tenths = last == NULL ? rung->crf_tenths : last->crf_tenths,
                          .start_permille =
                              last == NULL ? BUCKET_START_PERMILLE : last->start_permille};
    if (next.take >= REVIEW_TAKES_MAX) return false;
    if (chunk->bucket.late > 0) {
        const uint32_t held = chunk->bucket.start_permille < START_PERMILLE_MIN
                                  ? START_PERMILLE_MIN
                                  : chunk->bucket.start_permille;
        next.reason = RETAKE_BUCKET;
        if (held + START_PERMILLE_SLACK < next.start_permille)
            next.start_permille = held;
        else if (next.crf_tenths + RETAKE_COARSER_TENTHS <= CRF_TENTHS_MAX)
            next.crf_tenths += RETAKE_COARSER_TENTHS;
        else
            return false;
    } else if (chunk->is_weak && chunk->take == 0 && has_room(rung, chunk, rate)) {
        next.reason = RETAKE_QUALITY;
        next.crf_tenths -=
            next.crf_tenths < RETAKE_FINER_TENTHS ? next.crf_tenths : RETAKE_FINER_TENTHS;
    } else {
        return false;
    }
    *out = next;
    return true;
}

// --- the title -------------------------------------------------------------------------------

static outcome load_notes(struct blob_store *blobs, const struct plan *plan, uint32_t rung,
                          struct arena *arena, struct chunk_note *notes,
                          struct chunk_review *chunks, struct why *why)
{
    autobuffer text = buffer_init(CHUNK_NOTE_BYTES_MAX);
    const size_t count = plan_chunk_count(plan);
    for (uint32_t i = 0; i < count; i++) {
        struct job job = {.kind = JOB_VIDEO, .track = rung, .chunk = i};
        char key[PLAN_KEY_BYTES];
        job.take = chunks[i].take = plan_last_take(plan, rung, i);
        job_output(plan, &job, CHUNK_NOTE_OUTPUT, key);
        text.len = 0;
        TRY(blob_get(blobs, key, &text, why));
        TRY(chunk_note_parse(buffer_slice(&text), arena, &notes[i], why));
    }
    return OK;
}

static void ask_retakes(struct plan *plan, uint32_t rung, const struct chunk_review *chunks,
                        size_t count)
{
    for (uint32_t i = 0; i < count && plan->retake_count < PLAN_RETAKES_MAX; i++) {
        const struct job job = {JOB_VIDEO, rung, i, chunks[i].take};
        struct retake *retake = &plan->retakes[plan->retake_count];
        if (!review_retake(&plan->ladder.rungs[rung], &chunks[i], plan_retake(plan, &job),
                           plan->grid.rate, retake))
            continue;
        retake->rung = rung;
        retake->chunk = i;
        plan->retake_count++;
    }
}

outcome review_title(struct blob_store *blobs, struct plan *plan, struct arena *arena,
                     struct review *out, size_t *added, struct why *why)
{
    struct review review = {.offending = 0};
    const size_t count = plan_chunk_count(plan), before = plan->retake_count;
    for (uint32_t rung = 0; rung < plan->ladder.count; rung++) {
        autoarena scratch = arena_init((size_t)1 << 30); // 4 bytes a picture, for a day at 120
        struct chunk_note *notes = arena_take_array(&scratch, count, sizeof *notes);
        struct chunk_review *chunks = arena_take_array(arena, count, sizeof *chunks);
        if (notes == NULL || chunks == NULL)
            return fail(why, NO_MEMORY, "no memory to review %zu chunks", count);
        memset(chunks, 0, count * sizeof *chunks);
        TRY(load_notes(blobs, plan, rung, &scratch, notes, chunks, why));
        review_rung(&plan->ladder.rungs[rung], plan->grid.rate, notes, chunks, count);
        for (size_t i = 0; i < count; i++) {
            review.offending += chunks[i].bucket.late > 0;
            review.weak += chunks[i].is_weak;
        }
        review.chunks[rung] = chunks;
        ask_retakes(plan, rung, chunks, count);
    }
    for (size_t i = 0; i < plan->retake_count; i++)
        review.retakes[plan->retakes[i].reason]++;
    *added = plan->retake_count - before;
    *out = review;
    return OK;
}

// --- the report ------------------------------------------------------------------------------

static json_t *describe_chunk(const struct rung *rung, const struct chunk_review *chunk)
{
    json_t *json =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "take", (json_int_t)chunk->take, "bytes",
                  (json_int_t)chunk->bytes, "pictures", (json_int_t)chunk->pictures, "psnr_cdb",
                  (json_int_t)chunk->quality.psnr_cdb, "ssim_ppm",
                  (json_int_t)chunk->quality.ssim_ppm, "is_weak", (int)chunk->is_weak);
    if (rung->maxrate_bps == 0) return json;
    json_t *bucket = json_pack(
        "{s:I, s:I, s:I, s:I}", "start_permille", (json_int_t)chunk->bucket.start_permille,
        "lowest_bits", (json_int_t)chunk->bucket.lowest_bits, "lowest_at",
        (json_int_t)chunk->bucket.lowest_at, "late_pictures", (json_int_t)chunk->bucket.late);
    if (json_object_set_new(json, "bucket", bucket) == 0) return json;
    json_decref(json);
    return NULL;
}

static json_t *describe_rung(const struct plan *plan, const struct review *review, size_t rung)
{
    const struct rung *made = &plan->ladder.rungs[rung];
    json_t *chunks = json_array();
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:I, s:o}", "name", made->name, "crf_tenths",
                  (json_int_t)made->crf_tenths, "maxrate_bps", (json_int_t)made->maxrate_bps,
                  "bufsize_bits", (json_int_t)made->bufsize_bits, "chunks", chunks);
    bool is_whole = json != NULL;
    for (size_t i = 0; i < plan_chunk_count(plan) && is_whole; i++)
        is_whole =
            json_array_append_new(chunks, describe_chunk(made, &review->chunks[rung][i])) == 0;
    if (is_whole) return json;
    json_decref(json);
    return NULL;
}

static json_t *describe_retake(const struct plan *plan, const struct retake *retake)
{
    static const char *const words[] = {
#define REASON_WORD(name, word) word,
        RETAKE_REASONS(REASON_WORD)
#undef REASON_WORD
    };
    return json_pack("{s:s, s:I, s:I, s:s, s:I, s:I}", "rung",
                     plan->ladder.rungs[retake->rung].name, "chunk", (json_int_t)retake->chunk,
                     "take", (json_int_t)retake->take, "reason", words[retake->reason],
                     "crf_tenths", (json_int_t)retake->crf_tenths, "start_permille",
                     (json_int_t)retake->start_permille);
}

outcome review_format(const struct plan *plan, const struct review *review, struct buffer *out,
                      struct why *why)
{
    autojson *json = json_object();
    json_t *rungs = json_array(), *retakes = json_array();
    bool is_whole = json_object_set_new(json, "rungs", rungs) == 0 &&
                    json_object_set_new(json, "retakes", retakes) == 0;
    for (size_t i = 0; i < plan->ladder.count && is_whole; i++)
        is_whole = json_array_append_new(rungs, describe_rung(plan, review, i)) == 0;
    for (size_t i = 0; i < plan->retake_count && is_whole; i++)
        is_whole = json_array_append_new(retakes, describe_retake(plan, &plan->retakes[i])) == 0;
    if (!is_whole) return fail(why, NO_MEMORY, "no memory to write a review");
    return json_format(json, out, why);
}
