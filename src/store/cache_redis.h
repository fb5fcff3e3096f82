// SPDX-License-Identifier: Apache-2.0
//
// The cache port over Redis, for several machines: what one puts, another gets.
//
// Values are Redis strings under "primrose:cache:", with Redis's own expiry. A Redis that is away
// is UNAVAILABLE at once: a cache is not waited for.
#ifndef STORE_CACHE_REDIS_H
#define STORE_CACHE_REDIS_H

#include "store/cache.h"

// `url` as in store/redis.h. Connects at the first call.
must_check outcome cache_redis_open(const char *url, struct cache_store **out, struct why *why);

#endif
