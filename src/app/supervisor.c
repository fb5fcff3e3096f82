// SPDX-License-Identifier: Apache-2.0
#include "app/supervisor.h"

#include "base/file.h"
#include "base/log.h"
#include "base/slice.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum {
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_LAST_MS = 10000,
    STEADY_MS = 30000, // having run so long, a child is trusted again
};

static const char ready_variable[] = "PRIMROSE_READY_FD";

struct child {
    const struct supervised *spec;
    pid_t pid;    // 0: not running
    int ready_fd; // -1: has reported, or does not run
    bool has_reported, was_ready;
    int64_t started_us, restart_us; // restart_us 0: not waiting
    int64_t back_off_ms;
    char line[SUPERVISOR_LINE_BYTES];
};

struct supervisor {
    struct child children[SUPERVISOR_CHILDREN_MAX];
    size_t count;
    const struct clock *clock;
    int signal_fd;
    sigset_t mask_before;
    bool is_stopping, is_announced;
    int64_t kill_us; // when stopping
    int exit_status;
};

int supervisor_ready_fd(void)
{
    const char *text = getenv(ready_variable);
    uint64_t fd;
    if (text == NULL || slice_u64(slice_of(text), 1024, &fd, NULL) != OK) return -1;
    return (int)fd;
}

void supervisor_report(int ready_fd, const char *line)
{
    char text[SUPERVISOR_LINE_BYTES + 1];
    (void)snprintf(text, sizeof text, "%s\n", line);
    const outcome written = fd_write(ready_fd, slice_of(text), NULL);
    (void)written; // a supervisor that is gone has nothing to be told
    (void)close(ready_fd);
}

// In the new process: only what is allowed between fork and exec, and it does not return.
static void become(const struct child *child, const sigset_t *mask, int ready_fd, pid_t parent)
{
    char fd_text[16];
    const char *argv[SUPERVISOR_ARGS_MAX];
    memcpy(argv, child->spec->argv, sizeof argv);
    const bool has_address = child->was_ready && child->spec->listen_at > 0;
    if (has_address) argv[child->spec->listen_at] = child->line;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1); // it died before the line above
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)fcntl(ready_fd, F_SETFD, 0);
    (void)snprintf(fd_text, sizeof fd_text, "%d", ready_fd);
    (void)setenv(ready_variable, fd_text, 1);
    (void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(127);
}

static outcome start_child(struct supervisor *supervisor, struct child *child, struct why *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return fail_errno(why, errno, "no pipe for the process %s", child->spec->name);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) become(child, &supervisor->mask_before, ends[1], parent);
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return fail_errno(why, errno, "the process %s cannot be started", child->spec->name);
    }
    child->pid = pid;
    child->ready_fd = ends[0];
    child->restart_us = 0;
    child->started_us = clock_us(supervisor->clock);
    child->has_reported = false;
    return OK;
}

static void stop_all(struct supervisor *supervisor, int signal_number)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        struct child *child = &supervisor->children[i];
        child->restart_us = 0;
        if (child->pid > 0) (void)kill(child->pid, signal_number);
    }
    if (!supervisor->is_stopping)
        supervisor->kill_us = clock_us(supervisor->clock) + SUPERVISOR_STOP_MS * 1000;
    supervisor->is_stopping = true;
}

static void wait_to_restart(struct supervisor *supervisor, struct child *child, int status)
{
    const int64_t now_us = clock_us(supervisor->clock);
    if (now_us - child->started_us > STEADY_MS * 1000) child->back_off_ms = 0;
    child->back_off_ms = child->back_off_ms == 0 ? BACK_OFF_FIRST_MS : child->back_off_ms * 2;
    if (child->back_off_ms > BACK_OFF_LAST_MS) child->back_off_ms = BACK_OFF_LAST_MS;
    child->restart_us = now_us + child->back_off_ms * 1000;
    log_event(LOG_ERROR, "serve.crashed", "role=%s pid=%d %s=%d restart_in_ms=%lld",
              child->spec->name, (int)child->pid, WIFSIGNALED(status) ? "signal" : "status",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
              (long long)child->back_off_ms);
}

static void child_ended(struct supervisor *supervisor, struct child *child, int status)
{
    fd_close(&child->ready_fd);
    const bool gave_up = !child->was_ready && WIFEXITED(status);
    if (!supervisor->is_stopping && gave_up) {
        supervisor->exit_status = WEXITSTATUS(status) == 0 ? 1 : WEXITSTATUS(status);
        stop_all(supervisor, SIGTERM);
    } else if (!supervisor->is_stopping) {
        wait_to_restart(supervisor, child, status);
    }
    child->pid = 0;
}

static void reap(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        struct child *child = &supervisor->children[i];
        int status;
        if (child->pid > 0 && waitpid(child->pid, &status, WNOHANG) == child->pid)
            child_ended(supervisor, child, status);
    }
}

// Each byte of the line as it comes; the line of an earlier run is replaced.
static void read_report(struct child *child)
{
    char text[SUPERVISOR_LINE_BYTES];
    const ssize_t got = read(child->ready_fd, text, sizeof text);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) { // it has gone, or closed it without a word: waitpid tells
        fd_close(&child->ready_fd);
        return;
    }
    if (child->has_reported) return;
    const size_t len = strnlen(text, (size_t)got);
    const char *end = memchr(text, '\n', len);
    if (end == NULL) return; // a line is one write: this is none
    memcpy(child->line, text, (size_t)(end - text));
    child->line[end - text] = '\0';
    child->has_reported = child->was_ready = true;
    if (child->back_off_ms > 0)
        log_event(LOG_INFO, "serve.recovered", "role=%s pid=%d addr=%s", child->spec->name,
                  (int)child->pid, child->line);
}

static bool are_all_ready(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++)
        if (!supervisor->children[i].has_reported) return false;
    return true;
}

static bool is_any_running(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++)
        if (supervisor->children[i].pid > 0) return true;
    return false;
}

static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) continue;
        stop_all(supervisor, supervisor->is_stopping ? SIGKILL : SIGTERM);
    }
    reap(supervisor);
}

// Milliseconds to wait for the next thing that the clock brings; -1: nothing.
static int wait_ms(const struct supervisor *supervisor)
{
    int64_t next_us = supervisor->is_stopping ? supervisor->kill_us : INT64_MAX;
    for (size_t i = 0; i < supervisor->count; i++) {
        const int64_t at_us = supervisor->children[i].restart_us;
        if (at_us > 0 && at_us < next_us) next_us = at_us;
    }
    if (next_us == INT64_MAX) return -1;
    const int64_t left_ms = (next_us - clock_us(supervisor->clock) + 999) / 1000;
    return left_ms < 0 ? 0 : (int)left_ms;
}

static void wait_for_events(struct supervisor *supervisor)
{
    struct pollfd polled[SUPERVISOR_CHILDREN_MAX + 1] = {
        {.fd = supervisor->signal_fd, .events = POLLIN}};
    for (size_t i = 0; i < supervisor->count; i++)
        polled[i + 1] = (struct pollfd){.fd = supervisor->children[i].ready_fd, .events = POLLIN};
    (void)poll(polled, supervisor->count + 1, wait_ms(supervisor));
    for (size_t i = 0; i < supervisor->count; i++)
        if (polled[i + 1].revents != 0) read_report(&supervisor->children[i]);
    if (polled[0].revents != 0) take_signals(supervisor);
}

static void start_due(struct supervisor *supervisor)
{
    const int64_t now_us = clock_us(supervisor->clock);
    for (size_t i = 0; i < supervisor->count; i++) {
        struct child *child = &supervisor->children[i];
        if (child->restart_us == 0 || child->restart_us > now_us) continue;
        struct why why = {""};
        if (start_child(supervisor, child, &why) == OK) continue;
        child->restart_us = now_us + BACK_OFF_LAST_MS * 1000;
        log_event(LOG_ERROR, "serve.no_process", "role=%s why=\"%s\"", child->spec->name, why.text);
    }
    if (supervisor->is_stopping && now_us >= supervisor->kill_us) stop_all(supervisor, SIGKILL);
}

static outcome start_all(struct supervisor *supervisor, struct why *why)
{
    for (size_t i = 0; i < supervisor->count; i++)
        TRY(start_child(supervisor, &supervisor->children[i], why));
    return OK;
}

static outcome take_over_signals(struct supervisor *supervisor, struct why *why)
{
    sigset_t watched;
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGCHLD);
    (void)sigaddset(&watched, SIGTERM);
    (void)sigaddset(&watched, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &watched, &supervisor->mask_before);
    supervisor->signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signal_fd < 0) return fail_errno(why, errno, "signals cannot be watched");
    return OK;
}

outcome supervise(const struct supervised *children, size_t count, const struct clock *clock,
                  void (*ready)(void *context, const char *const *lines), void *context,
                  int *exit_status, struct why *why)
{
    assert(count >= 1 && count <= SUPERVISOR_CHILDREN_MAX);
    struct supervisor supervisor = {.count = count, .clock = clock};
    for (size_t i = 0; i < count; i++)
        supervisor.children[i] = (struct child){.spec = &children[i], .ready_fd = -1};
    TRY(take_over_signals(&supervisor, why));
    const outcome started = start_all(&supervisor, why);
    if (started != OK) stop_all(&supervisor, SIGTERM);
    while (!supervisor.is_stopping || is_any_running(&supervisor)) {
        wait_for_events(&supervisor);
        start_due(&supervisor);
        if (supervisor.is_announced || supervisor.is_stopping || !are_all_ready(&supervisor))
            continue;
        const char *lines[SUPERVISOR_CHILDREN_MAX];
        for (size_t i = 0; i < count; i++)
            lines[i] = supervisor.children[i].line;
        supervisor.is_announced = true;
        ready(context, lines);
    }
    fd_close(&supervisor.signal_fd);
    if (started == OK) *exit_status = supervisor.exit_status;
    return started;
}
