// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_disk.h"

#include "base/file.h"
#include "net/work_pool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DISK_SQUEEZES_MAX = 64,
    DISK_PATH_BYTES = 1024,
    DISK_QUEUE_MAX = 4096,
    DISK_LOG_BYTES_MIN = 4 * 1024 * 1024, // a shorter log is not worth writing anew
};

struct cache_disk {
    int fd;
    struct storage_space *space;
    struct storage_log *log;
    struct work_pool *pool;
    uint64_t last_id;
    uint32_t writes;       // under way
    uint64_t written_anew; // bytes of the log when it was written anew
    char folder[DISK_PATH_BYTES - 32];
};

struct disk_job {
    struct work_job job;
    struct cache *cache;
    struct cache_slice *slice; // held
};

int disk_fd(const struct cache *cache)
{
    return cache->disk->fd;
}

uint64_t disk_used_bytes(const struct cache *cache)
{
    return space_used_bytes(cache->disk->space);
}

bool cache_is_behind(const struct cache *cache)
{
    return cache->disk != NULL && cache->disk->writes > DISK_WRITES_MAX / 2;
}

static bool submit(struct cache *cache, struct cache_slice *slice,
                   void (*run)(struct work_job *job))
{
    struct disk_job *job = calloc(1, sizeof *job);
    if (job == NULL) return false;
    job->job.run = run;
    job->cache = cache;
    job->slice = slice_hold(slice);
    if (work_submit(cache->disk->pool, &job->job, NULL) == OK) return true;
    free(job);
    slice->holds--; // it was held just now, and by others before
    return false;
}

bool slice_is_whole(const struct cache_slice *slice)
{
    const struct cache_object *object = slice->object;
    if (object == NULL || !object->has_size || slice->first != 0 || slice->len == 0) return false;
    const uint64_t left = object->size - (uint64_t)slice->index * CACHE_SLICE_BYTES;
    return slice->len == (left < CACHE_SLICE_BYTES ? left : CACHE_SLICE_BYTES);
}

static bool take_slot(struct cache *cache, uint32_t bytes, uint64_t *at)
{
    for (int i = 0; i < DISK_SQUEEZES_MAX; i++) {
        if (space_take(cache->disk->space, bytes, at)) return true;
        if (!cache_squeeze_main(cache)) return false;
    }
    return false;
}

// The object and the slice go into the log; the object once. Under the lock.
static outcome put_into_log(struct cache *cache, struct cache_object *object,
                            const struct cache_slice *slice)
{
    struct cache_disk *disk = cache->disk;
    if (object->id == 0) {
        const struct log_object record = {disk->last_id + 1, object->size, object->key,
                                          object->head};
        TRY(log_put_object(disk->log, &record));
        object->id = ++disk->last_id;
    }
    const struct log_slice record = {object->id, slice->index, slice->len, slice->disk_at,
                                     slice->crc};
    return log_put_slice(disk->log, &record);
}

static void log_paths(const struct cache *cache, char *path, char *fresh)
{
    (void)snprintf(path, DISK_PATH_BYTES, "%s/index.log", cache->disk->folder);
    (void)snprintf(fresh, DISK_PATH_BYTES, "%s/index.new", cache->disk->folder);
}

static outcome put_whole_object(struct storage_log *log, const struct cache_object *object)
{
    const struct log_object record = {object->id, object->size, object->key, object->head};
    TRY(log_put_object(log, &record));
    for (uint32_t i = 0; i < object->slice_room; i++) {
        const struct cache_slice *slice = object->slices[i];
        if (slice == NULL || slice->disk_at == CACHE_NOWHERE) continue;
        const struct log_slice put = {object->id, i, slice->len, slice->disk_at, slice->crc};
        TRY(log_put_slice(log, &put));
    }
    return OK;
}

static void ignore_object(void *context, const struct log_object *object)
{
    (void)context;
    (void)object;
}

static void ignore_slice(void *context, const struct log_slice *slice)
{
    (void)context;
    (void)slice;
}

// The log anew, with nothing but what there is. Under the lock, some tenths of a second for a
// million slices; and only when it has grown to many times of what it need be.
static outcome write_log_anew(struct cache *cache)
{
    char path[DISK_PATH_BYTES], fresh[DISK_PATH_BYTES];
    struct storage_log *log = NULL;
    const struct log_reader nobody = {ignore_object, ignore_slice, ignore_slice, NULL};
    log_paths(cache, path, fresh);
    (void)unlink(fresh);
    TRY(log_open(fresh, &nobody, &log, NULL));
    log_gather(log);
    outcome result = OK;
    for (uint64_t i = 0; i <= cache->bucket_mask && result == OK; i++)
        for (struct cache_object *o = cache->buckets[i]; o != NULL && result == OK; o = o->next)
            if (o->id != 0 && o->state == OBJECT_KEPT) result = put_whole_object(log, o);
    if (result == OK) result = log_write_gathered(log);
    if (result == OK && rename(fresh, path) != 0) result = UNAVAILABLE;
    if (result != OK) {
        log_close(&log);
        return result;
    }
    log_close(&cache->disk->log);
    cache->disk->log = log;
    cache->disk->written_anew = log_bytes(log);
    return OK;
}

static void keep_log_short(struct cache *cache)
{
    struct cache_disk *disk = cache->disk;
    if (log_bytes(disk->log) < DISK_LOG_BYTES_MIN + 4 * disk->written_anew) return;
    if (write_log_anew(cache) == OK) return;
    cache->counters.disk_errors++;
    disk->written_anew = log_bytes(disk->log); // not again at once
}

static void settle_write(struct cache *cache, struct cache_slice *slice, outcome written,
                         uint64_t at)
{
    struct cache_object *object = slice->object;
    slice->is_writing = false;
    const bool is_wanted = object != NULL && object->state == OBJECT_KEPT;
    if (written == OK && is_wanted) {
        slice->disk_at = at;
        slice->is_claimed = true;
        written = put_into_log(cache, object, slice);
        if (written != OK) slice->disk_at = CACHE_NOWHERE; // the slot is given back below
    }
    if (written != OK) cache->counters.disk_errors++;
    if (slice->disk_at == CACHE_NOWHERE) {
        if (at != CACHE_NOWHERE) space_give(cache->disk->space, slice->len, at);
        if (is_wanted && slice->item.queue == POLICY_MAIN) cache_evict(cache, slice);
        return;
    }
    cache->counters.disk_writes++;
    keep_log_short(cache);
    if (slice->item.queue == POLICY_MAIN) slice_leave_ram(cache, slice);
}

// Its bytes do not change: it is complete, and held.
static void run_write(struct work_job *work)
{
    struct disk_job *job = CONTAINER_OF(work, struct disk_job, job);
    struct cache *cache = job->cache;
    struct cache_slice *slice = job->slice;
    const struct slice bytes = {slice_memory(cache, slice), slice->len};
    uint64_t at = CACHE_NOWHERE;
    const uint32_t crc = crc32c(0, bytes);
    cache_lock(cache);
    const bool has_slot = take_slot(cache, slice->len, &at);
    cache_unlock(cache);
    outcome written = EXHAUSTED;
    if (has_slot) written = fd_write_at(cache->disk->fd, bytes, at, NULL);
    cache_lock(cache);
    slice->crc = crc;
    cache->disk->writes--;
    settle_write(cache, slice, written, has_slot ? at : CACHE_NOWHERE);
    slice_drop(cache, slice);
    cache_unlock(cache);
    free(job);
}

void disk_copy(struct cache *cache, struct cache_slice *slice)
{
    struct cache_disk *disk = cache->disk;
    if (slice->is_writing || slice->disk_at != CACHE_NOWHERE || !slice->is_complete ||
        slice->ram_at == CACHE_NOWHERE || !slice_is_whole(slice) || disk->writes >= DISK_WRITES_MAX)
        return;
    slice->is_writing = true;
    disk->writes++;
    if (submit(cache, slice, run_write)) return;
    slice->is_writing = false;
    disk->writes--;
}

void disk_promote(struct cache *cache, struct cache_slice *slice)
{
    if (slice->disk_at != CACHE_NOWHERE) {
        slice_leave_ram(cache, slice);
        return;
    }
    disk_copy(cache, slice);
    if (!slice->is_writing) cache_evict(cache, slice); // the disk is behind, or it is a part
}

static void run_check(struct work_job *work)
{
    struct disk_job *job = CONTAINER_OF(work, struct disk_job, job);
    struct cache *cache = job->cache;
    struct cache_slice *slice = job->slice;
    uint8_t *bytes = malloc(slice->len);
    const bool is_good =
        bytes != NULL &&
        fd_read_at(cache->disk->fd, bytes, slice->len, slice->disk_at, NULL) == OK &&
        crc32c(0, (struct slice){bytes, slice->len}) == slice->crc;
    free(bytes);
    cache_lock(cache);
    slice->is_checking = false;
    slice->is_checked = is_good;
    struct cache_object *object = slice->object;
    waiters_wake(&slice->waiters);
    if (!is_good) {
        cache->counters.bad_slices++;
        if (object != NULL) cache_evict(cache, slice);
    }
    slice_drop(cache, slice);
    cache_unlock(cache);
    free(job);
}

bool slice_check(struct cache *cache, struct cache_slice *slice)
{
    if (slice->is_checking) return true;
    slice->is_checking = submit(cache, slice, run_check);
    return slice->is_checking;
}

void disk_forget(struct cache *cache, const struct cache_slice *slice)
{
    if (cache->disk->log == NULL || slice->disk_at == CACHE_NOWHERE || slice->object == NULL ||
        slice->object->id == 0)
        return;
    (void)!log_put_drop(cache->disk->log, slice->object->id, slice->index);
}

void disk_forget_object(struct cache *cache, const struct cache_object *object)
{
    if (cache->disk->log == NULL || object->id == 0) return;
    (void)!log_put_drop(cache->disk->log, object->id, LOG_DROP_OBJECT);
}

void disk_update(struct cache *cache, const struct cache_object *object)
{
    if (cache->disk->log == NULL || object->id == 0) return;
    const struct log_object record = {object->id, object->size, object->key, object->head};
    (void)!log_put_object(cache->disk->log, &record);
}

void disk_punch(struct cache *cache, const struct cache_slice *slice)
{
    if (cache->disk->log == NULL) return; // closing: it stays
    (void)fallocate(cache->disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t)slice->disk_at, (off_t)space_slot_bytes(slice->len));
}

void disk_give(struct cache *cache, const struct cache_slice *slice)
{
    space_give(cache->disk->space, slice->len, slice->disk_at);
}

// Recovery: the records in their order make objects and slices; what is left at the end claims its
// slots.
struct recovery {
    struct cache *cache;
    struct cache_object **by_id; // open addressing
    size_t room, count;
};

static struct cache_object **find_id(const struct recovery *recovery, uint64_t id)
{
    size_t at = (size_t)(id * 0x9e3779b97f4a7c15ull >> 20) & (recovery->room - 1);
    while (recovery->by_id[at] != NULL && recovery->by_id[at]->id != id)
        at = (at + 1) & (recovery->room - 1);
    return &recovery->by_id[at];
}

static bool grow(struct recovery *recovery)
{
    if (recovery->count * 2 < recovery->room) return true;
    struct recovery larger = {.cache = recovery->cache,
                              .room = recovery->room == 0 ? 1024 : recovery->room * 2,
                              .count = recovery->count};
    larger.by_id = calloc(larger.room, sizeof(struct cache_object *));
    if (larger.by_id == NULL) return false;
    for (size_t i = 0; i < recovery->room; i++)
        if (recovery->by_id[i] != NULL)
            *find_id(&larger, recovery->by_id[i]->id) = recovery->by_id[i];
    free(recovery->by_id);
    *recovery = larger;
    return true;
}

static void recover_object(void *context, const struct log_object *record)
{
    struct recovery *recovery = context;
    struct cache *cache = recovery->cache;
    if (record->id == 0 || !grow(recovery)) return;
    if (record->id > cache->disk->last_id) cache->disk->last_id = record->id;
    struct cache_object **place = find_id(recovery, record->id);
    if (*place == NULL) {
        *place = object_add(cache, cache_hash(cache, record->key), record->key);
        if (*place == NULL) return;
        (*place)->id = record->id;
        recovery->count++;
    }
    if ((*place)->state == OBJECT_GONE) return;
    const struct cache_head *head = record->head;
    struct cache_head *own = NULL;
    if (head_load(head->status, &head->freshness, head->is_selectable, head->vary_names,
                  head->vary_values, head->lines, &own) != OK)
        return;
    object_keep(cache, *place, own, NULL);
    (*place)->size = record->size;
    (*place)->has_size = true;
}

static void recover_slice(void *context, const struct log_slice *record)
{
    struct recovery *recovery = context;
    struct cache_object *object = recovery->room == 0 ? NULL : *find_id(recovery, record->id);
    if (object == NULL || object->state != OBJECT_KEPT || record->len == 0 ||
        record->len > CACHE_SLICE_BYTES)
        return;
    struct cache_slice *slice = slice_add(recovery->cache, object, record->index, 0);
    if (slice == NULL) return;
    slice->is_complete = true;
    slice->len = record->len;
    slice->crc = record->crc;
    slice->room = space_slot_bytes(record->len);
    slice->item.bytes = slice->room;
    slice->disk_at = record->at;
    slice->is_claimed = false;
}

static void recover_drop(void *context, const struct log_slice *record)
{
    struct recovery *recovery = context;
    struct cache_object *object = recovery->room == 0 ? NULL : *find_id(recovery, record->id);
    if (object == NULL || object->state != OBJECT_KEPT) return;
    if (record->index == LOG_DROP_OBJECT) {
        object_remove(recovery->cache, object);
        return;
    }
    struct cache_slice *slice = slice_find(object, record->index);
    if (slice != NULL) slice_remove(recovery->cache, slice);
}

// Claims its slots, and goes into the new log with what it got.
static outcome settle_object(struct cache *cache, struct cache_object *object,
                             struct storage_log *log)
{
    for (uint32_t i = 0; i < object->slice_room; i++) {
        struct cache_slice *slice = object->slices[i];
        if (slice == NULL) continue;
        slice->is_claimed = space_claim(cache->disk->space, slice->len, slice->disk_at);
        if (slice->is_claimed)
            policy_add_main(&cache->policy, &slice->item);
        else
            slice_remove(cache, slice);
    }
    return put_whole_object(log, object);
}

static outcome settle_recovery(struct recovery *recovery, struct storage_log *log)
{
    struct cache *cache = recovery->cache;
    outcome result = OK;
    if (log != NULL) log_gather(log);
    for (size_t i = 0; i < recovery->room; i++) {
        struct cache_object *object = recovery->by_id[i];
        if (object == NULL) continue;
        if (object->state == OBJECT_KEPT && result == OK)
            result = settle_object(cache, object, log);
        if (object->state == OBJECT_KEPT && object->slice_count == 0) object_remove(cache, object);
        object_drop(cache, object);
    }
    free(recovery->by_id);
    if (log != NULL && result == OK) result = log_write_gathered(log);
    return result;
}

static outcome open_log(struct cache *cache, struct why *why)
{
    char path[DISK_PATH_BYTES], fresh[DISK_PATH_BYTES];
    log_paths(cache, path, fresh);
    struct recovery recovery = {.cache = cache};
    const struct log_reader reader = {recover_object, recover_slice, recover_drop, &recovery};
    struct storage_log *old = NULL, *log = NULL;
    const struct log_reader nobody = {recover_object, recover_slice, recover_drop,
                                      &(struct recovery){.cache = cache}};
    (void)unlink(fresh);
    cache_lock(cache);
    outcome result = log_open(path, &reader, &old, why);
    if (result == OK) result = log_open(fresh, &nobody, &log, why);
    const outcome settled = settle_recovery(&recovery, log);
    cache_unlock(cache);
    log_close(&old);
    if (result == OK) result = settled;
    if (result == OK && rename(fresh, path) != 0)
        result = fail_errno(why, errno, "%s cannot be put in place", path);
    if (result != OK) {
        log_close(&log);
        return result;
    }
    cache->disk->log = log;
    cache->disk->written_anew = log_bytes(log);
    return OK;
}

outcome disk_open(struct cache *cache, const char *folder, struct why *why)
{
    char path[DISK_PATH_BYTES];
    struct cache_disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL) return fail(why, NO_MEMORY, "no memory for a cache's disk");
    disk->fd = -1;
    cache->disk = disk;
    (void)snprintf(disk->folder, sizeof disk->folder, "%s", folder);
    TRY(folder_make(folder, why));
    (void)snprintf(path, sizeof path, "%s/slices", folder);
    disk->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (disk->fd < 0) return fail_errno(why, errno, "%s cannot be opened", path);
    const uint64_t bytes = cache->limits.disk_bytes / SPACE_SLAB_BYTES * SPACE_SLAB_BYTES;
    if (ftruncate(disk->fd, (off_t)bytes) != 0)
        return fail_errno(why, errno, "%s cannot grow to %llu bytes", path,
                          (unsigned long long)bytes);
    TRY(space_open(bytes, &disk->space, why));
    TRY(work_pool_open(DISK_THREADS, DISK_QUEUE_MAX, &disk->pool, why));
    return open_log(cache, why);
}

void disk_close(struct cache *cache)
{
    struct cache_disk *disk = cache->disk;
    if (disk == NULL) return;
    work_pool_close(&disk->pool);
    log_close(&disk->log); // nothing of what follows is to be remembered
}

void disk_release(struct cache *cache)
{
    if (cache->disk == NULL) return;
    fd_close(&cache->disk->fd);
    space_close(&cache->disk->space);
    free(cache->disk);
    cache->disk = NULL;
}
