// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

static enum deadline deadline_of(const struct http_connection *c)
{
    switch (c->state) {
    case READING: return c->kept_in == NULL ? DEADLINE_IDLE : DEADLINE_HEAD;
    case BODY: return DEADLINE_BODY;
    case HANDLING: return DEADLINE_HANDLER;
    case SENDING: return c->is_starved ? DEADLINE_STREAM : DEADLINE_SEND;
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
    if (deadline == DEADLINE_BODY || deadline == DEADLINE_SEND) c->moved = 0;
}

void deadline_follow(struct http_connection *c)
{
    const enum deadline deadline = deadline_of(c);
    if (deadline != c->deadline || deadline == DEADLINE_STREAM) deadline_set(c, deadline);
}
