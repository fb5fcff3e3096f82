// SPDX-License-Identifier: Apache-2.0
//
// Listening TCP sockets: one address, several sockets that share it.
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

enum { LISTEN_TEXT_BYTES = 80, LISTEN_BACKLOG = 4096 };

// Opens `count` non-blocking sockets on `text`: "127.0.0.1:8080", "[::1]:8080", "localhost:8080",
// ":8080" (every address, IPv4 and IPv6), port 0 for a free one. Sets `address` (LISTEN_TEXT_BYTES)
// to what they listen on, as a client would write it. The kernel spreads connections over them.
// INVALID: no address; CONFLICT: the port is in use; DENIED: ports below 1024 need a right.
must_check outcome listeners_open(const char *text, size_t count, int *fds, char *address,
                                  struct why *why);

// What is accepted on `fd` from now on sends at most `bytes_s` a second: the kernel spaces the
// packets of each connection.
void listener_pace(int fd, uint64_t bytes_s);

#endif
