// SPDX-License-Identifier: Apache-2.0
#include "player/swarm_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LOOK_US = 100 * 1000,      // how often a paced transfer is looked at
    KEPT_BYTES = 4096,         // of an answer, at a time
    AHEAD_BYTES = 1024 * 1024, // that a link may carry in a row where a body's length is not told
};

int64_t swarm_now(const struct swarm_viewer *viewer)
{
    (void)viewer;
    return clock_us(clock_system());
}

static struct swarm_ask *ask_of(struct http_call *call)
{
    return CONTAINER_OF(call, struct swarm_ask, call);
}

static bool is_linked(const struct swarm_ask *ask)
{
    return ask->is_paced && ask->viewer->link.trace != NULL;
}

// Lets time pass over the link up to now; what it carries meanwhile of `wanted` bytes is credited.
static void pass(struct swarm_ask *ask, double wanted)
{
    struct swarm_viewer *viewer = ask->viewer;
    const int64_t now_us = swarm_now(viewer);
    double seconds = (double)(now_us - viewer->link_us) / 1e6, carried = 0;
    if (wanted > 0) seconds -= link_carry(&viewer->link, wanted, seconds, &carried);
    if (seconds > 0) link_pass(&viewer->link, seconds);
    ask->credit += carried;
    viewer->link_us = now_us;
}

static double wanted_of(const struct swarm_ask *ask)
{
    const double left = ask->length > ask->received ? (double)(ask->length - ask->received)
                        : ask->length == 0          ? (double)AHEAD_BYTES
                                                    : 0.0;
    return left > ask->credit ? left - ask->credit : 0.0;
}

static void look(struct swarm_viewer *viewer);

// To be looked at when the link will have carried the rest, or when it is time for the rule.
static void set_look(struct swarm_viewer *viewer)
{
    struct link ahead = viewer->link;
    double done = 0;
    const double seconds = link_carry(&ahead, wanted_of(&viewer->main), LOOK_US / 1e6, &done);
    swarm_viewer_at(viewer, viewer->link_us + (int64_t)(seconds * 1e6), look);
}

static void look(struct swarm_viewer *viewer)
{
    struct swarm_ask *ask = &viewer->main;
    if (ask->first_us > 0) pass(ask, wanted_of(ask));
    if (ask->stage == SWARM_MEDIA && swarm_viewer_gives_up(viewer)) return;
    if (ask->first_us > 0)
        set_look(viewer);
    else
        swarm_viewer_at(viewer, swarm_now(viewer) + LOOK_US, look);
    http_call_resume(&ask->call);
}

static void answered(struct http_call *call, const struct http_response *response)
{
    struct swarm_ask *ask = ask_of(call);
    struct swarm_totals *totals = &ask->viewer->home->totals;
    ask->status = response->status;
    ask->length = response->has_length ? response->length : 0;
    ask->first_us = swarm_now(ask->viewer);
    swarm_histogram_add(&totals->first_byte[ask->stage], ask->first_us - ask->sent_us);
    if (is_linked(ask)) pass(ask, 0); // what passed before is nothing that it carried
}

static uint8_t *room(struct http_call *call, size_t *room)
{
    struct swarm_ask *ask = ask_of(call);
    struct swarm_viewer *viewer = ask->viewer;
    size_t most = SWARM_SCRATCH_BYTES;
    if (is_linked(ask)) {
        pass(ask, wanted_of(ask));
        if (ask->credit < 1) {
            set_look(viewer);
            return NULL;
        }
        if (ask->credit < (double)most) most = (size_t)ask->credit;
    }
    *room = most;
    if (!ask->is_kept) return viewer->home->scratch;
    if (most > KEPT_BYTES) *room = KEPT_BYTES;
    if (buffer_reserve(&ask->answer, *room, NULL) == OK) return ask->answer.at + ask->answer.len;
    ask->is_kept = false; // too long an answer is cut off, and no JSON then
    return viewer->home->scratch;
}

static void moved(struct http_call *call, size_t len)
{
    struct swarm_ask *ask = ask_of(call);
    if (ask->is_kept) ask->answer.len += len;
    ask->received += len;
    ask->credit -= (double)len;
    ask->viewer->home->totals.sums.bytes += len;
}

// What an answer's status means for the viewer.
static outcome judge(int status)
{
    return status >= 200 && status < 300                     ? OK
           : status == 401 || status == 403                  ? DENIED
           : status == 404 || status == 410                  ? NOT_FOUND
           : status == 408 || status == 429 || status >= 500 ? UNAVAILABLE
           : status == 409                                   ? CONFLICT
                                                             : INVALID;
}

static void ended(struct http_call *call, outcome result, const struct why *why)
{
    struct swarm_ask *ask = ask_of(call);
    struct why says = {""};
    if (why != NULL) says = *why;
    if (ask->is_paced) timer_drop(&ask->viewer->timer);
    if (result == OK && judge(ask->status) != OK)
        result = fail(&says, judge(ask->status), "answered %d", ask->status);
    ask->done(ask, result, &says);
}

static void send_now(struct swarm_ask *ask)
{
    struct swarm_viewer *viewer = ask->viewer;
    struct swarm_totals *totals = &viewer->home->totals;
    struct why why = {""};
    ask->sent_us = swarm_now(viewer);
    totals->sums.requests[ask->stage]++;
    const int64_t second = (ask->sent_us - viewer->home->begin_us) / 1000000;
    totals->second_requests[second < SWARM_SECONDS_MAX ? second : SWARM_SECONDS_MAX - 1]++;
    const outcome started = http_call_start(viewer->calls, &ask->call, &why);
    if (started != OK)
        ask->done(ask, started, &why);
    else if (is_linked(ask))
        swarm_viewer_at(viewer, ask->sent_us + LOOK_US, look);
}

static void send_main(struct swarm_viewer *viewer)
{
    send_now(&viewer->main);
}

// "GET", as it stands in a request.
static const char *method_word(enum http_method method)
{
    return method == METHOD_POST     ? "POST"
           : method == METHOD_PUT    ? "PUT"
           : method == METHOD_DELETE ? "DELETE"
                                     : "GET";
}

static outcome write_head(struct swarm_ask *ask, const char *path, const char *bearer,
                          const struct byte_range *range, struct why *why)
{
    struct buffer *head = &ask->head;
    TRY(buffer_format(head, why, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: primrose-swarm\r\n",
                      method_word(ask->call.method), path, ask->viewer->home->cast->host));
    if (bearer != NULL) TRY(buffer_format(head, why, "Authorization: Bearer %s\r\n", bearer));
    if (range != NULL && range->size > 0)
        TRY(buffer_format(head, why, "Range: bytes=%" PRIu64 "-%" PRIu64 "\r\n", range->offset,
                          range->offset + range->size - 1));
    if (ask->call.method != METHOD_GET)
        TRY(buffer_format(head, why, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                          ask->body.len));
    return buffer_put_text(head, "\r\n", why);
}

void swarm_ask_send(struct swarm_ask *ask, enum http_method method, const char *path,
                    const char *bearer, const struct byte_range *range)
{
    struct swarm_viewer *viewer = ask->viewer;
    struct why why = {""};
    assert(ask->call.link == NULL && viewer->calls != NULL);
    ask->call = (struct http_call){
        .peer = viewer->home->cast->peer,
        .method = method,
        .answered = answered,
        .room = room,
        .moved = moved,
        .ended = ended,
    };
    ask->head.len = 0;
    ask->answer.len = 0;
    ask->status = 0;
    ask->length = ask->received = 0;
    ask->credit = 0;
    ask->first_us = 0;
    ask->start_us = swarm_now(viewer);
    const outcome written = write_head(ask, path, bearer, range, &why);
    if (written != OK) {
        ask->done(ask, written, &why);
        return;
    }
    ask->call.head = buffer_slice(&ask->head);
    if (method != METHOD_GET) ask->call.body = buffer_slice(&ask->body);
    const double latency_s = is_linked(ask) ? viewer->link.trace->latency_s : 0;
    if (latency_s > 0)
        // Half a grain less, so that timers that come late on average do not.
        swarm_viewer_at(viewer, ask->start_us + (int64_t)(latency_s * 1e6) - WHEEL_TICK_US / 2,
                        send_main);
    else
        send_now(ask);
}

void swarm_ask_cancel(struct swarm_ask *ask)
{
    if (ask->is_paced) timer_drop(&ask->viewer->timer);
    http_call_cancel(&ask->call);
}
