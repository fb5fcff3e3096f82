// SPDX-License-Identifier: Apache-2.0
//
// One connection to another server, inside its event loop. For net/http_call.c alone.
//
//     open                            answer whole, connection good
//       |            +--------------------------------------------------<--+
//       v            v                                                     |
//     [ CONNECTING ] [ IDLE ] --call--> [ SENDING ] -> [ HEAD ] -> [ BODY ]-+
//       connect_ms     idle_ms               head_ms                 stall window
//       |              | readable: closed
//       +--> [ GREETING ] --> [ SENDING ]
//              with TLS
//
// While the caller has no room for a body the connection is paused: nothing is read, and the stall
// window does not count.
#ifndef NET_HTTP_LINK_H
#define NET_HTTP_LINK_H

#include "net/http_call.h"
#include "net/http_chunks.h"
#include "net/transport.h"

enum { LINK_IN_BYTES = HTTP_HEAD_BYTES_MAX + 8 * 1024 }; // a head, and the first of its body

enum link_state {
    LINK_CONNECTING,
    LINK_GREETING,
    LINK_SENDING,
    LINK_HEAD,
    LINK_BODY,
    LINK_IDLE,
    LINK_CLOSED
};

struct http_link {
    struct event_source source;
    struct timer timer;
    struct loop_post burial;
    struct http_calls *calls;
    struct http_link *next, **link; // of the loop's links
    struct http_peer peer;
    struct transport transport;
    struct http_call *call;
    enum link_state state;
    bool is_readable, is_writable;
    bool is_reused;  // it carried a call before
    bool has_answer; // bytes of the current answer came
    bool is_last;    // the server closes after it
    bool is_paused;  // there was no room
    size_t sent;     // of head and body
    int64_t idle_us; // since when it is idle, of the loop's clock
    struct http_scan scan;
    enum http_framing framing;
    uint64_t left; // FRAMING_LENGTH
    struct http_chunks chunks;
    bool is_complete;     // the coding's end has been read
    struct slice pending; // body bytes in `in` that are to be handed over
    uint64_t moved;       // since the stall window began
    uint32_t from, to;    // what of `in` is not used yet
    uint8_t in[LINK_IN_BYTES];
};

struct http_calls {
    struct event_loop *loop;
    struct http_call_limits limits;
    struct http_link *links; // idle ones too, the most recently used first
    uint32_t link_count, idle_count;
    struct http_calls_counters counters;
    struct http_response response; // of the link that has the turn
    struct tls_room *tls_room;     // from the first TLS on
};

// Begins to connect; in the list of its calls. EXHAUSTED, NO_MEMORY, UNAVAILABLE.
must_check outcome link_open(struct http_calls *calls, const struct http_peer *peer,
                             struct http_link **out, struct why *why);

// Gives it a call: it connects still, or is idle.
void link_begin(struct http_link *link, struct http_call *call);

void link_close(struct http_link *link);

// The call's connection died before an answer came: tries once more. In http_call.c.
must_check outcome call_repeat(struct http_calls *calls, struct http_call *call, struct why *why);
bool call_is_repeatable(const struct http_call *call);

#endif
