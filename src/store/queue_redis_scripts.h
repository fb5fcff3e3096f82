// SPDX-License-Identifier: Apache-2.0
//
// What Redis runs for the queue (store/queue_redis.h): Lua, one script per operation.
//
//     KEYS[1]  "primrose:{studio}:2:"      ARGV[1]  now in ms, or -1      ARGV[2]  tries_max
#ifndef STORE_QUEUE_REDIS_SCRIPTS_H
#define STORE_QUEUE_REDIS_SCRIPTS_H

#include "store/redis.h"

extern const struct redis_script queue_push_script;       // id, group, priority, payload, share,
                                                          // cost, "memory:disk"; again
extern const struct redis_script queue_lease_script;      // worker, lease_ms, max, memory, disk ->
                                                          // leases
extern const struct redis_script queue_release_script;    // id, token -> 1: done
extern const struct redis_script queue_extend_script;     // id, token, lease_ms -> 1: done
extern const struct redis_script queue_ack_script;        // id, token -> 1: done
extern const struct redis_script queue_nack_script;       // id, token, reason -> 1: done
extern const struct redis_script queue_count_script;      // -> ready, leased, parked
extern const struct redis_script queue_list_script;       // prefix, after, max -> views
extern const struct redis_script queue_drop_script;       // prefix, max -> how many
extern const struct redis_script queue_retry_script;      // id -> 1: done, -1: there is none
extern const struct redis_script queue_prioritize_script; // prefix, priority -> how many

#endif
