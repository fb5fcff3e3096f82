// SPDX-License-Identifier: Apache-2.0
#include "studio/title_lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

outcome title_lock(const char *data, const char *title_id, int *out_fd, struct why *why)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/locks", data) > PATH_MAX - 80)
        return fail(why, INVALID, "the data folder's path is too long");
    TRY(folder_make(path, why));
    (void)snprintf(path + strlen(path), 80, "/%s", title_id);
    autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return fail_errno(why, errno, "cannot make the lock %s", path);
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_SETLK, &whole) != 0)
        return fail(why, CONFLICT, "another ingest of %s is running: wait for it, or stop it",
                    title_id);
    *out_fd = fd_take(&fd);
    return OK;
}
