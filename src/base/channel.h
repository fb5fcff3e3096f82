// SPDX-License-Identifier: Apache-2.0
//
// Messages between two processes of one machine, with open descriptors travelling along.
//
//     | length u32be | length bytes (JSON) |   over a Unix stream socket;
//       ^ the descriptors hang on this first byte (SCM_RIGHTS, unix(7))
//
// Made for a process behind a wall: it cannot open anything itself and gets what it may touch with
// each request. Both ends treat the other as hostile: lengths and counts are capped, deadlines hold
// for whole messages.
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include "base/buffer.h"

enum {
    CHANNEL_MESSAGE_BYTES_MAX = 1 << 20, // facts of 64 tracks take about 30 KB
    CHANNEL_FDS_MAX = 80,                // a master and 64 outputs; the kernel takes 253
};

// Sends one message with `fd_count` descriptors (they stay open here). Waits at most `ms_max` for
// the other side to take it. UNAVAILABLE when it is gone, TIMED_OUT.
must_check outcome channel_send(int socket, struct slice message, const int *fds, size_t fd_count,
                                int64_t ms_max, struct why *why);

// Waits at most `ms_max` (negative: for ever) for a whole message, which replaces what `message`
// holds. Descriptors that came along go to `fds`, close-on-exec and owned by the caller; surplus
// ones are closed and the message is INVALID. UNAVAILABLE when the other side has closed,
// TIMED_OUT.
must_check outcome channel_receive(int socket, struct buffer *message, int *fds, size_t fd_max,
                                   size_t *fd_count, int64_t ms_max, struct why *why);

#endif
