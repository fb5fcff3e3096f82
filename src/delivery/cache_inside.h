// SPDX-License-Identifier: Apache-2.0
//
// What the files of the store share. For delivery/cache*.c alone.
#ifndef DELIVERY_CACHE_INSIDE_H
#define DELIVERY_CACHE_INSIDE_H

#include "delivery/cache.h"

#include <pthread.h>

struct cache_disk;

struct cache {
    pthread_mutex_t lock;
    struct cache_limits limits;
    struct cache_policy policy;
    struct storage_space *ram;
    int ram_fd;
    uint8_t *ram_bytes; // the whole of ram_fd, mapped
    struct cache_object **buckets;
    uint64_t bucket_mask, seed;
    struct cache_object *passed, **passed_end; // the oldest first
    uint32_t passed_count;
    struct cache_slice *graves; // freed when the lock is given back
    struct cache_counters counters;
    struct cache_disk *disk; // NULL: memory alone
};

// Slices that nobody holds any more: their pages go back to the kernel, then their slots.
void graves_empty(struct cache *cache, struct cache_slice *graves);

// The slice leaves; and with it its object, when parts of that are of no use.
void cache_evict(struct cache *cache, struct cache_slice *slice);

// Drops the next one of main. False: there is none.
bool cache_squeeze_main(struct cache *cache);

// It is on disk: its memory is free when its readers there have gone.
void slice_leave_ram(struct cache *cache, struct cache_slice *slice);

// Until the policy's caps hold again.
void cache_trim(struct cache *cache);

#endif
