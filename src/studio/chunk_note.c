// SPDX-License-Identifier: Apache-2.0
#include "studio/chunk_note.h"

#include "base/json.h"
#include "media/mp4_reader.h"

static const char what[] = "a chunk's note";

static outcome read_sizes(struct arena *arena, struct mp4 *mp4, struct chunk_note *note,
                          struct why *why)
{
    struct mp4_cursor *cursor = NULL;
    uint32_t *sizes = arena_take_array(arena, CHUNK_SAMPLES_MAX, sizeof *sizes);
    if (sizes == NULL) return fail(why, NO_MEMORY, "no memory for %s", what);
    size_t count = 0;
    TRY(mp4_cursor_open(arena, mp4, 0, &cursor, why));
    outcome result = OK;
    bool is_end = false;
    while (result == OK && !is_end) {
        struct sample sample;
        result = mp4_cursor_next(cursor, &sample, &is_end, why);
        if (result != OK || is_end) continue;
        if (count == CHUNK_SAMPLES_MAX)
            result = fail(why, TOO_LARGE, "a chunk has more than %d samples", CHUNK_SAMPLES_MAX);
        else
            sizes[count++] = sample.size;
    }
    mp4_cursor_close(&cursor);
    note->sample_bytes = sizes;
    note->sample_count = count;
    return result;
}

outcome chunk_note_read(struct arena *arena, int fd, struct chunk_note *out, struct why *why)
{
    struct mp4 *mp4 = NULL;
    struct chunk_note note = *out;
    TRY(mp4_open_fd(arena, fd, "a chunk", &mp4, why));
    const outcome result =
        mp4_track_count(mp4) == 1
            ? read_sizes(arena, mp4, &note, why)
            : fail(why, INVALID, "a chunk has one track, not %zu", mp4_track_count(mp4));
    mp4_close(&mp4);
    if (result == OK) *out = note;
    return result;
}

uint64_t chunk_note_bytes(const struct chunk_note *note)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < note->sample_count; i++)
        bytes += note->sample_bytes[i];
    return bytes;
}

outcome chunk_note_format(const struct chunk_note *note, struct buffer *out, struct why *why)
{
    autojson *json = json_object();
    json_t *samples = json_array();
    bool is_whole =
        json_object_set_new(json, "psnr_cdb", json_integer(note->quality.psnr_cdb)) == 0 &&
        json_object_set_new(json, "ssim_ppm", json_integer(note->quality.ssim_ppm)) == 0 &&
        json_object_set_new(json, "samples", samples) == 0;
    for (size_t i = 0; i < note->sample_count && is_whole; i++)
        is_whole = json_array_append_new(samples, json_integer(note->sample_bytes[i])) == 0;
    if (!is_whole) return fail(why, NO_MEMORY, "no memory to write %s", what);
    return json_format(json, out, why);
}

outcome chunk_note_parse(struct slice text, struct arena *arena, struct chunk_note *out,
                         struct why *why)
{
    autojson *json = NULL;
    json_t *samples = NULL;
    int64_t psnr = 0, ssim = 0;
    TRY(json_parse(text, what, &json, why));
    TRY(json_integer_in(json, what, "psnr_cdb", 0, PICTURE_PSNR_MAX, &psnr, why));
    TRY(json_integer_in(json, what, "ssim_ppm", 0, PICTURE_SSIM_MAX, &ssim, why));
    TRY(json_array_of(json, what, "samples", &samples, why));
    const size_t count = json_array_size(samples);
    if (count < 1 || count > CHUNK_SAMPLES_MAX)
        return fail(why, INVALID, "%s has %zu samples: 1 to %d can be", what, count,
                    CHUNK_SAMPLES_MAX);
    uint32_t *sizes = arena_take_array(arena, count, sizeof *sizes);
    if (sizes == NULL) return fail(why, NO_MEMORY, "no memory for %s", what);
    for (size_t i = 0; i < count; i++) {
        const json_t *size = json_array_get(samples, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0 ||
            json_integer_value(size) > UINT32_MAX)
            return fail(why, INVALID, "%s: samples[%zu] is no size", what, i);
        sizes[i] = (uint32_t)json_integer_value(size);
    }
    *out = (struct chunk_note){{(uint32_t)psnr, (uint32_t)ssim}, sizes, count};
    return OK;
}
