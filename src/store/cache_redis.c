// SPDX-License-Identifier: Apache-2.0
#include "store/cache_redis.h"

#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "primrose:cache:"

enum { NAME_BYTES = sizeof PREFIX + CACHE_KEY_BYTES, NUMBER_BYTES = 24, PATIENCE_MS = 0 };

struct redis_cache {
    struct cache_store base;
    struct redis *redis;
};

// The answer is read back as text: a script's numbers are doubles.
static const struct redis_script add_script = {"if redis.call('EXISTS', KEYS[1]) == 0 then"
                                               " redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"
                                               " else redis.call('INCRBY', KEYS[1], ARGV[1]) end "
                                               "return redis.call('GET', KEYS[1])"};

static struct redis *redis_of(struct cache_store *store)
{
    return ((struct redis_cache *)store)->redis;
}

static struct slice name_of(const char *key, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, PREFIX "%s", key);
    return slice_of(out);
}

static struct slice number_of(int64_t value, char out[NUMBER_BYTES])
{
    (void)snprintf(out, NUMBER_BYTES, "%lld", (long long)value);
    return slice_of(out);
}

static outcome cache_put(struct cache_store *base, const char *key, struct slice value,
                         int64_t ttl_ms, struct why *why)
{
    char name[NAME_BYTES], ttl[NUMBER_BYTES];
    autoreply *reply = NULL;
    TRY(cache_put_check(key, value, ttl_ms, why));
    return redis_call(redis_of(base), REDIS_ASK_AGAIN,
                      REDIS_WORDS(slice_of("SET"), name_of(key, name), value, slice_of("PX"),
                                  number_of(ttl_ms, ttl)),
                      &reply, why);
}

static outcome cache_get(struct cache_store *base, const char *key, struct buffer *out,
                         struct why *why)
{
    char name[NAME_BYTES];
    autoreply *reply = NULL;
    TRY(cache_key_check(key, why));
    TRY(redis_call(redis_of(base), REDIS_ASK_AGAIN,
                   REDIS_WORDS(slice_of("GET"), name_of(key, name)), &reply, why));
    if (reply->type != REDIS_REPLY_STRING)
        return fail(why, NOT_FOUND, "the cache holds nothing under %s", key);
    return buffer_put(out, redis_bytes(reply), why);
}

static outcome cache_drop(struct cache_store *base, const char *key, struct why *why)
{
    char name[NAME_BYTES];
    autoreply *reply = NULL;
    TRY(cache_key_check(key, why));
    return redis_call(redis_of(base), REDIS_ASK_AGAIN,
                      REDIS_WORDS(slice_of("DEL"), name_of(key, name)), &reply, why);
}

// Not asked for twice: a count would count double.
static outcome cache_add(struct cache_store *base, const char *key, int64_t by, int64_t ttl_ms,
                         int64_t *out, struct why *why)
{
    char name[NAME_BYTES], amount[NUMBER_BYTES], ttl[NUMBER_BYTES];
    autoreply *reply = NULL;
    TRY(cache_put_check(key, slice_of(""), ttl_ms, why));
    TRY(redis_run(redis_of(base), REDIS_GIVE_UP, &add_script, name_of(key, name),
                  REDIS_WORDS(number_of(by, amount), number_of(ttl_ms, ttl)), &reply, why));
    if (reply->type != REDIS_REPLY_STRING)
        return fail(why, CORRUPT, "Redis counts %s and does not say how far", key);
    *out = strtoll(reply->str, NULL, 10); // of Redis's own making
    return OK;
}

static void cache_close(struct cache_store *base)
{
    struct redis_cache *cache = (struct redis_cache *)base;
    redis_close(&cache->redis);
    free(cache);
}

static const struct cache_ops redis_ops = {
    .put = cache_put,
    .get = cache_get,
    .drop = cache_drop,
    .add = cache_add,
    .close = cache_close,
};

outcome cache_redis_open(const char *url, struct cache_store **out, struct why *why)
{
    struct redis_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) return fail(why, NO_MEMORY, "no memory to open a cache");
    cache->base.ops = &redis_ops;
    const outcome opened = redis_open(url, PATIENCE_MS, &cache->redis, why);
    if (opened != OK) {
        free(cache);
        return opened;
    }
    *out = &cache->base;
    return OK;
}
