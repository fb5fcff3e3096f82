// SPDX-License-Identifier: Apache-2.0
//
// One ingest per title at a time: a lock in <data>/locks/<title>.
#ifndef STUDIO_TITLE_LOCK_H
#define STUDIO_TITLE_LOCK_H

#include "base/outcome.h"

// Held until the caller closes `*out_fd`, or dies. CONFLICT when another process has it. The lock
// is the process's own (fcntl(2)): no worker that is being started inherits it, as it would a
// flock(2).
must_check outcome title_lock(const char *data, const char *title_id, int *out_fd, struct why *why);

#endif
