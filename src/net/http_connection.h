// SPDX-License-Identifier: Apache-2.0
//
// One client's HTTP connection, inside its event loop. For net/ alone.
//
//              accept
//                v             first byte              head complete          body complete
//     +-----> [ IDLE ] ----------> [ HEAD ] -------------> [ BODY ] ------------> [ HANDLING ]
//     |        idle_ms: close      head_ms: 408        stall window: 408       handler_ms: 504
//     |                               |  refused: 4xx, 5xx      |                    | answer
//     |                               v                         v                    v
//     +--- keep-alive ------------------------------------------------------- [ SENDING ]
//                                                              stall window: cut, |
//                                                              stream: handler_ms | last answer
//                                                                                 v
//                               closed <-- EOF, linger_ms, 256 KB read -- [ LINGERING ]
//
// IDLE and HEAD are one state in the code (READING); which deadline runs follows from whether bytes
// of a request are here. Pipelined requests are answered one after the other; while one is in hand,
// nothing is read, so that a client that does not take its answers cannot make us hold more.
// Answers that are small are gathered in the loop's `out` and sent with one call when there is
// nothing more to parse. EOF from the client ends the connection after the answer in hand: clients
// that half-close get their answer.
//
// A connection whose first bytes are HTTP/2's preface goes from READING to STREAMS and stays there
// (net/http2.h).
//
// LINGERING (RFC 9112 section 9.6): the sending side is shut and what the client still sends is
// read away, so that the kernel does not reset the connection under the answer.
#ifndef NET_HTTP_CONNECTION_H
#define NET_HTTP_CONNECTION_H

#include "net/http_chunks.h"
#include "net/http_date.h"
#include "net/http_server.h"
#include "net/transport.h"

#include <stdatomic.h>

enum connection_state { READING, BODY, HANDLING, SENDING, STREAMS, LINGERING, CLOSED };

enum exchange_phase { PHASE_HEAD, PHASE_PIECE, PHASE_PULL, PHASE_DONE };

// What a connection waits for, each with its deadline.
enum deadline {
    DEADLINE_NONE,
    DEADLINE_IDLE,
    DEADLINE_HEAD,
    DEADLINE_BODY,
    DEADLINE_HANDLER,
    DEADLINE_SEND,
    DEADLINE_STREAM,
    DEADLINE_LINGER,
};

enum {
    SCRATCH_BYTES = 2 * HTTP_HEAD_BYTES_MAX, // a head that is kept, and a read behind it
    OUT_BYTES = 64 * 1024,                   // heads and small bodies, gathered
    SMALL_BODY_BYTES = 8 * 1024,             // copied into `out`; larger ones go as they lie
    TURN_BYTES = 1024 * 1024,                // sent for one connection before the others' turn
    FIRST_TURN_BYTES = 32 * 1024,            // of an answer that many may have waited for
    LINGER_BYTES_MAX = 256 * 1024,
    EXCHANGES_KEPT = 64, // per loop, with their arenas' last blocks
};

struct http_connection {
    struct event_source source;
    struct timer timer;
    struct loop_post burial;
    struct http_loop *home;
    struct http_connection *next, **link; // of the loop's connections
    struct transport transport;
    struct address peer;
    struct http_scan scan;
    enum connection_state state;
    enum deadline deadline; // that `timer` stands for
    bool is_readable, is_writable;
    bool is_half_closed;            // the client sends no more
    bool is_last;                   // close after the answer in hand
    bool is_starved;                // SENDING waits for its stream, not for the client
    bool is_used;                   // a request was begun
    struct http2 *http2;            // STREAMS
    struct http_exchange *exchange; // BODY, HANDLING; SENDING unless only `kept_out` is left
    uint8_t *kept_in;               // bytes of a request that is incomplete, or of pipelined ones
    uint32_t kept_in_len;
    uint32_t kept_out_at; // what of `kept_out` has been sent
    uint8_t *kept_out;    // bytes that the kernel would not take
    uint32_t kept_out_len;
    uint64_t moved;     // body bytes since the stall window began; bytes read while lingering
    uint64_t body_left; // FRAMING_LENGTH
    struct http_chunks chunks;
};

// What the connections of one event loop share.
struct http_loop {
    struct http_server *server;
    const struct http_server_options *options;
    struct event_loop *loop;
    struct file_cache *files;
    struct tls_room *tls_room; // with TLS
    struct work_pool *pool;
    struct event_source listener;
    struct timer accept_timer;
    struct loop_post drain;
    struct timer drain_timer;
    _Atomic bool is_stopping; // the drain has been posted
    bool is_draining, is_accepting;
    uint32_t open_max;
    struct http_connection *connections;
    struct http_exchange *free_exchanges; // at most EXCHANGES_KEPT
    size_t free_count;
    int64_t date_s; // of `date`
    char date[HTTP_DATE_BYTES];
    struct buffer out;           // empty between turns of connections
    struct http_request request; // the one being handled, until it is kept
    struct slice head;           // its bytes in `scratch`
    struct {
        _Atomic uint64_t accepted, open, requests, refused, timed_out, bytes_sent;
    } counters;
    uint8_t scratch[SCRATCH_BYTES];
};

// Takes over `fd`, a connected non-blocking socket whose other end is `peer`.
must_check outcome connection_open(struct http_loop *home, int fd, struct address peer,
                                   struct why *why);

// The deadline of the connection has come (http_deadline.c).
void connection_expire(struct http_connection *connection);

// What expiry does with it: a turn; an answer that refuses what was asked, and the end; and lets go
// of an exchange whose answer nobody will read (one that is away is put back when it returns).
void connection_run(struct http_connection *connection);
void connection_refuse(struct http_connection *connection, enum http_fault fault);
void connection_drop_exchange(struct http_connection *connection);

// Its exchange has been answered, or has more to send: it gets a turn.
void connection_resume(struct http_connection *connection);

// The loop drains: closes now if it is at rest, else after the answer in hand.
void connection_drain(struct http_connection *connection);

// Cuts it, whatever it does.
void connection_close(struct http_connection *connection);

// The deadline that goes with what the connection waits for now (http_deadline.c): started when it
// begins to wait for that, and with each piece of a stream.
void deadline_follow(struct http_connection *connection);
void deadline_set(struct http_connection *connection, enum deadline deadline);

// Called by the connection when it is gone, so that accepting may go on.
void http_loop_closed(struct http_loop *home);

// The sending half (http_send.c).

enum send_result { SEND_DONE, SEND_BLOCKED, SEND_STARVED, SEND_TURN_OVER, SEND_BROKEN };

// Sends on. SEND_DONE: the exchange's answer, if there is one, is with the kernel or gathered in
// `out`; nothing is gathered when it was the last one.
enum send_result send_on(struct http_connection *connection);

// Sends what is gathered in `out`; keeps what the kernel does not take. SEND_DONE, _BLOCKED or
// _BROKEN.
enum send_result send_flush(struct http_connection *connection, enum transport_more more);

// "Sun, 06 Nov 1994 08:49:37 GMT", of now.
const char *http_loop_date(struct http_loop *home);

// Prepares the part of the body that lies in memory or a file.
void exchange_set_piece(struct http_exchange *exchange);

// The next piece of a stream's body, into exchange->piece, with the phase it brings. PULL_BREAK
// also when the stream promised a length and brings another: the client must not take it for whole.
enum http_pull exchange_pull(struct http_exchange *exchange);

// Hands the exchange's work to the pool; it comes back on its loop.
must_check outcome exchange_submit(struct http_exchange *exchange, struct why *why);

// The answer of a handler that forgot to make one.
void http_reply_fault(struct http_exchange *exchange);

extern const struct http_request http_no_request; // of an exchange that has none yet

// An exchange of that connection from the loop's store, or NULL; and back, with all that it holds
// released.
struct http_exchange *exchange_take(struct http_connection *connection);
void exchange_put(struct http_loop *home, struct http_exchange *exchange);

static inline void count(_Atomic uint64_t *counter, uint64_t by) // only its loop writes it
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by,
                          memory_order_relaxed);
}

#endif
