// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer, as a handler sees them. Nothing here knows HTTP/1 framing.
//
//     handler(exchange) on the loop's thread; it must not block. It does one of:
//
//       http_reply_*(exchange, ...)            the answer is complete: it is sent when the handler
//                                              returns
//       http_exchange_offload(exchange, work)  `work` runs on a pool thread and replies there
//       http_exchange_park(exchange, cancel)   replies later, from the loop's thread, and then
//       calls
//                                              http_exchange_finish() (a cache fill with waiters)
//
//     arrival -> handler -> (offloaded or parked) -> reply -> last byte sent -> release of the body
//
// The request's slices, the arena and the exchange live until the last byte of the answer has been
// sent or the connection is gone; for a handler that replies at once the request's slices live only
// until it returns. An exchange is used by one thread at a time.
#ifndef NET_HTTP_EXCHANGE_H
#define NET_HTTP_EXCHANGE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/http_condition.h"
#include "net/http_range.h"
#include "net/work_pool.h"

struct file_cache;
struct http_connection;
struct http_exchange;
struct http_loop;

typedef void http_handler(void *context, struct http_exchange *exchange);

// A body whose bytes come over time. It is asked when the client can take more.
struct http_piece {
    struct slice bytes; // with PULL_BYTES
    int fd;             // with PULL_FILE: `size` bytes at `offset` of it
    uint64_t offset;
    uint64_t size;
    bool is_rewritten; // the file's bytes may change once the piece is returned: they are copied
};

enum http_pull {
    PULL_BYTES, // the piece is memory
    PULL_FILE,  // the piece lies in a file
    PULL_WAIT,  // nothing yet: http_exchange_resume() when there is
    PULL_END,   // the body is complete
    PULL_BREAK, // it can never be: the connection is cut, so that the client sees it
};

struct http_stream { // part of whatever makes the bytes
    // Sets `*piece` to what follows the first `sent` bytes of the body; at least one byte, valid
    // until the next pull or close.
    enum http_pull (*pull)(struct http_stream *stream, uint64_t sent, struct http_piece *piece);
    void (*close)(struct http_stream *stream); // once: nothing is asked any more
};

enum { HTTP_REPLY_RUNS_MAX = 6 };

enum http_body_kind { BODY_NONE, BODY_BYTES, BODY_FILE, BODY_STREAM };

// The answer as the functions below have filled it in.
struct http_reply {
    int status; // 0: none yet
    enum http_body_kind kind;
    enum http_framing framing; // LENGTH; CHUNKED for a stream of unknown length; NONE: till the end
    uint64_t length;           // with FRAMING_LENGTH
    struct slice runs[HTTP_REPLY_RUNS_MAX]; // of "Name: value\r\n" lines
    size_t run_count;
    struct slice always; // lines that go out with whatever answer it becomes, a problem too
    bool has_date;       // among `runs` is a Date: an answer that was made elsewhere or before
    struct slice bytes;
    int fd;
    uint64_t offset;
    bool is_rewritten; // as of a piece
    struct http_stream *stream;
    void (*release)(void *owner); // of bytes or fd, once
    void *owner;
};

enum { HTTP_PARAMS_MAX = 4, HTTP_PARAM_BYTES = 256 };

struct http_exchange {
    const struct http_request *request;
    struct slice body;                              // of the request, whole
    struct arena arena;                             // for whatever the answer needs
    const void *route;                              // the router's own
    int64_t wall_s;                                 // since 1970, when the request was here
    struct address peer;                            // the other end of the socket, maybe a proxy
    char params[HTTP_PARAMS_MAX][HTTP_PARAM_BYTES]; // of the route's pattern, decoded
    struct http_reply reply;

    // What follows is the engine's own.
    struct http_connection *connection; // NULL when it is gone
    struct http2_stream *stream;        // of it; NULL: HTTP/1
    struct event_loop *loop;
    void *opened;             // a handler's own, from its work on the pool to `done` on the loop
    struct file_cache *files; // the loop's: open files that were asked for before
    struct http_loop *home;
    struct buffer body_bytes;
    struct http_exchange *free_next;
    http_handler *work, *done; // offloaded: on the pool, and then on the loop
    void *work_context;
    void (*cancel)(struct http_exchange *exchange);
    struct work_job job;
    struct loop_post post;
    struct http_piece piece; // what of the body is being sent
    uint64_t piece_at;       // how much of it is
    uint64_t sent;           // of the body
    uint8_t phase;           // enum exchange_phase in http_connection.h
    bool is_head;            // the request was HEAD
    bool was_parked;         // so that others may have waited for the same
};

// Runs `work` on the worker pool, with the request kept. When it returns, `done` (may be NULL) runs
// on the loop's thread, also when the client has gone meanwhile, and the reply is sent. `work` may
// use the request, the arena and http_reply_*; not the loop nor its files. `done` may offload
// again while exchange->connection is not NULL.
void http_exchange_offload(struct http_exchange *exchange, http_handler *work, http_handler *done,
                           void *context);

// The handler replies later, by http_reply_* and then http_exchange_finish(), both on the loop's
// thread. The request is kept: read it through the exchange again. `cancel` is called, once and
// instead, when the connection goes or the deadline passes; the exchange must not be touched after
// it.
void http_exchange_park(struct http_exchange *exchange,
                        void (*cancel)(struct http_exchange *exchange));
void http_exchange_finish(struct http_exchange *exchange);

// Sends an interim answer (102, 103) ahead of the one that is to come: `lines` are its fields, each
// with CR LF. From the loop's thread, between park and finish. A client that speaks HTTP/1.0 or
// does not take its bytes goes without.
void http_exchange_interim(struct http_exchange *exchange, int status, struct slice lines);

// Whether bytes of the body are read on their way to this client, into TLS records or HTTP/2
// frames: memory is better for that than a file. Else files go past us.
bool http_exchange_reads_body(const struct http_exchange *exchange);

// What the kernel knows of the line to the client. False: the connection is gone.
struct http_line {
    uint64_t bytes_s; // that arrive, as far as it could tell; 0: it could not yet
    uint32_t rtt_us;
};
bool http_exchange_line(const struct http_exchange *exchange, struct http_line *out);

// After PULL_WAIT: there is more, or the end.
void http_exchange_resume(struct http_exchange *exchange);

// Answers. Each may be called once per exchange, except http_reply_field and http_reply_run, which
// add lines to whatever answer comes. Memory that runs out turns the answer into a 503.

// `bytes` must outlive the answer: static, or in the exchange's arena.
void http_reply_bytes(struct http_exchange *exchange, int status, const char *content_type,
                      struct slice bytes);

// Without content: 204, or a redirect with its Location field.
void http_reply_empty(struct http_exchange *exchange, int status);

// RFC 9457 application/problem+json: type "/problems/<code>", title, status, `detail`, instance.
void http_reply_problem(struct http_exchange *exchange, int status, const char *code,
                        const char *title, const char *detail);

// The same from an outcome that is not OK and its sentence.
void http_reply_outcome(struct http_exchange *exchange, outcome result, const struct why *why);

// A body from `stream`, of a known length or (chunked) an unknown one. Owned by the exchange from
// here on: close is called also when nothing was ever pulled (HEAD).
void http_reply_stream(struct http_exchange *exchange, int status, const char *content_type,
                       struct http_stream *stream);
void http_reply_stream_of(struct http_exchange *exchange, int status, const char *content_type,
                          uint64_t length, struct http_stream *stream);

// An answer that is made line by line: `status` from 200 to 999, no body yet. The caller adds lines
// and then sets kind, framing and what goes with them.
void http_reply_begin(struct http_exchange *exchange, int status);

// A representation that can be asked for in parts and conditionally.
struct http_resource {
    struct http_validators validators;
    struct slice type_run; // "Content-Type: ...\r\n", outlives the answer
    struct slice run;      // further lines: ETag, Last-Modified, Cache-Control, ...; likewise
    struct slice bytes;    // the whole in memory, or
    int fd;                // in a file, when bytes.at is NULL
    uint64_t size;
    void (*release)(void *owner); // called once when it is no longer needed; may be NULL
    void *owner;
};

// Answers GET and HEAD of the resource: 200, 206, 304, 412 or 416, by the request's fields.
void http_reply_resource(struct http_exchange *exchange, const struct http_resource *resource);

// Adds "name: value". A value with CR, LF or NUL is a fault of the program.
void http_reply_field(struct http_exchange *exchange, const char *name, const char *value);

// Adds lines "Name: value\r\n" that outlive the answer.
void http_reply_run(struct http_exchange *exchange, struct slice lines);

#endif
