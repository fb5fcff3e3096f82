// SPDX-License-Identifier: Apache-2.0
#include "net/http2.h"

#include <sys/socket.h>

static enum deadline deadline_of(const struct http_connection *c)
{
    switch (c->state) {
    case READING: return c->kept_in == NULL ? DEADLINE_IDLE : DEADLINE_HEAD;
    case BODY: return DEADLINE_BODY;
    case HANDLING: return DEADLINE_HANDLER;
    case SENDING: return c->is_starved ? DEADLINE_STREAM : DEADLINE_SEND;
    case STREAMS: return http2_deadline(c);
    case LINGERING: return DEADLINE_LINGER;
    case CLOSED: break;
    }
    return DEADLINE_NONE;
}

static int64_t deadline_ms(const struct http_limits *limits, enum deadline deadline)
{
    switch (deadline) {
    case DEADLINE_IDLE: return limits->idle_ms;
    case DEADLINE_HEAD: return limits->head_ms;
    case DEADLINE_HANDLER:
    case DEADLINE_STREAM: return limits->handler_ms;
    case DEADLINE_LINGER: return limits->linger_ms;
    case DEADLINE_NONE:
    case DEADLINE_BODY:
    case DEADLINE_SEND: break;
    }
    return limits->stall_ms;
}

void deadline_set(struct http_connection *c, enum deadline deadline)
{
    const int64_t ms = deadline_ms(&c->home->options->limits, deadline);
    timer_set(loop_wheel(c->home->loop), &c->timer, loop_now_us(c->home->loop) + ms * 1000);
    c->deadline = deadline;
    if (c->state != LINGERING) c->moved = 0;
}

void deadline_follow(struct http_connection *c)
{
    const enum deadline deadline = deadline_of(c);
    if (deadline != c->deadline || deadline == DEADLINE_STREAM) deadline_set(c, deadline);
}

// Cuts a client that does not read. A plain close would leave the kernel holding what was sent for
// as long as the client likes.
static void reset_connection(struct http_connection *c)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(c->transport.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    connection_close(c);
}

// The handler has had its time: its exchange is left to it, and the client hears of it.
static void answer_late(struct http_connection *c)
{
    connection_drop_exchange(c);
    if (c->kept_out != NULL) { // not even the answers before were taken
        connection_close(c);
        return;
    }
    c->exchange = exchange_take(c);
    if (c->exchange == NULL) {
        connection_close(c);
        return;
    }
    c->exchange->request = &http_no_request;
    c->is_last = true;
    http_reply_outcome(c->exchange, TIMED_OUT,
                       &(struct why){"the answer took too long: try again"});
    c->state = SENDING;
    connection_run(c);
}

// A window has passed in which the body should have moved. The kernel says late that a socket has
// room again, so the window is judged after another try.
static void judge_window(struct http_connection *c)
{
    c->is_readable = c->is_writable = true;
    const enum deadline deadline = c->deadline;
    connection_run(c);
    if (c->state == CLOSED || c->timer.link != NULL) return; // gone, or on to something else
    const bool is_handler = deadline == DEADLINE_HANDLER; // of streams: any of them may have moved
    if (c->moved >= (is_handler ? 1 : c->home->options->limits.stall_bytes)) {
        deadline_set(c, deadline);
        return;
    }
    count(&c->home->counters.timed_out, 1);
    if (deadline == DEADLINE_BODY && c->http2 == NULL)
        connection_refuse(c, FAULT_SLOW);
    else
        reset_connection(c);
}

void connection_expire(struct http_connection *c)
{
    const enum deadline deadline = c->deadline;
    const bool is_stream = c->http2 != NULL && deadline == DEADLINE_HANDLER;
    if (deadline == DEADLINE_BODY || deadline == DEADLINE_SEND || is_stream) {
        judge_window(c);
        return;
    }
    count(&c->home->counters.timed_out, 1);
    if (deadline == DEADLINE_HEAD)
        connection_refuse(c, FAULT_SLOW);
    else if (deadline == DEADLINE_HANDLER)
        answer_late(c);
    else
        connection_close(c);
}
