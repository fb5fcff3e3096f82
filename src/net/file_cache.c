// SPDX-License-Identifier: Apache-2.0
#include "net/file_cache.h"

#include "base/file.h"
#include "net/http_date.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2048, RUN_BYTES_MAX = 2048 };

struct served_file {
    int fd;
    unsigned holds; // of the maker, the cache, and answers under way
    struct http_resource resource;
    uint8_t *small;      // its bytes, or NULL
    struct buffer texts; // what the resource's slices point into
};

struct entry {
    struct entry *chain;         // of the bucket
    struct entry *newer, *older; // by use
    struct served_file *file;
    uint64_t hash;
    int64_t expires_us;
    size_t key_len;
    uint8_t key[];
};

struct file_cache {
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t count, entries_max;
    int64_t ttl_us;
};

static outcome put_run(const struct file_facts *facts, struct buffer *out, struct why *why)
{
    TRY(buffer_format(out, why, "ETag: %s\r\nCache-Control: %s\r\nAccept-Ranges: bytes\r\n",
                      facts->etag, facts->cache_control));
    if (facts->modified_s >= 0) {
        char date[HTTP_DATE_BYTES];
        http_date_format(facts->modified_s, date);
        TRY(buffer_format(out, why, "Last-Modified: %s\r\n", date));
    }
    return buffer_put(out, facts->run, why);
}

// Formats the texts one behind the other, then lets the resource point at them.
static outcome fill_texts(struct served_file *file, const struct file_facts *facts, struct why *why)
{
    struct buffer *texts = &file->texts;
    *texts = buffer_init(RUN_BYTES_MAX);
    TRY(buffer_put_text(texts, facts->etag, why));
    const size_t etag_end = texts->len;
    TRY(buffer_format(texts, why, "Content-Type: %s\r\n", facts->content_type));
    const size_t type_end = texts->len;
    TRY(put_run(facts, texts, why));
    const struct slice all = buffer_slice(texts);
    file->resource.validators.etag = slice_part(all, 0, etag_end);
    file->resource.type_run = slice_part(all, etag_end, type_end - etag_end);
    file->resource.run = slice_part(all, type_end, all.len);
    return OK;
}

static outcome read_small(struct served_file *file, int fd, struct why *why)
{
    const size_t size = (size_t)file->resource.size;
    file->small = malloc(size > 0 ? size : 1);
    if (file->small == NULL) return fail(why, NO_MEMORY, "no memory for a file of %zu bytes", size);
    TRY(fd_read_at(fd, file->small, size, 0, why));
    file->resource.bytes = (struct slice){file->small, size};
    return OK;
}

static void release_hold(void *owner)
{
    served_file_drop(owner);
}

outcome served_file_make(int fd, const struct file_facts *facts, struct served_file **out,
                         struct why *why)
{
    struct served_file *file = calloc(1, sizeof *file);
    if (file == NULL) return fail(why, NO_MEMORY, "no memory for an open file");
    file->fd = -1;
    file->holds = 1;
    file->resource = (struct http_resource){.size = facts->size,
                                            .validators.modified_s = facts->modified_s,
                                            .fd = fd,
                                            .release = release_hold,
                                            .owner = file};
    outcome result = fill_texts(file, facts, why);
    if (result == OK && facts->size <= FILE_SMALL_BYTES) result = read_small(file, fd, why);
    if (result != OK) {
        served_file_drop(file);
        return result;
    }
    file->fd = fd;
    *out = file;
    return OK;
}

void served_file_drop(struct served_file *file)
{
    assert(file->holds > 0);
    if (--file->holds > 0) return;
    fd_close(&file->fd);
    free(file->small);
    buffer_release(&file->texts);
    free(file);
}

void http_reply_file(struct http_exchange *exchange, struct served_file *file)
{
    file->holds++;
    http_reply_resource(exchange, &file->resource);
}

outcome file_cache_open(size_t entries_max, int64_t ttl_ms, struct file_cache **out,
                        struct why *why)
{
    assert(entries_max >= 1 && ttl_ms >= 0);
    struct file_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) return fail(why, NO_MEMORY, "no memory for a table of open files");
    cache->entries_max = entries_max;
    cache->ttl_us = ttl_ms * 1000;
    *out = cache;
    return OK;
}

static void unlink_by_use(struct file_cache *cache, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct file_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop_entry(struct file_cache *cache, struct entry *entry)
{
    struct entry **link = &cache->buckets[entry->hash % BUCKETS];
    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    unlink_by_use(cache, entry);
    served_file_drop(entry->file);
    free(entry);
    cache->count--;
}

void file_cache_close(struct file_cache **cache)
{
    if (*cache == NULL) return;
    while ((*cache)->newest != NULL)
        drop_entry(*cache, (*cache)->newest);
    free(*cache);
    *cache = NULL;
}

static struct entry *find_entry(struct file_cache *cache, struct slice key, uint64_t hash)
{
    struct entry *entry = cache->buckets[hash % BUCKETS];
    while (entry != NULL &&
           (entry->hash != hash || !slice_equal(key, (struct slice){entry->key, entry->key_len})))
        entry = entry->chain;
    return entry;
}

struct served_file *file_cache_find(struct file_cache *cache, struct slice key, int64_t now_us)
{
    // Keys come from clients only after the store has known them: nobody can choose colliding ones.
    struct entry *entry = find_entry(cache, key, slice_hash(key));
    if (entry == NULL) return NULL;
    if (now_us >= entry->expires_us) {
        drop_entry(cache, entry);
        return NULL;
    }
    if (entry != cache->newest) {
        unlink_by_use(cache, entry);
        link_newest(cache, entry);
    }
    return entry->file;
}

void file_cache_add(struct file_cache *cache, struct slice key, struct served_file *file,
                    int64_t now_us)
{
    if (key.len > FILE_KEY_BYTES_MAX) return;
    const uint64_t hash = slice_hash(key);
    struct entry *entry = find_entry(cache, key, hash);
    if (entry != NULL) drop_entry(cache, entry);
    if (cache->count == cache->entries_max) drop_entry(cache, cache->oldest);
    entry = malloc(sizeof *entry + key.len);
    if (entry == NULL) return;
    *entry = (struct entry){.chain = cache->buckets[hash % BUCKETS],
                            .file = file,
                            .hash = hash,
                            .expires_us = now_us + cache->ttl_us,
                            .key_len = key.len};
    memcpy(entry->key, key.at, key.len);
    cache->buckets[hash % BUCKETS] = entry;
    link_newest(cache, entry);
    file->holds++;
    cache->count++;
}
