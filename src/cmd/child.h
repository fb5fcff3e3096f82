// SPDX-License-Identifier: Apache-2.0
//
// Programs that a verb starts and waits for: the film's renderer, a server beside it.
#ifndef CMD_CHILD_H
#define CMD_CHILD_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid;  // 0: none, or waited for
    int out_fd; // its standard output, -1 when it was not asked for
};

enum child_output {
    CHILD_SHARES_OUTPUT, // standard output is this program's standard error: talk, not product
    CHILD_PIPES_OUTPUT,  // standard output is read through out_fd
};

// Starts `argv[0]` (a path; NULL at the end). It gets SIGTERM when this program dies.
must_check outcome child_start(const char *const *argv, enum child_output output, struct child *out,
                               struct why *why);

// Reads the first line of its output, without the newline, waiting at most `wait_ms`. TIMED_OUT;
// UNAVAILABLE when it ended without one; TOO_LARGE over `room`.
must_check outcome child_read_line(struct child *child, char *line, size_t room, int64_t wait_ms,
                                   struct why *why);

// Waits for its end. UNAVAILABLE with its status in the sentence unless that is 0. `what` names it.
must_check outcome child_wait(struct child *child, const char *what, struct why *why);

// SIGTERM and wait; nothing when there is none. For cleanup attributes.
void child_end(struct child *child);

#define autochild __attribute__((cleanup(child_end))) struct child

#endif
