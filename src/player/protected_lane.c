// SPDX-License-Identifier: Apache-2.0
#include "player/protected_lane.h"

#include "base/arena.h"
#include "base/file.h"
#include "media/mp4_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    INIT_BYTES_MAX = 16 * 1024 * 1024,
    HEADERS_ARENA_BYTES = 32 * 1024 * 1024,
    SAMPLES_MAX = 16 * 1024, // of a segment; about what one message to the CDM takes
};

outcome protected_lane_open(struct protected_lane *lane, struct cdm *cdm, struct decoder *decoder,
                            struct why *why)
{
    *lane = (struct protected_lane){.cdm = cdm, .init = buffer_init(INIT_BYTES_MAX)};
    return cdm_track_open(cdm, decoder, &lane->track, why);
}

void protected_lane_release(struct protected_lane *lane)
{
    buffer_release(&lane->init);
}

outcome protected_lane_end(struct protected_lane *lane, struct why *why)
{
    return cdm_track_close(lane->cdm, lane->track, why);
}

outcome protected_lane_init(struct protected_lane *lane, struct slice init, struct why *why)
{
    autobuffer stripped = buffer_init(INIT_BYTES_MAX);
    TRY(buffer_put(&stripped, init, why));
    TRY(protection_strip(stripped.at, stripped.len, why));
    lane->init.len = 0;
    TRY(buffer_put(&lane->init, init, why));
    return cdm_feed(lane->cdm, lane->track, DECODER_INIT, buffer_slice(&stripped), NULL, 0, why);
}

// The reader works on files: init and segment as one.
static outcome join(struct slice init, struct slice media, int *out_fd, struct why *why)
{
    autofd fd = memfd_create("primrose-segment", MFD_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot make memory for a segment");
    TRY(fd_write(fd, init, why));
    TRY(fd_write(fd, media, why));
    *out_fd = fd_take(&fd);
    return OK;
}

struct samples {
    struct cdm_sample *items;
    size_t count, room;
};

static outcome samples_add(struct samples *samples, const struct cdm_sample *sample,
                           struct why *why)
{
    if (samples->count == SAMPLES_MAX)
        return fail(why, TOO_LARGE, "a segment has more than %d samples", SAMPLES_MAX);
    if (samples->count == samples->room) {
        const size_t room = samples->room == 0 ? 128 : 2 * samples->room;
        struct cdm_sample *grown = reallocarray(samples->items, room, sizeof *grown);
        if (grown == NULL) return fail(why, NO_MEMORY, "no memory for a segment's samples");
        samples->items = grown;
        samples->room = room;
    }
    samples->items[samples->count++] = *sample;
    return OK;
}

static outcome read_samples(struct mp4_cursor *cursor, size_t init_bytes, struct samples *out,
                            struct why *why)
{
    for (;;) {
        struct sample sample;
        bool is_end = true;
        TRY(mp4_cursor_next(cursor, &sample, &is_end, why));
        if (is_end) return OK;
        if (sample.offset < init_bytes)
            return fail(why, INVALID, "a sample of a segment lies in its init segment");
        const struct cdm_sample found = {sample.offset - init_bytes, sample.size,
                                         *mp4_cursor_protection(cursor)};
        TRY(samples_add(out, &found, why));
    }
}

// The encrypted samples of the first encrypted track.
static outcome find_samples(struct slice init, struct slice media, struct samples *out,
                            struct why *why)
{
    autoarena arena = arena_init(HEADERS_ARENA_BYTES);
    autofd fd = -1;
    struct mp4 *mp4 = NULL;
    TRY(join(init, media, &fd, why));
    TRY(mp4_open_fd(&arena, fd, "a segment", &mp4, why));
    outcome result = OK;
    for (size_t i = 0; i < mp4_track_count(mp4) && result == OK; i++) {
        struct mp4_cursor *cursor = NULL;
        if (!mp4_track_at(mp4, i)->is_encrypted) continue;
        result = mp4_cursor_open_encrypted(&arena, mp4, i, &cursor, why);
        if (result == OK) result = read_samples(cursor, init.len, out, why);
        mp4_cursor_close(&cursor);
    }
    mp4_close(&mp4);
    return result;
}

outcome protected_lane_media(struct protected_lane *lane, uint8_t *bytes, size_t len,
                             struct why *why)
{
    const struct slice media = {bytes, len};
    struct samples samples = {.count = 0};
    outcome result = find_samples(buffer_slice(&lane->init), media, &samples, why);
    if (result == OK) result = protection_strip(bytes, len, why);
    if (result == OK)
        result = cdm_feed(lane->cdm, lane->track, DECODER_MEDIA, media, samples.items,
                          samples.count, why);
    free(samples.items);
    return result;
}

outcome protected_key_ids(struct slice init, struct key_id *out, size_t max, size_t *out_count,
                          struct why *why)
{
    autoarena arena = arena_init(HEADERS_ARENA_BYTES);
    autofd fd = -1;
    struct mp4 *mp4 = NULL;
    size_t count = 0;
    TRY(join(init, (struct slice){NULL, 0}, &fd, why));
    TRY(mp4_open_fd(&arena, fd, "an init segment", &mp4, why));
    for (size_t i = 0; i < mp4_track_count(mp4) && count < max; i++) {
        const struct mp4_track *track = mp4_track_at(mp4, i);
        if (track->is_encrypted) out[count++] = track->encryption.encryption.key_id;
    }
    mp4_close(&mp4);
    *out_count = count;
    return OK;
}
