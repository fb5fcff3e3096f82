// SPDX-License-Identifier: Apache-2.0
#include "store/blob_copies.h"

#include "base/file.h"
#include "net/sigv4.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = SIGV4_HASH_BYTES + 8, ROUNDS_MAX = 8 };

struct blob_copies {
    int folder;
    uint64_t bytes_max;
};

outcome blob_copies_open(const char *folder, uint64_t bytes_max, struct blob_copies **out,
                         struct why *why)
{
    TRY(folder_make(folder, why));
    autofd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot use %s for copies", folder);
    struct blob_copies *copies = calloc(1, sizeof *copies);
    if (copies == NULL) return fail(why, NO_MEMORY, "no memory to open %s", folder);
    copies->folder = fd_take(&fd);
    copies->bytes_max = bytes_max;
    *out = copies;
    return OK;
}

void blob_copies_close(struct blob_copies **copies)
{
    if (*copies == NULL) return;
    fd_close(&(*copies)->folder);
    free(*copies);
    *copies = NULL;
}

// --- room ------------------------------------------------------------------------------------

struct survey {
    uint64_t bytes; // of whole copies
    char oldest[NAME_BYTES];
    struct timespec oldest_use;
};

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static outcome survey(const struct blob_copies *copies, struct survey *out, struct why *why)
{
    *out = (struct survey){.bytes = 0};
    autofd fd = openat(copies->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) return fail_errno(why, errno, "cannot look at the copies");
    (void)fd_take(&fd); // the stream's now
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat info;
        if (strlen(entry->d_name) != SIGV4_HASH_BYTES - 1) continue; // no whole copy
        if (fstatat(copies->folder, entry->d_name, &info, 0) != 0) continue;
        out->bytes += (uint64_t)info.st_size;
        if (out->oldest[0] != '\0' && !is_before(info.st_mtim, out->oldest_use)) continue;
        memcpy(out->oldest, entry->d_name, SIGV4_HASH_BYTES);
        out->oldest_use = info.st_mtim;
    }
    (void)closedir(folder);
    return OK;
}

static outcome make_room(const struct blob_copies *copies, const char *key, uint64_t size,
                         struct why *why)
{
    if (size > copies->bytes_max)
        return fail(why, EXHAUSTED, "%s has %llu bytes, the copies' budget is %llu", key,
                    (unsigned long long)size, (unsigned long long)copies->bytes_max);
    for (;;) {
        struct survey found;
        TRY(survey(copies, &found, why));
        if (found.oldest[0] == '\0' || found.bytes <= copies->bytes_max - size) return OK;
        if (unlinkat(copies->folder, found.oldest, 0) != 0 && errno != ENOENT)
            return fail_errno(why, errno, "cannot remove the copy %s", found.oldest);
    }
}

// --- one copy --------------------------------------------------------------------------------

static outcome open_whole(const struct blob_copies *copies, const char *name, int *out_fd,
                          struct why *why)
{
    autofd fd = openat(copies->folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open the copy %s", name);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    (void)clock_gettime(CLOCK_REALTIME, &times[1]); // finer than the kernel's own stamps
    (void)futimens(fd, times); // a time that cannot be set only makes it look older
    *out_fd = fd_take(&fd);
    return OK;
}

// Gets the lock of the part, and sees to it that the part is still the one under that name: another
// may have finished (renamed) it while we waited.
static outcome part_lock(const struct blob_copies *copies, const char *part, int *out_fd,
                         struct why *why)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct stat held, named;
        autofd fd = openat(copies->folder, part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) return fail_errno(why, errno, "cannot make the copy %s", part);
        while (flock(fd, LOCK_EX) != 0)
            if (errno != EINTR) return fail_errno(why, errno, "cannot lock the copy %s", part);
        if (fstat(fd, &held) != 0) return fail_errno(why, errno, "cannot look at %s", part);
        if (fstatat(copies->folder, part, &named, 0) != 0 || named.st_ino != held.st_ino) continue;
        *out_fd = fd_take(&fd);
        return OK;
    }
    return fail(why, UNAVAILABLE, "the copy %s keeps changing hands", part);
}

outcome blob_copies_take(struct blob_copies *copies, const char *key, const char *version,
                         uint64_t size, outcome (*fetch)(void *context, int fd, struct why *why),
                         void *context, int *out_fd, struct why *why)
{
    char name[NAME_BYTES], part[NAME_BYTES];
    autobuffer text = buffer_init(4096);
    TRY(buffer_format(&text, why, "%s\n%s", key, version));
    sigv4_hash(buffer_slice(&text), name);
    (void)snprintf(part, sizeof part, "%.64s.part", name);
    if (open_whole(copies, name, out_fd, NULL) == OK) return OK;
    autofd fd = -1;
    TRY(part_lock(copies, part, &fd, why));
    if (open_whole(copies, name, out_fd, NULL) == OK) { // made while we waited
        (void)unlinkat(copies->folder, part, 0);
        return OK;
    }
    if (ftruncate(fd, 0) != 0) return fail_errno(why, errno, "cannot empty the copy %s", part);
    TRY(make_room(copies, key, size, why));
    const outcome fetched = fetch(context, fd, why);
    if (fetched != OK) {
        (void)unlinkat(copies->folder, part, 0);
        return fetched;
    }
    if (renameat(copies->folder, part, copies->folder, name) != 0)
        return fail_errno(why, errno, "cannot keep the copy %s", name);
    return open_whole(copies, name, out_fd, why);
}
