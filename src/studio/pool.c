// SPDX-License-Identifier: Apache-2.0
#include "studio/pool.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    EXITS_MAX = 3,      // workers that end by themselves, per worker: their fault is no accident
    PATIENCE_MS = 3000, // between SIGTERM and SIGKILL
    LOOK_NS = 10000000,
    CANNOT_EXEC = 127,
};

struct pool {
    const char *const *command;
    const char *log;
    size_t count, deaths, exits;
    pid_t workers[POOL_WORKERS_MAX]; // 0: not running
};

// Between fork and exec: async-signal-safe calls alone, since other threads may hold locks.
__attribute__((noreturn)) static void become_worker(const char *const *command, pid_t parent,
                                                    int log)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(0); // it died before we asked to hear of it
    const int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        (void)dup2(nothing, STDIN_FILENO);
        (void)dup2(nothing, STDOUT_FILENO);
    }
    if (log >= 0) (void)dup2(log, STDERR_FILENO);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    // Ctrl-C is the parent's to hear; it tells us when to stop.
    (void)setpgid(0, 0);
    char *arguments[32];
    size_t count = 0;
    for (; command[count] != NULL && count < 31; count++)
        memcpy(&arguments[count], &command[count], sizeof arguments[count]); // execv wants char *
    arguments[count] = NULL;
    (void)execv(command[0], arguments);
    _exit(CANNOT_EXEC);
}

static outcome start(struct pool *pool, size_t index, struct why *why)
{
    autofd log = -1;
    if (pool->log != NULL) log = open(pool->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (pool->log != NULL && log < 0) return fail_errno(why, errno, "cannot open %s", pool->log);
    const pid_t self = getpid(), child = fork();
    if (child < 0) return fail_errno(why, errno, "cannot start a worker");
    if (child == 0) become_worker(pool->command, self, log);
    pool->workers[index] = child;
    return OK;
}

outcome pool_open(const struct pool_options *options, struct pool **out, struct why *why)
{
    if (options->count > POOL_WORKERS_MAX)
        return fail(why, TOO_LARGE, "%zu workers are more than %d", options->count,
                    POOL_WORKERS_MAX);
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return fail(why, NO_MEMORY, "no memory for %zu workers", options->count);
    pool->command = options->command;
    pool->log = options->log;
    pool->count = options->count;
    for (size_t i = 0; i < pool->count; i++) {
        const outcome started = start(pool, i, why);
        if (started == OK) continue;
        pool_close(&pool);
        return started;
    }
    *out = pool;
    return OK;
}

outcome pool_tend(struct pool *pool, struct why *why)
{
    for (size_t i = 0; i < pool->count; i++) {
        int status = 0;
        if (pool->workers[i] == 0 || waitpid(pool->workers[i], &status, WNOHANG) == 0) continue;
        pool->workers[i] = 0;
        pool->deaths++;
        if (WIFEXITED(status) && ++pool->exits >= EXITS_MAX * pool->count)
            return fail(why, UNAVAILABLE,
                        "the workers end by themselves (%s, the last with status %d): see %s",
                        WEXITSTATUS(status) == CANNOT_EXEC ? "cannot be started" : pool->command[0],
                        WEXITSTATUS(status), pool->log == NULL ? "what they said" : pool->log);
        TRY(start(pool, i, why));
    }
    return OK;
}

size_t pool_deaths(const struct pool *pool)
{
    return pool->deaths;
}

static size_t reap(struct pool *pool)
{
    size_t left = 0;
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->workers[i] != 0 && waitpid(pool->workers[i], NULL, WNOHANG) != 0)
            pool->workers[i] = 0;
        left += pool->workers[i] != 0;
    }
    return left;
}

static void signal_all(const struct pool *pool, int number)
{
    for (size_t i = 0; i < pool->count; i++)
        if (pool->workers[i] != 0) (void)kill(pool->workers[i], number);
}

void pool_close(struct pool **pool)
{
    if (*pool == NULL) return;
    signal_all(*pool, SIGTERM);
    for (int i = 0; i < PATIENCE_MS / 10 && reap(*pool) > 0; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    signal_all(*pool, SIGKILL);
    for (size_t i = 0; i < (*pool)->count; i++)
        if ((*pool)->workers[i] != 0) (void)waitpid((*pool)->workers[i], NULL, 0);
    free(*pool);
    *pool = NULL;
}
