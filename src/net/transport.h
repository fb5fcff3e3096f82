// SPDX-License-Identifier: Apache-2.0
//
// What a connection reads from and writes to: a non-blocking TCP socket. The one seam under the
// HTTP code; TLS is to become a member of struct transport and a branch in these three functions,
// so that nothing above knows of it.
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "base/slice.h"

#include <sys/types.h>

struct transport {
    int fd;
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

// Sends the one behind the other; returns bytes taken, perhaps not all.
ssize_t transport_send(struct transport *transport, struct slice first, struct slice second,
                       enum transport_more more);

// From a file to the socket without passing through here. A file that ends early is
// TRANSPORT_BROKEN: the length has been promised.
ssize_t transport_send_file(struct transport *transport, int fd, uint64_t offset, uint64_t size);

#endif
