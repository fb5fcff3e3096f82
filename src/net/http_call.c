// SPDX-License-Identifier: Apache-2.0
#include "net/http_call.h"

#include "net/http_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http_call_limits http_call_limits_default(void)
{
    return (struct http_call_limits){
        .connect_ms = 3000,
        .head_ms = 15000,
        .stall_ms = 10000,
        .stall_bytes = 1024,
        .idle_ms = 30000,
        .idle_max = 64,
        .connections_max = 1024,
    };
}

outcome http_calls_open(struct event_loop *loop, const struct http_call_limits *limits,
                        struct http_calls **out, struct why *why)
{
    struct http_calls *calls = calloc(1, sizeof *calls);
    if (calls == NULL) return fail(why, NO_MEMORY, "no memory for calls to other servers");
    calls->loop = loop;
    calls->limits = *limits;
    *out = calls;
    return OK;
}

struct http_calls_counters http_calls_counters(const struct http_calls *calls)
{
    return calls->counters;
}

void http_calls_close(struct http_calls **calls)
{
    if (*calls == NULL) return;
    while ((*calls)->links != NULL) {
        struct http_link *link = (*calls)->links;
        (*calls)->links = link->next;
        timer_drop(&link->timer);
        loop_remove((*calls)->loop, &link->source);
        transport_close(&link->transport);
        free(link);
    }
    free((*calls)->tls_room);
    free(*calls);
    *calls = NULL;
}

// The one that was used last, if that was after `since_us`.
static struct http_link *find_idle(const struct http_calls *calls, const struct http_peer *peer,
                                   int64_t since_us)
{
    for (struct http_link *link = calls->links; link != NULL; link = link->next)
        if (link->state == LINK_IDLE && link->idle_us > since_us && link->peer.len == peer->len &&
            link->peer.tls == peer->tls && link->peer.host == peer->host &&
            memcmp(&link->peer.address, &peer->address, peer->len) == 0)
            return link;
    return NULL;
}

bool call_is_repeatable(const struct http_call *call)
{
    return call->method == METHOD_GET || call->method == METHOD_HEAD;
}

outcome call_repeat(struct http_calls *calls, struct http_call *call, struct why *why)
{
    struct http_link *link = NULL;
    const int64_t since_us = call_is_repeatable(call)
                                 ? INT64_MIN
                                 : loop_now_us(calls->loop) - calls->limits.fresh_ms * 1000;
    if (!call->is_repeated) link = find_idle(calls, &call->peer, since_us);
    if (link != NULL)
        calls->counters.reuses++;
    else
        TRY(link_open(calls, &call->peer, &link, why));
    assert(link != NULL);
    link_begin(link, call);
    return OK;
}

outcome http_call_start(struct http_calls *calls, struct http_call *call, struct why *why)
{
    assert(call->link == NULL && call->answered != NULL && call->ended != NULL);
    call->is_repeated = false;
    calls->counters.calls++;
    return call_repeat(calls, call, why);
}

void http_call_resume(struct http_call *call)
{
    if (call->link == NULL || !call->link->is_paused) return;
    call->link->is_paused = false;
    loop_again(call->link->calls->loop, &call->link->source);
}

void http_call_cancel(struct http_call *call)
{
    if (call->link == NULL) return;
    link_close(call->link);
    call->link = NULL;
}
