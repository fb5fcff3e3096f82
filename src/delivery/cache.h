// SPDX-License-Identifier: Apache-2.0
//
// The store of an edge: answers by key and variant, their bodies in slices of 1 MiB, in memory and
// on disk, under one policy.
//
//     key "/media/film/1/v.mp4" --> object: head, size
//                                     slice 0      slice 1      slice 2 ...
//                                   [ memory ]   [ disk ]     [ being filled: first .. first+len ]
//                                        |            |             |
//                                   policy: small   main        in none until it is complete
//
// Memory is one memfd that is mapped for writing and read with sendfile(2): a hit costs no copy.
// A slot's pages go back to the kernel before it is used again, so that bytes on their way to a
// socket never change.
//
// Everything here is used under cache_lock(), from any thread; bytes are read outside of it by
// whoever holds the slice. Waiters are woken by a post to their loop.
#ifndef DELIVERY_CACHE_H
#define DELIVERY_CACHE_H

#include "delivery/cache_head.h"
#include "delivery/cache_policy.h"
#include "delivery/placement.h"
#include "delivery/storage_space.h"
#include "net/event_loop.h"

enum {
    CACHE_SLICE_BYTES = SPACE_SLAB_BYTES,
    CACHE_KEY_BYTES_MAX = 8 * 1024, // a target as long as a request line
    CACHE_VARIANTS_MAX = 16,        // of one key; the oldest goes
    CACHE_PASSED_MS = 10000,        // that we remember that a key's answers are not kept
    CACHE_TAG_BYTES_MAX = 256,
};

#define CACHE_NOWHERE UINT64_MAX

// Someone on a loop who is to hear when a head or a slice has changed. One list at a time.
struct cache;
struct cache_waiter {
    struct cache_waiter *next, **link;
    struct cache *cache;
    struct event_loop *loop;
    struct loop_post post;
    bool is_posted; // on its way: the memory belongs to the post
    bool is_closed;
    void (*wake)(void *context); // on the loop, outside the lock
    void *context;
};

struct cache_object;
struct fetch; // the edge's, opaque here

struct cache_slice {
    struct policy_item item;
    struct cache_object *object; // NULL: the object is gone
    struct cache_slice *grave_next;
    uint32_t index;
    uint32_t first, len; // what of it is here
    uint32_t room;       // of its slot, in either place
    uint32_t holds;      // the object's own, readers', the disk's
    uint32_t ram_holds;  // of readers of the memory alone
    uint32_t read_to;    // how far the reader who is furthest has come (cache_slice_used)
    uint32_t crc;        // of a slice that is on disk
    uint64_t ram_at, disk_at;
    bool is_complete; // nothing more is being filled in
    bool is_checked;  // its bytes on disk were read and are what they should be
    bool is_checking, is_writing;
    bool is_claimed;     // its place on disk is its own
    bool is_leaving_ram; // when its readers there have gone
    bool is_unlinked;    // no object has it any more
    struct fetch *fetch; // that fills it; NULL: nobody
    struct cache_waiter *waiters;
};

enum object_state {
    OBJECT_ASKED,  // nothing known yet: its fetch is under way
    OBJECT_KEPT,   // it has a head
    OBJECT_PASSED, // answers of this key are not kept; expires
    OBJECT_GONE,   // not in the index any more
};

// What the last fetch for an object came to, for those who waited for it.
enum fetch_result {
    RESULT_NONE,
    RESULT_HEAD,     // there is a head, new or confirmed
    RESULT_REPLACED, // another object has taken its place
    RESULT_COVERED,  // the parent failed; the stale answer may be served
    RESULT_PASSED,   // the answer is its asker's alone
    RESULT_FAILED,   // `failed_status` is all there is
};

struct cache_object {
    struct cache_object *next; // of its bucket, newest first
    struct cache_object *passed_next;
    uint64_t hash;
    uint64_t id; // on disk; 0: not there
    struct slice key;
    enum object_state state;
    enum worth worth; // as the placement had it when it was last fetched for
    uint32_t holds;
    struct cache_head *head;
    uint64_t size;
    bool has_size; // else its body is still coming
    enum fetch_result result;
    uint32_t ended_fetches; // of its slices, so that who asked for one knows whether it still comes
    int failed_status;
    int64_t covered_until_ms; // RESULT_COVERED holds for all who ask until then
    bool is_soiled;           // a purge or an unsafe method came while it was being fetched
    int64_t until_ms;         // OBJECT_PASSED
    struct cache_slice **slices;
    uint32_t slice_room, slice_count; // slices that are there
    uint32_t read_index;              // the slice that its foremost reader has come to
    struct fetch *fetch;              // of head, whole body, or revalidation
    struct cache_waiter *waiters;     // for the head
};

struct cache_limits {
    uint64_t memory_bytes;
    uint64_t disk_bytes; // 0: memory alone
};

struct cache_counters {
    uint64_t objects, slices, memory_bytes, disk_bytes;
    uint64_t evictions, promotions, disk_writes, disk_errors, bad_slices;
};

// `folder`: of the disk's files; NULL with disk_bytes 0.
must_check outcome cache_open(const struct cache_limits *limits, const char *folder,
                              struct cache **out, struct why *why);
void cache_close(struct cache **cache); // tolerates NULL; nobody holds anything any more

void cache_lock(struct cache *cache);
void cache_unlock(struct cache *cache);

uint64_t cache_hash(const struct cache *cache, struct slice key);

// The object that answers `request`, held; or NULL. `now_ms` is the wall clock's.
struct cache_object *object_find(struct cache *cache, uint64_t hash, struct slice key,
                                 const struct http_request *request, int64_t now_ms);

bool object_is_selected(const struct cache_object *object, const struct http_request *request);

// A new object that is asked for, held for the caller and in the index. NULL: no memory.
struct cache_object *object_add(struct cache *cache, uint64_t hash, struct slice key);
struct cache_object *object_hold(struct cache_object *object);
void object_drop(struct cache *cache, struct cache_object *object);

// It is known now. The object takes over one hold of `head`. Variants that the same requests select
// leave the index.
void object_keep(struct cache *cache, struct cache_object *object, struct cache_head *head,
                 const struct http_request *request);
void object_changed(struct cache *cache, struct cache_object *object); // its head was replaced
void object_pass(struct cache *cache, struct cache_object *object, int64_t now_ms);

// Leaves the index with all its slices; whoever reads on holds what he needs.
void object_remove(struct cache *cache, struct cache_object *object);

// Every object of the key.
void key_remove(struct cache *cache, uint64_t hash, struct slice key);

// Objects that `is_meant` says yes to, bucket by bucket, the lock taken and given back between.
// Not under the lock. How many there were.
size_t cache_remove_if(struct cache *cache,
                       bool (*is_meant)(const void *context, const struct cache_object *object),
                       const void *context);

// All that belongs to it is here: of an object whose size is known.
bool slice_is_whole(const struct cache_slice *slice);

// The disk has much to write: what is put there now may be dropped.
bool cache_is_behind(const struct cache *cache);

struct cache_slice *slice_find(const struct cache_object *object, uint32_t index);

// A slice to be filled, with room in memory for `bytes`, in place of the one that was there. NULL:
// there is no room although what could be dropped was.
struct cache_slice *slice_add(struct cache *cache, struct cache_object *object, uint32_t index,
                              uint32_t bytes);
uint8_t *slice_memory(const struct cache *cache, const struct cache_slice *slice);

// It is to be filled further, by whoever calls.
void slice_reopen(struct cache *cache, struct cache_slice *slice);

// Its end is known now: moves it to a slot of its size, if nobody reads it.
void slice_shrink(struct cache *cache, struct cache_slice *slice);

// The filling has ended. It enters the policy; something else may leave.
void slice_complete(struct cache *cache, struct cache_slice *slice);

struct cache_slice *slice_hold(struct cache_slice *slice);
void slice_drop(struct cache *cache, struct cache_slice *slice);
void slice_remove(struct cache *cache, struct cache_slice *slice); // from its object and the policy

// Bytes [from, to) of it are asked for. A reader who goes on where another stopped is not a second
// request: only one who comes to bytes that were read before counts.
void slice_use(struct cache *cache, struct cache_slice *slice, uint32_t from, uint32_t to);

// Of a slice that is on disk since before the start: its bytes are read and compared with their
// checksum; then its waiters wake. False: not now.
bool slice_check(struct cache *cache, struct cache_slice *slice);

// Where a reader finds its bytes now.
struct cache_place {
    int fd;
    uint64_t at;
    bool is_ram;
};
struct cache_place slice_place(const struct cache *cache, const struct cache_slice *slice);

// Readers of memory hold it besides the slice.
void slice_hold_ram(struct cache_slice *slice);
void slice_drop_ram(struct cache *cache, struct cache_slice *slice);

// Lists of waiters. Made and freed by the waiter's loop; waiter_close() frees it, perhaps later.
struct cache_waiter *waiter_make(struct cache *cache, struct event_loop *loop,
                                 void (*wake)(void *context), void *context);
void waiter_join(struct cache_waiter **list, struct cache_waiter *waiter); // leaves another first
void waiters_wake(struct cache_waiter **list);
void waiter_close(struct cache_waiter *waiter); // takes the lock's protection as given

struct cache_counters cache_counters(struct cache *cache);

#endif
