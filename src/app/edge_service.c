// SPDX-License-Identifier: Apache-2.0
#include "app/edge_service.h"

#include "base/file.h"
#include "delivery/access_gate.h"
#include "delivery/placement.h"
#include "net/tls.h"

#include <stdlib.h>

enum {
    BODY_BYTES_MAX = 8 * 1024 * 1024, // of a request that is passed on
    NAMES_US = 30 * 1000000,          // addresses of big services change within minutes
};

struct edge_service {
    struct tls_server *tls;
    struct access_gate *gate;
    struct places places;
    const struct clock *clock;
    int64_t renewed_us;           // when names were looked up
    const char *placement, *tier; // NULL: none
    struct file_mark placed;      // as it was last looked at
    uint64_t cache_bytes;
    struct edge *edge;
    struct http_server *server;
};

// A document that is no good is not taken, and what the one before wants stays wanted.
static outcome take_placement(struct edge_service *service, struct why *why)
{
    struct placement *placement = NULL;
    if (service->placement == NULL || !file_has_changed(service->placement, &service->placed))
        return OK;
    TRY(placement_load(service->placement, service->tier, service->cache_bytes, &placement, why));
    edge_place(service->edge, placement);
    return OK;
}

static outcome open_parts(struct edge_service *service, const struct edge_service_options *options,
                          struct why *why)
{
    if (options->tls_certificate != NULL)
        TRY(tls_server_open(options->tls_certificate, options->tls_key, &service->tls, why));
    if (options->access_keys != NULL)
        TRY(access_gate_open(options->access_keys, &service->gate, why));
    TRY(places_open(options->trusted_proxies, options->territories, &service->places, why));
    struct edge_options edge = options->edge;
    edge.gate = service->gate;
    edge.places = &service->places;
    edge.clock = service->clock = options->clock;
    service->renewed_us = clock_us(options->clock);
    edge.scheme = service->tls == NULL ? "http" : "https";
    if (options->placement != NULL && options->placement[0] != '\0')
        service->placement = options->placement;
    service->tier = options->tier;
    service->cache_bytes = edge.disk_bytes > 0 ? edge.disk_bytes : edge.memory_bytes;
    edge.is_placed = service->placement != NULL;
    TRY(edge_open(&edge, &service->edge, why));
    TRY(take_placement(service, why));
    struct http_server_options server = {
        .listen = options->listen,
        .loops = options->loops,
        .limits = http_limits_default(),
        .clock = options->clock,
        .tls = service->tls,
        .pace_bytes_s = options->pace_bytes_s,
        .is_gateway = true,
        .begin = edge_begin,
        .handle = edge_handle,
        .context = service->edge,
    };
    server.limits.connections_max = 65536;
    server.limits.body_bytes_max = BODY_BYTES_MAX;
    TRY(http_server_open(&server, &service->server, why));
    return http_server_start(service->server, why);
}

outcome edge_service_open(const struct edge_service_options *options, struct edge_service **out,
                          struct why *why)
{
    struct edge_service *service = calloc(1, sizeof *service);
    if (service == NULL) return fail(why, NO_MEMORY, "no memory for an edge");
    const outcome result = open_parts(service, options, why);
    if (result == OK)
        *out = service;
    else
        edge_service_close(&service);
    return result;
}

const char *edge_service_address(const struct edge_service *service)
{
    return http_server_address(service->server);
}

struct edge *edge_service_edge(struct edge_service *service)
{
    return service->edge;
}

bool edge_service_renew(struct edge_service *service, struct why *why)
{
    edge_flush(service->edge);
    const int64_t now_us = clock_us(service->clock);
    if (now_us - service->renewed_us > NAMES_US) {
        service->renewed_us = now_us;
        edge_renew(service->edge);
    }
    if (service->tls != NULL && tls_server_reload(service->tls, why) == TLS_NOT_RELOADED)
        return false;
    if (take_placement(service, why) != OK) return false;
    return service->gate == NULL || access_gate_renew(service->gate, why);
}

void edge_service_close(struct edge_service **service)
{
    if (*service == NULL) return;
    if ((*service)->server != NULL) {
        http_server_stop((*service)->server);
        http_server_wait((*service)->server);
        edge_detach((*service)->edge);
    }
    http_server_close(&(*service)->server);
    edge_close(&(*service)->edge);
    access_gate_close(&(*service)->gate);
    places_close(&(*service)->places);
    tls_server_close(&(*service)->tls);
    free(*service);
    *service = NULL;
}
