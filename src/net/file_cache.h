// SPDX-License-Identifier: Apache-2.0
//
// Open files of one event loop, with the header lines that go before them, so that a hit costs no
// system call but the sends.
//
//     key "/media/film-1/3f9c/v-1080p.mp4" -> fd, size, validators, "Content-Type: ...", "ETag:
//     ..."
//
// A file that is small is held in memory as well and goes out with its head in one call. An entry
// is believed for its time to live, then looked up again; files are replaced under other keys,
// never changed in place. The least recently used one goes first. Not thread-safe, but a file may
// be made on any thread before it is added.
#ifndef NET_FILE_CACHE_H
#define NET_FILE_CACHE_H

#include "net/http_exchange.h"

enum {
    FILE_CACHE_ENTRIES_MAX = 1024, // descriptors per loop; a film has about 30 files
    FILE_SMALL_BYTES = 8 * 1024,   // playlists, manifests, init segments
    FILE_KEY_BYTES_MAX = 1024,
};

struct served_file;

// What a file is served with. Texts are copied.
struct file_facts {
    uint64_t size;
    const char *etag;   // with its quotes
    int64_t modified_s; // since 1970; -1: unknown
    const char *content_type;
    const char *cache_control;
    struct slice run; // further lines "Name: value\r\n"
};

// Makes one from an open descriptor, which it owns after OK, and reads it when it is small.
must_check outcome served_file_make(int fd, const struct file_facts *facts,
                                    struct served_file **out, struct why *why);
void served_file_drop(struct served_file *file); // the maker's hold on it

// Answers with the file, which is held until the last byte is sent.
void http_reply_file(struct http_exchange *exchange, struct served_file *file);

struct file_cache;

// `ttl_ms`: how long an entry is believed.
must_check outcome file_cache_open(size_t entries_max, int64_t ttl_ms, struct file_cache **out,
                                   struct why *why);
void file_cache_close(struct file_cache **cache); // tolerates NULL

// The file under `key`, or NULL when there is none or its time is over. Borrowed until the cache is
// used again.
struct served_file *file_cache_find(struct file_cache *cache, struct slice key, int64_t now_us);

// Adds `file` under `key`, replacing another; the cache has its own hold. Without memory, or with a
// key over FILE_KEY_BYTES_MAX, it adds nothing.
void file_cache_add(struct file_cache *cache, struct slice key, struct served_file *file,
                    int64_t now_us);

#endif
