// SPDX-License-Identifier: Apache-2.0
#include "store/blob.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

outcome blob_key_check(const char *key, struct why *why)
{
    const size_t len = strlen(key);
    if (len == 0 || len > BLOB_KEY_BYTES)
        return fail(why, INVALID, "a key has 1 to %d characters, not %zu", BLOB_KEY_BYTES, len);
    struct slice rest = slice_of(key), segment;
    while (slice_cut(&rest, '/', &segment)) {
        size_t dots = 0;
        for (size_t i = 0; i < segment.len; i++) {
            if (!is_key_character((char)segment.at[i]))
                return fail(why, INVALID,
                            "the key %.80s holds byte 0x%02x: only letters, digits, '.', '_', "
                            "'-' and '/' may stand in a key",
                            key, (unsigned)segment.at[i]);
            dots += segment.at[i] == '.';
        }
        if (dots == segment.len)
            return fail(why, INVALID,
                        "the key %.80s has a part between slashes that is empty or only dots", key);
    }
    return OK;
}

outcome blob_put(struct blob_store *store, const char *key, struct slice bytes, struct why *why)
{
    struct blob_writer *writer;
    TRY(store->ops->create(store, key, &writer, why));
    const outcome written = writer->ops->write(writer, bytes, why);
    if (written == OK) return writer->ops->commit(writer, why);
    writer->ops->abandon(writer);
    return written;
}

static outcome regular_size(int fd, const char *key, uint64_t *out, struct why *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at the file for %s", key);
    if (!S_ISREG(info.st_mode))
        return fail(why, INVALID, "only a regular file can be stored as %s", key);
    *out = (uint64_t)info.st_size;
    return OK;
}

// Reads through a descriptor, so that an object replaced meanwhile is still read whole.
outcome blob_get(struct blob_store *store, const char *key, struct buffer *out, struct why *why)
{
    autofd fd = -1;
    TRY(store->ops->open(store, key, &fd, why));
    uint64_t size;
    TRY(regular_size(fd, key, &size, why));
    if (size > out->cap - out->len)
        return fail(why, TOO_LARGE, "%s has %llu bytes, %zu are allowed here", key,
                    (unsigned long long)size, out->cap - out->len);
    if (size == 0) return OK;
    TRY(buffer_reserve(out, (size_t)size, why));
    TRY(fd_read_at(fd, out->at + out->len, (size_t)size, 0, why));
    out->len += (size_t)size;
    return OK;
}

outcome blob_put_file(struct blob_store *store, const char *key, int fd, struct why *why)
{
    uint64_t size;
    TRY(regular_size(fd, key, &size, why));
    struct blob_writer *writer;
    TRY(store->ops->create(store, key, &writer, why));
    const outcome written = writer->ops->write_file(writer, fd, 0, size, why);
    if (written == OK) return writer->ops->commit(writer, why);
    writer->ops->abandon(writer);
    return written;
}

static outcome drop_visited(void *context, const char *key, struct why *why)
{
    struct blob_store *store = context;
    return store->ops->drop(store, key, why);
}

outcome blob_drop_prefix(struct blob_store *store, const char *prefix, struct why *why)
{
    return store->ops->list(store, prefix, drop_visited, store, why);
}

void blob_store_close(struct blob_store **store)
{
    if (*store != NULL) (*store)->ops->close(*store);
    *store = NULL;
}
