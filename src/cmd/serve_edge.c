// SPDX-License-Identifier: Apache-2.0
#include "app/edge_service.h"
#include "base/log.h"
#include "cmd/serve_internal.h"

#include <stdio.h>
#include <string.h>

bool serve_is_edge(const struct serve_options *chosen)
{
    return strcmp(chosen->roles, "edge") == 0;
}

outcome serve_edge_check(const struct serve_options *chosen, struct why *why)
{
    const size_t count = chosen->upstreams.count;
    if (count > 0 && count <= EDGE_UPSTREAMS_MAX && chosen->fallbacks.count <= EDGE_UPSTREAMS_MAX &&
        chosen->peers.count <= EDGE_UPSTREAMS_MAX)
        return OK;
    return fail(why, INVALID,
                "an edge needs from 1 to %d servers to ask, and as many fallbacks and peers "
                "at most: give --upstream URL",
                EDGE_UPSTREAMS_MAX);
}

outcome serve_edge_run(const struct serve_options *chosen, int ready_fd, struct why *why)
{
    serve_prepare();
    const bool has_tls = chosen->tls_cert[0] != '\0';
    const struct edge_service_options settings = {
        .listen = chosen->listen,
        .tls_certificate = has_tls ? chosen->tls_cert : NULL,
        .tls_key = has_tls ? chosen->tls_key : NULL,
        .access_keys = strcmp(chosen->access, "signed") == 0 ? chosen->access_keys : NULL,
        .territories = chosen->territories,
        .trusted_proxies = chosen->trusted_proxies,
        .placement = chosen->placement,
        .tier = chosen->tier,
        .pace_bytes_s = (uint64_t)chosen->pace_mbps * 125000,
        .clock = clock_system(),
        .edge = {.upstreams = chosen->upstreams.items,
                 .upstream_count = chosen->upstreams.count,
                 .fallbacks = chosen->fallbacks.items,
                 .fallback_count = chosen->fallbacks.count,
                 .peers = chosen->peers.items,
                 .peer_count = chosen->peers.count,
                 .trusted = chosen->upstream_ca,
                 .probe_path = chosen->probe,
                 .data = chosen->data,
                 .memory_bytes = (uint64_t)chosen->memory_mib << 20,
                 .disk_bytes = (uint64_t)chosen->disk_mib << 20,
                 .log = chosen->access_log,
                 .egress_bytes_s = (uint64_t)chosen->egress_mbps * 125000,
                 .client_per_s = (uint32_t)chosen->client_rate,
                 .token_per_s = (uint32_t)chosen->token_rate},
    };
    autoedge_service *service = NULL;
    TRY(edge_service_open(&settings, &service, why));
    supervisor_report(ready_fd, edge_service_address(service));
    struct why refused = {""};
    while (!serve_is_end_asked())
        if (!edge_service_renew(service, &refused))
            log_event(LOG_WARNING, "serve.renewal_refused", "why=\"%s\"", refused.text);
    return OK;
}

static const struct {
    const char *option;
    size_t offset;
} numbers_handed_on[EDGE_NUMBERS] = {
    {"--cache-memory", offsetof(struct serve_options, memory_mib)},
    {"--cache-disk", offsetof(struct serve_options, disk_mib)},
    {"--client-rate", offsetof(struct serve_options, client_rate)},
    {"--token-rate", offsetof(struct serve_options, token_rate)},
    {"--pace", offsetof(struct serve_options, pace_mbps)},
    {"--egress", offsetof(struct serve_options, egress_mbps)},
};

static size_t put_texts(const struct option_texts *texts, const char *option, const char **argv,
                        size_t at)
{
    for (size_t i = 0; i < texts->count; i++) {
        argv[at++] = option;
        argv[at++] = texts->items[i];
    }
    return at;
}

void serve_edge_hand_on(const struct serve_options *chosen, struct supervised *child,
                        char numbers[EDGE_NUMBERS][EDGE_NUMBER_BYTES])
{
    size_t at = 0;
    while (child->argv[at] != NULL)
        at++;
    child->name = "edge";
    for (size_t i = 0; i < EDGE_NUMBERS; i++) {
        const int64_t *number =
            (const int64_t *)(const void *)((const char *)chosen + numbers_handed_on[i].offset);
        (void)snprintf(numbers[i], EDGE_NUMBER_BYTES, "%lld", (long long)*number);
        child->argv[at++] = numbers_handed_on[i].option;
        child->argv[at++] = numbers[i];
    }
    child->argv[at++] = "--upstream-ca";
    child->argv[at++] = chosen->upstream_ca;
    child->argv[at++] = "--access-log";
    child->argv[at++] = chosen->access_log;
    child->argv[at++] = "--probe";
    child->argv[at++] = chosen->probe;
    child->argv[at++] = "--placement";
    child->argv[at++] = chosen->placement;
    child->argv[at++] = "--tier";
    child->argv[at++] = chosen->tier;
    at = put_texts(&chosen->upstreams, "--upstream", child->argv, at);
    at = put_texts(&chosen->fallbacks, "--fallback", child->argv, at);
    at = put_texts(&chosen->peers, "--peer", child->argv, at);
    child->argv[at] = NULL;
}
