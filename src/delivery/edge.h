// SPDX-License-Identifier: Apache-2.0
//
// The edge: a shared cache in front of any HTTP origin, or of another edge.
//
//     viewer --> access --> cache: fresh? ------------------------------------> answer
//                             | stale: ask, conditionally     | being fetched: wait, read along
//                             v                               v
//                          parents, in the order of the key's own --> head --> slices of 1 MiB
//
// One fetch for however many ask: each reads what is here while the rest is still coming. A fetch
// that breaks off goes on at the next parent where it stopped, when the validators prove that the
// bytes are the same; who waits does not notice. Files asked for in ranges are fetched in aligned
// slices. Behaviour after RFC 9110, 9111, 9213 and 5861; docs/delivery.md has the whole of it.
#ifndef DELIVERY_EDGE_H
#define DELIVERY_EDGE_H

#include "net/http_exchange.h"
#include "net/places.h"

struct access_gate;
struct placement;

struct edge_options {
    const char *const *upstreams; // "http://host:port/prefix"
    size_t upstream_count;
    const char *const *fallbacks; // asked when none of the upstreams is well; may be NULL
    size_t fallback_count;
    const char *const *peers; // other edges that are asked first for what is placed; may be NULL
    size_t peer_count;
    const char *trusted;       // certificates (PEM) of servers asked over TLS; NULL: the system's
    const struct clock *clock; // that signatures for S3 are dated by; may be NULL without it
    const char *probe_path;    // that each of them is asked for every `probe_ms`; NULL or "": none
    int64_t probe_ms;          // 0: 2000
    const char *data;          // folder of disk slices and the purge token; NULL: memory alone
    uint64_t memory_bytes, disk_bytes;
    struct access_gate *gate;    // signed access; NULL: open
    const char *scheme;          // that viewers use, as tokens name it
    const struct places *places; // where viewers are; NULL (without `gate`): at the other end
    const char *log;             // a JSON line an answer is appended to this file; NULL or "": none
    uint64_t egress_bytes_s;     // what the line carries; 0: nobody says
    uint32_t client_per_s, token_per_s; // requests that one client, one token may make; 0: any
    bool is_placed;                     // edge_place() will say what is to be here
};

struct edge;

must_check outcome edge_open(const struct edge_options *options, struct edge **out,
                             struct why *why);

// An http_handler; its context is the edge. The server's options must say is_gateway.
void edge_handle(void *edge, struct http_exchange *exchange);

// An http_server_options.begin: the edge's own work (probes, filling) does not wait for a request.
void edge_begin(void *edge, struct event_loop *loop);

// What is to be here (delivery/placement.h), taken over, in place of the one before. From any
// thread.
void edge_place(struct edge *edge, struct placement *placement);

// Looks the names of upstreams up again; call it now and then, not on a loop.
void edge_renew(struct edge *edge);

// Writes what the access log has pending; call it about once a second, likewise.
void edge_flush(struct edge *edge);

// After the server's threads have ended and before it is closed: lets go of its loops.
void edge_detach(struct edge *edge);
void edge_close(struct edge **edge); // tolerates NULL

struct edge_counters {
    uint64_t hits, stale_hits, misses, revalidations, passes, collapsed, errors;
    uint64_t fetches, retries, fetched_bytes, limited;
    uint64_t reports;      // requests with CMCD
    uint64_t starved;      // of them, by players that had stalled
    uint64_t ahead;        // fetches of what players said they would ask for next
    uint64_t slowed;       // answers that told a player to take less
    uint64_t placed_bytes; // of fetched_bytes: because of the placement
    uint64_t peer_bytes;   // of these: from peers
    uint64_t unlogged;     // answers that the access log has no line of: its disk stalled
};

struct edge_counters edge_counters(const struct edge *edge);

struct cache;
struct cache *edge_cache(const struct edge *edge); // its store, borrowed

#endif
