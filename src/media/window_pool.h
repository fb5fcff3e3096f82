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
// Reading a window of 1 MiB and writing from it costs the same as copy_file_range() and less than
// mapping the file (docs/adr), and the bytes are at hand for what wants to look at them.
#ifndef MEDIA_WINDOW_POOL_H
#define MEDIA_WINDOW_POOL_H

#include "base/slice.h"

enum {
    WINDOW_BYTES = 1024 * 1024, // aligned to as much in its file
    WINDOW_COUNT = 8,           // video and audio of one file, and some of a second
};

struct window_pool;

must_check outcome window_pool_open(struct window_pool **out, struct why *why);
void window_pool_close(struct window_pool **pool); // tolerates NULL

#endif
