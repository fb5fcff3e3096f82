// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}

int fd_take(int *fd)
{
    const int taken = *fd;
    *fd = -1;
    return taken;
}

outcome file_read(const char *path, struct buffer *out, struct why *why)
{
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", path);
    const size_t len_before = out->len;
    for (;;) {
        const outcome grown = buffer_reserve(out, 1, why);
        if (grown != OK) {
            out->len = len_before;
            return grown == TOO_LARGE
                       ? fail(why, TOO_LARGE, "%s is larger than the limit of %zu bytes", path,
                              out->cap)
                       : grown;
        }
        const ssize_t got = read(fd, out->at + out->len, out->room - out->len);
        if (got == 0) return OK;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            out->len = len_before;
            return fail_errno(why, errno, "cannot read %s", path);
        }
        out->len += (size_t)got;
    }
}

outcome fd_read_at(int fd, uint8_t *out, size_t len, uint64_t offset, struct why *why)
{
    size_t done = 0;
    while (done < len) {
        const ssize_t got = pread(fd, out + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return fail_errno(why, errno, "cannot read %zu bytes at %llu", len,
                              (unsigned long long)offset);
        if (got == 0)
            return fail(why, CORRUPT, "the file ends at byte %llu, %zu bytes early",
                        (unsigned long long)(offset + done), len - done);
        done += (size_t)got;
    }
    return OK;
}

outcome fd_write(int fd, struct slice bytes, struct why *why)
{
    while (bytes.len > 0) {
        const ssize_t written = write(fd, bytes.at, bytes.len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno(why, errno, "cannot write %zu bytes", bytes.len);
        bytes = slice_part(bytes, (size_t)written, bytes.len);
    }
    return OK;
}

outcome fd_write_at(int fd, struct slice bytes, uint64_t offset, struct why *why)
{
    while (bytes.len > 0) {
        const ssize_t written = pwrite(fd, bytes.at, bytes.len, (off_t)offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            return fail_errno(why, errno, "cannot write %zu bytes at %llu", bytes.len,
                              (unsigned long long)offset);
        bytes = slice_part(bytes, (size_t)written, bytes.len);
        offset += (uint64_t)written;
    }
    return OK;
}

static outcome sync_parent(const char *path, struct why *why)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    (void)snprintf(parent, sizeof parent, "%.*s", slash == NULL ? 1 : (int)(len == 0 ? 1 : len),
                   slash == NULL ? "." : path);
    autofd fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) return fail_errno(why, errno, "cannot sync folder %s", parent);
    return OK;
}

outcome file_write_atomic(const char *path, struct slice bytes, mode_t mode, struct why *why)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.XXXXXX", path) >= (int)sizeof part)
        return fail(why, INVALID, "the path %.80s... is too long", path);
    autofd fd = mkostemp(part, O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot create %s", part);

    outcome result = fd_write(fd, bytes, why);
    if (result == OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        result = fail_errno(why, errno, "cannot sync %s", part);
    if (result == OK && rename(part, path) != 0)
        result = fail_errno(why, errno, "cannot rename %s to %s", part, path);
    if (result != OK) {
        (void)unlink(part);
        return result;
    }
    return sync_parent(path, why);
}

outcome folder_make(const char *path, struct why *why)
{
    char partial[PATH_MAX];
    const size_t len = strlen(path);
    if (len == 0 || len >= sizeof partial)
        return fail(why, INVALID, "a folder's path has 1 to %zu characters, not %zu",
                    sizeof partial - 1, len);
    memcpy(partial, path, len + 1);
    for (char *c = partial + 1;; c++) {
        if (*c != '/' && *c != '\0') continue;
        const char kept = *c;
        *c = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return fail_errno(why, errno, "cannot make folder %s", partial);
        *c = kept;
        if (kept == '\0') break;
    }
    struct stat info;
    if (stat(path, &info) != 0) return fail_errno(why, errno, "cannot look at folder %s", path);
    if (!S_ISDIR(info.st_mode))
        return fail(why, CONFLICT, "%s is there, but is no folder: move it away", path);
    return OK;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

outcome folder_remove(const char *path, struct why *why)
{
    enum { OPEN_FOLDERS_MAX = 16 };
    if (nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail_errno(why, errno, "cannot remove %s", path);
    return OK;
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

struct file_mark file_mark(const char *path)
{
    struct stat seen;
    if (stat(path, &seen) != 0) return (struct file_mark){.size = 0};
    return (struct file_mark){seen.st_ctim, (uint64_t)seen.st_size, (uint64_t)seen.st_ino};
}

bool file_mark_is_same(const struct file_mark *a, const struct file_mark *b)
{
    return a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
           a->size == b->size && a->inode == b->inode;
}

bool file_has_changed(const char *path, struct file_mark *mark)
{
    const struct file_mark was = *mark;
    *mark = file_mark(path);
    return !file_mark_is_same(&was, mark);
}
