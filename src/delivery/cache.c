// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache.h"

#include "base/file.h"
#include "base/random.h"
#include "delivery/cache_disk.h"
#include "delivery/cache_vary.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

enum {
    BUCKETS_MIN = 4096,
    BUCKETS_MAX = 1 << 24,
    BYTES_PER_BUCKET = 64 * 1024,
    PASSED_MAX = 4096,
    BUCKETS_PER_LOCK = 4096, // looked through before others get their turn
};

static outcome open_memory(struct cache *cache, struct why *why)
{
    const uint64_t bytes = cache->limits.memory_bytes / SPACE_SLAB_BYTES * SPACE_SLAB_BYTES;
    TRY(space_open(bytes, &cache->ram, why));
    cache->ram_fd = memfd_create("primrose-cache", MFD_CLOEXEC);
    if (cache->ram_fd < 0 || ftruncate(cache->ram_fd, (off_t)bytes) != 0)
        return fail_errno(why, errno, "no memory file for the cache");
    void *at =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, cache->ram_fd, 0);
    if (at == MAP_FAILED) return fail_errno(why, errno, "the cache's memory cannot be mapped");
    // Part of a huge page cannot be given back without overwriting it, sockets or not.
    (void)madvise(at, bytes, MADV_NOHUGEPAGE);
    cache->ram_bytes = at;
    return OK;
}

static outcome open_parts(struct cache *cache, struct why *why)
{
    const uint64_t memory = cache->limits.memory_bytes, disk = cache->limits.disk_bytes;
    // A quarter of the memory is for what is being filled, sent or written to disk.
    const uint64_t kept = memory - memory / 4;
    const struct policy_caps caps = {
        .small_bytes_max = disk > 0 ? kept : kept / 10,
        .main_bytes_max = disk > 0 ? disk - disk / 16 : kept - kept / 10,
        .ghosts_max =
            (uint32_t)((memory + disk) / 100 * POLICY_GHOST_PERCENT / BYTES_PER_BUCKET + 1024),
        .is_shared = disk == 0,
    };
    TRY(policy_open(&caps, &cache->policy, why));
    TRY(open_memory(cache, why));
    uint64_t buckets = BUCKETS_MIN;
    while (buckets < (memory + disk) / BYTES_PER_BUCKET && buckets < BUCKETS_MAX)
        buckets *= 2;
    cache->buckets = calloc(buckets, sizeof(struct cache_object *));
    if (cache->buckets == NULL) return fail(why, NO_MEMORY, "no memory for the cache's index");
    cache->bucket_mask = buckets - 1;
    return OK;
}

outcome cache_open(const struct cache_limits *limits, const char *folder, struct cache **out,
                   struct why *why)
{
    if (limits->memory_bytes < 8ull * SPACE_SLAB_BYTES)
        return fail(why, INVALID, "a cache needs 8 MiB of memory at least");
    struct cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) return fail(why, NO_MEMORY, "no memory for a cache");
    cache->limits = *limits;
    cache->ram_fd = -1;
    cache->passed_end = &cache->passed;
    (void)pthread_mutex_init(&cache->lock, NULL);
    random_bytes((uint8_t *)&cache->seed, sizeof cache->seed);
    outcome result = open_parts(cache, why);
    if (result == OK && limits->disk_bytes > 0) result = disk_open(cache, folder, why);
    if (result != OK) {
        cache_close(&cache);
        return result;
    }
    *out = cache;
    return OK;
}

void cache_close(struct cache **pointer)
{
    struct cache *cache = *pointer;
    if (cache == NULL) return;
    disk_close(cache);
    cache_lock(cache);
    for (uint64_t i = 0; cache->buckets != NULL && i <= cache->bucket_mask; i++)
        while (cache->buckets[i] != NULL)
            object_remove(cache, cache->buckets[i]);
    cache_unlock(cache);
    disk_release(cache);
    policy_close(&cache->policy);
    space_close(&cache->ram);
    if (cache->ram_bytes != NULL) (void)munmap(cache->ram_bytes, cache->limits.memory_bytes);
    fd_close(&cache->ram_fd);
    free(cache->buckets);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
    *pointer = NULL;
}

void cache_lock(struct cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
}

void cache_unlock(struct cache *cache)
{
    struct cache_slice *graves = cache->graves;
    cache->graves = NULL;
    (void)pthread_mutex_unlock(&cache->lock);
    if (graves != NULL) graves_empty(cache, graves);
}

struct cache_counters cache_counters(struct cache *cache)
{
    cache_lock(cache);
    struct cache_counters counters = cache->counters;
    counters.memory_bytes = space_used_bytes(cache->ram);
    if (cache->disk != NULL) counters.disk_bytes = disk_used_bytes(cache);
    cache_unlock(cache);
    return counters;
}

// Eight bytes at a time through a multiply and a fold, with a seed that nobody outside knows.
uint64_t cache_hash(const struct cache *cache, struct slice key)
{
    uint64_t hash = cache->seed ^ (key.len * 0x9e3779b97f4a7c15ull);
    for (size_t at = 0; at < key.len; at += 8) {
        uint64_t word = 0;
        const size_t len = key.len - at < 8 ? key.len - at : 8;
        memcpy(&word, key.at + at, len);
        const __uint128_t product =
            (__uint128_t)(hash ^ word) * (0xa0761d6478bd642full ^ (cache->seed << 1));
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    hash ^= hash >> 32;
    hash *= 0xe7037ed1a0b428dbull;
    return hash ^ (hash >> 29);
}

static struct cache_object **bucket_of(struct cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & cache->bucket_mask];
}

static bool is_key(const struct cache_object *object, uint64_t hash, struct slice key)
{
    return object->hash == hash && slice_equal(object->key, key);
}

bool object_is_selected(const struct cache_object *object, const struct http_request *request)
{
    if (object->state != OBJECT_KEPT) return true;
    const struct cache_head *head = object->head;
    return head->is_selectable &&
           vary_matches(head->vary_names, head->vary_values, head->content_language, request);
}

struct cache_object *object_find(struct cache *cache, uint64_t hash, struct slice key,
                                 const struct http_request *request, int64_t now_ms)
{
    struct cache_object *next;
    for (struct cache_object *o = *bucket_of(cache, hash); o != NULL; o = next) {
        next = o->next;
        if (!is_key(o, hash, key)) continue;
        if (o->state == OBJECT_PASSED && now_ms >= o->until_ms) {
            object_remove(cache, o);
            continue;
        }
        if (object_is_selected(o, request)) return object_hold(o);
    }
    return NULL;
}

static void index_object(struct cache *cache, struct cache_object *object)
{
    struct cache_object **bucket = bucket_of(cache, object->hash);
    object->next = *bucket;
    *bucket = object;
    object->holds++;
    cache->counters.objects++;
}

struct cache_object *object_add(struct cache *cache, uint64_t hash, struct slice key)
{
    struct cache_object *object = calloc(1, sizeof *object + key.len);
    if (object == NULL) return NULL;
    if (key.len > 0) memcpy(object + 1, key.at, key.len);
    object->key = (struct slice){(const uint8_t *)(object + 1), key.len};
    object->hash = hash;
    index_object(cache, object);
    return object_hold(object);
}

struct cache_object *object_hold(struct cache_object *object)
{
    object->holds++;
    return object;
}

void object_drop(struct cache *cache, struct cache_object *object)
{
    assert(object->holds > 0);
    if (--object->holds > 0) return;
    assert(object->waiters == NULL && object->fetch == NULL && object->state == OBJECT_GONE);
    for (uint32_t i = 0; i < object->slice_room; i++)
        if (object->slices[i] != NULL) slice_remove(cache, object->slices[i]);
    free(object->slices);
    head_drop(object->head);
    free(object);
}

// Markers are forgotten in the order they came.
static void passed_take(struct cache *cache, struct cache_object *object)
{
    struct cache_object **link = &cache->passed;
    while (*link != NULL && *link != object)
        link = &(*link)->passed_next;
    if (*link == NULL) return;
    *link = object->passed_next;
    if (object->passed_next == NULL) cache->passed_end = link;
    object->passed_next = NULL;
    cache->passed_count--;
}

void object_remove(struct cache *cache, struct cache_object *object)
{
    if (object->state == OBJECT_GONE) return;
    if (object->state == OBJECT_PASSED) passed_take(cache, object);
    struct cache_object **link = bucket_of(cache, object->hash);
    while (*link != object)
        link = &(*link)->next;
    *link = object->next;
    if (cache->disk != NULL) disk_forget_object(cache, object);
    object->state = OBJECT_GONE;
    cache->counters.objects--;
    waiters_wake(&object->waiters);
    for (uint32_t i = 0; i < object->slice_room; i++) {
        struct cache_slice *slice = object->slices[i];
        if (slice != NULL) policy_remove(&cache->policy, &slice->item);
    }
    object_drop(cache, object);
}

void key_remove(struct cache *cache, uint64_t hash, struct slice key)
{
    struct cache_object *next;
    for (struct cache_object *o = *bucket_of(cache, hash); o != NULL; o = next) {
        next = o->next;
        if (!is_key(o, hash, key)) continue;
        if (o->state == OBJECT_ASKED)
            o->is_soiled = true; // its answer is not to be kept, but is waited for
        else if (o->state == OBJECT_KEPT)
            object_remove(cache, o);
    }
}

// The new variant takes the place of those that this request selected before it, and of the oldest
// when there are too many.
static void make_way(struct cache *cache, const struct cache_object *object,
                     const struct http_request *request)
{
    struct cache_object *next;
    unsigned variants = 0;
    for (struct cache_object *o = *bucket_of(cache, object->hash); o != NULL; o = next) {
        next = o->next;
        if (o == object || o->state != OBJECT_KEPT || !is_key(o, object->hash, object->key))
            continue;
        if (object_is_selected(o, request) || ++variants >= CACHE_VARIANTS_MAX)
            object_remove(cache, o);
    }
}

void object_keep(struct cache *cache, struct cache_object *object, struct cache_head *head,
                 const struct http_request *request)
{
    assert(object->state == OBJECT_ASKED || object->state == OBJECT_KEPT);
    if (request != NULL) make_way(cache, object, request);
    head_drop(object->head);
    object->head = head;
    object->state = OBJECT_KEPT;
}

void object_changed(struct cache *cache, struct cache_object *object)
{
    if (cache->disk != NULL && object->state == OBJECT_KEPT) disk_update(cache, object);
}

void object_pass(struct cache *cache, struct cache_object *object, int64_t now_ms)
{
    assert(object->state == OBJECT_ASKED);
    object->state = OBJECT_PASSED;
    object->until_ms = now_ms + CACHE_PASSED_MS;
    *cache->passed_end = object;
    cache->passed_end = &object->passed_next;
    if (++cache->passed_count > PASSED_MAX) object_remove(cache, cache->passed);
}

static size_t remove_from_bucket(struct cache *cache, uint64_t bucket,
                                 bool (*is_meant)(const void *context,
                                                  const struct cache_object *object),
                                 const void *context)
{
    size_t count = 0;
    struct cache_object *next;
    for (struct cache_object *o = cache->buckets[bucket]; o != NULL; o = next) {
        next = o->next;
        if (o->state == OBJECT_PASSED || !is_meant(context, o)) continue;
        count++;
        if (o->state == OBJECT_ASKED)
            o->is_soiled = true;
        else
            object_remove(cache, o);
    }
    return count;
}

size_t cache_remove_if(struct cache *cache,
                       bool (*is_meant)(const void *context, const struct cache_object *object),
                       const void *context)
{
    size_t count = 0;
    for (uint64_t at = 0; at <= cache->bucket_mask; at += BUCKETS_PER_LOCK) {
        cache_lock(cache);
        for (uint64_t i = at; i < at + BUCKETS_PER_LOCK && i <= cache->bucket_mask; i++)
            count += remove_from_bucket(cache, i, is_meant, context);
        cache_unlock(cache);
    }
    return count;
}
