// SPDX-License-Identifier: Apache-2.0
//
// What the edge counts, for people (JSON) and for Prometheus (text format 0.0.4): one table.
#include "delivery/edge_inside.h"

#include "base/json.h"

#include <stddef.h>

enum { METRICS_BYTES_MAX = 64 * 1024 };

struct numbers {
    struct edge_counters edge;
    struct cache_counters cache;
};

#define OF_EDGE(member)  offsetof(struct numbers, edge.member)
#define OF_CACHE(member) offsetof(struct numbers, cache.member)

enum kind { COUNTER, GAUGE };

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
    const char *help;
} facts[] = {
    {"hits", COUNTER, OF_EDGE(hits), "Answers from the cache."},
    {"stale_hits", COUNTER, OF_EDGE(stale_hits), "Answers from the cache that were stale."},
    {"misses", COUNTER, OF_EDGE(misses), "Answers that had to be fetched."},
    {"revalidations", COUNTER, OF_EDGE(revalidations), "Answers that a parent had to confirm."},
    {"passes", COUNTER, OF_EDGE(passes), "Answers that are never kept."},
    {"collapsed", COUNTER, OF_EDGE(collapsed), "Requests that waited for another's fetch."},
    {"errors", COUNTER, OF_EDGE(errors),
     "Failures of parents that a viewer met or a fetch ended by."},
    {"fetches", COUNTER, OF_EDGE(fetches), "Questions to parents."},
    {"retries", COUNTER, OF_EDGE(retries), "Of these: after a failure."},
    {"fetched_bytes", COUNTER, OF_EDGE(fetched_bytes), "Bytes from parents into the cache."},
    {"placed_bytes", COUNTER, OF_EDGE(placed_bytes), "Of these: because of the placement."},
    {"peer_bytes", COUNTER, OF_EDGE(peer_bytes), "Of these: from peers."},
    {"limited", COUNTER, OF_EDGE(limited), "Requests refused because they came too fast."},
    {"reports", COUNTER, OF_EDGE(reports), "Requests with CMCD."},
    {"starved", COUNTER, OF_EDGE(starved), "Of these: of players that had stalled."},
    {"ahead", COUNTER, OF_EDGE(ahead), "Fetches of what a player said it would ask for."},
    {"slowed", COUNTER, OF_EDGE(slowed), "Answers that told a player to take less."},
    {"unlogged", COUNTER, OF_EDGE(unlogged), "Answers without a line in the access log."},
    {"objects", GAUGE, OF_CACHE(objects), "Answers that are known."},
    {"slices", GAUGE, OF_CACHE(slices), "Slices that are here."},
    {"memory_bytes", GAUGE, OF_CACHE(memory_bytes), "Memory that slices take."},
    {"disk_bytes", GAUGE, OF_CACHE(disk_bytes), "Disk that slices take."},
    {"evictions", COUNTER, OF_CACHE(evictions), "Slices that had to leave."},
    {"disk_writes", COUNTER, OF_CACHE(disk_writes), "Slices written to disk."},
    {"disk_errors", COUNTER, OF_CACHE(disk_errors), "Writes to disk that failed."},
    {"bad_slices", COUNTER, OF_CACHE(bad_slices), "Slices that were not what was written."},
};

enum { FACT_COUNT = sizeof facts / sizeof facts[0] };

static const char *const kinds[] = {"upstream", "fallback", "peer"};

static struct numbers numbers_of(const struct edge *edge)
{
    return (struct numbers){edge_counters(edge), cache_counters(edge->cache)};
}

static uint64_t value_of(const struct numbers *numbers, size_t fact)
{
    return *(const uint64_t *)(const void *)((const char *)numbers + facts[fact].at);
}

static const char *state_of(const struct parent_state *parent)
{
    return parent->is_ejected ? "ejected" : parent->is_warming ? "warming" : "well";
}

static json_t *parents_json(const struct edge *edge, int64_t now_us)
{
    json_t *list = json_array();
    for (size_t i = 0; i < parents_count(edge->parents); i++) {
        const struct parent_state p = parent_state(edge->parents, i, now_us);
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:I,s:I}", "upstream",
                                                    p.authority, "state", state_of(&p), "kind",
                                                    kinds[p.kind], "load", (json_int_t)p.load,
                                                    "failures", (json_int_t)p.failures));
    }
    return list;
}

static void reply_text(struct http_exchange *exchange, const char *type, outcome put,
                       const struct buffer *text)
{
    const char *copy = put == OK ? arena_copy(&exchange->arena, buffer_slice(text)) : NULL;
    if (copy == NULL)
        http_reply_outcome(exchange, NO_MEMORY, NULL);
    else
        http_reply_bytes(exchange, 200, type, slice_of(copy));
}

void edge_show(struct edge *edge, struct http_exchange *exchange)
{
    const struct numbers numbers = numbers_of(edge);
    autobuffer text = buffer_init(METRICS_BYTES_MAX);
    autojson *shown = json_object();
    for (size_t i = 0; i < FACT_COUNT; i++)
        (void)json_object_set_new(shown, facts[i].name,
                                  json_integer((json_int_t)value_of(&numbers, i)));
    (void)json_object_set_new(shown, "upstreams", parents_json(edge, loop_now_us(exchange->loop)));
    const outcome put = shown == NULL ? NO_MEMORY : json_format(shown, &text, NULL);
    reply_text(exchange, "application/json", put, &text);
}

static outcome put_fact(const struct numbers *numbers, size_t i, struct buffer *out)
{
    const char *end = facts[i].kind == COUNTER ? "_total" : "";
    return buffer_format(out, NULL,
                         "# HELP primrose_edge_%s%s %s\n# TYPE primrose_edge_%s%s %s\n"
                         "primrose_edge_%s%s %llu\n",
                         facts[i].name, end, facts[i].help, facts[i].name, end,
                         facts[i].kind == COUNTER ? "counter" : "gauge", facts[i].name, end,
                         (unsigned long long)value_of(numbers, i));
}

// Authorities are checked when they are read: none has a quote or a backslash in it.
static outcome put_parents(const struct edge *edge, int64_t now_us, struct buffer *out)
{
    TRY(buffer_put_text(out,
                        "# HELP primrose_edge_parent_up Whether the parent is asked.\n"
                        "# TYPE primrose_edge_parent_up gauge\n",
                        NULL));
    for (size_t i = 0; i < parents_count(edge->parents); i++) {
        const struct parent_state p = parent_state(edge->parents, i, now_us);
        TRY(buffer_format(out, NULL, "primrose_edge_parent_up{parent=\"%s\",kind=\"%s\"} %d\n",
                          p.authority, kinds[p.kind], p.is_ejected ? 0 : 1));
    }
    return OK;
}

static outcome put_metrics(const struct edge *edge, int64_t now_us, struct buffer *out)
{
    const struct numbers numbers = numbers_of(edge);
    for (size_t i = 0; i < FACT_COUNT; i++)
        TRY(put_fact(&numbers, i, out));
    return put_parents(edge, now_us, out);
}

void edge_metrics(struct edge *edge, struct http_exchange *exchange)
{
    autobuffer text = buffer_init(METRICS_BYTES_MAX);
    const outcome put = put_metrics(edge, loop_now_us(exchange->loop), &text);
    reply_text(exchange, "text/plain; version=0.0.4; charset=utf-8", put, &text);
}
