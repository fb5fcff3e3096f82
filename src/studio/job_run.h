// SPDX-License-Identifier: Apache-2.0
//
// Does the jobs of one lease: opens the sources, lets the transcoder write straight into new
// objects, and commits them.
#ifndef STUDIO_JOB_RUN_H
#define STUDIO_JOB_RUN_H

#include "studio/plan.h"
#include "studio/transcoder.h"

// A master or sidecar of the store for the transcoder: opens it as it lies there, and tells the
// transcoder what opens its seal. The caller closes the descriptor.
must_check outcome job_source(struct blob_store *blobs, struct transcoder *transcoder,
                              const char *key, int *out_fd, struct why *why);

// One job alone, or some renditions of one chunk. On failure no output of theirs is visible that
// was not before.
must_check outcome job_run(struct blob_store *blobs, struct transcoder *transcoder,
                           const struct plan *plan, const struct job *jobs, size_t count,
                           const struct transcode_watch *watch, struct why *why);

#endif
