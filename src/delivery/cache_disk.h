// SPDX-License-Identifier: Apache-2.0
//
// The store's disk: one large file of slots for slices that were asked for twice, and a log that
// says what lies where (storage_log.h). For delivery/cache*.c alone.
//
//     memory: small                                      disk: main
//     [ slice, asked for again ] --thread: crc, pwrite--> [ slot ] --log: slice--> known after a
//     crash restart: log -> objects, slices not checked --first reader: thread reads, crc-->
//     served, or dropped and fetched anew
//
// Readers use sendfile(2) on the slots; a slot's pages are given back before it is used again. A
// slow disk is not waited for: with DISK_WRITES_MAX under way, what would go there is dropped. A
// full or broken one costs hits, never answers.
#ifndef DELIVERY_CACHE_DISK_H
#define DELIVERY_CACHE_DISK_H

#include "delivery/cache_inside.h"
#include "delivery/storage_log.h"

enum { DISK_WRITES_MAX = 64, DISK_THREADS = 2 };

// Opens `folder`/slices and `folder`/index.log, and puts into the cache what they hold. Before any
// other use of the cache.
must_check outcome disk_open(struct cache *cache, const char *folder, struct why *why);
void disk_close(struct cache *cache);   // waits for writes; from here on nothing is logged
void disk_release(struct cache *cache); // when the cache is empty; what is on disk stays

// Under the lock.
void disk_promote(struct cache *cache, struct cache_slice *slice); // has moved to main
void disk_copy(struct cache *cache, struct cache_slice *slice); // asked for again, still in small
void disk_forget(struct cache *cache, const struct cache_slice *slice); // it leaves its object
void disk_forget_object(struct cache *cache, const struct cache_object *object);
void disk_update(struct cache *cache, const struct cache_object *object); // a new head

// Outside the lock: the pages of a slot go back; then, under it, the slot.
void disk_punch(struct cache *cache, const struct cache_slice *slice);
void disk_give(struct cache *cache, const struct cache_slice *slice);

int disk_fd(const struct cache *cache);
uint64_t disk_used_bytes(const struct cache *cache);

#endif
