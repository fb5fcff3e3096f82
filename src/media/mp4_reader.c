// SPDX-License-Identifier: Apache-2.0
#include "media/mp4_reader.h"

#include "base/file.h"
#include "media/mp4_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What people take for MP4 and is not.
static const struct {
    const char *bytes;
    size_t len, at;
    const char *what;
} strangers[] = {
    {"\x1a\x45\xdf\xa3", 4, 0, "Matroska or WebM"},
    {"\x47", 1, 188, "an MPEG transport stream"},
    {"RIFF", 4, 0, "AVI or WAVE"},
    {"OggS", 4, 0, "Ogg"},
    {"\x06\x0e\x2b\x34", 4, 0, "MXF"},
    {"fLaC", 4, 0, "bare FLAC"},
    {"ID3", 3, 0, "MP3 or bare AAC"},
    {"\0\0\0\1", 4, 0, "a bare video stream"},
    {"\xff\xf1", 2, 0, "bare AAC"},
    {"WEBVTT", 6, 0, "WebVTT text"},
};

static const char *describe(int fd, uint64_t file_bytes)
{
    enum { HEAD_BYTES = 192 };
    uint8_t head[HEAD_BYTES];
    const size_t len = file_bytes < sizeof head ? (size_t)file_bytes : sizeof head;
    if (fd_read_at(fd, head, len, 0, NULL) != OK) return "unreadable";
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        if (strangers[i].at + strangers[i].len <= len &&
            memcmp(head + strangers[i].at, strangers[i].bytes, strangers[i].len) == 0)
            return strangers[i].what;
    return "of no known kind";
}

static bool may_come_first(uint32_t type)
{
    static const uint32_t types[] = {
        BOX_TYPE('f', 't', 'y', 'p'), BOX_TYPE('m', 'o', 'o', 'v'), BOX_TYPE('m', 'd', 'a', 't'),
        BOX_TYPE('f', 'r', 'e', 'e'), BOX_TYPE('s', 'k', 'i', 'p'), BOX_TYPE('w', 'i', 'd', 'e'),
        BOX_TYPE('s', 't', 'y', 'p'), BOX_TYPE('u', 'u', 'i', 'd'), BOX_TYPE('p', 'n', 'o', 't'),
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == type) return true;
    return false;
}

static outcome check_kind(const struct mp4 *mp4, struct why *why)
{
    uint8_t head[8];
    if (mp4->file_bytes >= sizeof head) {
        TRY(fd_read_at(mp4->fd, head, sizeof head, 0, why));
        if (may_come_first(read_u32be(head + 4))) return OK;
    }
    return fail(why, UNSUPPORTED,
                "it is not an MP4 or MOV file but %s: wrap it with `ffmpeg -i IN -c copy out.mp4`",
                describe(mp4->fd, mp4->file_bytes));
}

// Finds moov, and the first moof; everything before it must be whole.
static outcome scan_file(struct arena *arena, struct mp4 *mp4, struct why *why)
{
    enum { BOXES_MAX = 1000000 };
    bool has_moov = false;
    uint64_t at = 0;
    for (unsigned i = 0; i < BOXES_MAX && at < mp4->file_bytes && !mp4->is_fragmented; i++) {
        struct box box;
        TRY(box_read(mp4->fd, mp4->file_bytes, at, &box, why));
        if (box.type == BOX_TYPE('m', 'o', 'o', 'v') && !has_moov) {
            TRY(mp4_scan_moov(arena, mp4, &box, why));
            has_moov = true;
        } else if (box.type == BOX_TYPE('m', 'o', 'o', 'f')) {
            mp4->is_fragmented = true;
            mp4->first_moof = at;
        }
        at += box.size;
    }
    if (!has_moov)
        return fail(why, INVALID,
                    "it has no moov box (or only behind its fragments): the recording was not "
                    "finished");
    for (size_t i = 0; i < mp4->track_count && mp4->is_fragmented; i++)
        if (mp4->tracks[i].tables.sample_count > 0)
            return fail(why, UNSUPPORTED,
                        "it has samples in moov and in fragments too: re-wrap it");
    return OK;
}

outcome mp4_open_fd(struct arena *arena, int fd, const char *name, struct mp4 **out,
                    struct why *why)
{
    struct stat status;
    if (fstat(fd, &status) != 0) return fail_errno(why, errno, "cannot look at %s", name);
    if (!S_ISREG(status.st_mode)) return fail(why, INVALID, "%s is not a file", name);
    struct mp4 *mp4 = ARENA_NEW(arena, struct mp4);
    const char *kept = mp4 == NULL ? NULL : arena_copy(arena, slice_of(name));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory to open %s", name);
    *mp4 = (struct mp4){.fd = fd, .name = kept, .file_bytes = (uint64_t)status.st_size};

    struct why inner = {""};
    outcome result = check_kind(mp4, &inner);
    if (result == OK) result = scan_file(arena, mp4, &inner);
    if (result != OK) return fail(why, result, "%s: %s", name, inner.text);
    *out = mp4;
    return OK;
}

outcome mp4_open(struct arena *arena, const char *path, struct mp4 **out, struct why *why)
{
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", path);
    TRY(mp4_open_fd(arena, fd, path, out, why));
    (*out)->owns_fd = true;
    (void)fd_take(&fd);
    return OK;
}

void mp4_close(struct mp4 **mp4)
{
    if (*mp4 != NULL && (*mp4)->owns_fd) fd_close(&(*mp4)->fd);
    *mp4 = NULL;
}

size_t mp4_track_count(const struct mp4 *mp4)
{
    return mp4->track_count;
}

const struct mp4_track *mp4_track_at(const struct mp4 *mp4, size_t index)
{
    assert(index < mp4->track_count);
    return &mp4->tracks[index].facts;
}

int mp4_fd(const struct mp4 *mp4)
{
    return mp4->fd;
}

bool mp4_is_fragmented(const struct mp4 *mp4)
{
    return mp4->is_fragmented;
}

static outcome open_cursor(struct arena *arena, struct mp4 *mp4, const struct track_state *track,
                           struct mp4_cursor **out, struct why *why)
{
    struct mp4_cursor *cursor = ARENA_NEW(arena, struct mp4_cursor);
    if (cursor == NULL) return fail(why, NO_MEMORY, "no memory to read %s", mp4->name);
    cursor->mp4 = mp4;
    cursor->track = track;
    cursor->moof = buffer_init(MP4_MOOF_BYTES_MAX);
    *out = cursor;
    return OK;
}

outcome mp4_cursor_open(struct arena *arena, struct mp4 *mp4, size_t track_index,
                        struct mp4_cursor **out, struct why *why)
{
    assert(track_index < mp4->track_count);
    const struct track_state *track = &mp4->tracks[track_index];
    if (!track->facts.is_usable)
        return fail(why, UNSUPPORTED, "%s, track %u: %s", mp4->name, track->facts.id,
                    track->facts.reason.text);
    return open_cursor(arena, mp4, track, out, why);
}

outcome mp4_cursor_open_encrypted(struct arena *arena, struct mp4 *mp4, size_t track_index,
                                  struct mp4_cursor **out, struct why *why)
{
    assert(track_index < mp4->track_count);
    const struct track_state *track = &mp4->tracks[track_index];
    if (!track->facts.is_encrypted)
        return fail(why, UNSUPPORTED, "%s, track %u: it is not encrypted, or %s", mp4->name,
                    track->facts.id, track->facts.reason.text);
    if (!mp4->is_fragmented)
        return fail(why, UNSUPPORTED,
                    "%s, track %u: encrypted tracks are read from fragmented files alone",
                    mp4->name, track->facts.id);
    return open_cursor(arena, mp4, track, out, why);
}

const struct sample_protection *mp4_cursor_protection(const struct mp4_cursor *cursor)
{
    assert(cursor->track->facts.is_encrypted);
    return &cursor->protection;
}

void mp4_cursor_close(struct mp4_cursor **cursor)
{
    if (*cursor != NULL) buffer_release(&(*cursor)->moof);
    *cursor = NULL;
}

void mp4_cursor_rewind(struct mp4_cursor *cursor)
{
    cursor->table = (struct table_place){0};
    cursor->fragment = (struct fragment_place){0};
    cursor->is_done = false;
    cursor->least_shift = 0;
    cursor->samples = 0;
}

// Media times become presentation times. What lies wholly behind the edit's end is left out; a
// picture that is decoded behind the end may still be shown before it, so the deepest shift so far
// is allowed for.
static void apply_edit(struct mp4_cursor *cursor, struct sample *sample)
{
    const struct track_state *track = cursor->track;
    sample->decode_ticks += track->edit_shift;
    if (sample->shift_ticks < cursor->least_shift) cursor->least_shift = sample->shift_ticks;
    cursor->is_done = track->edit_end != INT64_MAX &&
                      sample->decode_ticks + cursor->least_shift >= track->edit_end;
}

outcome mp4_cursor_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end,
                        struct why *why)
{
    struct mp4 *mp4 = cursor->mp4;
    struct sample sample;
    struct why inner = {""};
    bool is_last = cursor->is_done;
    outcome result = OK;
    if (!is_last)
        result = mp4->is_fragmented ? fragment_next(cursor, &sample, &is_last, &inner)
                                    : table_next(cursor, &sample, &is_last, &inner);
    if (result == OK && ++cursor->samples > MP4_SAMPLES_MAX)
        result = fail(&inner, TOO_LARGE, "there are more than %d samples", MP4_SAMPLES_MAX);
    if (result != OK)
        return fail(why, result, "%s, track %u: %s", mp4->name, cursor->track->facts.id,
                    inner.text);
    if (!is_last) {
        apply_edit(cursor, &sample);
        is_last = cursor->is_done;
    }
    cursor->is_done = is_last;
    if (!is_last) *out = sample;
    *is_end = is_last;
    return OK;
}
