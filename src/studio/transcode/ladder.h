// SPDX-License-Identifier: Apache-2.0
//
// The rungs of one job, fed from one picture: each is scaled from the next larger one, encoded, and
// written to its own file.
//
//     prepared 1920x1080 --> x264 1080p --> v-1080p chunk
//          |  scale
//          v  1280x720   --> x264 720p  --> v-720p chunk
//          |  scale
//          v  854x480    --> x264 480p  --> v-480p chunk
#ifndef STUDIO_TRANSCODE_LADDER_H
#define STUDIO_TRANSCODE_LADDER_H

#include "studio/transcoder.h"

#include <libavutil/frame.h>

struct ladder;

// Opens an encoder and a writer per rendition. The job is borrowed. Descriptors are only written
// to.
must_check outcome ladder_open(const struct video_job *job, uint32_t threads, struct ladder **out,
                               struct why *why);
void ladder_close(struct ladder **ladder); // tolerates NULL

// Size of the picture that ladder_put() wants: the largest of the renditions in both directions.
void ladder_size(const struct ladder *ladder, uint32_t *width, uint32_t *height);

// Puts grid frame `frame`; they rise by one from job->frames.first. `picture` is 4:2:0 of the
// job's range and of ladder_size(), or NULL when it is the same as last time.
must_check outcome ladder_put(struct ladder *ladder, uint64_t frame, const AVFrame *picture,
                              struct why *why);

// True when every rendition has all the samples of the job: no more pictures are wanted.
bool ladder_is_done(const struct ladder *ladder);

// After the last picture of the title, or when done: takes what the encoders still hold, and ends
// the files.
must_check outcome ladder_finish(struct ladder *ladder, struct rendition_result *results,
                                 struct why *why);

#endif
