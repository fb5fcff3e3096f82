// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

#include "net/http2.h"
#include "net/tls.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

// What a step of the state machine wants next.
enum step { STEP_ON, STEP_WAIT, STEP_CLOSE };

// The bytes of the loop's scratch that were read and not used yet.
struct window {
    size_t from, to;
};

static struct slice window_slice(const struct http_connection *c, const struct window *w)
{
    return (struct slice){c->home->scratch + w->from, w->to - w->from};
}

static void load_kept(struct http_connection *c, struct window *w)
{
    if (c->kept_in == NULL) return;
    assert(w->from == w->to);
    memcpy(c->home->scratch, c->kept_in, c->kept_in_len);
    *w = (struct window){0, c->kept_in_len};
    free(c->kept_in);
    c->kept_in = NULL;
    c->kept_in_len = 0;
}

static bool keep_rest(struct http_connection *c, const struct window *w)
{
    const struct slice rest = window_slice(c, w);
    if (rest.len == 0) return true;
    assert(c->kept_in == NULL);
    c->kept_in = malloc(rest.len);
    if (c->kept_in == NULL) return false;
    memcpy(c->kept_in, rest.at, rest.len);
    c->kept_in_len = (uint32_t)rest.len;
    return true;
}

// Reads behind the window. A short read means that the socket is empty, unless its end is known to
// be near.
static enum step read_more(struct http_connection *c, struct window *w)
{
    if (!c->is_readable) return STEP_WAIT;
    uint8_t *scratch = c->home->scratch;
    if (w->from > 0) {
        memmove(scratch, scratch + w->from, w->to - w->from);
        *w = (struct window){0, w->to - w->from};
    }
    const size_t room = SCRATCH_BYTES - w->to;
    assert(room > 0); // the parser refuses heads of half of it, and bodies leave the scratch
    const ssize_t got = transport_read(&c->transport, scratch + w->to, room);
    if (got == TRANSPORT_AGAIN) {
        c->is_readable = false;
        return STEP_WAIT;
    }
    if (got <= 0) return STEP_CLOSE;
    w->to += (size_t)got;
    c->moved += (uint64_t)got;
    if (transport_is_drained(&c->transport, (size_t)got, room) && !c->is_half_closed)
        c->is_readable = false;
    return STEP_ON;
}

// Makes the request outlive this turn: its head moves from the scratch to the exchange's arena.
static outcome keep_request(struct http_exchange *exchange)
{
    struct http_loop *home = exchange->home;
    if (exchange->request != &home->request) return OK;
    const size_t size = offsetof(struct http_request, fields) +
                        home->request.field_count * sizeof(struct http_field);
    struct http_request *kept = arena_take(&exchange->arena, sizeof *kept);
    const char *head = arena_copy(&exchange->arena, home->head);
    const char *body = arena_copy(&exchange->arena, exchange->body);
    if (kept == NULL || head == NULL || body == NULL) return NO_MEMORY;
    memcpy(kept, &home->request, size);
    http_request_move(kept, home->head, (const uint8_t *)head);
    exchange->request = kept;
    exchange->body.at = (const uint8_t *)body;
    return OK;
}

const struct http_request http_no_request = {.method = METHOD_GET, .minor = 1};

// Answers with a fault and closes. A request that was begun keeps its exchange.
static enum step refuse(struct http_connection *c, enum http_fault fault)
{
    if (c->exchange == NULL) {
        c->exchange = exchange_take(c);
        if (c->exchange == NULL) return STEP_CLOSE;
        c->exchange->request = &http_no_request;
    }
    count(&c->home->counters.refused, 1);
    c->is_last = true;
    http_reply_problem(c->exchange, http_fault_status(fault), "request-refused",
                       "the request is refused", http_fault_sentence(fault));
    c->state = SENDING;
    return STEP_ON;
}

static void run_offloaded(struct work_job *job)
{
    struct http_exchange *exchange = CONTAINER_OF(job, struct http_exchange, job);
    exchange->work(exchange->work_context, exchange);
    loop_post(exchange->loop, &exchange->post);
}

static void come_back(struct loop_post *post);

outcome exchange_submit(struct http_exchange *exchange, struct why *why)
{
    exchange->job.run = run_offloaded;
    exchange->post.run = come_back;
    return work_submit(exchange->home->pool, &exchange->job, why);
}

void http_reply_fault(struct http_exchange *exchange)
{
    http_reply_problem(exchange, 500, "internal", "the server has a fault",
                       "no answer was made for this request: please report it");
}

// What the handler has made of it: an answer, work for the pool, or a promise.
static enum step take_answer(struct http_connection *c)
{
    struct http_exchange *exchange = c->exchange;
    struct why why = {""};
    c->state = HANDLING;
    if (exchange->reply.status == 0 && (exchange->work != NULL || exchange->cancel != NULL)) {
        if (keep_request(exchange) != OK) return STEP_CLOSE;
        if (exchange->work == NULL) return STEP_ON;
        const outcome submitted = exchange_submit(exchange, &why);
        if (submitted == OK) return STEP_ON;
        exchange->work = NULL;
        http_reply_outcome(exchange, submitted, &why);
    }
    if (exchange->reply.status == 0) http_reply_fault(exchange);
    c->state = SENDING;
    return STEP_ON;
}

static enum step handle(struct http_connection *c)
{
    const struct http_server_options *options = c->home->options;
    options->handle(options->context, c->exchange);
    return take_answer(c);
}

// Loads the kept head into the exchange and prepares for a body that is still on its way.
static enum step begin_body(struct http_connection *c, const struct window *w)
{
    struct http_exchange *exchange = c->exchange;
    const uint32_t body_max = c->home->options->limits.body_bytes_max;
    exchange->body_bytes = buffer_init(body_max);
    if (keep_request(exchange) != OK) return STEP_CLOSE;
    c->chunks = http_chunks_init(body_max);
    c->body_left = exchange->request->content_length;
    c->state = BODY;
    if (!exchange->request->expects_continue || w->to > w->from) return STEP_ON;
    const outcome put = buffer_put_text(&c->home->out, "HTTP/1.1 100 Continue\r\n\r\n", NULL);
    return put == OK && send_flush(c, TRANSPORT_LAST) == SEND_DONE ? STEP_ON : STEP_CLOSE;
}

static enum step begin_request(struct http_connection *c, struct window *w, size_t head_bytes)
{
    const struct http_request *request = &c->home->request;
    struct http_exchange *exchange = exchange_take(c);
    if (exchange == NULL) return STEP_CLOSE;
    c->home->head = slice_part(window_slice(c, w), 0, head_bytes);
    w->from += head_bytes;
    c->scan = (struct http_scan){.takes_any_method = c->scan.takes_any_method};
    c->exchange = exchange;
    c->is_used = true;
    c->is_last = c->is_last || request->is_last;
    exchange->request = request;
    exchange->is_head = request->method == METHOD_HEAD;
    count(&c->home->counters.requests, 1);
    if (request->framing == FRAMING_NONE ||
        (request->framing == FRAMING_LENGTH && request->content_length == 0))
        return handle(c);
    if (request->framing == FRAMING_LENGTH &&
        request->content_length > c->home->options->limits.body_bytes_max)
        return refuse(c, FAULT_BODY_LARGE);
    const bool is_here =
        request->framing == FRAMING_LENGTH && request->content_length <= w->to - w->from;
    if (!is_here) return begin_body(c, w);
    exchange->body = slice_part(window_slice(c, w), 0, (size_t)request->content_length);
    w->from += exchange->body.len;
    return handle(c);
}

// The first bytes are HTTP/2's preface, or may yet be.
static enum step begin_streams(struct http_connection *c, struct window *w)
{
    if (http2_begins(window_slice(c, w)) == HTTP2_PERHAPS) return read_more(c, w);
    if (http2_open(c, NULL) != OK) return STEP_CLOSE;
    c->state = STREAMS;
    return STEP_ON;
}

static enum step step_reading(struct http_connection *c, struct window *w)
{
    load_kept(c, w);
    if (!c->is_used && http2_begins(window_slice(c, w)) != HTTP2_NO) return begin_streams(c, w);
    if (w->to > w->from) {
        size_t head_bytes = 0;
        enum http_fault fault = FAULT_NONE;
        const enum http_parsed parsed = http_request_parse(&c->scan, window_slice(c, w),
                                                           &c->home->request, &head_bytes, &fault);
        if (parsed == HTTP_READY) return begin_request(c, w, head_bytes);
        if (parsed == HTTP_REFUSED) return refuse(c, fault);
    }
    const enum send_result flushed = send_flush(c, TRANSPORT_LAST);
    if (flushed == SEND_BLOCKED) c->state = SENDING;
    if (flushed != SEND_DONE) return flushed == SEND_BLOCKED ? STEP_WAIT : STEP_CLOSE;
    if (c->is_last && w->to == w->from) return STEP_CLOSE; // draining, and at rest
    return read_more(c, w);
}

// Moves what is here of the body to the exchange. HTTP_READY when it is complete.
static enum http_parsed take_body(struct http_connection *c, struct window *w,
                                  enum http_fault *fault)
{
    struct http_exchange *exchange = c->exchange;
    struct slice in = window_slice(c, w), data;
    enum http_parsed parsed = HTTP_MORE;
    do {
        if (exchange->request->framing == FRAMING_CHUNKED) {
            parsed = http_chunks_read(&c->chunks, &in, &data, fault);
        } else {
            data = slice_part(in, 0, (size_t)c->body_left);
            in = slice_part(in, data.len, in.len);
            c->body_left -= data.len;
            parsed = c->body_left == 0 ? HTTP_READY : HTTP_MORE;
        }
        if (parsed == HTTP_REFUSED) return parsed;
        if (buffer_put(&exchange->body_bytes, data, NULL) != OK) {
            *fault = FAULT_BODY_LARGE;
            return HTTP_REFUSED;
        }
    } while (parsed == HTTP_MORE && in.len > 0);
    w->from = w->to - in.len;
    return parsed;
}

static enum step step_body(struct http_connection *c, struct window *w)
{
    load_kept(c, w);
    enum http_fault fault = FAULT_NONE;
    const enum http_parsed parsed = take_body(c, w, &fault);
    if (parsed == HTTP_REFUSED) return refuse(c, fault);
    if (parsed == HTTP_READY) {
        c->exchange->body = buffer_slice(&c->exchange->body_bytes);
        return handle(c);
    }
    if (send_flush(c, TRANSPORT_LAST) != SEND_DONE) return STEP_CLOSE;
    return read_more(c, w);
}

static enum step step_handling(struct http_connection *c, struct window *w)
{
    (void)w;
    // Answers to requests before this one must not wait for it.
    return send_flush(c, TRANSPORT_LAST) == SEND_BROKEN ? STEP_CLOSE : STEP_WAIT;
}

static enum step begin_linger(struct http_connection *c, struct window *w)
{
    if (!transport_finish(&c->transport)) return STEP_CLOSE;
    w->from = w->to;
    free(c->kept_in);
    c->kept_in = NULL;
    c->kept_in_len = 0;
    c->moved = 0;
    c->is_readable = true;
    c->state = LINGERING;
    return STEP_ON;
}

static enum step step_sending(struct http_connection *c, struct window *w)
{
    c->is_starved = false;
    switch (send_on(c)) {
    case SEND_DONE: break;
    case SEND_BLOCKED: return STEP_WAIT;
    case SEND_STARVED: c->is_starved = true; return STEP_WAIT;
    case SEND_TURN_OVER: loop_again(c->home->loop, &c->source); return STEP_WAIT;
    case SEND_BROKEN: return STEP_CLOSE;
    }
    if (c->exchange != NULL) exchange_put(c->home, c->exchange);
    c->exchange = NULL;
    c->deadline = DEADLINE_NONE;
    if (c->is_last) return begin_linger(c, w);
    c->state = READING;
    return STEP_ON;
}

static enum step step_streams(struct http_connection *c, struct window *w)
{
    load_kept(c, w);
    if (w->to > w->from && !http2_take(c, window_slice(c, w))) c->is_last = true;
    w->from = w->to;
    switch (http2_send(c)) {
    case SEND_DONE: break;
    case SEND_TURN_OVER: loop_again(c->home->loop, &c->source); return STEP_WAIT;
    case SEND_BLOCKED: return STEP_WAIT; // and nothing is read: who takes no answers may not ask
    case SEND_STARVED:
    case SEND_BROKEN: return STEP_CLOSE;
    }
    if (http2_is_over(c)) return begin_linger(c, w);
    return read_more(c, w);
}

static enum step step_lingering(struct http_connection *c, struct window *w)
{
    w->from = w->to = 0;
    return c->moved > LINGER_BYTES_MAX ? STEP_CLOSE : read_more(c, w);
}

static enum step (*const steps[])(struct http_connection *c, struct window *w) = {
    [READING] = step_reading, [BODY] = step_body,       [HANDLING] = step_handling,
    [SENDING] = step_sending, [STREAMS] = step_streams, [LINGERING] = step_lingering,
};

static void run_steps(struct http_connection *c, enum step step)
{
    struct window w = {0, 0};
    while (step == STEP_ON)
        step = steps[c->state](c, &w);
    if (step == STEP_CLOSE || !keep_rest(c, &w)) {
        connection_close(c);
        return;
    }
    assert(c->home->out.len == 0);
    deadline_follow(c);
}

static void connection_ready(struct event_source *source, uint32_t events)
{
    struct http_connection *c = CONTAINER_OF(source, struct http_connection, source);
    if (events & (EPOLLERR | EPOLLHUP)) {
        connection_close(c);
        return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP)) c->is_readable = true;
    if (events & EPOLLRDHUP) c->is_half_closed = true;
    if (events & EPOLLOUT) {
        c->is_writable = true;
        if (!transport_flush(&c->transport)) {
            connection_close(c);
            return;
        }
    }
    const bool has_turn = events == 0;
    if (c->state == HANDLING && !has_turn && c->kept_out == NULL) return;
    if (c->state == SENDING && !has_turn && (!c->is_writable || c->is_starved)) return;
    run_steps(c, STEP_ON);
}

// An offloaded exchange is back on its loop.
static void come_back(struct loop_post *post)
{
    struct http_exchange *exchange = CONTAINER_OF(post, struct http_exchange, post);
    struct http_connection *c = exchange->connection;
    http_handler *done = exchange->done;
    exchange->work = exchange->done = NULL;
    if (done != NULL) done(exchange->work_context, exchange);
    if (c == NULL) {
        assert(exchange->work == NULL && exchange->cancel == NULL);
        exchange_put(exchange->home, exchange);
        return;
    }
    if (exchange->stream != NULL)
        http2_answered(exchange);
    else
        run_steps(c, take_answer(c));
}

void connection_run(struct http_connection *c)
{
    run_steps(c, STEP_ON);
}

void connection_refuse(struct http_connection *c, enum http_fault fault)
{
    run_steps(c, refuse(c, fault));
}

void connection_resume(struct http_connection *c)
{
    if (c->state == HANDLING) c->state = SENDING;
    loop_again(c->home->loop, &c->source);
}

void connection_drop_exchange(struct http_connection *c)
{
    struct http_exchange *exchange = c->exchange;
    c->exchange = NULL;
    if (exchange == NULL) return;
    exchange->connection = NULL;
    if (exchange->work != NULL) return;
    if (exchange->cancel != NULL) exchange->cancel(exchange);
    exchange_put(c->home, exchange);
}

static void bury_connection(struct loop_post *post)
{
    free(CONTAINER_OF(post, struct http_connection, burial));
}

void connection_close(struct http_connection *c)
{
    if (c->state == CLOSED) return;
    struct http_loop *home = c->home;
    c->state = CLOSED;
    home->out.len = 0; // whatever was gathered was for this client
    connection_drop_exchange(c);
    http2_close(c);
    timer_drop(&c->timer);
    loop_remove(home->loop, &c->source);
    transport_close(&c->transport);
    c->source.fd = -1;
    *c->link = c->next;
    if (c->next != NULL) c->next->link = c->link;
    free(c->kept_in);
    free(c->kept_out);
    c->burial.run = bury_connection;
    loop_bury(home->loop, &c->burial);
    http_loop_closed(home);
}

void connection_drain(struct http_connection *c)
{
    c->is_last = true;
    if (c->http2 != NULL && !http2_is_idle(c)) {
        http2_drain(c);
        return;
    }
    const bool is_at_rest = c->http2 != NULL || (c->state == READING && c->kept_in == NULL);
    if (is_at_rest) connection_close(c);
}

outcome connection_open(struct http_loop *home, int fd, struct address peer, struct why *why)
{
    struct http_connection *c = calloc(1, sizeof *c);
    if (c == NULL) return fail(why, NO_MEMORY, "no memory for a connection");
    c->home = home;
    c->transport.fd = fd;
    c->peer = peer;
    c->source = (struct event_source){.fd = fd, .ready = connection_ready};
    c->is_writable = true;
    c->scan.takes_any_method = home->options->is_gateway;
    outcome result = OK;
    if (home->options->tls != NULL)
        result = tls_accept(home->options->tls, fd, home->tls_room, &c->transport.tls, why);
    if (result == OK)
        result = loop_add(home->loop, &c->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, why);
    if (result != OK) {
        tls_close(&c->transport.tls);
        free(c);
        return result;
    }
    c->next = home->connections;
    c->link = &home->connections;
    if (c->next != NULL) c->next->link = &c->next;
    home->connections = c;
    deadline_follow(c);
    return OK;
}
