// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge.h"

#include "base/random.h"
#include "delivery/access_gate.h"
#include "delivery/edge_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static outcome open_limit(uint32_t per_s, struct limit **out, struct why *why)
{
    if (per_s == 0) return OK;
    const uint32_t burst = per_s > UINT32_MAX / LIMIT_BURST_S ? per_s : per_s * LIMIT_BURST_S;
    const struct limit_options options = {per_s, burst, LIMIT_ASKERS};
    return limit_open(&options, out, why);
}

static outcome open_parts(struct edge *edge, struct why *why)
{
    const struct edge_options *options = &edge->options;
    uint8_t id[4];
    char text[2 * sizeof id + 1];
    random_bytes(id, sizeof id);
    hex_format(id, sizeof id, text);
    (void)snprintf(edge->via, sizeof edge->via, "1.1 primrose-%s", text);
    TRY(edge_token_load(edge, why));
    if (options->log != NULL && options->log[0] != '\0')
        TRY(edge_log_open(options->log, &edge->log, why));
    TRY(open_limit(options->client_per_s, &edge->clients, why));
    TRY(open_limit(options->token_per_s, &edge->tokens, why));
    const struct parents_options parents = {
        options->upstreams, options->upstream_count, options->fallbacks, options->fallback_count,
        options->peers,     options->peer_count,     options->trusted,   options->clock};
    TRY(parents_open(&parents, &edge->parents, why));
    const uint64_t ahead = options->memory_bytes / CACHE_SLICE_BYTES / 16;
    edge->ahead_slices = ahead < 1                    ? 1
                         : ahead > FETCH_AHEAD_SLICES ? FETCH_AHEAD_SLICES
                                                      : (uint32_t)ahead;
    const struct cache_limits limits = {options->memory_bytes, options->disk_bytes};
    return cache_open(&limits, options->data, &edge->cache, why);
}

outcome edge_open(const struct edge_options *options, struct edge **out, struct why *why)
{
    struct edge *edge = calloc(1, sizeof *edge);
    if (edge == NULL) return fail(why, NO_MEMORY, "no memory for an edge");
    edge->options = *options;
    (void)pthread_mutex_init(&edge->lock, NULL);
    const outcome result = open_parts(edge, why);
    if (result != OK) {
        edge_close(&edge);
        return result;
    }
    *out = edge;
    return OK;
}

void edge_renew(struct edge *edge)
{
    parents_renew(edge->parents);
}

void edge_flush(struct edge *edge)
{
    if (edge->log != NULL) edge_log_renew(edge->log);
}

void edge_detach(struct edge *edge)
{
    for (struct edge_loop *home = edge->loops; home != NULL; home = home->next) {
        if (home->calls == NULL) continue; // it is done
        fetches_end(home);
        http_calls_close(&home->calls);
        edge_probes_close(home);
        edge_filler_close(home);
        loop_attach(home->loop, NULL);
    }
}

void edge_close(struct edge **edge)
{
    if (*edge == NULL) return;
    edge_detach(*edge);
    while ((*edge)->loops != NULL) { // what the loops had posted has run by now
        struct edge_loop *home = (*edge)->loops;
        (*edge)->loops = home->next;
        free(home);
    }
    cache_close(&(*edge)->cache);
    placement_close(&(*edge)->placement);
    parents_close(&(*edge)->parents);
    edge_log_close(&(*edge)->log);
    limit_close(&(*edge)->clients);
    limit_close(&(*edge)->tokens);
    (void)pthread_mutex_destroy(&(*edge)->lock);
    free(*edge);
    *edge = NULL;
}

// What the edge keeps for the loop, made at its first request.
static struct edge_loop *home_of(struct edge *edge, struct event_loop *loop)
{
    struct edge_loop *home = loop_attached(loop);
    if (home != NULL) return home;
    home = calloc(1, sizeof *home);
    if (home == NULL) return NULL;
    struct http_call_limits limits = http_call_limits_default();
    if (parents_own(edge->parents) > 1) { // with others to ask, one that is frozen is left soon
        limits.connect_ms = 1000;
        limits.head_ms = limits.stall_ms = 5000;
    }
    home->edge = edge;
    home->loop = loop;
    if (http_calls_open(loop, &limits, &home->calls, NULL) != OK) {
        free(home);
        return NULL;
    }
    loop_attach(loop, home);
    (void)pthread_mutex_lock(&edge->lock);
    const bool is_first = edge->loops == NULL;
    home->next = edge->loops;
    edge->loops = home;
    (void)pthread_mutex_unlock(&edge->lock);
    if (!is_first) return home;
    edge_probes_open(home);
    edge_filler_open(home);
    return home;
}

// False: the request has been answered, with the time to wait.
static bool is_within(struct edge *edge, struct limit *limit, uint64_t asker,
                      struct http_exchange *exchange)
{
    if (limit == NULL) return true;
    const uint32_t wait_s = limit_take(limit, asker, loop_now_us(exchange->loop));
    if (wait_s == 0) return true;
    char value[DECIMAL_BYTES + 1] = "";
    (void)decimal_format(wait_s, value);
    edge_count(&edge->counts.limited);
    http_reply_problem(exchange, 429, "too-many-requests", "requests come too fast",
                       "wait for as many seconds as Retry-After says");
    http_reply_field(exchange, "Retry-After", value);
    return false;
}

// A store of objects is asked for them, and nothing else.
static bool is_asked_to_read(const struct edge *edge, struct http_exchange *exchange)
{
    const enum http_method method = exchange->request->method;
    if (!parents_are_signed(edge->parents) || method == METHOD_GET || method == METHOD_HEAD)
        return true;
    http_reply_problem(exchange, 405, "method-refused", "this is read only",
                       "what lies in a bucket is asked for with GET and HEAD");
    http_reply_field(exchange, "Allow", "GET, HEAD");
    return false;
}

// The one call of signed access, and of the limit on what one token may ask. False: the request has
// been answered.
static bool is_let_in(struct edge *edge, struct http_exchange *exchange, struct address client)
{
    const struct edge_options *options = &edge->options;
    if (options->gate == NULL) return true;
    char country[TERRITORY_BYTES];
    const struct access_request request = {
        .http = exchange->request,
        .scheme = options->scheme,
        .client = client,
        .country = places_country(options->places, &client, country),
        .alpn = "",
        .now_s = exchange->wall_s,
    };
    const struct access_verdict verdict = access_gate_check(options->gate, &request);
    if (verdict.fault == ACCESS_GRANTED)
        return is_within(edge, edge->tokens, cache_hash(edge->cache, verdict.proof), exchange);
    const int status = access_status(verdict.fault);
    http_reply_problem(exchange, status, access_code(verdict.fault), "Signed access refused",
                       access_sentence(verdict.fault));
    if (status == 401) http_reply_field(exchange, "WWW-Authenticate", "SignedAccess");
    return false;
}

void edge_begin(void *context, struct event_loop *loop)
{
    (void)home_of(context, loop); // without memory it is tried again at the first request
}

void edge_place(struct edge *edge, struct placement *placement)
{
    cache_lock(edge->cache);
    struct placement *old = edge->placement;
    edge->placement = placement;
    edge->placement_number++;
    cache_unlock(edge->cache);
    placement_close(&old);
}

void edge_handle(void *context, struct http_exchange *exchange)
{
    struct edge *edge = context;
    struct edge_loop *home = home_of(edge, exchange->loop);
    if (home == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    if (slice_is(exchange->request->method_word, "TRACE")) {
        http_reply_problem(exchange, 501, "method-unknown", "this method is not passed on",
                           "TRACE would show others' fields");
        return;
    }
    if (request_is_loop(edge, exchange->request)) {
        http_reply_problem(exchange, 508, "loop", "this request has come round in a circle",
                           "an edge is among its own upstreams: mend its --upstream");
        return;
    }
    if (edge_admin(edge, exchange)) return;
    const struct places *places = edge->options.places;
    const struct address client = places == NULL ? exchange->peer : places_client(places, exchange);
    if (is_within(edge, edge->clients, limit_client(&client), exchange) &&
        is_asked_to_read(edge, exchange) && is_let_in(edge, exchange, client))
        visit_begin(home, exchange);
    else
        edge_log_answer(edge, exchange, "refused", NULL);
}

struct cache *edge_cache(const struct edge *edge)
{
    return edge->cache;
}

struct edge_counters edge_counters(const struct edge *edge)
{
    const struct edge_counts *c = &edge->counts;
    return (struct edge_counters){
        .hits = atomic_load(&c->hits),
        .stale_hits = atomic_load(&c->stale_hits),
        .misses = atomic_load(&c->misses),
        .revalidations = atomic_load(&c->revalidations),
        .passes = atomic_load(&c->passes),
        .collapsed = atomic_load(&c->collapsed),
        .errors = atomic_load(&c->errors),
        .fetches = atomic_load(&c->fetches),
        .retries = atomic_load(&c->retries),
        .fetched_bytes = atomic_load(&c->fetched_bytes),
        .limited = atomic_load(&c->limited),
        .reports = atomic_load(&c->reports),
        .starved = atomic_load(&c->starved),
        .ahead = atomic_load(&c->ahead),
        .slowed = atomic_load(&c->slowed),
        .unlogged = atomic_load(&c->unlogged),
        .placed_bytes = atomic_load(&c->placed_bytes),
        .peer_bytes = atomic_load(&c->peer_bytes),
    };
}
