// SPDX-License-Identifier: Apache-2.0
#include "cmd/child.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// In the child, between fork and exec: only async-signal-safe calls.
static _Noreturn void become(const char *const *argv, int out_fd)
{
    enum { EXEC_FAILED = 127 };
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (dup2(out_fd, STDOUT_FILENO) >= 0) (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(EXEC_FAILED);
}

outcome child_start(const char *const *argv, enum child_output output, struct child *out,
                    struct why *why)
{
    int ends[2] = {-1, -1};
    if (output == CHILD_PIPES_OUTPUT && pipe2(ends, O_CLOEXEC) != 0)
        return fail_errno(why, errno, "cannot make a pipe");
    autofd read_end = ends[0];
    autofd write_end = ends[1];
    const pid_t pid = fork();
    if (pid < 0) return fail_errno(why, errno, "cannot start %s", argv[0]);
    if (pid == 0) become(argv, output == CHILD_PIPES_OUTPUT ? write_end : STDERR_FILENO);
    *out = (struct child){pid, fd_take(&read_end)};
    return OK;
}

outcome child_read_line(struct child *child, char *line, size_t room, int64_t wait_ms,
                        struct why *why)
{
    const int64_t until_us = clock_us(clock_system()) + wait_ms * 1000;
    size_t len = 0;
    while (len < room) {
        const int64_t left_ms = (until_us - clock_us(clock_system())) / 1000;
        struct pollfd wait = {.fd = child->out_fd, .events = POLLIN};
        const int ready = left_ms <= 0 ? 0 : poll(&wait, 1, (int)left_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0)
            return fail(why, TIMED_OUT, "it said nothing for %lld ms", (long long)wait_ms);
        const ssize_t got = read(child->out_fd, line + len, 1);
        if (got <= 0) return fail(why, UNAVAILABLE, "it ended without a word");
        if (line[len] == '\n') {
            line[len] = '\0';
            return OK;
        }
        len++;
    }
    return fail(why, TOO_LARGE, "it said more than %zu bytes in a line", room);
}

outcome child_wait(struct child *child, const char *what, struct why *why)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0) {
        if (errno != EINTR) return fail_errno(why, errno, "cannot wait for %s", what);
    }
    child->pid = 0;
    fd_close(&child->out_fd);
    if (WIFSIGNALED(status))
        return fail(why, UNAVAILABLE, "%s was ended by signal %d", what, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return fail(why, UNAVAILABLE, "%s failed with status %d", what, WEXITSTATUS(status));
    return OK;
}

void child_end(struct child *child)
{
    if (child->pid > 0) {
        struct why ignored;
        (void)kill(child->pid, SIGTERM);
        const outcome ended = child_wait(child, "it", &ignored);
        (void)ended; // how it ended no longer matters
    }
    if (child->out_fd > 0) fd_close(&child->out_fd);
}
