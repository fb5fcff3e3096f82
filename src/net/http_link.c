// SPDX-License-Identifier: Apache-2.0
#include "net/http_link.h"

#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

enum { TURN_BYTES = 1024 * 1024 }; // read for one connection before the others' turn

enum step { STEP_ON, STEP_WAIT };

static void set_deadline(struct http_link *link, int64_t ms)
{
    link->moved = 0;
    timer_set(loop_wheel(link->calls->loop), &link->timer,
              loop_now_us(link->calls->loop) + ms * 1000);
}

static void list_put(struct http_link *link)
{
    struct http_calls *calls = link->calls;
    link->next = calls->links;
    link->link = &calls->links;
    if (link->next != NULL) link->next->link = &link->next;
    calls->links = link;
}

static void list_take(struct http_link *link)
{
    *link->link = link->next;
    if (link->next != NULL) link->next->link = link->link;
}

static void bury(struct loop_post *post)
{
    free(CONTAINER_OF(post, struct http_link, burial));
}

void link_close(struct http_link *link)
{
    if (link->state == LINK_CLOSED) return;
    struct http_calls *calls = link->calls;
    if (link->state == LINK_IDLE) calls->idle_count--;
    link->state = LINK_CLOSED;
    link->call = NULL;
    timer_drop(&link->timer);
    loop_remove(calls->loop, &link->source);
    transport_close(&link->transport);
    link->source.fd = -1;
    list_take(link);
    calls->link_count--;
    link->burial.run = bury;
    loop_bury(calls->loop, &link->burial);
}

static void link_fail(struct http_link *link, outcome result, const char *what)
{
    struct http_calls *calls = link->calls;
    struct http_call *call = link->call;
    struct why why = {""};
    const bool is_stale = link->is_reused && !link->has_answer && result == UNAVAILABLE;
    link_close(link);
    call->link = NULL;
    if (is_stale && call_is_repeatable(call) && !call->is_repeated) {
        call->is_repeated = true;
        result = call_repeat(calls, call, &why);
        if (result == OK) return;
    } else {
        result = fail(&why, result, "another server failed: %s", what);
    }
    call->ended(call, result, &why);
}

// The answer is whole: the connection is kept when both sides can go on from here.
static void link_finish(struct http_link *link)
{
    struct http_calls *calls = link->calls;
    struct http_call *call = link->call;
    const bool is_kept = !link->is_last && link->framing != FRAMING_NONE &&
                         link->from == link->to && calls->idle_count < calls->limits.idle_max;
    link->call = NULL;
    call->link = NULL;
    if (is_kept) {
        link->state = LINK_IDLE;
        link->idle_us = loop_now_us(calls->loop);
        calls->idle_count++;
        list_take(link);
        list_put(link);
        set_deadline(link, calls->limits.idle_ms);
    } else {
        link_close(link);
    }
    call->ended(call, OK, NULL);
}

static enum step begin_greeting(struct http_link *link)
{
    struct http_calls *calls = link->calls;
    struct why why = {"no memory for TLS"};
    if (calls->tls_room == NULL) calls->tls_room = calloc(1, sizeof *calls->tls_room);
    if (calls->tls_room == NULL || tls_connect(link->peer.tls, link->transport.fd, link->peer.host,
                                               calls->tls_room, &link->transport.tls, &why) != OK) {
        link_fail(link, UNAVAILABLE, why.text);
        return STEP_WAIT;
    }
    link->state = LINK_GREETING;
    return STEP_ON;
}

static enum step step_connecting(struct http_link *link)
{
    if (!link->is_writable) return STEP_WAIT;
    int error = 0;
    socklen_t len = sizeof error;
    (void)getsockopt(link->transport.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        link_fail(link, UNAVAILABLE, strerror(error));
        return STEP_WAIT;
    }
    if (link->peer.tls != NULL) return begin_greeting(link);
    link->state = LINK_SENDING;
    set_deadline(link, link->calls->limits.head_ms);
    return STEP_ON;
}

static enum step step_greeting(struct http_link *link)
{
    struct why why = {"it hangs up"};
    const ssize_t greeted = tls_greet(link->transport.tls, &why);
    if (greeted == TRANSPORT_BROKEN) {
        link_fail(link, UNAVAILABLE, why.text);
        return STEP_WAIT;
    }
    if (greeted == TRANSPORT_AGAIN) return STEP_WAIT;
    link->state = LINK_SENDING;
    set_deadline(link, link->calls->limits.head_ms);
    return STEP_ON;
}

static enum step step_sending(struct http_link *link)
{
    const struct http_call *call = link->call;
    const size_t of_body = link->sent > call->head.len ? link->sent - call->head.len : 0;
    const struct slice head = slice_part(call->head, link->sent, call->head.len);
    const struct slice body = slice_part(call->body, of_body, call->body.len);
    if (head.len + body.len == 0) {
        link->state = LINK_HEAD;
        return STEP_ON;
    }
    if (!link->is_writable) return STEP_WAIT;
    const struct slice none = {NULL, 0};
    const ssize_t put = transport_send(&link->transport, head.len > 0 ? head : body,
                                       head.len > 0 ? body : none, TRANSPORT_LAST);
    if (put == TRANSPORT_AGAIN) {
        link->is_writable = false;
        return STEP_WAIT;
    }
    if (put < 0) {
        link_fail(link, UNAVAILABLE, "it closed the connection");
        return STEP_WAIT;
    }
    link->sent += (size_t)put;
    return STEP_ON;
}

// Reads behind what is in `in`. 0: nothing now, or the link has failed; -1: the server has closed.
static ssize_t read_in(struct http_link *link)
{
    if (!link->is_readable) return 0;
    if (link->from > 0) {
        memmove(link->in, link->in + link->from, link->to - link->from);
        link->to -= link->from;
        link->from = 0;
    }
    const size_t room = LINK_IN_BYTES - link->to;
    assert(room > 0);
    const ssize_t got = transport_read(&link->transport, link->in + link->to, room);
    if (got == TRANSPORT_AGAIN) {
        link->is_readable = false;
        return 0;
    }
    if (got <= 0) return -1;
    link->has_answer = true;
    link->to += (uint32_t)got;
    link->moved += (uint64_t)got;
    return got;
}

static void begin_body(struct http_link *link, const struct http_response *response)
{
    link->framing = response->framing;
    link->left = response->content_length;
    link->chunks = http_chunks_init(INT64_MAX);
    link->is_complete = response->framing == FRAMING_LENGTH && response->content_length == 0;
    link->is_last = response->is_last;
    link->pending = (struct slice){NULL, 0};
    link->state = LINK_BODY;
    set_deadline(link, link->calls->limits.stall_ms);
    link->call->answered(link->call, response);
}

static enum step step_head(struct http_link *link)
{
    struct http_response *response = &link->calls->response;
    const struct slice window = {link->in + link->from, link->to - link->from};
    size_t head_bytes = 0;
    enum http_fault fault = FAULT_NONE;
    enum http_parsed parsed = HTTP_MORE;
    if (window.len > 0)
        parsed = http_response_parse(&link->scan, window, link->call->method, response, &head_bytes,
                                     &fault);
    if (parsed == HTTP_REFUSED || (parsed == HTTP_READY && response->status == 101)) {
        link_fail(link, UNAVAILABLE,
                  parsed == HTTP_READY ? "it switches protocols" : http_fault_sentence(fault));
        return STEP_WAIT;
    }
    if (parsed == HTTP_MORE) {
        const ssize_t got = read_in(link);
        if (got < 0) link_fail(link, UNAVAILABLE, "it closed the connection without an answer");
        return got > 0 ? STEP_ON : STEP_WAIT;
    }
    link->from += (uint32_t)head_bytes;
    link->scan = (struct http_scan){0};
    if (response->status >= 200) {
        begin_body(link, response);
    } else if (link->call->interim != NULL) {
        link->call->interim(link->call, response);
    }
    return STEP_ON;
}

// Hands over what is pending, as far as there is room. False: the caller of the call must wait.
static bool hand_over(struct http_link *link)
{
    while (link->pending.len > 0) {
        size_t room = 0;
        uint8_t *at = link->call->room(link->call, &room);
        if (link->state == LINK_CLOSED) return false;
        if (at == NULL) {
            link->is_paused = true;
            return false;
        }
        const size_t len = room < link->pending.len ? room : link->pending.len;
        memcpy(at, link->pending.at, len);
        link->pending = slice_part(link->pending, len, link->pending.len);
        link->call->moved(link->call, len);
        if (link->state == LINK_CLOSED) return false;
    }
    return true;
}

// Takes body bytes out of `in`; they become pending. False: the coding is broken.
static bool decode(struct http_link *link)
{
    struct slice window = {link->in + link->from, link->to - link->from};
    enum http_fault fault = FAULT_NONE;
    if (link->framing == FRAMING_CHUNKED) {
        const enum http_parsed parsed =
            http_chunks_read(&link->chunks, &window, &link->pending, &fault);
        link->from = link->to - (uint32_t)window.len;
        link->is_complete = parsed == HTTP_READY;
        return parsed != HTTP_REFUSED;
    }
    link->pending =
        link->framing == FRAMING_NONE ? window : slice_part(window, 0, (size_t)link->left);
    link->from += (uint32_t)link->pending.len;
    if (link->framing == FRAMING_LENGTH) {
        link->left -= link->pending.len;
        link->is_complete = link->left == 0;
    }
    return true;
}

static enum step end_of_stream(struct http_link *link)
{
    link->is_last = true;
    if (link->framing == FRAMING_NONE)
        link_finish(link);
    else
        link_fail(link, UNAVAILABLE, "it closed the connection in the middle of its answer");
    return STEP_WAIT;
}

// Reads body bytes straight to where they are wanted.
static enum step read_body(struct http_link *link, uint64_t *budget)
{
    if (!link->is_readable) return STEP_WAIT;
    size_t room = 0;
    uint8_t *at = link->call->room(link->call, &room);
    if (link->state == LINK_CLOSED) return STEP_WAIT;
    if (at == NULL) {
        link->is_paused = true;
        return STEP_WAIT;
    }
    if (link->framing == FRAMING_LENGTH && room > link->left) room = (size_t)link->left;
    const ssize_t got = transport_read(&link->transport, at, room);
    if (got == TRANSPORT_AGAIN) {
        link->is_readable = false;
        return STEP_WAIT;
    }
    if (got == 0) return end_of_stream(link);
    if (got < 0) {
        link_fail(link, UNAVAILABLE, "the connection broke in the middle of its answer");
        return STEP_WAIT;
    }
    link->moved += (uint64_t)got;
    if (link->framing == FRAMING_LENGTH) {
        link->left -= (uint64_t)got;
        link->is_complete = link->left == 0;
    }
    *budget -= (uint64_t)got < *budget ? (uint64_t)got : *budget;
    link->call->moved(link->call, (size_t)got);
    return STEP_ON;
}

static enum step step_body(struct http_link *link, uint64_t *budget)
{
    if (!hand_over(link)) return STEP_WAIT;
    if (link->is_complete) {
        link_finish(link);
        return STEP_WAIT;
    }
    if (*budget == 0) {
        loop_again(link->calls->loop, &link->source);
        return STEP_WAIT;
    }
    if (link->from < link->to) {
        if (decode(link)) return STEP_ON;
        link_fail(link, UNAVAILABLE, "its chunks are malformed");
        return STEP_WAIT;
    }
    if (link->framing != FRAMING_CHUNKED) return read_body(link, budget);
    const ssize_t got = read_in(link);
    if (got < 0) return end_of_stream(link);
    *budget -= (uint64_t)got < *budget ? (uint64_t)got : *budget;
    return got > 0 ? STEP_ON : STEP_WAIT;
}

static void run_link(struct http_link *link)
{
    uint64_t budget = TURN_BYTES;
    enum step step = STEP_ON;
    while (step == STEP_ON) {
        switch (link->state) {
        case LINK_CONNECTING: step = step_connecting(link); break;
        case LINK_GREETING: step = step_greeting(link); break;
        case LINK_SENDING: step = step_sending(link); break;
        case LINK_HEAD: step = step_head(link); break;
        case LINK_BODY: step = step_body(link, &budget); break;
        case LINK_IDLE:
        case LINK_CLOSED: step = STEP_WAIT; break;
        }
    }
}

static void link_ready(struct event_source *source, uint32_t events)
{
    struct http_link *link = CONTAINER_OF(source, struct http_link, source);
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) link->is_readable = true;
    if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) link->is_writable = true;
    if (events & EPOLLOUT) (void)transport_flush(&link->transport); // what is broken says so later
    if (link->state == LINK_IDLE && link->is_readable) {
        link_close(link); // it has closed, or speaks unasked
        return;
    }
    if (!link->is_paused) run_link(link);
}

static void link_expire(struct timer *timer)
{
    struct http_link *link = CONTAINER_OF(timer, struct http_link, timer);
    const struct http_call_limits *limits = &link->calls->limits;
    switch (link->state) {
    case LINK_IDLE: link_close(link); return;
    case LINK_CONNECTING:
    case LINK_GREETING: link_fail(link, TIMED_OUT, "it does not accept connections"); return;
    case LINK_BODY:
        if (link->is_paused || link->moved >= limits->stall_bytes)
            set_deadline(link, limits->stall_ms);
        else
            link_fail(link, TIMED_OUT, "its answer has stalled");
        return;
    case LINK_SENDING:
    case LINK_HEAD: link_fail(link, TIMED_OUT, "it does not answer"); return;
    case LINK_CLOSED: return;
    }
}

outcome link_open(struct http_calls *calls, const struct http_peer *peer, struct http_link **out,
                  struct why *why)
{
    if (calls->link_count >= calls->limits.connections_max)
        return fail(why, EXHAUSTED, "too many connections to other servers are open");
    struct http_link *link = malloc(sizeof *link);
    if (link == NULL) return fail(why, NO_MEMORY, "no memory for a connection to another server");
    memset(link, 0, offsetof(struct http_link, in));
    link->calls = calls;
    link->peer = *peer;
    link->timer.due = link_expire;
    const int fd = socket(peer->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    link->transport.fd = fd;
    link->source = (struct event_source){.fd = fd, .ready = link_ready};
    const int one = 1;
    if (fd >= 0) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    outcome result = OK;
    if (fd < 0 || (connect(fd, (const struct sockaddr *)&peer->address, peer->len) != 0 &&
                   errno != EINPROGRESS))
        result = fail_errno(why, errno, "another server cannot be reached");
    if (result == OK)
        result =
            loop_add(calls->loop, &link->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, why);
    if (result != OK) {
        if (fd >= 0) transport_close(&link->transport);
        free(link);
        return result;
    }
    list_put(link);
    calls->link_count++;
    calls->counters.connects++;
    *out = link;
    return OK;
}

void link_begin(struct http_link *link, struct http_call *call)
{
    struct http_calls *calls = link->calls;
    const bool is_new = link->state == LINK_CONNECTING;
    link->call = call;
    call->link = link;
    link->sent = 0;
    link->scan = (struct http_scan){0};
    link->has_answer = link->is_paused = false;
    link->is_last = true; // until an answer says otherwise
    set_deadline(link, is_new ? calls->limits.connect_ms : calls->limits.head_ms);
    if (is_new) return;
    assert(link->state == LINK_IDLE);
    calls->idle_count--;
    link->is_reused = true;
    link->state = LINK_SENDING;
    loop_again(calls->loop, &link->source);
}
