// SPDX-License-Identifier: Apache-2.0
#include "store/cache_memory.h"

#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1024 }; // a power of two; doubled while there are more entries than slots

struct entry {
    struct entry *chain;         // next of the same slot
    struct entry *newer, *older; // order of use
    uint64_t hash;
    int64_t expires_us;
    size_t key_len, value_len;
    uint8_t bytes[]; // key, then value
};

struct memory_cache {
    struct cache_store base;
    const struct clock *clock;
    uint64_t seed[2];
    size_t cap_bytes;
    pthread_mutex_t lock; // of what follows
    size_t used_bytes;
    struct entry **slots;
    size_t slot_count, entry_count;
    struct entry *newest, *oldest;
};

static struct memory_cache *cache_of(struct cache_store *store)
{
    return (struct memory_cache *)store;
}

// --- hash -------------------------------------------------------------------------------

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

// SipHash-1-3 (Aumasson and Bernstein, 2012): keys hold what strangers send, and must not all fall
// into one slot.
static uint64_t hash_key(const uint64_t seed[2], const char *key, size_t len)
{
    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
                     seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573};
    for (size_t at = 0; at <= len; at += 8) {
        uint64_t word = 0;
        const size_t left = len - at;
        memcpy(&word, key + at, left < 8 ? left : 8);
        if (left < 8) word |= (uint64_t)len << 56;
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

// --- entries (the lock is held) ---------------------------------------------------------

static size_t entry_bytes(const struct entry *entry)
{
    return sizeof *entry + entry->key_len + entry->value_len + 2 * sizeof(void *); // slot, malloc
}

static void order_remove(struct memory_cache *cache, struct entry *entry)
{
    *(entry->newer == NULL ? &cache->newest : &entry->newer->older) = entry->older;
    *(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry->newer;
}

static void order_add(struct memory_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest == NULL ? &cache->oldest : &cache->newest->newer) = entry;
    cache->newest = entry;
}

static struct entry **slot_of(struct memory_cache *cache, uint64_t hash)
{
    return &cache->slots[hash & (cache->slot_count - 1)];
}

static void entry_remove(struct memory_cache *cache, struct entry *entry)
{
    struct entry **link = slot_of(cache, entry->hash);
    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    order_remove(cache, entry);
    cache->used_bytes -= entry_bytes(entry);
    cache->entry_count--;
    free(entry);
}

// The live entry of a key, made the newest, or NULL.
static struct entry *entry_find(struct memory_cache *cache, const char *key, uint64_t hash)
{
    const size_t len = strlen(key);
    struct entry *entry = *slot_of(cache, hash);
    while (entry != NULL &&
           (entry->hash != hash || entry->key_len != len || memcmp(entry->bytes, key, len) != 0))
        entry = entry->chain;
    if (entry == NULL) return NULL;
    if (entry->expires_us <= clock_us(cache->clock)) {
        entry_remove(cache, entry);
        return NULL;
    }
    order_remove(cache, entry);
    order_add(cache, entry);
    return entry;
}

static void slots_grow(struct memory_cache *cache)
{
    const size_t count = cache->slot_count * 2;
    struct entry **slots = calloc(count, sizeof(struct entry *));
    if (slots == NULL) return; // longer chains, then
    free(cache->slots);
    cache->slots = slots;
    cache->slot_count = count;
    for (struct entry *entry = cache->newest; entry != NULL; entry = entry->older) {
        struct entry **slot = slot_of(cache, entry->hash);
        entry->chain = *slot;
        *slot = entry;
    }
}

static void entry_add(struct memory_cache *cache, struct entry *entry)
{
    const size_t more = entry_bytes(entry);
    while (cache->oldest != NULL && cache->used_bytes + more > cache->cap_bytes)
        entry_remove(cache, cache->oldest);
    if (cache->entry_count >= cache->slot_count) slots_grow(cache);
    struct entry **slot = slot_of(cache, entry->hash);
    entry->chain = *slot;
    *slot = entry;
    order_add(cache, entry);
    cache->used_bytes += more;
    cache->entry_count++;
}

static struct entry *entry_make(const char *key, uint64_t hash, struct slice value,
                                int64_t expires_us)
{
    const size_t key_len = strlen(key);
    struct entry *entry = malloc(sizeof *entry + key_len + value.len);
    if (entry == NULL) return NULL;
    *entry = (struct entry){
        .hash = hash, .expires_us = expires_us, .key_len = key_len, .value_len = value.len};
    memcpy(entry->bytes, key, key_len);
    if (value.len > 0) memcpy(entry->bytes + key_len, value.at, value.len);
    return entry;
}

// Puts `made` in the place of what stands under its key.
static void entry_replace(struct memory_cache *cache, const char *key, struct entry *made)
{
    struct entry *before = entry_find(cache, key, made->hash);
    if (before != NULL) entry_remove(cache, before);
    entry_add(cache, made);
}

static int64_t expiry_us(const struct memory_cache *cache, int64_t ttl_ms)
{
    const int64_t now_us = clock_us(cache->clock);
    return ttl_ms > (INT64_MAX - now_us) / 1000 ? INT64_MAX : now_us + ttl_ms * 1000;
}

// --- the port ---------------------------------------------------------------------------

static outcome memory_put(struct cache_store *base, const char *key, struct slice value,
                          int64_t ttl_ms, struct why *why)
{
    TRY(cache_put_check(key, value, ttl_ms, why));
    struct memory_cache *cache = cache_of(base);
    const uint64_t hash = hash_key(cache->seed, key, strlen(key));
    struct entry *entry = entry_make(key, hash, value, expiry_us(cache, ttl_ms));
    if (entry == NULL) return fail(why, NO_MEMORY, "no memory to cache %s", key);
    pthread_mutex_lock(&cache->lock);
    entry_replace(cache, key, entry);
    pthread_mutex_unlock(&cache->lock);
    return OK;
}

static outcome memory_get(struct cache_store *base, const char *key, struct buffer *out,
                          struct why *why)
{
    TRY(cache_key_check(key, why));
    struct memory_cache *cache = cache_of(base);
    const uint64_t hash = hash_key(cache->seed, key, strlen(key));
    pthread_mutex_lock(&cache->lock);
    const struct entry *entry = entry_find(cache, key, hash);
    const outcome result =
        entry == NULL
            ? fail(why, NOT_FOUND, "%s is not in the cache", key)
            : buffer_put(out, (struct slice){entry->bytes + entry->key_len, entry->value_len}, why);
    pthread_mutex_unlock(&cache->lock);
    return result;
}

static outcome memory_drop(struct cache_store *base, const char *key, struct why *why)
{
    TRY(cache_key_check(key, why));
    struct memory_cache *cache = cache_of(base);
    const uint64_t hash = hash_key(cache->seed, key, strlen(key));
    pthread_mutex_lock(&cache->lock);
    struct entry *entry = entry_find(cache, key, hash);
    if (entry != NULL) entry_remove(cache, entry);
    pthread_mutex_unlock(&cache->lock);
    return OK;
}

static outcome counter_parse(const char *key, const struct entry *entry, int64_t *out,
                             struct why *why)
{
    char text[24] = "", *end = text;
    if (entry->value_len > 0 && entry->value_len < sizeof text)
        memcpy(text, entry->bytes + entry->key_len, entry->value_len);
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0)
        return fail(why, INVALID, "%s holds no number to add to", key);
    *out = value;
    return OK;
}

static outcome add_locked(struct memory_cache *cache, const char *key, int64_t by, int64_t ttl_ms,
                          int64_t *out, struct why *why)
{
    const uint64_t hash = hash_key(cache->seed, key, strlen(key));
    const struct entry *before = entry_find(cache, key, hash);
    int64_t value = 0;
    if (before != NULL) TRY(counter_parse(key, before, &value, why));
    if (__builtin_add_overflow(value, by, &value))
        return fail(why, INVALID, "%s would pass the largest number there is", key);
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    struct entry *entry = entry_make(
        key, hash, slice_of(text), before == NULL ? expiry_us(cache, ttl_ms) : before->expires_us);
    if (entry == NULL) return fail(why, NO_MEMORY, "no memory to count %s", key);
    entry_replace(cache, key, entry);
    *out = value;
    return OK;
}

static outcome memory_add(struct cache_store *base, const char *key, int64_t by, int64_t ttl_ms,
                          int64_t *out, struct why *why)
{
    TRY(cache_put_check(key, (struct slice){NULL, 0}, ttl_ms, why));
    struct memory_cache *cache = cache_of(base);
    pthread_mutex_lock(&cache->lock);
    const outcome result = add_locked(cache, key, by, ttl_ms, out, why);
    pthread_mutex_unlock(&cache->lock);
    return result;
}

static void memory_close(struct cache_store *base)
{
    struct memory_cache *cache = cache_of(base);
    while (cache->oldest != NULL)
        entry_remove(cache, cache->oldest);
    pthread_mutex_destroy(&cache->lock);
    free(cache->slots);
    free(cache);
}

static const struct cache_ops memory_ops = {
    .put = memory_put,
    .get = memory_get,
    .drop = memory_drop,
    .add = memory_add,
    .close = memory_close,
};

outcome cache_memory_open(size_t cap_bytes, const struct clock *clock, struct cache_store **out,
                          struct why *why)
{
    if (cap_bytes < CACHE_MEMORY_BYTES_MIN)
        return fail(why, INVALID, "a cache of %zu bytes is too small: at least %d", cap_bytes,
                    CACHE_MEMORY_BYTES_MIN);
    struct memory_cache *cache = calloc(1, sizeof *cache);
    struct entry **slots = calloc(SLOTS_MIN, sizeof(struct entry *));
    if (cache == NULL || slots == NULL) {
        free(cache);
        free(slots);
        return fail(why, NO_MEMORY, "no memory to open a cache");
    }
    *cache = (struct memory_cache){.base = {&memory_ops},
                                   .clock = clock,
                                   .cap_bytes = cap_bytes,
                                   .slots = slots,
                                   .slot_count = SLOTS_MIN};
    random_bytes((uint8_t *)cache->seed, sizeof cache->seed);
    pthread_mutex_init(&cache->lock, NULL);
    *out = &cache->base;
    return OK;
}
