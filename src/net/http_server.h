// SPDX-License-Identifier: Apache-2.0
//
// The HTTP/1.1 server: one event loop per core, each with its own listening socket on the shared
// port (SO_REUSEPORT), and a pool of threads for handlers that block.
//
//     port 8080 --- kernel spreads connections --- loop 0: connections, timers, file cache
//                                              \-- loop 1: ...
//                                  worker pool <--offload--/   --result by eventfd--> its loop
//
// Every wait has a deadline and every buffer a cap (struct http_limits). A connection at rest holds
// no buffer: requests are read into its loop's scratch, and only what is incomplete is kept.
//
// Drain: http_server_stop() closes the listening sockets, lets requests in hand finish with
// "Connection: close", closes connections at rest, and after `drain_ms` cuts what is left.
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "net/http_exchange.h"

enum { HTTP_LOOPS_MAX = 64, HTTP_LISTEN_BYTES = 80 };

// Defaults in brackets: what a member on a poor line needs, and no more.
struct http_limits {
    uint32_t connections_max; // of the whole server [16384]; at the cap, accepting pauses
    uint32_t body_bytes_max;  // of a request [1 MiB]: API calls; masters do not come this way
    int64_t head_ms;          // from a request's first byte to the end of its head [10000]
    int64_t idle_ms;          // between requests, and before the first [75000]
    int64_t stall_ms;         // window in which a body, either way, must move ... [20000]
    uint32_t stall_bytes;     // ... at least so much [8192]
    int64_t handler_ms;       // from the request to the answer's head, and between bytes of a
                              // stream [30000]
    int64_t linger_ms;        // after the last answer, for the client to close first [2000]
    int64_t drain_ms;         // from stop to the end [10000]
};

struct http_limits http_limits_default(void);

struct http_server_options {
    const char *listen; // "127.0.0.1:8080", "[::]:80", ":8080" (all addresses), port 0: any free
    unsigned loops;     // 0: one per core this process may use
    unsigned workers;   // 0: 2 per core, at least 4
    struct http_limits limits;
    struct tls_server *tls; // not owned; NULL: plain
    const struct clock *clock;
    uint64_t pace_bytes_s; // that a connection sends at most; 0: as fast as the line
    bool is_gateway; // requests with methods that this program does not know reach the handler too
    // On each loop's thread before its first connection, with `context`; NULL: nothing.
    void (*begin)(void *context, struct event_loop *loop);
    http_handler *handle;
    void *context;
};

struct http_counters {
    uint64_t accepted, open, requests, refused, timed_out, bytes_sent;
};

struct http_server;

// Binds and listens. INVALID: no address; CONFLICT: the port is in use; DENIED: a port below 1024
// without the right; EXHAUSTED, NO_MEMORY.
must_check outcome http_server_open(const struct http_server_options *options,
                                    struct http_server **out, struct why *why);

// The address it listens on, "127.0.0.1:41233".
const char *http_server_address(const struct http_server *server);

// Starts the threads; returns at once.
must_check outcome http_server_start(struct http_server *server, struct why *why);

// Begins the drain. From any thread; not from a signal handler.
void http_server_stop(struct http_server *server);

// Waits until all connections are gone and the threads have ended.
void http_server_wait(struct http_server *server);

// Stops, waits, frees. Tolerates NULL.
void http_server_close(struct http_server **server);

struct http_counters http_server_counters(const struct http_server *server);

#endif
