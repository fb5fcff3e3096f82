// SPDX-License-Identifier: Apache-2.0
#include "store/blob_folder.h"

#include "base/file.h"
#include "base/random.h"
#include "store/folder_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS "+parts"

enum {
    PART_NAME_BYTES = 40,
    // Someone may remove a folder that has just become empty between our mkdir and our rename, or
    // sweep a part between its creation and its lock. Each round needs another such neighbour.
    RACE_ROUNDS_MAX = 64,
    COPY_BYTES = 1 << 20,
};

struct folder_store {
    struct blob_store base;
    const struct clock *clock;
    int root;  // descriptor of the folder
    int parts; // and of its +parts
};

struct folder_writer {
    struct blob_writer base;
    struct folder_store *store;
    int fd;
    char part[PART_NAME_BYTES];
    char key[BLOB_KEY_BYTES + 1];
};

static struct folder_store *folder_of(struct blob_store *store)
{
    return (struct folder_store *)store;
}

// --- writing ----------------------------------------------------------------------------

static void writer_close(struct folder_writer *writer)
{
    (void)unlinkat(writer->store->parts, writer->part, 0); // gone already after a commit
    fd_close(&writer->fd);
    free(writer);
}

static outcome part_open(struct folder_writer *writer, struct why *why)
{
    for (int round = 0; round < RACE_ROUNDS_MAX; round++) {
        uint8_t noise[16];
        random_bytes(noise, sizeof noise);
        hex_format(noise, sizeof noise, writer->part);
        autofd fd =
            openat(writer->store->parts, writer->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0) return fail_errno(why, errno, "cannot begin to write %s", writer->key);
        struct stat info;
        if (flock(fd, LOCK_EX) != 0 || fstat(fd, &info) != 0)
            return fail_errno(why, errno, "cannot lock the part of %s", writer->key);
        if (info.st_nlink == 0) continue; // swept before it was locked
        writer->fd = fd_take(&fd);
        return OK;
    }
    return fail(why, UNAVAILABLE, "cannot begin to write %s: its parts keep vanishing",
                writer->key);
}

static outcome writer_write(struct blob_writer *base, struct slice bytes, struct why *why)
{
    struct folder_writer *writer = (struct folder_writer *)base;
    return fd_write(writer->fd, bytes, why);
}

static outcome copy_by_hand(int from, uint64_t offset, uint64_t size, int to, struct why *why)
{
    autobuffer block = buffer_init(COPY_BYTES);
    TRY(buffer_reserve(&block, COPY_BYTES, why));
    while (size > 0) {
        const size_t len = size < COPY_BYTES ? (size_t)size : COPY_BYTES;
        TRY(fd_read_at(from, block.at, len, offset, why));
        TRY(fd_write(to, (struct slice){block.at, len}, why));
        offset += len;
        size -= len;
    }
    return OK;
}

// The kernel shares the blocks (btrfs, XFS) or copies them without passing through here; where it
// can do neither, as between some file systems, we copy.
static outcome writer_write_file(struct blob_writer *base, int fd, uint64_t offset, uint64_t size,
                                 struct why *why)
{
    struct folder_writer *writer = (struct folder_writer *)base;
    while (size > 0) {
        off_t from = (off_t)offset;
        const size_t len = size < SSIZE_MAX ? (size_t)size : SSIZE_MAX;
        const ssize_t copied = copy_file_range(fd, &from, writer->fd, NULL, len, 0);
        if (copied < 0 && errno == EINTR) continue;
        if (copied <= 0) return copy_by_hand(fd, offset, size, writer->fd, why);
        offset += (uint64_t)copied;
        size -= (uint64_t)copied;
    }
    return OK;
}

static outcome writer_file(struct blob_writer *base, int *out_fd, struct why *why)
{
    *out_fd = ((struct folder_writer *)base)->fd;
    return OK;
}

static outcome folder_sync(int root, const char *path, struct why *why)
{
    autofd fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return OK; // emptied and removed meanwhile: nothing to keep
    if (fd < 0 || fsync(fd) != 0) return fail_errno(why, errno, "cannot sync folder %s", path);
    return OK;
}

// The folder of `key` into `out`: "." for a key without a slash.
static void parent_of(const char *key, size_t len, char *out)
{
    while (len > 0 && key[len - 1] != '/')
        len--;
    (void)snprintf(out, BLOB_KEY_BYTES + 1, "%.*s", len == 0 ? 1 : (int)len - 1,
                   len == 0 ? "." : key);
}

static outcome folders_make(int root, const char *key, struct why *why)
{
    char path[BLOB_KEY_BYTES + 1], parent[BLOB_KEY_BYTES + 1];
    for (size_t i = 0; key[i] != '\0'; i++) {
        if (key[i] != '/') continue;
        memcpy(path, key, i);
        path[i] = '\0';
        if (mkdirat(root, path, 0777) == 0) {
            parent_of(path, i, parent);
            TRY(folder_sync(root, parent, why));
        } else if (errno == ENOTDIR) {
            return fail(why, CONFLICT, "%s cannot be stored: a part of its path is an object", key);
        } else if (errno == ENOENT) {
            return OK; // a parent was just removed: the caller's rename fails and it comes again
        } else if (errno != EEXIST) {
            return fail_errno(why, errno, "cannot make folder %s", path);
        }
    }
    return OK;
}

static outcome part_publish(const struct folder_writer *writer, struct why *why)
{
    const int root = writer->store->root;
    char parent[BLOB_KEY_BYTES + 1];
    parent_of(writer->key, strlen(writer->key), parent);
    for (int round = 0; round < RACE_ROUNDS_MAX; round++) {
        TRY(folders_make(root, writer->key, why));
        if (renameat(writer->store->parts, writer->part, root, writer->key) == 0)
            return folder_sync(root, parent, why);
        if (errno == EISDIR || errno == ENOTDIR)
            return fail(why, CONFLICT,
                        "%s cannot be stored: it is a folder of other objects, or "
                        "a part of its path is an object",
                        writer->key);
        if (errno != ENOENT) return fail_errno(why, errno, "cannot publish %s", writer->key);
    }
    return fail(why, UNAVAILABLE, "cannot publish %s: its folder keeps vanishing", writer->key);
}

static outcome writer_commit(struct blob_writer *base, struct why *why)
{
    struct folder_writer *writer = (struct folder_writer *)base;
    const int64_t wall_ms = clock_wall_ms(writer->store->clock);
    uint64_t noise;
    random_bytes((uint8_t *)&noise, sizeof noise);
    const struct timespec when = {
        .tv_sec = (time_t)(wall_ms / 1000),
        .tv_nsec = (long)(wall_ms % 1000) * 1000000 + (long)(noise % 1000000),
    };
    outcome result = OK;
    if (futimens(writer->fd, (const struct timespec[]){when, when}) != 0 || fsync(writer->fd) != 0)
        result = fail_errno(why, errno, "cannot sync %s", writer->key);
    if (result == OK) result = part_publish(writer, why);
    writer_close(writer);
    return result;
}

static void writer_abandon(struct blob_writer *base)
{
    writer_close((struct folder_writer *)base);
}

static const struct blob_writer_ops writer_ops = {
    .write = writer_write,
    .write_file = writer_write_file,
    .file = writer_file,
    .commit = writer_commit,
    .abandon = writer_abandon,
};

static outcome folder_create(struct blob_store *base, const char *key, struct blob_writer **out,
                             struct why *why)
{
    TRY(blob_key_check(key, why));
    struct folder_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to write %s", key);
    writer->base.ops = &writer_ops;
    writer->store = folder_of(base);
    memcpy(writer->key, key, strlen(key) + 1);
    const outcome opened = part_open(writer, why);
    if (opened != OK) {
        free(writer);
        return opened;
    }
    *out = &writer->base;
    return OK;
}

// --- reading ----------------------------------------------------------------------------

static outcome object_open(struct folder_store *store, const char *key, int *out_fd,
                           struct stat *info, struct why *why)
{
    TRY(blob_key_check(key, why));
    autofd fd = openat(store->root, key, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return fail(why, NOT_FOUND, "there is no object %s", key);
    if (fd < 0 || fstat(fd, info) != 0) return fail_errno(why, errno, "cannot open %s", key);
    if (!S_ISREG(info->st_mode)) return fail(why, NOT_FOUND, "there is no object %s", key);
    *out_fd = fd_take(&fd);
    return OK;
}

static outcome folder_stat(struct blob_store *base, const char *key, struct blob_facts *out,
                           struct why *why)
{
    autofd fd = -1;
    struct stat info;
    TRY(object_open(folder_of(base), key, &fd, &info, why));
    const int64_t seconds = info.st_mtim.tv_sec;
    out->size = (uint64_t)info.st_size;
    out->modified_ms = seconds * 1000 + info.st_mtim.tv_nsec / 1000000;
    (void)snprintf(out->etag, sizeof out->etag, "%llx-%llx",
                   (unsigned long long)(seconds * 1000000000 + info.st_mtim.tv_nsec),
                   (unsigned long long)info.st_size);
    return OK;
}

static outcome folder_read(struct blob_store *base, const char *key, uint64_t offset, size_t size,
                           struct buffer *out, struct why *why)
{
    autofd fd = -1;
    struct stat info;
    TRY(object_open(folder_of(base), key, &fd, &info, why));
    const uint64_t total = (uint64_t)info.st_size;
    if (offset > total || size > total - offset)
        return fail(why, INVALID, "%s has %llu bytes: %zu from %llu on leave it", key,
                    (unsigned long long)total, size, (unsigned long long)offset);
    if (size == 0) return OK;
    TRY(buffer_reserve(out, size, why));
    TRY(fd_read_at(fd, out->at + out->len, size, offset, why));
    out->len += size;
    return OK;
}

static outcome folder_open(struct blob_store *base, const char *key, int *out_fd, struct why *why)
{
    struct stat info;
    return object_open(folder_of(base), key, out_fd, &info, why);
}

struct visitor {
    outcome (*visit)(void *context, const char *key, struct why *why);
    void *context;
};

// Files that someone else put here under names that are no keys are none of ours.
static outcome visit_key(void *context, const char *path, struct why *why)
{
    const struct visitor *visitor = context;
    return blob_key_check(path, NULL) == OK ? visitor->visit(visitor->context, path, why) : OK;
}

static outcome folder_list(struct blob_store *base, const char *prefix,
                           outcome (*visit)(void *context, const char *key, struct why *why),
                           void *context, struct why *why)
{
    struct visitor visitor = {visit, context};
    char folder[BLOB_KEY_BYTES + 2];
    const char *slash = strrchr(prefix, '/');
    const size_t len = slash == NULL ? 0 : (size_t)(slash - prefix);
    if (len >= sizeof folder) return OK; // no key is that long
    memcpy(folder, prefix, len);
    folder[len] = '\0';
    if (slash != NULL && blob_key_check(folder, NULL) != OK) return OK; // nor begins like this
    return folder_walk(folder_of(base)->root, prefix, PARTS, visit_key, &visitor, why);
}

static outcome folder_drop(struct blob_store *base, const char *key, struct why *why)
{
    TRY(blob_key_check(key, why));
    const int root = folder_of(base)->root;
    if (unlinkat(root, key, 0) != 0 && errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
        return fail_errno(why, errno, "cannot remove %s", key);
    char path[BLOB_KEY_BYTES + 1];
    memcpy(path, key, strlen(key) + 1);
    for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (unlinkat(root, path, AT_REMOVEDIR) != 0) break; // not empty: others still need it
    }
    return OK;
}

static void folder_close(struct blob_store *base)
{
    struct folder_store *store = folder_of(base);
    fd_close(&store->parts);
    fd_close(&store->root);
    free(store);
}

static const struct blob_ops folder_ops = {
    .create = folder_create,
    .stat = folder_stat,
    .read = folder_read,
    .open = folder_open,
    .list = folder_list,
    .drop = folder_drop,
    .close = folder_close,
};

// --- opening ----------------------------------------------------------------------------

static outcome sweep_part(void *context, const char *name, struct why *why)
{
    const struct folder_store *store = context;
    autofd fd = openat(store->parts, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(store->parts, name, 0);
    return OK;
}

outcome blob_folder_open(const char *root, const struct clock *clock, struct blob_store **out,
                         struct why *why)
{
    TRY(folder_make(root, why));
    struct folder_store *store = calloc(1, sizeof *store);
    if (store == NULL) return fail(why, NO_MEMORY, "no memory to open %s", root);
    *store = (struct folder_store){{&folder_ops}, clock, -1, -1};
    outcome result = OK;
    store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root < 0 || (mkdirat(store->root, PARTS, 0777) != 0 && errno != EEXIST))
        result = fail_errno(why, errno, "cannot use %s for objects", root);
    if (result == OK) {
        store->parts = openat(store->root, PARTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (store->parts < 0) result = fail_errno(why, errno, "cannot use %s/" PARTS, root);
    }
    if (result == OK) result = folder_walk(store->parts, "", NULL, sweep_part, store, why);
    if (result != OK) {
        folder_close(&store->base);
        return result;
    }
    *out = &store->base;
    return OK;
}
