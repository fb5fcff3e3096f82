// SPDX-License-Identifier: Apache-2.0
//
// A stream's samples from one file, or from many that follow one another: the chunks that workers
// encoded side by side become one rendition here.
//
//     chunk 0            chunk 1            chunk 2
//     [init|frag|frag]   [init|frag|frag]   [init|frag]
//            0..95              96..191           192..209      decode times go on without a gap
//
// All files must have the same decoder setup (stream_is_same()), and each must start where the one
// before ended. One file is open at a time, whatever their number.
#ifndef MEDIA_SAMPLE_SOURCE_H
#define MEDIA_SAMPLE_SOURCE_H

#include "media/mp4_reader.h"
#include "media/window_pool.h"

enum { SOURCE_FILES_MAX = 100000 }; // a chunk per segment of the longest title

struct sample_source;

// Track `track_index` of each of the files. Paths are borrowed until the source is closed.
// UNSUPPORTED with the track's own reason when it cannot be used; INVALID when files do not fit
// together (checked as they are reached by sample_source_next() as well).
must_check outcome sample_source_open(const char *const *paths, size_t count, size_t track_index,
                                      struct sample_source **out, struct why *why);
// The same over files that need not have a path: `open_file` gives a descriptor of file number
// `file`, which the source closes; it may be asked for the same one again. Names are for sentences.
struct source_files {
    const char *const *names;
    size_t count;
    outcome (*open_file)(const struct source_files *files, size_t file, int *out_fd,
                         struct why *why);
    void *context;
};
must_check outcome sample_source_open_files(const struct source_files *files, size_t track_index,
                                            struct sample_source **out, struct why *why);
void sample_source_close(struct sample_source **source); // tolerates NULL

const struct stream *sample_source_stream(const struct sample_source *source);
const char *sample_source_path(const struct sample_source *source, uint32_t file);

// The file of a sample, open for reading: borrowed until the next call and the source's close.
must_check outcome sample_source_file(struct sample_source *source, uint32_t file,
                                      struct window_file *out, struct why *why);

// As mp4_cursor_next(), over all files. sample.file counts them from 0.
must_check outcome sample_source_next(struct sample_source *source, struct sample *out,
                                      bool *is_end, struct why *why);
must_check outcome sample_source_rewind(struct sample_source *source, struct why *why);

// What all samples together say. Reads their timing once and rewinds.
struct sample_timing {
    uint64_t count;
    uint64_t ticks;         // sum of the durations
    struct frame_rate rate; // exact where all durations but the last are equal, else the nearest
                            // usual rate, else the mean
};
must_check outcome sample_timing_read(struct sample_source *source, struct sample_timing *out,
                                      struct why *why);

#endif
