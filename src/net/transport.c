// SPDX-License-Identifier: Apache-2.0
#include "net/transport.h"

#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include <sys/sendfile.h>
#include <sys/socket.h>

static ssize_t refusal(int error)
{
    return error == EAGAIN ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
}

ssize_t transport_read(struct transport *transport, uint8_t *out, size_t room)
{
    if (transport->tls != NULL) return tls_read(transport->tls, out, room);
    ssize_t got;
    do
        got = recv(transport->fd, out, room, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? refusal(errno) : got;
}

bool transport_is_drained(const struct transport *transport, size_t got, size_t room)
{
    return transport->tls == NULL && got < room; // a record's end says nothing of the next
}

// sendmsg reads from what its iovec points to, although the type does not say so.
static void *unconst(const uint8_t *at)
{
    return (void *)(uintptr_t)at;
}

ssize_t transport_send(struct transport *transport, struct slice first, struct slice second,
                       enum transport_more more)
{
    if (transport->tls != NULL) return tls_send(transport->tls, first, second);
    struct iovec parts[2] = {{unconst(first.at), first.len}, {unconst(second.at), second.len}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = second.len > 0 ? 2 : 1};
    const int flags = MSG_NOSIGNAL | (more == TRANSPORT_MORE ? MSG_MORE : 0);
    ssize_t put;
    do
        put = second.len > 0 ? sendmsg(transport->fd, &message, flags)
                             : send(transport->fd, first.at, first.len, flags);
    while (put < 0 && errno == EINTR);
    return put < 0 ? refusal(errno) : put;
}

ssize_t transport_send_file(struct transport *transport, int fd, uint64_t offset, uint64_t size)
{
    if (transport->tls != NULL) return tls_send_file(transport->tls, fd, offset, size);
    off_t at = (off_t)offset;
    ssize_t put;
    do
        put = sendfile(transport->fd, fd, &at, size);
    while (put < 0 && errno == EINTR);
    if (put < 0) return refusal(errno);
    return put == 0 ? TRANSPORT_BROKEN : put;
}

ssize_t transport_send_copy(struct transport *transport, int fd, uint64_t offset, uint64_t size)
{
    uint8_t bytes[TRANSPORT_COPY_BYTES];
    assert(size <= sizeof bytes);
    ssize_t got;
    do
        got = pread(fd, bytes, size, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < (ssize_t)size) return TRANSPORT_BROKEN;
    const struct slice nothing = {NULL, 0};
    return transport_send(transport, (struct slice){bytes, size}, nothing, TRANSPORT_LAST);
}

bool transport_flush(struct transport *transport)
{
    return transport->tls == NULL || tls_flush(transport->tls) != TRANSPORT_BROKEN;
}

bool transport_finish(struct transport *transport)
{
    if (transport->tls != NULL) tls_finish(transport->tls);
    return shutdown(transport->fd, SHUT_WR) == 0;
}

void transport_close(struct transport *transport)
{
    tls_close(&transport->tls);
    (void)close(transport->fd);
    transport->fd = -1;
}
