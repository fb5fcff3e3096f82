// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache.h"
#include "delivery/cache_inside.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODILESS_BYTES = 1024, // what an answer without a body counts as
    SQUEEZES_MAX = 64,     // dropped in vain before a fill is told that there is no room
    SLICES_MAX = 1 << 22,  // of an object: 4 TiB
};

struct cache_slice *slice_find(const struct cache_object *object, uint32_t index)
{
    return index < object->slice_room ? object->slices[index] : NULL;
}

uint8_t *slice_memory(const struct cache *cache, const struct cache_slice *slice)
{
    assert(slice->ram_at != CACHE_NOWHERE);
    return cache->ram_bytes + slice->ram_at;
}

static bool reserve_slices(struct cache_object *object, uint32_t index)
{
    if (index < object->slice_room) return true;
    if (index >= SLICES_MAX) return false;
    uint32_t room = object->slice_room == 0 ? 1 : object->slice_room;
    while (room <= index)
        room *= 2;
    struct cache_slice **slices = realloc(object->slices, room * sizeof(struct cache_slice *));
    if (slices == NULL) return false;
    memset(slices + object->slice_room, 0,
           (room - object->slice_room) * sizeof(struct cache_slice *));
    object->slices = slices;
    object->slice_room = room;
    return true;
}

// A body of which parts are missing is of use only when they can be fetched and put together.
static bool can_lose_slices(const struct cache_object *object)
{
    return object->head != NULL && object->head->is_strong && object->has_size;
}

static void slice_left_policy(struct cache *cache, struct cache_slice *slice)
{
    struct cache_object *object = slice->object;
    cache->counters.evictions++;
    if (object == NULL) return;
    if (can_lose_slices(object) && object->slice_count > 1)
        slice_remove(cache, slice);
    else
        object_remove(cache, object);
}

static void settle(struct cache *cache, struct policy_item *item, enum policy_step step)
{
    struct cache_slice *slice = CONTAINER_OF(item, struct cache_slice, item);
    if (step == POLICY_DROP)
        slice_left_policy(cache, slice);
    else
        cache->counters.promotions++;
}

void cache_trim(struct cache *cache)
{
    enum policy_step step;
    struct policy_item *item;
    while ((item = policy_trim(&cache->policy, &step)) != NULL)
        settle(cache, item, step);
}

// Slots in graves are not free yet, so that their pages can be given back outside the lock; when
// memory is short it is done inside.
static void empty_graves_now(struct cache *cache)
{
    struct cache_slice *graves = cache->graves;
    cache->graves = NULL;
    (void)pthread_mutex_unlock(&cache->lock);
    graves_empty(cache, graves);
    (void)pthread_mutex_lock(&cache->lock);
}

static bool take_memory(struct cache *cache, uint32_t bytes, uint64_t *at)
{
    if (space_take(cache->ram, bytes, at)) return true;
    if (cache->graves != NULL) {
        empty_graves_now(cache);
        if (space_take(cache->ram, bytes, at)) return true;
    }
    for (int i = 0; i < SQUEEZES_MAX; i++) {
        enum policy_step step;
        struct policy_item *item = policy_squeeze(&cache->policy, POLICY_SMALL, &step);
        if (item == NULL) item = policy_squeeze(&cache->policy, POLICY_MAIN, &step);
        if (item == NULL) break;
        settle(cache, item, step);
        if (cache->graves != NULL) empty_graves_now(cache);
        if (space_take(cache->ram, bytes, at)) return true;
    }
    return false;
}

struct cache_slice *slice_add(struct cache *cache, struct cache_object *object, uint32_t index,
                              uint32_t bytes)
{
    if (!reserve_slices(object, index)) return NULL;
    struct cache_slice *slice = calloc(1, sizeof *slice);
    if (slice == NULL) return NULL;
    slice->ram_at = slice->disk_at = CACHE_NOWHERE;
    slice->room = bytes == 0 ? 0 : space_slot_bytes(bytes);
    (void)object_hold(object); // making room may remove the object
    const bool is_room = bytes == 0 || take_memory(cache, bytes, &slice->ram_at);
    const bool is_wanted = is_room && reserve_slices(object, index);
    if (!is_wanted) {
        if (is_room && bytes > 0) space_give(cache->ram, slice->room, slice->ram_at);
        free(slice);
        object_drop(cache, object);
        return NULL;
    }
    if (object->slices[index] != NULL) slice_remove(cache, object->slices[index]);
    slice->object = object;
    slice->index = index;
    slice->holds = 1;
    slice->item.hash = object->hash ^ (index * 0x9e3779b97f4a7c15ull);
    slice->item.bytes = bytes == 0 ? BODILESS_BYTES : slice->room;
    object->slices[index] = slice;
    object->slice_count++;
    cache->counters.slices++;
    object_drop(cache, object);
    return slice;
}

void slice_reopen(struct cache *cache, struct cache_slice *slice)
{
    policy_remove(&cache->policy, &slice->item);
    slice->is_complete = false;
}

void slice_shrink(struct cache *cache, struct cache_slice *slice)
{
    const uint32_t used = slice->first + slice->len;
    const uint32_t room = used == 0 ? 0 : space_slot_bytes(used);
    uint64_t at;
    if (room == 0 || room >= slice->room || slice->ram_holds > 0) return;
    struct cache_slice *grave = calloc(1, sizeof *grave); // of the slot alone
    if (grave == NULL || !space_take(cache->ram, used, &at)) {
        free(grave);
        return;
    }
    memcpy(cache->ram_bytes + at, slice_memory(cache, slice), used);
    grave->ram_at = slice->ram_at;
    grave->disk_at = CACHE_NOWHERE;
    grave->room = slice->room;
    grave->grave_next = cache->graves;
    cache->graves = grave;
    slice->ram_at = at;
    slice->room = slice->item.bytes = room;
}

void slice_complete(struct cache *cache, struct cache_slice *slice)
{
    assert(!slice->is_complete);
    slice->is_complete = slice->is_checked = true;
    slice->fetch = NULL;
    waiters_wake(&slice->waiters);
    if (slice->object == NULL || slice->object->state == OBJECT_GONE) return;
    (void)policy_add(&cache->policy, &slice->item);
    cache_trim(cache);
}

struct cache_slice *slice_hold(struct cache_slice *slice)
{
    slice->holds++;
    return slice;
}

void slice_drop(struct cache *cache, struct cache_slice *slice)
{
    assert(slice->holds > 0);
    if (--slice->holds > 0) return;
    assert(slice->waiters == NULL && slice->item.queue == POLICY_NOWHERE);
    slice->grave_next = cache->graves;
    cache->graves = slice;
    cache->counters.slices--;
}

void slice_remove(struct cache *cache, struct cache_slice *slice)
{
    struct cache_object *object = slice->object;
    policy_remove(&cache->policy, &slice->item);
    waiters_wake(&slice->waiters);
    if (object == NULL) return;
    object->slices[slice->index] = NULL;
    object->slice_count--;
    slice->object = NULL;
    slice_drop(cache, slice);
}

void slice_use(struct cache_slice *slice, uint32_t from, uint32_t to)
{
    if (from < slice->read_to) {
        policy_use(&slice->item);
        slice->read_to = to;
    } else {
        slice->read_to = to;
    }
}

struct cache_place slice_place(const struct cache *cache, const struct cache_slice *slice)
{
    return (struct cache_place){cache->ram_fd, slice->ram_at, true};
}

void slice_hold_ram(struct cache_slice *slice)
{
    slice->ram_holds++;
    (void)slice_hold(slice);
}

void slice_drop_ram(struct cache *cache, struct cache_slice *slice)
{
    assert(slice->ram_holds > 0);
    slice->ram_holds--;
    slice_drop(cache, slice);
}

void graves_empty(struct cache *cache, struct cache_slice *graves)
{
    for (struct cache_slice *s = graves; s != NULL; s = s->grave_next)
        if (s->ram_at != CACHE_NOWHERE)
            (void)fallocate(cache->ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                            (off_t)s->ram_at, s->room);
    (void)pthread_mutex_lock(&cache->lock);
    while (graves != NULL) {
        struct cache_slice *slice = graves;
        graves = slice->grave_next;
        if (slice->ram_at != CACHE_NOWHERE) space_give(cache->ram, slice->room, slice->ram_at);
        free(slice);
    }
    (void)pthread_mutex_unlock(&cache->lock);
}
