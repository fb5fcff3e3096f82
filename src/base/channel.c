// SPDX-License-Identifier: Apache-2.0
#include "base/channel.h"

#include "base/clock.h"
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { HEADER_BYTES = 4 };

union descriptor_space {
    struct cmsghdr header; // for its alignment
    char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

static int64_t deadline_after(int64_t ms_max)
{
    return ms_max < 0 ? INT64_MAX : clock_us(clock_system()) / 1000 + ms_max;
}

static outcome wait_for(int socket, short events, int64_t deadline_ms, struct why *why)
{
    for (;;) {
        int wait_ms = -1;
        if (deadline_ms != INT64_MAX) {
            const int64_t left = deadline_ms - clock_us(clock_system()) / 1000;
            if (left <= 0) return fail(why, TIMED_OUT, "the other process did not answer in time");
            wait_ms = left > INT_MAX ? INT_MAX : (int)left;
        }
        struct pollfd poll_fd = {.fd = socket, .events = events};
        const int ready = poll(&poll_fd, 1, wait_ms);
        if (ready > 0) return OK;
        if (ready < 0 && errno != EINTR) return fail_errno(why, errno, "cannot wait on a channel");
    }
}

static void attach(struct msghdr *header, union descriptor_space *space, const int *fds,
                   size_t fd_count)
{
    if (fd_count == 0) return;
    memset(space, 0, sizeof *space);
    header->msg_control = space;
    header->msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    memcpy(CMSG_DATA(control), fds, fd_count * sizeof(int));
}

outcome channel_send(int socket, struct slice message, const int *fds, size_t fd_count,
                     int64_t ms_max, struct why *why)
{
    assert(fd_count <= CHANNEL_FDS_MAX);
    if (message.len > CHANNEL_MESSAGE_BYTES_MAX)
        return fail(why, TOO_LARGE, "a message of %zu bytes exceeds the limit of %d", message.len,
                    CHANNEL_MESSAGE_BYTES_MAX);
    const int64_t deadline_ms = deadline_after(ms_max);
    uint8_t length[HEADER_BYTES] = {(uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
                                    (uint8_t)(message.len >> 8), (uint8_t)message.len};
    size_t sent = 0;
    while (sent < HEADER_BYTES + message.len) {
        // The kernel does not write through iov_base here; the type has no const form.
        const struct slice rest =
            slice_part(message, sent < HEADER_BYTES ? 0 : sent - HEADER_BYTES, message.len);
        struct iovec parts[2] = {{length + (sent < HEADER_BYTES ? sent : HEADER_BYTES),
                                  sent < HEADER_BYTES ? HEADER_BYTES - sent : 0},
                                 {(void *)(uintptr_t)rest.at, rest.len}};
        struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
        union descriptor_space space;
        if (sent == 0) attach(&header, &space, fds, fd_count);
        const ssize_t taken = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken > 0) {
            sent += (size_t)taken;
        } else if (errno == EAGAIN) {
            TRY(wait_for(socket, POLLOUT, deadline_ms, why));
        } else if (errno != EINTR) {
            return errno == EPIPE || errno == ECONNRESET
                       ? fail(why, UNAVAILABLE, "the other process has closed the channel")
                       : fail_errno(why, errno, "cannot send on a channel");
        }
    }
    return OK;
}

// Moves descriptors out of the control data; all are closed again when they are too many.
static outcome detach(struct msghdr *header, int *fds, size_t fd_max, size_t *fd_count,
                      struct why *why)
{
    bool too_many = (header->msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
         control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(control) + i * sizeof fd, sizeof fd);
            if (*fd_count < fd_max) {
                fds[(*fd_count)++] = fd;
            } else {
                fd_close(&fd);
                too_many = true;
            }
        }
    }
    return too_many ? fail(why, INVALID, "a message carries more than %zu descriptors", fd_max)
                    : OK;
}

// Receives exactly `len` bytes. Descriptors may arrive with any of them.
static outcome receive_bytes(int socket, uint8_t *at, size_t len, int *fds, size_t fd_max,
                             size_t *fd_count, int64_t deadline_ms, struct why *why)
{
    size_t got = 0;
    while (got < len) {
        TRY(wait_for(socket, POLLIN, deadline_ms, why));
        union descriptor_space space;
        struct iovec part = {at + got, len - got};
        struct msghdr header = {.msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = &space,
                                .msg_controllen = sizeof space};
        const ssize_t taken = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (taken < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (taken == 0 || (taken < 0 && errno == ECONNRESET))
            return fail(why, UNAVAILABLE, "the other process has closed the channel");
        if (taken < 0) return fail_errno(why, errno, "cannot receive from a channel");
        TRY(detach(&header, fds, fd_max, fd_count, why));
        got += (size_t)taken;
    }
    return OK;
}

outcome channel_receive(int socket, struct buffer *message, int *fds, size_t fd_max,
                        size_t *fd_count, int64_t ms_max, struct why *why)
{
    const int64_t deadline_ms = deadline_after(ms_max);
    uint8_t length[HEADER_BYTES];
    size_t count = 0;
    outcome result =
        receive_bytes(socket, length, sizeof length, fds, fd_max, &count, deadline_ms, why);
    const uint32_t len = result == OK ? read_u32be(length) : 0;
    if (len > CHANNEL_MESSAGE_BYTES_MAX)
        result = fail(why, TOO_LARGE, "a message of %u bytes exceeds the limit of %d", len,
                      CHANNEL_MESSAGE_BYTES_MAX);
    buffer_drop(message, message->len);
    if (result == OK) result = buffer_reserve(message, len, why);
    if (result == OK && len > 0)
        result = receive_bytes(socket, message->at, len, fds, fd_max, &count, deadline_ms, why);
    if (result != OK) {
        for (size_t i = 0; i < count; i++)
            fd_close(&fds[i]);
        return result;
    }
    message->len = len;
    *fd_count = count;
    return OK;
}
