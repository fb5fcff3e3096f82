// SPDX-License-Identifier: Apache-2.0
//
// The index of a disk cache as a log: what was put where, appended, each record with a checksum.
//
//     "primrose cache 1\n" | record | record | ... | torn end of a crash: cut off
//
//     record   len u32 | crc32c u32 of what follows | kind u8 | payload
//     object   id u64 | size u64 | status u32 | times 5 x i64 | flags u8 | key u32+bytes
//              | names u32+bytes | values u32+bytes | lines u32+bytes        a later one replaces
//              it
//     slice    id u64 | index u32 | len u32 | at u64 | crc32c u32 of its bytes
//     drop     id u64 | index u32; index UINT32_MAX: the object with all its slices
//
// Numbers are big-endian. A record is believed only whole; slices are believed only once their
// bytes have been read and match. So a crash at any moment, even one that takes the page cache with
// it, costs what was in it and never serves torn bytes. Thread-safe under the caller's lock.
#ifndef DELIVERY_STORAGE_LOG_H
#define DELIVERY_STORAGE_LOG_H

#include "base/buffer.h"
#include "delivery/cache_head.h"

enum { LOG_DROP_OBJECT = UINT32_MAX >> 1, LOG_RECORD_BYTES_MAX = 128 * 1024 };

struct storage_log;

struct log_object {
    uint64_t id, size;
    struct slice key;
    const struct cache_head *head;
};

struct log_slice {
    uint64_t id;
    uint32_t index; // of the slice; LOG_DROP_OBJECT in a drop: all of the object
    uint32_t len;
    uint64_t at;
    uint32_t crc;
};

// What a reader of the log hears, in the order of the records.
struct log_reader {
    void (*object)(void *context, const struct log_object *object); // its head: the reader holds it
    void (*slice)(void *context, const struct log_slice *slice);
    void (*drop)(void *context, const struct log_slice *drop); // id and index
    void *context;
};

// Reads `bytes` as a log. Returns how many of them are good records; what follows is torn.
size_t log_read(struct slice bytes, const struct log_reader *reader);

// Opens `path`, made where missing, reads it and cuts off a torn end. UNAVAILABLE, NO_MEMORY.
must_check outcome log_open(const char *path, const struct log_reader *reader,
                            struct storage_log **out, struct why *why);
void log_close(struct storage_log **log); // tolerates NULL

// Appends. A failure leaves the log as it was or with a torn end, and it takes nothing more.
must_check outcome log_put_object(struct storage_log *log, const struct log_object *object);
must_check outcome log_put_slice(struct storage_log *log, const struct log_slice *slice);
must_check outcome log_put_drop(struct storage_log *log, uint64_t id, uint32_t index);

// Between the two, records are gathered and written a megabyte at a time.
void log_gather(struct storage_log *log);
must_check outcome log_write_gathered(struct storage_log *log);

uint64_t log_bytes(const struct storage_log *log);

// Castagnoli's CRC (RFC 3720 appendix B.4) of `bytes` behind those that gave `crc`; 0 at the start.
uint32_t crc32c(uint32_t crc, struct slice bytes);

#endif
