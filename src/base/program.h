// SPDX-License-Identifier: Apache-2.0
//
// Where the running program lies, and what was installed with it:
//
//     build/primrose   build/primrose-transcode   build/../share/qc
//     bin/primrose     bin/primrose-transcode     bin/../share/primrose/qc
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/outcome.h"

#include <limits.h>

// The running program's own path into `out` of PATH_MAX.
must_check outcome program_path(char *out, struct why *why);

// `name` in its folder ("primrose-decode", "../share/qc") into `out` of PATH_MAX. TOO_LARGE when
// the path is too long; whether something is there is not looked at.
must_check outcome program_beside(const char *name, char *out, struct why *why);

enum { PROGRAM_FDS_MAX = 8 };

// Another program, and which descriptors it finds where.
struct program_start {
    const char *path, *name; // `name` is what it sees as its own
    const int *fds;          // become first, first + 1 ...
    int count;               // at most PROGRAM_FDS_MAX
    int first;
    int status; // to end with when it cannot be started
};

// Becomes that program. Other descriptors stay, but for those that are marked close-on-exec.
// Between fork() and exec: makes async-signal-safe calls only.
_Noreturn void program_become(const struct program_start *start);

#endif
