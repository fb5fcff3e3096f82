// SPDX-License-Identifier: Apache-2.0
#include "media/sample_source.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { HEADERS_BYTES_MAX = 8 * 1024 * 1024 }; // tracks, edit lists, configurations of one file

struct sample_source {
    struct source_files files;
    size_t track_index;
    struct arena kept; // the first file's configuration, which all others must equal
    struct stream stream;
    struct arena arena; // of the file that is being read
    int fd;             // of it
    struct mp4 *mp4;
    struct mp4_cursor *cursor;
    size_t current;
    int64_t end_ticks; // decode time at which the next file must start
    bool has_samples;
    int data_fd; // of data_file, for its media bytes; -1: none
    struct window_file data;
    size_t data_file;
};

static void close_current(struct sample_source *source)
{
    mp4_cursor_close(&source->cursor);
    mp4_close(&source->mp4);
    arena_release(&source->arena);
    fd_close(&source->fd);
}

static outcome open_file(struct sample_source *source, size_t file, struct why *why)
{
    close_current(source);
    TRY(source->files.open_file(&source->files, file, &source->fd, why));
    TRY(mp4_open_fd(&source->arena, source->fd, source->files.names[file], &source->mp4, why));
    if (source->track_index >= mp4_track_count(source->mp4))
        return fail(why, INVALID, "%s has %zu tracks, there is no number %zu",
                    source->files.names[file], mp4_track_count(source->mp4),
                    source->track_index + 1);
    TRY(mp4_cursor_open(&source->arena, source->mp4, source->track_index, &source->cursor, why));
    const struct stream *stream = &mp4_track_at(source->mp4, source->track_index)->stream;
    if (file > 0 && !stream_is_same(stream, &source->stream))
        return fail(why, INVALID, "%s cannot follow %s: its decoder setup is another",
                    source->files.names[file], source->files.names[0]);
    source->current = file;
    return OK;
}

static outcome open_first(struct sample_source *source, struct why *why)
{
    TRY(open_file(source, 0, why));
    source->stream = mp4_track_at(source->mp4, source->track_index)->stream;
    source->stream.config.at = (const uint8_t *)arena_copy(&source->kept, source->stream.config);
    if (source->stream.config.at == NULL)
        return fail(why, NO_MEMORY, "no memory for a decoder configuration");
    return OK;
}

outcome sample_source_open_files(const struct source_files *files, size_t track_index,
                                 struct sample_source **out, struct why *why)
{
    assert(files->count >= 1);
    if (files->count > SOURCE_FILES_MAX)
        return fail(why, TOO_LARGE, "%zu files are more than %d", files->count, SOURCE_FILES_MAX);
    struct sample_source *source = calloc(1, sizeof *source);
    if (source == NULL) return fail(why, NO_MEMORY, "no memory to read %s", files->names[0]);
    *source = (struct sample_source){.files = *files,
                                     .track_index = track_index,
                                     .kept = arena_init(STREAM_CONFIG_BYTES_MAX + 64),
                                     .arena = arena_init(HEADERS_BYTES_MAX),
                                     .fd = -1,
                                     .data_fd = -1};
    const outcome result = open_first(source, why);
    if (result != OK) {
        sample_source_close(&source);
        return result;
    }
    *out = source;
    return OK;
}

static outcome open_path(const struct source_files *files, size_t file, int *out_fd,
                         struct why *why)
{
    const int fd = open(files->names[file], O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", files->names[file]);
    *out_fd = fd;
    return OK;
}

outcome sample_source_open(const char *const *paths, size_t count, size_t track_index,
                           struct sample_source **out, struct why *why)
{
    const struct source_files files = {paths, count, open_path, NULL};
    return sample_source_open_files(&files, track_index, out, why);
}

void sample_source_close(struct sample_source **source)
{
    if (*source == NULL) return;
    close_current(*source);
    arena_release(&(*source)->kept);
    fd_close(&(*source)->data_fd);
    free(*source);
    *source = NULL;
}

const struct stream *sample_source_stream(const struct sample_source *source)
{
    return &source->stream;
}

const char *sample_source_path(const struct sample_source *source, uint32_t file)
{
    assert(file < source->files.count);
    return source->files.names[file];
}

outcome sample_source_file(struct sample_source *source, uint32_t file, struct window_file *out,
                           struct why *why)
{
    assert(file < source->files.count);
    if (source->data_fd < 0 || source->data_file != file) {
        fd_close(&source->data_fd);
        autofd fd = -1;
        TRY(source->files.open_file(&source->files, file, &fd, why));
        TRY(window_file_of(fd, &source->data, why));
        source->data_fd = fd_take(&fd);
        source->data_file = file;
    }
    *out = source->data;
    return OK;
}

// A chunk that starts elsewhere than where the one before ended was made for another place, or one
// is missing.
static outcome check_joint(const struct sample_source *source, const struct sample *sample,
                           struct why *why)
{
    if (!source->has_samples || sample->decode_ticks == source->end_ticks) return OK;
    const double scale = source->stream.timescale;
    return fail(why, INVALID, "%s: media %s between %.3f s and %.3f s: encode that stretch again",
                source->files.names[source->current],
                sample->decode_ticks > source->end_ticks ? "is missing" : "overlaps",
                (double)source->end_ticks / scale, (double)sample->decode_ticks / scale);
}

outcome sample_source_next(struct sample_source *source, struct sample *out, bool *is_end,
                           struct why *why)
{
    struct sample sample;
    bool is_last;
    for (;;) {
        TRY(mp4_cursor_next(source->cursor, &sample, &is_last, why));
        if (!is_last) break;
        if (source->current + 1 == source->files.count) {
            *is_end = true;
            return OK;
        }
        TRY(open_file(source, source->current + 1, why));
    }
    TRY(check_joint(source, &sample, why));
    source->end_ticks = sample.decode_ticks + sample.duration_ticks;
    source->has_samples = true;
    sample.file = (uint32_t)source->current;
    *out = sample;
    *is_end = false;
    return OK;
}

outcome sample_source_rewind(struct sample_source *source, struct why *why)
{
    source->has_samples = false;
    if (source->current == 0 && source->cursor != NULL) {
        mp4_cursor_rewind(source->cursor);
        return OK;
    }
    return open_file(source, 0, why);
}

// Rates that pictures are made at: an average within 1/2000 of one is that one, with gaps and
// rounding.
static const struct frame_rate usual_rates[] = {
    {24000, 1001}, {24, 1}, {25, 1},  {30000, 1001},  {30, 1},  {48000, 1001}, {48, 1}, {50, 1},
    {60000, 1001}, {60, 1}, {100, 1}, {120000, 1001}, {120, 1}, {15, 1},       {12, 1}, {10, 1},
};

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct frame_rate mean_rate(uint64_t count, uint64_t ticks, uint32_t timescale)
{
    const double mean = (double)count * timescale / (double)ticks;
    for (size_t i = 0; i < sizeof usual_rates / sizeof usual_rates[0]; i++) {
        const double usual = (double)usual_rates[i].frames / usual_rates[i].seconds;
        if (mean > usual * 0.9995 && mean < usual * 1.0005) return usual_rates[i];
    }
    const double thousandths = mean * 1000 + 0.5;
    if (thousandths < 1) return (struct frame_rate){1, 1000};
    return (struct frame_rate){thousandths > 1e9 ? 1000000000 : (uint32_t)thousandths, 1000};
}

outcome sample_timing_read(struct sample_source *source, struct sample_timing *out, struct why *why)
{
    const uint32_t timescale = source->stream.timescale;
    struct sample_timing timing = {0};
    uint32_t duration = 0;
    bool is_constant = true, is_end;
    TRY(sample_source_rewind(source, why));
    for (;;) {
        struct sample sample;
        TRY(sample_source_next(source, &sample, &is_end, why));
        if (is_end) break;
        // The last sample's duration counts for nothing: many writers have to guess it.
        if (timing.count > 1 && timing.ticks != timing.count * duration) is_constant = false;
        timing.ticks += sample.duration_ticks;
        timing.count++;
        if (timing.count == 1) duration = sample.duration_ticks;
    }
    if (timing.count == 0 || timing.ticks == 0)
        return fail(why, INVALID, "%s: the track has no duration", source->files.names[0]);
    const uint64_t divisor = common_divisor(timescale, duration);
    timing.rate = is_constant && duration > 0 ? (struct frame_rate){(uint32_t)(timescale / divisor),
                                                                    (uint32_t)(duration / divisor)}
                                              : mean_rate(timing.count, timing.ticks, timescale);
    TRY(sample_source_rewind(source, why));
    *out = timing;
    return OK;
}
