// SPDX-License-Identifier: Apache-2.0
//
// What a connection reads from and writes to: a non-blocking TCP socket, with TLS on it or without.
// The one seam under the HTTP code; nothing above knows of TLS.
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/slice.h"

#include <sys/types.h>

struct tls_stream;

struct transport {
    int fd;
    struct tls_stream *tls; // NULL: plain
};

// What the three functions return instead of a number of bytes.
enum {
    TRANSPORT_AGAIN = -1,  // nothing can move now
    TRANSPORT_BROKEN = -2, // the connection is gone
};

enum transport_more {
    TRANSPORT_LAST,
    TRANSPORT_MORE
}; // MORE: hold the packet, bytes follow at once

// Bytes read; 0: the peer sends no more.
ssize_t transport_read(struct transport *transport, uint8_t *out, size_t room);

// Whether a read of `got` bytes into `room` shows that nothing more is here.
bool transport_is_drained(const struct transport *transport, size_t got, size_t room);

// Sends the one behind the other; returns bytes taken, perhaps not all.
ssize_t transport_send(struct transport *transport, struct slice first, struct slice second,
                       enum transport_more more);

// From a file to the socket without passing through here. A file that ends early is
// TRANSPORT_BROKEN: the length has been promised.
ssize_t transport_send_file(struct transport *transport, int fd, uint64_t offset, uint64_t size);

// The same by way of memory, `size` up to TRANSPORT_COPY_BYTES: for a file whose bytes may be
// overwritten or given back as soon as this returns. sendfile leaves its pages in the socket.
enum { TRANSPORT_COPY_BYTES = 64 * 1024 };
ssize_t transport_send_copy(struct transport *transport, int fd, uint64_t offset, uint64_t size);

// The socket has room: sends what the transport itself holds (of a handshake). False: it is gone.
bool transport_flush(struct transport *transport);

// After the last byte: tells the peer and shuts the sending side. False: it is gone.
bool transport_finish(struct transport *transport);

// Closes the socket; and what lies on it.
void transport_close(struct transport *transport);

#endif
