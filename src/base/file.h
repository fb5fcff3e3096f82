// SPDX-License-Identifier: Apache-2.0
//
// Files and folders, where the C library leaves room for mistakes: whole reads with a cap, writes
// that are all or nothing, descriptors that close themselves.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buffer.h"

#include <time.h>

#include <sys/types.h>

// Closes `*fd` unless it is negative, and sets it to -1.
void fd_close(int *fd);

#define autofd __attribute__((cleanup(fd_close))) int

// Hands a descriptor over: returns `*fd` and leaves -1, so that its cleanup does nothing.
int fd_take(int *fd);

// Appends the whole of `path` to `out`. NOT_FOUND, DENIED, TOO_LARGE (over out's cap), UNAVAILABLE.
must_check outcome file_read(const char *path, struct buffer *out, struct why *why);

// Reads exactly `len` bytes at `offset`. CORRUPT when the file ends before, UNAVAILABLE on a read
// error.
must_check outcome fd_read_at(int fd, uint8_t *out, size_t len, uint64_t offset, struct why *why);

// Writes all of `bytes` at the descriptor's position, however often the kernel takes only a part.
must_check outcome fd_write(int fd, struct slice bytes, struct why *why);

// The same at `offset`, leaving the descriptor's position alone.
must_check outcome fd_write_at(int fd, struct slice bytes, uint64_t offset, struct why *why);

// Writes `bytes` to `path` so that a reader, or a crash, sees either the old file or the new one: a
// temporary file beside it, fsync, rename, fsync of the folder.
must_check outcome file_write_atomic(const char *path, struct slice bytes, mode_t mode,
                                     struct why *why);

// Makes the folder and its parents where missing (mode 0777 less umask).
must_check outcome folder_make(const char *path, struct why *why);

// Removes a folder and all that is in it; symbolic links are removed, not followed. OK when it is
// not there.
must_check outcome folder_remove(const char *path, struct why *why);

// True when something stands at `path`.
bool path_exists(const char *path);

// What tells one state of a file from another, for those who take up a changed one. All zero: there
// is none. Mark before reading: a change in between is seen by the next look.
struct file_mark {
    struct timespec changed;
    uint64_t size, inode;
};

struct file_mark file_mark(const char *path);
bool file_mark_is_same(const struct file_mark *a, const struct file_mark *b);

// Whether the file is another than at the last look; `*mark` is this look's then.
bool file_has_changed(const char *path, struct file_mark *mark);

#endif
