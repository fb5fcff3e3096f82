// SPDX-License-Identifier: Apache-2.0
#include "delivery/storage_log.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

enum { MAGIC_BYTES = 17, FRAME_BYTES = 8, GATHER_BYTES = 1024 * 1024 };

static const char magic[] = "primrose cache 1\n";

enum kind { KIND_OBJECT = 1, KIND_SLICE, KIND_DROP };
enum flags { FLAG_CHECKED_ALWAYS = 1, FLAG_NEVER_STALE = 2, FLAG_SELECTABLE = 4 };

struct storage_log {
    int fd;
    uint64_t bytes;
    bool is_broken;
    struct buffer record;
    bool is_gathering;
    struct buffer gathered;
};

// Eight tables, so that eight bytes go through at once.
static uint32_t crc_tables[8][256];

__attribute__((constructor)) static void make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
        crc_tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (size_t k = 1; k < 8; k++)
            crc_tables[k][i] =
                crc_tables[k - 1][i] >> 8 ^ crc_tables[0][crc_tables[k - 1][i] & 0xff];
}

uint32_t crc32c(uint32_t crc, struct slice bytes)
{
    const uint8_t *at = bytes.at;
    size_t left = bytes.len;
    crc = ~crc;
    for (; left >= 8; left -= 8, at += 8) {
        const uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                                    (uint32_t)at[3] << 24);
        crc = crc_tables[7][low & 0xff] ^ crc_tables[6][low >> 8 & 0xff] ^
              crc_tables[5][low >> 16 & 0xff] ^ crc_tables[4][low >> 24] ^ crc_tables[3][at[4]] ^
              crc_tables[2][at[5]] ^ crc_tables[1][at[6]] ^ crc_tables[0][at[7]];
    }
    for (; left > 0; left--, at++)
        crc = crc >> 8 ^ crc_tables[0][(crc ^ *at) & 0xff];
    return ~crc;
}

// A reader of one payload, which fails once and then for good.
struct payload {
    struct slice rest;
    bool is_short;
};

static const uint8_t *take(struct payload *payload, size_t len)
{
    static const uint8_t zeroes[8] = {0};
    if (payload->rest.len < len) {
        payload->is_short = true;
        return zeroes;
    }
    const uint8_t *at = payload->rest.at;
    payload->rest = slice_part(payload->rest, len, payload->rest.len);
    return at;
}

static uint64_t take_u64(struct payload *payload)
{
    return read_u64be(take(payload, 8));
}

static uint32_t take_u32(struct payload *payload)
{
    return read_u32be(take(payload, 4));
}

static struct slice take_text(struct payload *payload)
{
    const uint32_t len = take_u32(payload);
    if (payload->is_short || payload->rest.len < len) {
        payload->is_short = true;
        return (struct slice){NULL, 0};
    }
    return (struct slice){take(payload, len), len};
}

static bool read_object(struct payload *payload, const struct log_reader *reader)
{
    struct log_object object = {.id = take_u64(payload), .size = take_u64(payload)};
    const int status = (int)take_u32(payload);
    struct freshness freshness = {
        .answered_ms = (int64_t)take_u64(payload),
        .initial_age_ms = (int64_t)take_u64(payload),
        .lifetime_ms = (int64_t)take_u64(payload),
        .while_revalidate_ms = (int64_t)take_u64(payload),
        .if_error_ms = (int64_t)take_u64(payload),
    };
    const uint8_t flags = *take(payload, 1);
    freshness.is_checked_always = (flags & FLAG_CHECKED_ALWAYS) != 0;
    freshness.is_never_stale = (flags & FLAG_NEVER_STALE) != 0;
    object.key = take_text(payload);
    const struct slice names = take_text(payload), values = take_text(payload);
    const struct slice lines = take_text(payload);
    if (payload->is_short || status < 200 || status > 999) return false;
    struct cache_head *head = NULL;
    if (head_load(status, &freshness, (flags & FLAG_SELECTABLE) != 0, names, values, lines,
                  &head) != OK)
        return false;
    object.head = head;
    reader->object(reader->context, &object);
    head_drop(head);
    return true;
}

static bool read_record(struct slice record, const struct log_reader *reader)
{
    struct payload payload = {.rest = record};
    const uint8_t kind = *take(&payload, 1);
    if (kind == KIND_OBJECT) return read_object(&payload, reader);
    struct log_slice slice = {.id = take_u64(&payload), .index = take_u32(&payload)};
    if (kind == KIND_SLICE) {
        slice.len = take_u32(&payload);
        slice.at = take_u64(&payload);
        slice.crc = take_u32(&payload);
        if (payload.is_short) return false;
        reader->slice(reader->context, &slice);
        return true;
    }
    if (kind != KIND_DROP || payload.is_short) return false;
    reader->drop(reader->context, &slice);
    return true;
}

size_t log_read(struct slice bytes, const struct log_reader *reader)
{
    if (!slice_starts(bytes, magic)) return 0;
    size_t at = MAGIC_BYTES;
    while (bytes.len - at >= FRAME_BYTES) {
        const uint32_t len = read_u32be(bytes.at + at), crc = read_u32be(bytes.at + at + 4);
        if (len == 0 || len > LOG_RECORD_BYTES_MAX || len > bytes.len - at - FRAME_BYTES) break;
        const struct slice record = slice_part(bytes, at + FRAME_BYTES, len);
        if (crc32c(0, record) != crc || !read_record(record, reader)) break;
        at += FRAME_BYTES + len;
    }
    return at;
}

static outcome read_whole(struct storage_log *log, const struct log_reader *reader, struct why *why)
{
    struct stat facts;
    if (fstat(log->fd, &facts) != 0) return fail_errno(why, errno, "the cache's log");
    if (facts.st_size > 0) {
        const size_t size = (size_t)facts.st_size;
        void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, log->fd, 0);
        if (at == MAP_FAILED) return fail_errno(why, errno, "the cache's log cannot be read");
        log->bytes = log_read((struct slice){at, size}, reader);
        (void)munmap(at, size);
    }
    if (log->bytes == 0) {
        const struct slice first = slice_of(magic);
        if (ftruncate(log->fd, 0) != 0) return fail_errno(why, errno, "the cache's log");
        TRY(fd_write_at(log->fd, first, 0, why));
        log->bytes = first.len;
    }
    if (ftruncate(log->fd, (off_t)log->bytes) != 0)
        return fail_errno(why, errno, "the torn end of the cache's log cannot be cut off");
    return OK;
}

outcome log_open(const char *path, const struct log_reader *reader, struct storage_log **out,
                 struct why *why)
{
    struct storage_log *log = calloc(1, sizeof *log);
    if (log == NULL) return fail(why, NO_MEMORY, "no memory for the cache's log");
    log->record = buffer_init(LOG_RECORD_BYTES_MAX);
    log->gathered = buffer_init(GATHER_BYTES + LOG_RECORD_BYTES_MAX);
    log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    outcome result = OK;
    if (log->fd < 0)
        result = fail_errno(why, errno, "the cache's log %s cannot be opened", path);
    else
        result = read_whole(log, reader, why);
    if (result != OK) {
        log_close(&log);
        return result;
    }
    *out = log;
    return OK;
}

void log_close(struct storage_log **log)
{
    if (*log == NULL) return;
    fd_close(&(*log)->fd);
    buffer_release(&(*log)->record);
    buffer_release(&(*log)->gathered);
    free(*log);
    *log = NULL;
}

uint64_t log_bytes(const struct storage_log *log)
{
    return log->bytes;
}

static outcome put_text(struct buffer *out, struct slice text)
{
    TRY(buffer_put_u32be(out, (uint32_t)text.len, NULL));
    return buffer_put(out, text, NULL);
}

static outcome begin(struct storage_log *log, enum kind kind, uint64_t id)
{
    if (log->is_broken) return UNAVAILABLE;
    log->record.len = 0;
    TRY(buffer_put_u64be(&log->record, 0, NULL)); // the frame, filled in at the end
    TRY(buffer_put_u8(&log->record, (uint8_t)kind, NULL));
    return buffer_put_u64be(&log->record, id, NULL);
}

static outcome write_out(struct storage_log *log, struct buffer *bytes)
{
    const outcome result = fd_write_at(log->fd, buffer_slice(bytes), log->bytes, NULL);
    if (result == OK)
        log->bytes += bytes->len;
    else
        log->is_broken = true;
    bytes->len = 0;
    return result;
}

static outcome end(struct storage_log *log)
{
    struct buffer *record = &log->record;
    const struct slice payload = slice_part(buffer_slice(record), FRAME_BYTES, record->len);
    buffer_patch_u32be(record, 0, (uint32_t)payload.len);
    buffer_patch_u32be(record, 4, crc32c(0, payload));
    if (!log->is_gathering) return write_out(log, record);
    TRY(buffer_put(&log->gathered, buffer_slice(record), NULL));
    return log->gathered.len < GATHER_BYTES ? OK : write_out(log, &log->gathered);
}

void log_gather(struct storage_log *log)
{
    log->is_gathering = true;
}

outcome log_write_gathered(struct storage_log *log)
{
    log->is_gathering = false;
    return write_out(log, &log->gathered);
}

static outcome put_object(struct storage_log *log, const struct log_object *object)
{
    const struct cache_head *head = object->head;
    const struct freshness *f = &head->freshness;
    const int64_t times[] = {f->answered_ms, f->initial_age_ms, f->lifetime_ms,
                             f->while_revalidate_ms, f->if_error_ms};
    struct buffer *out = &log->record;
    TRY(buffer_put_u64be(out, object->size, NULL));
    TRY(buffer_put_u32be(out, (uint32_t)head->status, NULL));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        TRY(buffer_put_u64be(out, (uint64_t)times[i], NULL));
    TRY(buffer_put_u8(out,
                      (uint8_t)((f->is_checked_always ? FLAG_CHECKED_ALWAYS : 0) |
                                (f->is_never_stale ? FLAG_NEVER_STALE : 0) |
                                (head->is_selectable ? FLAG_SELECTABLE : 0)),
                      NULL));
    TRY(put_text(out, object->key));
    TRY(put_text(out, head->vary_names));
    TRY(put_text(out, head->vary_values));
    return put_text(out, head->lines);
}

outcome log_put_object(struct storage_log *log, const struct log_object *object)
{
    TRY(begin(log, KIND_OBJECT, object->id));
    TRY(put_object(log, object));
    return end(log);
}

outcome log_put_slice(struct storage_log *log, const struct log_slice *slice)
{
    TRY(begin(log, KIND_SLICE, slice->id));
    TRY(buffer_put_u32be(&log->record, slice->index, NULL));
    TRY(buffer_put_u32be(&log->record, slice->len, NULL));
    TRY(buffer_put_u64be(&log->record, slice->at, NULL));
    TRY(buffer_put_u32be(&log->record, slice->crc, NULL));
    return end(log);
}

outcome log_put_drop(struct storage_log *log, uint64_t id, uint32_t index)
{
    TRY(begin(log, KIND_DROP, id));
    TRY(buffer_put_u32be(&log->record, index, NULL));
    return end(log);
}
