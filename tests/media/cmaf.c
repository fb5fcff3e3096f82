// SPDX-License-Identifier: Apache-2.0
#include "media/cmaf.h"

#include "base/file.h"
#include "media/sidx.h"
#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 210, GROUP = 25, FRAME = 512, ARENA_BYTES = 16 * 1024 * 1024 };

// A file that was written from a movie, and what the writer said of it.
struct written {
    char source_path[MOVIE_PATH_BYTES], path[MOVIE_PATH_BYTES];
    struct arena arena;
    struct track track;
    int fd;
};

static void write_track(struct written *written, const struct movie *movie,
                        const struct cuts *given)
{
    *written = (struct written){.arena = arena_init(ARENA_BYTES)};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    movie_put(&bytes, movie);
    movie_save(&bytes, written->source_path);
    const char *const list[] = {written->source_path};
    struct sample_source *source = NULL;
    struct why why = {""};
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    struct cuts cuts;
    if (given != NULL)
        cuts = *given;
    else if (cuts_plan(&written->arena, &source, 1, 2000, &cuts, &why) != OK)
        fail_msg("%s", why.text);

    memcpy(written->path, "/tmp/cmaf-XXXXXX", sizeof "/tmp/cmaf-XXXXXX");
    written->fd = mkstemp(written->path);
    assert_true(written->fd >= 0);
    autopool *pool = NULL;
    struct cmaf_writer *writer = NULL;
    assert_int_equal(window_pool_open(&pool, NULL), OK);
    if (cmaf_open(&written->arena, source, &cuts, pool, written->fd, &written->track, &writer,
                  &why) != OK)
        fail_msg("%s", why.text);
    for (size_t i = cmaf_segment_count(writer); i > 0; i--)
        assert_int_equal(cmaf_segment(writer, NULL), OK);
    assert_int_equal(cmaf_finish(writer, NULL), OK);
    cmaf_close(&writer);
    sample_source_close(&source);
}

static void drop(struct written *written)
{
    arena_release(&written->arena);
    fd_close(&written->fd);
    (void)unlink(written->path);
    (void)unlink(written->source_path);
}

static struct movie video_movie(struct coded_sample *samples)
{
    movie_samples(samples, FRAMES, GROUP, FRAME, true);
    return (struct movie){.stream = &movie_avc,
                          .samples = samples,
                          .count = FRAMES,
                          .seed = 9,
                          .samples_per_chunk = 4,
                          .has_stss = true};
}

static void the_samples_come_back_with_their_bytes_and_times(void **state)
{
    (void)state;
    struct coded_sample samples[FRAMES];
    const struct movie movie = video_movie(samples);
    struct written written;
    write_track(&written, &movie, NULL);
    const char *const list[] = {written.path};
    struct sample_source *source = NULL;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    assert_true(stream_is_same(sample_source_stream(source), &movie_avc));
    for (size_t i = 0; i <= FRAMES; i++) {
        struct sample sample;
        bool is_end;
        uint8_t expected[1024], found[1024];
        assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
        assert_int_equal(is_end, i == FRAMES);
        if (is_end) break;
        assert_int_equal(sample.decode_ticks, i * FRAME);
        assert_int_equal(sample.shift_ticks, samples[i].shift_ticks);
        assert_int_equal(sample.is_sync, samples[i].is_sync);
        assert_int_equal(sample.size, samples[i].bytes.len);
        movie_fill(expected, sample.size, movie.seed, i);
        assert_int_equal(fd_read_at(written.fd, found, sample.size, sample.offset, NULL), OK);
        assert_memory_equal(found, expected, sample.size);
    }
    sample_source_close(&source);
    drop(&written);
}

static void the_index_the_track_and_the_boxes_say_the_same(void **state)
{
    (void)state;
    struct coded_sample samples[FRAMES];
    const struct movie movie = video_movie(samples);
    struct written written;
    write_track(&written, &movie, NULL);
    const struct track *track = &written.track;
    struct stat status;
    assert_int_equal(fstat(written.fd, &status), 0);
    assert_int_equal(track->file_size, status.st_size);
    assert_int_equal(track->segment_count, 5);
    assert_int_equal(track->duration, FRAMES * FRAME);
    assert_string_equal(track->codec, "avc1.64001E");
    assert_int_equal(track->video.frame_rate.frames, 25);

    autobuffer room = buffer_init(65536);
    struct box box;
    struct sidx sidx;
    assert_int_equal(box_read(written.fd, track->file_size, track->index.offset, &box, NULL), OK);
    assert_int_equal(box.type, BOX_TYPE('s', 'i', 'd', 'x'));
    assert_int_equal(box.size, track->index.size);
    assert_int_equal(track->init.offset + track->init.size, track->index.offset);
    assert_int_equal(box_load(written.fd, &box, &room, &box, NULL), OK);
    assert_int_equal(sidx_parse(&box, &written.arena, &sidx, NULL), OK);
    assert_int_equal(sidx.entry_count, track->segment_count);
    assert_int_equal(sidx.earliest_time, 0);
    uint64_t at = track->index.offset + track->index.size, time = 0, bytes = 0;
    double peak = 0, most = 0; // of segments of at least half the target duration, and of all
    for (size_t i = 0; i < track->segment_count; i++) {
        const struct segment_entry *segment = &track->segments[i];
        struct box moof, mdat;
        assert_int_equal(segment->offset, at);
        assert_int_equal(segment->decode_time, time);
        assert_int_equal(sidx.entries[i].offset, at);
        assert_int_equal(sidx.entries[i].size, segment->size);
        assert_int_equal(sidx.entries[i].duration, segment->duration);
        assert_int_equal(sidx.entries[i].sap_type, 1);
        assert_int_equal(box_read(written.fd, track->file_size, at, &moof, NULL), OK);
        assert_int_equal(moof.type, BOX_TYPE('m', 'o', 'o', 'f'));
        assert_int_equal(box_read(written.fd, track->file_size, at + moof.size, &mdat, NULL), OK);
        assert_int_equal(mdat.type, BOX_TYPE('m', 'd', 'a', 't'));
        assert_int_equal(moof.size + mdat.size, segment->size);
        assert_int_equal(segment->key_size, moof.size + 8 + samples[i * 50].bytes.len);
        const double rate = segment->size * 8.0 * track->timescale / segment->duration;
        most = rate > most ? rate : most;
        if (segment->duration >= track->timescale) peak = rate > peak ? rate : peak;
        at += segment->size;
        time += segment->duration;
        bytes += segment->size;
    }
    assert_int_equal(at, track->file_size);
    assert_true(track->bandwidth_peak_bps >= peak && track->bandwidth_peak_bps < most + 1);
    const double average = (double)bytes * 8 * track->timescale / (double)time;
    assert_true(track->bandwidth_average_bps >= average &&
                track->bandwidth_average_bps < average + 1);
    drop(&written);
}

static bool has_brand(const struct written *written, const char *brand)
{
    struct box ftyp;
    autobuffer room = buffer_init(4096);
    assert_int_equal(box_read(written->fd, written->track.file_size, 0, &ftyp, NULL), OK);
    assert_int_equal(box_load(written->fd, &ftyp, &room, &ftyp, NULL), OK);
    for (size_t at = 8; at + 4 <= ftyp.body.len; at += 4)
        if (memcmp(ftyp.body.at + at, brand, 4) == 0) return true;
    return false;
}

static void audio_follows_the_cuts_of_the_video_and_keeps_its_priming(void **state)
{
    (void)state;
    enum { AUDIO = 396 }; // 8.448 s: a little longer than the 8.4 s of video, with its priming
    struct coded_sample samples[AUDIO];
    movie_samples(samples, AUDIO, 1, 1024, false);
    const struct movie_edit edit = {0, 1024};
    const struct movie movie = {.stream = &movie_aac,
                                .samples = samples,
                                .count = AUDIO,
                                .samples_per_chunk = 40,
                                .edits = &edit,
                                .edit_count = 1};
    static const int64_t at[] = {0, 25600, 51200, 76800, 102400};
    const struct cuts cuts = {.at = at, .count = 5, .timescale = 12800, .step_ticks = 25600};
    struct written written;
    write_track(&written, &movie, &cuts);
    const struct track *track = &written.track;
    assert_int_equal(track->segment_count, 5);
    assert_int_equal(track->audio.priming_ticks, 1024);
    assert_int_equal(track->duration, (AUDIO - 1) * 1024);
    assert_string_equal(track->language, "de");
    for (size_t i = 1; i < track->segment_count; i++) {
        const int64_t shown = (int64_t)track->segments[i].decode_time - 1024;
        const int64_t cut = (int64_t)i * 2 * 48000;
        assert_true(shown >= cut - 512 && shown <= cut + 512);
    }
    assert_true(has_brand(&written, "cmf2") && has_brand(&written, "caac"));
    const char *const list[] = {written.path};
    struct sample_source *source = NULL;
    struct sample sample;
    bool is_end;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
    assert_int_equal(sample.decode_ticks, -1024);
    sample_source_close(&source);
    drop(&written);
}

static void a_video_that_starts_before_the_presentation_says_so_and_claims_less(void **state)
{
    (void)state;
    struct coded_sample samples[FRAMES];
    struct movie movie = video_movie(samples);
    struct written plain, early;
    write_track(&plain, &movie, NULL);
    assert_true(has_brand(&plain, "cmf2") && has_brand(&plain, "cmfc"));
    assert_true(has_brand(&plain, "dash") && has_brand(&plain, "cfsd"));
    const struct movie_edit edit = {0, 5 * FRAME};
    movie.edits = &edit;
    movie.edit_count = 1;
    write_track(&early, &movie, NULL);
    assert_false(has_brand(&early, "cmf2"));
    assert_true(has_brand(&early, "cmfc"));
    assert_int_equal(early.track.duration, (FRAMES - 5) * FRAME);
    const char *const list[] = {early.path};
    struct sample_source *source = NULL;
    struct sample sample;
    bool is_end;
    assert_int_equal(sample_source_open(list, 1, 0, &source, NULL), OK);
    assert_int_equal(sample_source_next(source, &sample, &is_end, NULL), OK);
    assert_int_equal(sample.decode_ticks + sample.shift_ticks, -5 * FRAME);
    sample_source_close(&source);
    drop(&plain);
    drop(&early);
}

static void the_same_source_gives_the_same_file(void **state)
{
    (void)state;
    struct coded_sample samples[FRAMES];
    const struct movie movie = video_movie(samples);
    struct written first, second;
    write_track(&first, &movie, NULL);
    write_track(&second, &movie, NULL);
    autobuffer a = buffer_init(MOVIE_BYTES_MAX), b = buffer_init(MOVIE_BYTES_MAX);
    assert_int_equal(file_read(first.path, &a, NULL), OK);
    assert_int_equal(file_read(second.path, &b, NULL), OK);
    assert_true(slice_equal(buffer_slice(&a), buffer_slice(&b)));
    drop(&first);
    drop(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_come_back_with_their_bytes_and_times),
        cmocka_unit_test(the_index_the_track_and_the_boxes_say_the_same),
        cmocka_unit_test(audio_follows_the_cuts_of_the_video_and_keeps_its_priming),
        cmocka_unit_test(a_video_that_starts_before_the_presentation_says_so_and_claims_less),
        cmocka_unit_test(the_same_source_gives_the_same_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
