// SPDX-License-Identifier: Apache-2.0
//
// The MP4 reader on any bytes: headers, sample tables, fragments. Every sample that it gives lies
// inside the file, and a second reading gives the same ones.
#include "media/mp4_reader.h"
#include "base/file.h"
#include "media/protection_check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 16 * 1024 * 1024, SAMPLES_MAX = 5000 };

static uint64_t read_track(struct mp4_cursor *cursor, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SAMPLES_MAX; i++) {
        struct sample sample;
        bool is_end;
        if (mp4_cursor_next(cursor, &sample, &is_end, NULL) != OK || is_end) break;
        assert(sample.size <= size && sample.offset <= size - sample.size);
        sum = sum * 31 + sample.offset + sample.size + (uint64_t)sample.decode_ticks;
    }
    return sum;
}

// Renaming boxes leaves a file of the same length that can be stripped again, or is refused again.
static void strip(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) return;
    memcpy(copy, data, size);
    if (protection_strip(copy, size, NULL) == OK) assert(protection_strip(copy, size, NULL) == OK);
    free(copy);
}

// Every sample decrypted and judged: true of any bytes that are refused or counted.
static bool check_protection(struct arena *arena, struct mp4 *mp4, size_t track)
{
    static struct key_set keys;
    struct protection_report report;
    struct why why = {""};
    if (keys.count == 0)
        assert(key_set_add(&keys,
                           "a1a2a3a4a5a6a7a8a9aaabacadaeafb0:00112233445566778899aabbccddeeff",
                           NULL) == OK);
    if (!mp4_track_at(mp4, track)->is_encrypted) return true;
    const outcome result = protection_check(arena, mp4, track, &keys, &report, &why);
    assert(result == OK || why.text[0] != '\0');
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autofd fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0 || fd_write(fd, (struct slice){data, size}, NULL) != OK) return 0;
    autoarena arena = arena_init(ROOM);
    struct mp4 *mp4;
    struct why why;
    if (mp4_open_fd(&arena, fd, "input", &mp4, &why) != OK) return 0;
    for (size_t i = 0; i < mp4_track_count(mp4); i++) {
        char text[CODEC_BYTES];
        struct mp4_cursor *cursor;
        const struct mp4_track *track = mp4_track_at(mp4, i);
        if (mp4_cursor_open(&arena, mp4, i, &cursor, &why) == OK)
            assert(track->is_usable);
        else if (check_protection(&arena, mp4, i) &&
                 mp4_cursor_open_encrypted(&arena, mp4, i, &cursor, &why) == OK)
            assert(track->is_encrypted);
        else
            continue;
        (void)!stream_codec_text(&track->stream, text, NULL);
        const uint64_t first = read_track(cursor, size);
        mp4_cursor_rewind(cursor);
        assert(read_track(cursor, size) == first);
        mp4_cursor_close(&cursor);
    }
    mp4_close(&mp4);
    strip(data, size);
    return 0;
}
