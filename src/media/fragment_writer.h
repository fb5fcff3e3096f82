// SPDX-License-Identifier: Apache-2.0
//
// Writes what an encoder makes as a fragmented CMAF file, forwards only: no index, no seeking, no
// descriptor but the one given. These are the chunks that the packager later joins.
//
//     ftyp moov | moof mdat | moof mdat | ...        one moof per fragment_cut()
//       init      tfdt = T    tfdt = T + d0
//
// Samples are copied until their fragment is cut: at most FRAGMENT_BYTES_MAX at a time.
#ifndef MEDIA_FRAGMENT_WRITER_H
#define MEDIA_FRAGMENT_WRITER_H

#include "media/sample.h"
#include "media/stream.h"

enum {
    FRAGMENT_BYTES_MAX = 128 * 1024 * 1024, // 10 s at 100 Mb/s
    FRAGMENT_SAMPLES_MAX = 20000,           // 10 s of 0.5 ms
};

struct fragment_writer;

// Writes `ftyp` and `moov` to `fd`, which stays the caller's. `decode_ticks` is the decode time of
// the first sample on the title's timeline: 0 for the first chunk and for a whole audio track,
// whose priming (stream->audio.priming_ticks) goes into an edit list. The stream is copied.
must_check outcome fragment_writer_open(int fd, const struct stream *stream, uint64_t decode_ticks,
                                        struct fragment_writer **out, struct why *why);

// Frees; what is not cut is lost. Tolerates NULL.
void fragment_writer_close(struct fragment_writer **writer);

#define autofragments __attribute__((cleanup(fragment_writer_close))) struct fragment_writer

// Adds a sample; its bytes are copied. The first of a fragment must be a sync sample. A last audio
// frame that is only partly wanted has a shorter duration.
must_check outcome fragment_put(struct fragment_writer *writer, const struct coded_sample *sample,
                                struct why *why);

// Writes the samples put since the last cut as one `moof` and `mdat`; nothing when there are none.
// Call it before the first sample of the next segment, and after the last of all.
must_check outcome fragment_cut(struct fragment_writer *writer, struct why *why);

#endif
