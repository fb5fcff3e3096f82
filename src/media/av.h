// SPDX-License-Identifier: Apache-2.0
//
// Between FFmpeg's libraries and us: reading from a descriptor, their errors as our outcomes, their
// rationals as our media time, and what they last complained about.
//
// Nothing here opens anything by name.
#ifndef MEDIA_AV_H
#define MEDIA_AV_H

#include "base/outcome.h"
#include "drm/sealed_file.h"
#include "media/time.h"

#include <libavformat/avformat.h>

// FFmpeg's log goes nowhere but into a note of its last error, for av_fail(). Call once at start.
void av_log_capture(void);

// What the libraries last logged as an error in this process, without its line end; "" when
// nothing. `av_note_clear` forgets it. Thread-safe.
void av_note(char *out, size_t room);
void av_note_clear(void);

// fail() for a negative AVERROR: the outcome that fits it, the sentence, and what the library said.
__attribute__((format(printf, 3, 4))) must_check outcome av_fail(struct why *why, int error,
                                                                 const char *format, ...);

// Reads (and seeks in) a file, sealed or not, which stays the caller's and outlives the context.
// NO_MEMORY.
must_check outcome av_reader_open(struct sealed_file *file, AVIOContext **out, struct why *why);
void av_reader_close(AVIOContext **io); // tolerates NULL

// A timestamp in a time base as media time: ticks of 1/den, `num` folded into the ticks.
// AV_NOPTS_VALUE must not come here.
struct media_time media_time_of(int64_t timestamp, AVRational time_base);

#endif
