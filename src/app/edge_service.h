// SPDX-License-Identifier: Apache-2.0
//
// An edge as a service of its own: a cache in front of other servers, on one address.
//
//     primrose serve --roles=edge --upstream http://origin:8080 --listen :80 --data /var/cache/edge
//
// It shares nothing with a house: no store, no routes. What it asks of its parents is HTTP.
#ifndef APP_EDGE_SERVICE_H
#define APP_EDGE_SERVICE_H

#include "delivery/edge.h"
#include "net/http_server.h"

struct edge_service_options {
    const char *listen;                        // as http_server_options
    unsigned loops;                            // 0: one per core
    const char *tls_certificate, *tls_key;     // PEM files; NULL: plain HTTP
    const char *access_keys;                   // JWK Set of signed access; NULL: open
    const char *territories, *trusted_proxies; // of net/places.h
    const char *placement, *tier;              // of delivery/placement.h; NULL or "": none
    uint64_t pace_bytes_s;                     // that a connection is sent at most; 0: any
    const struct clock *clock;
    struct edge_options edge; // without `gate`, `scheme`, `places`, `clock`
};

struct edge_service;

// Outcomes of edge_open() and http_server_open(). The options' texts are borrowed.
must_check outcome edge_service_open(const struct edge_service_options *options,
                                     struct edge_service **out, struct why *why);

const char *edge_service_address(const struct edge_service *service);
struct edge *edge_service_edge(struct edge_service *service);

// Takes up a renewed certificate, renewed keys, a renewed placement, and new addresses of
// upstreams; call it about once a second. False: one of them is no good, the old one stays, `why`
// says what is wrong.
bool edge_service_renew(struct edge_service *service, struct why *why);

void edge_service_close(struct edge_service **service); // drains; tolerates NULL

#define autoedge_service __attribute__((cleanup(edge_service_close))) struct edge_service

#endif
