// SPDX-License-Identifier: Apache-2.0
//
// Keeps the processes of a house running: starts each, starts it again when it crashes, and takes
// all of them down in order.
//
//     start -> (reports ready) -> runs -> crashes -> waits 0.1 s, 0.2 s ... 10 s -> start
//        \-> ends before it was ever ready: the fault is in its settings: give up with its status
//
//     SIGTERM, SIGINT: each child gets SIGTERM and drains; a second signal, or SUPERVISOR_STOP_MS,
//     kills. A child dies with its supervisor (PR_SET_PDEATHSIG).
//
// A child is this program again (/proc/self/exe) with arguments of its own. It says that it is
// ready with one line on the descriptor that supervisor_ready_fd() finds: the address it listens
// on. When it is started again it gets that address in place of the one it was first given, so that
// port 0 stays the same port.
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "base/clock.h"
#include "base/outcome.h"

#include <stddef.h>

enum {
    SUPERVISOR_CHILDREN_MAX = 16,
    SUPERVISOR_ARGS_MAX = 192,
    SUPERVISOR_LINE_BYTES = 128,
    SUPERVISOR_STOP_MS = 15000, // longer than a drain
};

struct supervised {
    const char *name;                      // in the log
    const char *argv[SUPERVISOR_ARGS_MAX]; // NULL at the end
    size_t listen_at;                      // index of the address in argv; 0: none
};

// Runs until a signal, or until one cannot start. `ready` is called once, when all have reported,
// with the lines they said. Sets `*exit_status` for the program: 0, or what a child that gave up
// left. Blocks SIGCHLD, SIGTERM and SIGINT; call it from the main thread before others start.
must_check outcome supervise(const struct supervised *children, size_t count,
                             const struct clock *clock,
                             void (*ready)(void *context, const char *const *lines), void *context,
                             int *exit_status, struct why *why);

// In a child: the descriptor to report on, or -1 when nobody supervises.
int supervisor_ready_fd(void);

// In a child: reports `line`, and closes the descriptor.
void supervisor_report(int ready_fd, const char *line);

#endif
