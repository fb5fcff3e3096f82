// SPDX-License-Identifier: Apache-2.0
//
// A wall that a process builds around itself before it touches hostile bytes, and cannot take down.
//
//     start -> sandbox_close_others -> (load tables, warm up) -> sandbox_enter -> hostile work
//              only the channel and                              no file, no socket, no process,
//              stderr stay open                                  no executable page, bounded memory
//
// After sandbox_enter the process computes, allocates, starts threads, and reads, writes and maps
// the descriptors it holds or is sent. Asking for a file, a folder or a socket is answered with
// EPERM, since libraries look for optional files; any other system call off the list kills the
// process (seccomp(2), SECCOMP_RET_KILL_PROCESS): nothing legitimate makes it.
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/outcome.h"

#include <stdint.h>

struct sandbox_limits {
    uint64_t memory_bytes_max; // address space beyond what is mapped when entering
    uint64_t file_bytes_max;   // of one written file
    uint32_t descriptors_max;
};

// Closes every descriptor above `keep`; 0 and 1 become /dev/null, 2 (messages of a crash) stays.
must_check outcome sandbox_close_others(int keep, struct why *why);

// Dies with the parent (its starting thread), gains no privileges, leaves no core file, obeys the
// limits, and makes only system calls of the list. For all threads to come: call it while there is
// one. UNAVAILABLE when the kernel refuses; the caller must then not go on.
must_check outcome sandbox_enter(const struct sandbox_limits *limits, struct why *why);

#endif
