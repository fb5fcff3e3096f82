// SPDX-License-Identifier: Apache-2.0
//
// What the files of `primrose serve` share. For cmd/serve*.c alone.
#ifndef CMD_SERVE_INTERNAL_H
#define CMD_SERVE_INTERNAL_H

#include "app/supervisor.h"
#include "cmd/verb.h"

struct serve_options {
    const char *listen;
    const char *data;
    const char *roles;
    const char *tls_cert, *tls_key;
    const char *ring, *entitlement_keys, *licence_keys, *licence_url, *browser_class;
    const char *networks, *territories, *unknown_territory, *trusted_proxies, *partners;
    const char *access, *access_keys, *steering_map;
    const char *steering_url, *media_url;
    struct option_texts upstreams, fallbacks, peers;
    const char *probe, *upstream_ca, *access_log, *placement, *tier;
    int64_t memory_mib, disk_mib, client_rate, token_rate, pace_mbps, egress_mbps;
    bool is_json;
};

// The process that serves: signals that end it wait for serve_is_end_asked(), descriptors are many.
void serve_prepare(void);
bool serve_is_end_asked(void); // waits a second for it

// Role edge (serve_edge.c): a process of its own, that serves nothing else.
enum { EDGE_UPSTREAMS_MAX = 16, EDGE_NUMBERS = 6, EDGE_NUMBER_BYTES = 24 };

bool serve_is_edge(const struct serve_options *chosen);
must_check outcome serve_edge_check(const struct serve_options *chosen, struct why *why);
must_check outcome serve_edge_run(const struct serve_options *chosen, int ready_fd,
                                  struct why *why);

// What its process is given besides what every serving process is; `numbers` are kept for it.
void serve_edge_hand_on(const struct serve_options *chosen, struct supervised *child,
                        char numbers[EDGE_NUMBERS][EDGE_NUMBER_BYTES]);

#endif
