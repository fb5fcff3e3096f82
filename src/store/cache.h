// SPDX-License-Identifier: Apache-2.0
//
// The cache port: small values that may vanish at any time, with a time to live; counters for
// limits.
//
// Backends: in-process (store/cache_memory.h), shared by the threads of one process; Redis
// (store/cache_redis.h). All pass tests/store/conformance_cache.h. Thread-safe.
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "base/buffer.h"

enum {
    CACHE_KEY_BYTES = 256,
    CACHE_VALUE_BYTES = 64 * 1024,
};

struct cache_store;

struct cache_ops {
    // Replaces what is there. `ttl_ms` at least 1.
    must_check outcome (*put)(struct cache_store *store, const char *key, struct slice value,
                              int64_t ttl_ms, struct why *why);
    must_check outcome (*get)(struct cache_store *store, const char *key, struct buffer *out,
                              struct why *why); // NOT_FOUND
    must_check outcome (*drop)(struct cache_store *store, const char *key, struct why *why);
    // Adds `by` to a counter (0 when absent; the time to live starts with its first count) and
    // gives the new value. A counter is a value in decimal: get reads it, put sets it. INVALID when
    // the value is no number or would overflow.
    must_check outcome (*add)(struct cache_store *store, const char *key, int64_t by,
                              int64_t ttl_ms, int64_t *out, struct why *why);
    void (*close)(struct cache_store *store);
};

struct cache_store {
    const struct cache_ops *ops;
};

// What every backend refuses alike: keys of other than 1 to CACHE_KEY_BYTES printable ASCII
// characters (INVALID), values over CACHE_VALUE_BYTES (TOO_LARGE), a time to live below 1 ms
// (INVALID).
must_check outcome cache_key_check(const char *key, struct why *why);
must_check outcome cache_put_check(const char *key, struct slice value, int64_t ttl_ms,
                                   struct why *why);

void cache_store_close(struct cache_store **store); // tolerates NULL

#endif
