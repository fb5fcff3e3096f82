// SPDX-License-Identifier: Apache-2.0
#include "media/segment_scan.h"

#include "base/file.h"
#include "clip.h"
#include "package_made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 1 << 28 };

static int open_track(const char *folder, const struct track *track, uint64_t *bytes)
{
    char path[512];
    struct stat facts;
    (void)snprintf(path, sizeof path, "%s/%s", folder, track->file);
    const int fd = clip_open(path);
    assert_int_equal(fstat(fd, &facts), 0);
    *bytes = (uint64_t)facts.st_size;
    return fd;
}

// Two writers of the same facts: what the packager reported, and what the scanner finds.
static void finds_in_the_bytes_what_the_packager_reported(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report report;
    const char *folder = package_made(&arena, &report);
    size_t scanned = 0;
    for (size_t t = 0; t < report.presentation.track_count; t++) {
        const struct track *track = &report.presentation.tracks[t];
        if (track->segment_count == 0) continue;
        uint64_t bytes = 0;
        autofd fd = open_track(folder, track, &bytes);
        struct media_init init;
        assert_int_equal(media_init_read(&arena, fd, bytes, track->init, &init, NULL), OK);
        assert_true(init.is_readable);
        assert_int_equal(init.track_count, 1);
        assert_string_equal(init.codec, track->codec);
        assert_int_equal(init.stream.timescale, track->timescale);
        assert_true(media_init_has_brand(&init, BOX_TYPE('c', 'm', 'f', 'c')));
        assert_false(media_init_has_brand(&init, BOX_TYPE('q', 't', ' ', ' ')));
        if (track->kind == TRACK_AUDIO) {
            assert_true(init.has_edit);
            assert_int_equal(init.edit_media_time, track->audio.priming_ticks);
        }
        for (size_t i = 0; i < track->segment_count; i++) {
            const struct segment_entry *entry = &track->segments[i];
            struct scanned_segment segment;
            const struct byte_range range = {entry->offset, entry->size};
            assert_int_equal(segment_scan(fd, bytes, range, &init, &segment, NULL), OK);
            assert_int_equal(segment.decode_time, entry->decode_time);
            assert_int_equal(segment.duration, entry->duration);
            assert_int_equal(segment.moof_offset, entry->offset);
            assert_true(segment.is_marked_sync);
            assert_int_equal(segment.access, ACCESS_CLEAN);
            if (track->kind == TRACK_VIDEO)
                assert_int_equal(segment.first_sample_end, entry->offset + entry->key_size);
            scanned++;
        }
    }
    assert_int_equal(scanned, 4 + 4 + 4);
}

static void refuses_what_is_no_fragmented_media(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct package_report report;
    const char *folder = package_made(&arena, &report);
    const struct track *track = &report.presentation.tracks[0];
    struct media_init init = {.track_count = 77};
    struct why why = {""};
    uint64_t bytes = 0;
    autofd fd = open_track(folder, track, &bytes);
    assert_int_equal(
        media_init_read(&arena, fd, bytes, (struct byte_range){0, bytes + 1}, &init, &why),
        INVALID);
    assert_non_null(strstr(why.text, "past the end"));
    assert_int_equal(media_init_read(&arena, fd, bytes, (struct byte_range){0, 20}, &init, &why),
                     INVALID);
    assert_int_equal(init.track_count, 77);
    assert_int_equal(media_init_read(&arena, fd, bytes, track->init, &init, NULL), OK);
    struct scanned_segment segment = {.sample_count = 77};
    assert_int_equal(segment_scan(fd, bytes, track->init, &init, &segment, &why), INVALID);
    assert_non_null(strstr(why.text, "no sample of track"));
    const struct segment_entry *entry = &track->segments[0];
    const struct byte_range half = {entry->offset, entry->size / 2};
    assert_int_equal(segment_scan(fd, bytes, half, &init, &segment, &why), INVALID);
    assert_int_equal(segment.sample_count, 77);
    // An ordinary MP4 has no fragments.
    autofd plain = clip_open(package_input_made("high.mp4"));
    struct stat facts;
    assert_int_equal(fstat(plain, &facts), 0);
    assert_int_equal(media_init_read(&arena, plain, (uint64_t)facts.st_size,
                                     (struct byte_range){0, 0}, &init, &why),
                     INVALID);
    assert_non_null(strstr(why.text, "not fragmented"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_in_the_bytes_what_the_packager_reported),
        cmocka_unit_test(refuses_what_is_no_fragmented_media),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
