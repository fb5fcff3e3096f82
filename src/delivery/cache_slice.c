// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache.h"
#include "delivery/cache_disk.h"

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

void cache_evict(struct cache *cache, struct cache_slice *slice)
{
    struct cache_object *object = slice->object;
    cache->counters.evictions++;
    policy_remove(&cache->policy, &slice->item);
    if (object == NULL) return;
    if (can_lose_slices(object) && object->slice_count > 1)
        slice_remove(cache, slice);
    else
        object_remove(cache, object);
}

static void settle(struct cache *cache, struct policy_item *item, enum policy_step step)
{
    struct cache_slice *slice = CONTAINER_OF(item, struct cache_slice, item);
    if (step == POLICY_DROP) {
        cache_evict(cache, slice);
        return;
    }
    cache->counters.promotions++;
    if (cache->disk != NULL) disk_promote(cache, slice);
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

bool cache_squeeze_main(struct cache *cache)
{
    enum policy_step step;
    struct policy_item *item = policy_squeeze(&cache->policy, POLICY_MAIN, &step);
    if (item == NULL) return false;
    settle(cache, item, step);
    if (cache->graves != NULL) empty_graves_now(cache);
    return true;
}

void cache_trim(struct cache *cache)
{
    enum policy_step step;
    struct policy_item *item;
    while ((item = policy_trim(&cache->policy, &step)) != NULL)
        settle(cache, item, step);
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
        if (item == NULL && cache->disk == NULL)
            item = policy_squeeze(&cache->policy, POLICY_MAIN, &step);
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
    slice->item.is_fleeting = object->worth == WORTH_TAIL;
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

// The slot that a slice does not need any more is freed by way of a grave of its own.
static bool bury_slot(struct cache *cache, uint64_t at, uint32_t room)
{
    struct cache_slice *grave = calloc(1, sizeof *grave);
    if (grave == NULL) return false;
    grave->ram_at = at;
    grave->disk_at = CACHE_NOWHERE;
    grave->room = room;
    grave->grave_next = cache->graves;
    cache->graves = grave;
    return true;
}

void slice_shrink(struct cache *cache, struct cache_slice *slice)
{
    const uint32_t used = slice->first + slice->len;
    const uint32_t room = used == 0 ? 0 : space_slot_bytes(used);
    uint64_t at;
    if (room == 0 || room >= slice->room || slice->ram_holds > 0) return;
    if (!space_take(cache->ram, used, &at)) return;
    memcpy(cache->ram_bytes + at, slice_memory(cache, slice), used);
    if (!bury_slot(cache, slice->ram_at, slice->room)) {
        space_give(cache->ram, used, at);
        return;
    }
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
    if (slice->object->worth == WORTH_PLACED && slice_is_whole(slice))
        policy_add_main(&cache->policy, &slice->item);
    else
        (void)policy_add(&cache->policy, &slice->item);
    const bool is_main = slice->item.queue == POLICY_MAIN;
    if (is_main && cache->disk != NULL && slice->len > 0) disk_promote(cache, slice);
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
    if (cache->disk != NULL && object->state == OBJECT_KEPT) disk_forget(cache, slice);
    object->slices[slice->index] = NULL;
    object->slice_count--;
    slice->object = NULL;
    slice_drop(cache, slice);
}

void slice_use(struct cache *cache, struct cache_slice *slice, uint32_t from, uint32_t to)
{
    const bool is_again = from < slice->read_to;
    slice->read_to = to;
    if (!is_again) return;
    policy_use(&slice->item);
    if (cache->disk != NULL && slice->item.queue == POLICY_SMALL && !slice->item.is_fleeting)
        disk_copy(cache, slice);
}

void slice_leave_ram(struct cache *cache, struct cache_slice *slice)
{
    slice->is_leaving_ram = true;
    if (slice->ram_holds > 0 || slice->is_writing || slice->ram_at == CACHE_NOWHERE) return;
    if (bury_slot(cache, slice->ram_at, slice->room)) slice->ram_at = CACHE_NOWHERE;
}

struct cache_place slice_place(const struct cache *cache, const struct cache_slice *slice)
{
    if (slice->ram_at == CACHE_NOWHERE || slice->is_leaving_ram)
        return (struct cache_place){disk_fd(cache), slice->disk_at, false};
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
    if (slice->is_leaving_ram) slice_leave_ram(cache, slice);
    slice_drop(cache, slice);
}

void graves_empty(struct cache *cache, struct cache_slice *graves)
{
    for (struct cache_slice *s = graves; s != NULL; s = s->grave_next)
        if (s->ram_at != CACHE_NOWHERE)
            (void)fallocate(cache->ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                            (off_t)s->ram_at, s->room);
    for (struct cache_slice *s = graves; s != NULL; s = s->grave_next)
        if (s->disk_at != CACHE_NOWHERE && s->is_claimed) disk_punch(cache, s);
    (void)pthread_mutex_lock(&cache->lock);
    while (graves != NULL) {
        struct cache_slice *slice = graves;
        graves = slice->grave_next;
        if (slice->ram_at != CACHE_NOWHERE) space_give(cache->ram, slice->room, slice->ram_at);
        if (slice->disk_at != CACHE_NOWHERE && slice->is_claimed) disk_give(cache, slice);
        free(slice);
    }
    (void)pthread_mutex_unlock(&cache->lock);
}
