// SPDX-License-Identifier: Apache-2.0
#include "media/window_pool.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

_Static_assert(GATHER_PIECES_MAX <= IOV_MAX, "writev takes no more pieces");

struct window {
    struct window_file file;
    uint64_t index;   // WINDOW_BYTES * index is its offset in the file
    size_t len;       // 0: empty
    uint64_t used;    // the pool's clock when it was last asked for
    bool is_gathered; // pieces that are not written yet point into it
    uint8_t *bytes;
};

struct window_pool {
    uint64_t clock;
    uint8_t *memory;
    struct window windows[WINDOW_COUNT];
};

outcome window_pool_open(struct window_pool **out, struct why *why)
{
    struct window_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return fail(why, NO_MEMORY, "no memory for read windows");
    void *memory = mmap(NULL, (size_t)WINDOW_BYTES * WINDOW_COUNT, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        free(pool);
        return fail_errno(why, errno, "cannot map %d read windows", WINDOW_COUNT);
    }
    pool->memory = memory;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        pool->windows[i].bytes = pool->memory + i * WINDOW_BYTES;
    *out = pool;
    return OK;
}

void window_pool_close(struct window_pool **pool)
{
    if (*pool == NULL) return;
    (void)munmap((*pool)->memory, (size_t)WINDOW_BYTES * WINDOW_COUNT);
    free(*pool);
    *pool = NULL;
}

outcome window_file_of(int fd, struct window_file *out, struct why *why)
{
    struct stat status;
    if (fstat(fd, &status) != 0) return fail_errno(why, errno, "cannot look at a source file");
    *out = (struct window_file){
        .fd = fd,
        .device = status.st_dev,
        .inode = status.st_ino,
        .bytes = (uint64_t)status.st_size,
        .changed_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec,
    };
    return OK;
}

static bool is_same_file(const struct window_file *a, const struct window_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->changed_ns == b->changed_ns;
}

struct gather gather_init(struct window_pool *pool, int fd)
{
    return (struct gather){.pool = pool, .fd = fd};
}

outcome gather_flush(struct gather *gather, struct why *why)
{
    size_t first = 0;
    while (first < gather->count) {
        const ssize_t done =
            writev(gather->fd, gather->pieces + first, (int)(gather->count - first));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fail_errno(why, errno, "cannot write media");
        gather->written += (uint64_t)done;
        size_t left = (size_t)done;
        while (first < gather->count && left >= gather->pieces[first].iov_len)
            left -= gather->pieces[first++].iov_len;
        if (left > 0) {
            struct iovec *piece = &gather->pieces[first];
            piece->iov_base = (uint8_t *)piece->iov_base + left;
            piece->iov_len -= left;
        }
    }
    gather->count = 0;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        gather->pool->windows[i].is_gathered = false;
    return OK;
}

static outcome add_piece(struct gather *gather, uint8_t *at, size_t len, struct why *why)
{
    if (gather->count > 0) {
        struct iovec *last = &gather->pieces[gather->count - 1];
        if ((uint8_t *)last->iov_base + last->iov_len == at) {
            last->iov_len += len;
            return OK;
        }
    }
    if (gather->count == GATHER_PIECES_MAX) TRY(gather_flush(gather, why));
    gather->pieces[gather->count++] = (struct iovec){at, len};
    return OK;
}

outcome gather_bytes(struct gather *gather, struct slice bytes, struct why *why)
{
    union { // writev() never writes through it
        const uint8_t *given;
        uint8_t *piece;
    } at = {.given = bytes.at};
    return bytes.len == 0 ? OK : add_piece(gather, at.piece, bytes.len, why);
}

// The window that holds byte WINDOW_BYTES * index of the file, read when it is not there in place
// of the one that was not asked for the longest.
static outcome window_at(struct gather *gather, const struct window_file *file, uint64_t index,
                         struct window **out, struct why *why)
{
    struct window_pool *pool = gather->pool;
    struct window *oldest = &pool->windows[0];
    for (size_t i = 0; i < WINDOW_COUNT; i++) {
        struct window *window = &pool->windows[i];
        if (window->len > 0 && window->index == index && is_same_file(&window->file, file)) {
            window->used = ++pool->clock;
            *out = window;
            return OK;
        }
        if (window->used < oldest->used) oldest = window;
    }
    if (oldest->is_gathered) TRY(gather_flush(gather, why));
    const uint64_t offset = index * WINDOW_BYTES;
    assert(offset < file->bytes);
    const uint64_t left = file->bytes - offset;
    const size_t len = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
    oldest->len = 0;
    TRY(fd_read_at(file->fd, oldest->bytes, len, offset, why));
    oldest->file = *file;
    oldest->index = index;
    oldest->len = len;
    oldest->used = ++pool->clock;
    *out = oldest;
    return OK;
}

static outcome check_range(const struct window_file *file, uint64_t offset, uint64_t len,
                           struct why *why)
{
    if (offset <= file->bytes && len <= file->bytes - offset) return OK;
    return fail(why, CORRUPT, "media at byte %llu lies outside its file",
                (unsigned long long)offset);
}

outcome gather_copy(struct gather *gather, const struct window_file *file, uint64_t offset,
                    uint64_t len, uint8_t *out, struct why *why)
{
    TRY(check_range(file, offset, len, why));
    while (len > 0) {
        struct window *window;
        TRY(window_at(gather, file, offset / WINDOW_BYTES, &window, why));
        const size_t from = (size_t)(offset % WINDOW_BYTES);
        const size_t part = len < window->len - from ? (size_t)len : window->len - from;
        memcpy(out, window->bytes + from, part);
        out += part;
        offset += part;
        len -= part;
    }
    return OK;
}

outcome gather_file(struct gather *gather, const struct window_file *file, uint64_t offset,
                    uint64_t len, struct why *why)
{
    TRY(check_range(file, offset, len, why));
    while (len > 0) {
        struct window *window;
        TRY(window_at(gather, file, offset / WINDOW_BYTES, &window, why));
        const size_t from = (size_t)(offset % WINDOW_BYTES);
        const size_t part = len < window->len - from ? (size_t)len : window->len - from;
        TRY(add_piece(gather, window->bytes + from, part, why));
        window->is_gathered = true;
        offset += part;
        len -= part;
    }
    return OK;
}
