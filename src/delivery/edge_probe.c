// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include <stdlib.h>

enum { PROBE_MS = 2000, PROBE_HEAD_BYTES_MAX = 4096, PROBE_ROOM_BYTES = 4096 };

// One parent's, asked again when the answer before is here.
struct probe {
    struct http_call call;
    struct edge_loop *home;
    size_t index;
    struct buffer head;
    bool is_under_way;
    int status;
};

struct edge_probes {
    struct timer timer;
    struct edge_loop *home;
    size_t count;
    uint8_t room[PROBE_ROOM_BYTES]; // answers are read and forgotten
    struct probe probes[];
};

static int64_t now_of(const struct edge_loop *home)
{
    return loop_now_us(home->loop);
}

static void answered(struct http_call *call, const struct http_response *response)
{
    CONTAINER_OF(call, struct probe, call)->status = response->status;
}

static uint8_t *room(struct http_call *call, size_t *room)
{
    struct edge_probes *probes = CONTAINER_OF(call, struct probe, call)->home->probes;
    *room = sizeof probes->room;
    return probes->room;
}

static void moved(struct http_call *call, size_t len)
{
    (void)call, (void)len;
}

// Whoever answers at all is well, unless he says that he is not.
static void ended(struct http_call *call, outcome result, const struct why *why)
{
    (void)why;
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    probe->is_under_way = false;
    parent_probed(probe->home->edge->parents, probe->index, result == OK && probe->status < 500,
                  now_of(probe->home));
}

static void ask(struct probe *probe)
{
    struct edge *edge = probe->home->edge;
    const struct parent_choice parent = parent_at(edge->parents, probe->index);
    probe->head.len = 0;
    if (parent.s3 != NULL) return; // a store of objects has no path that says how it is
    if (buffer_format(&probe->head, NULL, "GET %s HTTP/1.1\r\nHost: %s\r\nVia: %s\r\n\r\n",
                      edge->options.probe_path, parent.authority, edge->via) != OK)
        return;
    probe->status = 0;
    probe->call = (struct http_call){.peer = parent.peer,
                                     .method = METHOD_GET,
                                     .head = buffer_slice(&probe->head),
                                     .answered = answered,
                                     .room = room,
                                     .moved = moved,
                                     .ended = ended};
    probe->is_under_way = http_call_start(probe->home->calls, &probe->call, NULL) == OK;
    if (!probe->is_under_way)
        parent_probed(edge->parents, probe->index, false, now_of(probe->home));
}

static void set_timer(struct edge_probes *probes)
{
    const int64_t given_ms = probes->home->edge->options.probe_ms;
    const int64_t ms = given_ms > 0 ? given_ms : PROBE_MS;
    timer_set(loop_wheel(probes->home->loop), &probes->timer, now_of(probes->home) + ms * 1000);
}

static void ask_all(struct timer *timer)
{
    struct edge_probes *probes = CONTAINER_OF(timer, struct edge_probes, timer);
    for (size_t i = 0; i < probes->count; i++)
        if (!probes->probes[i].is_under_way) ask(&probes->probes[i]);
    set_timer(probes);
}

void edge_probes_open(struct edge_loop *home)
{
    const char *path = home->edge->options.probe_path;
    if (path == NULL || path[0] == '\0') return;
    const size_t count = parents_count(home->edge->parents);
    struct edge_probes *probes = calloc(1, sizeof *probes + count * sizeof probes->probes[0]);
    if (probes == NULL) return; // parents are judged by what they answer alone
    probes->home = home;
    probes->count = count;
    probes->timer.due = ask_all;
    for (size_t i = 0; i < count; i++) {
        probes->probes[i].home = home;
        probes->probes[i].index = i;
        probes->probes[i].head = buffer_init(PROBE_HEAD_BYTES_MAX);
    }
    home->probes = probes;
    ask_all(&probes->timer);
}

void edge_probes_close(struct edge_loop *home)
{
    struct edge_probes *probes = home->probes;
    if (probes == NULL) return;
    timer_drop(&probes->timer);
    for (size_t i = 0; i < probes->count; i++)
        buffer_release(&probes->probes[i].head);
    free(probes);
    home->probes = NULL;
}
