// SPDX-License-Identifier: Apache-2.0
//
// The work itself, as the process behind the wall does it: one function per request, over a source
// that is open; joining opens what it reads.
#ifndef STUDIO_TRANSCODE_JOBS_H
#define STUDIO_TRANSCODE_JOBS_H

#include "media/source.h"
#include "studio/transcoder.h"

must_check outcome video_run(struct source *source, const struct video_job *job, uint32_t threads,
                             const struct transcode_watch *watch, struct video_result *out,
                             struct why *why);
must_check outcome audio_run(struct source *source, const struct audio_job *job,
                             const struct transcode_watch *watch, struct audio_result *out,
                             struct why *why);
must_check outcome text_run(struct source *source, const struct text_job *job,
                            const struct transcode_watch *watch, struct text_result *out,
                            struct why *why);
must_check outcome measure_run(struct source *source, const struct measure_job *job,
                               uint32_t threads, const struct transcode_watch *watch,
                               struct measure_result *out, struct why *why);
must_check outcome storyboard_run(struct source *source, const struct storyboard_job *job,
                                  const struct transcode_watch *watch,
                                  struct storyboard_result *out, struct why *why);
must_check outcome poster_run(struct source *source, const struct poster_job *job,
                              const struct transcode_watch *watch, struct poster_result *out,
                              struct why *why);

must_check outcome join_run(const struct join_job *job, const struct transcode_watch *watch,
                            struct join_result *out, struct why *why);
must_check outcome join_side_by_side(const struct join_job *job,
                                     const struct transcode_watch *watch, struct join_result *out,
                                     struct why *why);
must_check outcome join_end_to_end(const struct join_job *job, const struct transcode_watch *watch,
                                   struct join_result *out, struct why *why);

// Tells the watch, if there is one.
must_check outcome watch_tell(const struct transcode_watch *watch, uint64_t done, uint64_t total,
                              struct why *why);

#endif
