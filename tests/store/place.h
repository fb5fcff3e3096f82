// SPDX-License-Identifier: Apache-2.0
//
// What the store tests share: a folder of their own, and other processes that use it.
#ifndef TESTS_STORE_PLACE_H
#define TESTS_STORE_PLACE_H

#include "../shared_place.h"
#include "base/clock.h"
#include "base/random.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWN_TESTS_MAX = 64 };

// Runs the tests that every backend shares and the backend's own as one report. Gives the number
// that failed.
static inline int run_with_own(const char *name, const struct CMUnitTest *shared,
                               size_t shared_count, const struct CMUnitTest *own, size_t own_count)
{
    struct CMUnitTest all[OWN_TESTS_MAX];
    assert_true(shared_count + own_count <= OWN_TESTS_MAX);
    memcpy(all, shared, shared_count * sizeof *shared);
    if (own_count > 0) memcpy(all + shared_count, own, own_count * sizeof *own);
    return _cmocka_run_group_tests(name, all, shared_count + own_count, NULL, NULL);
}

// A manual clock that forked processes share, at a day of 2026.
static inline struct clock_manual *clock_shared(void)
{
    struct clock_manual *clock =
        mmap(NULL, sizeof *clock, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(clock != MAP_FAILED);
    *clock = clock_manual_init(1000000, 1795000000000);
    return clock;
}

// Runs `body` in a forked process, which exits 0 when it returns true. Gives the process id.
static inline pid_t child_start(bool (*body)(void *argument), void *argument)
{
    (void)fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // a failed assertion leaves nothing running
        _exit(body(argument) ? 0 : 1);
    }
    return child;
}

static inline void child_must_succeed(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void child_kill(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

// Waits for one byte from the other side of a pipe; false when it closed.
static inline bool pipe_wait(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 1;
}

static inline void pipe_tell(int fd)
{
    if (write(fd, "x", 1) != 1) abort();
}

#endif
