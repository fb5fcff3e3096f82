// SPDX-License-Identifier: Apache-2.0
#include "store/cache.h"

#include "store/key.h"

outcome cache_key_check(const char *key, struct why *why)
{
    return key_text_check("a cache key", key, 1, CACHE_KEY_BYTES, why);
}

outcome cache_put_check(const char *key, struct slice value, int64_t ttl_ms, struct why *why)
{
    TRY(cache_key_check(key, why));
    if (value.len > CACHE_VALUE_BYTES)
        return fail(why, TOO_LARGE, "the value of %s has %zu bytes: the cache takes at most %d",
                    key, value.len, CACHE_VALUE_BYTES);
    if (ttl_ms < 1)
        return fail(why, INVALID, "%s cannot live %lld ms: at least 1", key, (long long)ttl_ms);
    return OK;
}

void cache_store_close(struct cache_store **store)
{
    if (*store != NULL) (*store)->ops->close(*store);
    *store = NULL;
}
