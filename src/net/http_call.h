// SPDX-License-Identifier: Apache-2.0
//
// Requests to other servers from inside an event loop: what a gateway asks its parents.
//
//     http_call_start        connected       head sent        head of the answer      last byte
//          |-- connect_ms -------|-- head_ms ------------------------|-- stall windows ----|
//          (none on reuse)                    interim() ...      answered()   room(), moved()
//          ended()
//
// Each loop has its own `struct http_calls`: open connections by address, reused most recent first.
// Requests that may be repeated (GET, HEAD) go out on a connection that was used before: should
// that one turn out to be dead before the first byte of an answer, they are repeated once, on a new
// one. Others get one that was used a moment ago (fresh_ms), where its server surely waits still,
// and are never repeated (RFC 9110, 9.2.2). Body bytes are read straight into memory that the
// caller lends with room(); when it has none, the connection waits for http_call_resume().
//
// All functions and callbacks belong to the loop's thread. http_call_start() calls nothing back.
// Answers are parsed by net/http_response.h; what follows a refused one is never looked at.
#ifndef NET_HTTP_CALL_H
#define NET_HTTP_CALL_H

#include "net/event_loop.h"
#include "net/http_response.h"

#include <sys/socket.h>

struct http_call_limits {
    int64_t connect_ms;       // until the server accepts [3000]
    int64_t head_ms;          // from there to the end of the answer's head [15000]
    int64_t stall_ms;         // window in which a body must move ... [10000]
    uint32_t stall_bytes;     // ... at least so much [1024]
    int64_t idle_ms;          // that an unused connection is kept [30000]
    int64_t fresh_ms;         // unused for less, it takes what may not be repeated [0: never]
    uint32_t idle_max;        // unused connections of a loop [64]
    uint32_t connections_max; // of a loop, all servers together [1024]
};

struct http_call_limits http_call_limits_default(void);

struct tls_client;

struct http_peer { // a server's address; compared byte by byte, so zero it before filling it in
    struct sockaddr_storage address;
    socklen_t len;
    struct tls_client *tls; // NULL: plain; outlives the calls
    const char *host;       // with TLS: whom its certificate is for; compared as a pointer
};

struct http_link;

struct http_call { // part of whatever asks
    // Set before the start; they must live until the end.
    struct http_peer peer;
    enum http_method method;
    struct slice head; // request line and fields with the empty line
    struct slice body; // its Content-Length is in `head`
    // An answer with a status below 200; may be NULL.
    void (*interim)(struct http_call *call, const struct http_response *response);
    // The head of the answer; valid during the callback.
    void (*answered)(struct http_call *call, const struct http_response *response);
    // Where the next body bytes go: at least one byte of room. NULL: not now.
    uint8_t *(*room)(struct http_call *call, size_t *room);
    void (*moved)(struct http_call *call, size_t len); // so many were put there
    // The last callback. OK: the body is complete. UNAVAILABLE: refused, cut or malformed;
    // TIMED_OUT. `why` is NULL when it is OK.
    void (*ended)(struct http_call *call, outcome result, const struct why *why);

    struct http_link *link; // the engine's own
    bool is_repeated;
};

struct http_calls;

must_check outcome http_calls_open(struct event_loop *loop, const struct http_call_limits *limits,
                                   struct http_calls **out, struct why *why);

// Cuts what is under way without calling back. The loop may have ended. Tolerates NULL.
void http_calls_close(struct http_calls **calls);

// EXHAUSTED at connections_max, UNAVAILABLE when the address cannot be reached at all.
must_check outcome http_call_start(struct http_calls *calls, struct http_call *call,
                                   struct why *why);

void http_call_resume(struct http_call *call); // there is room again
void http_call_cancel(struct http_call *call); // no callback comes any more; OK when it has ended

struct http_calls_counters {
    uint64_t calls, connects, reuses;
};

struct http_calls_counters http_calls_counters(const struct http_calls *calls);

#endif
