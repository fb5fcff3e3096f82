// SPDX-License-Identifier: Apache-2.0
#include "base/program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

outcome program_path(char *out, struct why *why)
{
    char path[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len < 0) return fail_errno(why, errno, "cannot find the running program");
    path[len] = '\0';
    memcpy(out, path, (size_t)len + 1);
    return OK;
}

outcome program_beside(const char *name, char *out, struct why *why)
{
    char self[PATH_MAX];
    TRY(program_path(self, why));
    char *slash = strrchr(self, '/');
    assert(slash != NULL); // the kernel gives absolute paths
    *slash = '\0';
    if (strlen(self) + 1 + strlen(name) >= PATH_MAX)
        return fail(why, TOO_LARGE, "the path of %.60s is too long: install Primrose higher up",
                    name);
    (void)stpcpy(stpcpy(stpcpy(out, self), "/"), name);
    return OK;
}

void program_become(const struct program_start *start)
{
    int above[PROGRAM_FDS_MAX]; // first out of the way of all places, then into them
    for (int i = 0; i < start->count; i++)
        if ((above[i] = fcntl(start->fds[i], F_DUPFD_CLOEXEC, start->first + start->count)) < 0)
            _exit(start->status);
    for (int i = 0; i < start->count; i++)
        if (dup2(above[i], start->first + i) < 0) _exit(start->status);
    (void)execl(start->path, start->name, (char *)NULL);
    _exit(start->status);
}
