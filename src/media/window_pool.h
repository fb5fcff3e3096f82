// SPDX-License-Identifier: Apache-2.0
//
// Gathers bytes from many places of some files into one file, with few system calls and bounded
// memory.
//
//     source   |....v1..a1.v2.v3..a2..v4.....|....v5...a3..v6.......|
//     windows  |<------ window, read once ------>|<------ ... ---->|      WINDOW_BYTES each
//                   |      |  |       |                |       |
//     output   [moof][v1 v2 v3 v4 v5 v6]                                  one writev
//
// Reading a window and writing from it costs the same as copy_file_range() of the whole file, and
// far less than copy_file_range() or page faults sample by sample; and the bytes are at hand for
// what wants to look at them. Measured by bench/package.
#ifndef MEDIA_WINDOW_POOL_H
#define MEDIA_WINDOW_POOL_H

#include "base/slice.h"

#include <sys/uio.h>

enum {
    WINDOW_BYTES = 512 * 1024, // aligned to as much in its file
    WINDOW_COUNT = 8, // 4 MiB in all: what is read is still in the processor's cache when written
    GATHER_PIECES_MAX = 1024, // IOV_MAX of Linux
};

struct window_pool;

must_check outcome window_pool_open(struct window_pool **out, struct why *why);
void window_pool_close(struct window_pool **pool); // tolerates NULL

#define autopool __attribute__((cleanup(window_pool_close))) struct window_pool

// A file to read from. Two descriptors of the same file share windows.
struct window_file {
    int fd; // the caller's
    uint64_t device, inode, bytes;
    int64_t changed_ns;
};
must_check outcome window_file_of(int fd, struct window_file *out, struct why *why);

// What is to be written next. Only one gather of a pool may hold pieces at a time.
struct gather {
    struct window_pool *pool;
    int fd;           // written at its position
    uint64_t written; // bytes, up to the last flush
    size_t count;
    struct iovec pieces[GATHER_PIECES_MAX];
};
struct gather gather_init(struct window_pool *pool, int fd);

// Bytes in memory: borrowed until gather_flush().
must_check outcome gather_bytes(struct gather *gather, struct slice bytes, struct why *why);

// `len` bytes at `offset` of a file. CORRUPT when the file is shorter by now.
must_check outcome gather_file(struct gather *gather, const struct window_file *file,
                               uint64_t offset, uint64_t len, struct why *why);

// Copies `len` bytes at `offset` of a file to `out` instead, through the same windows.
must_check outcome gather_copy(struct gather *gather, const struct window_file *file,
                               uint64_t offset, uint64_t len, uint8_t *out, struct why *why);

must_check outcome gather_flush(struct gather *gather, struct why *why);

#endif
