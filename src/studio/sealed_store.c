// SPDX-License-Identifier: Apache-2.0
#include "studio/sealed_store.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 18 };

const char *const sealed_studio_prefixes[] = {"masters/", "work/", NULL};

struct sealed_store {
    struct blob_store base;
    struct blob_store *inner;
    const struct sealed_options *options;
    pthread_mutex_t lock; // of the next one alone; a ring is thread-safe itself
    struct key_ring *ring;
};

static struct sealed_store *sealed_of(struct blob_store *store)
{
    return (struct sealed_store *)store;
}

static bool is_sealed(const struct sealed_store *store, const char *key)
{
    for (const char *const *prefix = store->options->prefixes; *prefix != NULL; prefix++)
        if (strncmp(key, *prefix, strlen(*prefix)) == 0) return true;
    return false;
}

static outcome have_ring(struct sealed_store *store, struct key_ring **out, struct why *why)
{
    outcome result = OK;
    struct why fault = {""};
    (void)pthread_mutex_lock(&store->lock);
    if (store->ring == NULL) result = key_ring_open(store->options->ring, &store->ring, &fault);
    *out = store->ring;
    (void)pthread_mutex_unlock(&store->lock);
    if (result == OK) return OK;
    // Never NOT_FOUND, which would say that the object is not there.
    return fail(why, result == NOT_FOUND ? DENIED : result,
                "masters and work are sealed, and their key ring %s cannot be had: %.160s",
                store->options->ring, fault.text);
}

// --- writing ---------------------------------------------------------------------------------

struct sealed_writer {
    struct blob_writer base;
    struct blob_writer *inner;
    struct seal_writer *seal;
    int file; // what others write into; -1
};

static outcome sink_put(void *context, struct slice bytes, struct why *why)
{
    struct blob_writer *inner = context;
    return inner->ops->write(inner, bytes, why);
}

static void writer_release(struct sealed_writer *writer)
{
    seal_writer_close(&writer->seal);
    fd_close(&writer->file);
    free(writer);
}

static outcome writer_write(struct blob_writer *base, struct slice bytes, struct why *why)
{
    return seal_writer_put(((struct sealed_writer *)base)->seal, bytes, why);
}

static outcome writer_write_file(struct blob_writer *base, int fd, uint64_t offset, uint64_t size,
                                 struct why *why)
{
    autobuffer block = buffer_init(COPY_BYTES);
    TRY(buffer_reserve(&block, COPY_BYTES, why));
    outcome result = OK;
    while (result == OK && size > 0) {
        const size_t len = size < COPY_BYTES ? (size_t)size : COPY_BYTES;
        result = fd_read_at(fd, block.at, len, offset, why);
        if (result == OK) result = writer_write(base, (struct slice){block.at, len}, why);
        offset += len;
        size -= len;
    }
    OPENSSL_cleanse(block.at, COPY_BYTES);
    return result;
}

static outcome writer_file(struct blob_writer *base, int *out_fd, struct why *why)
{
    struct sealed_writer *writer = (struct sealed_writer *)base;
    if (writer->file < 0) writer->file = memfd_create("unsealed", MFD_CLOEXEC);
    if (writer->file < 0) return fail_errno(why, errno, "cannot make a file in memory");
    *out_fd = writer->file;
    return OK;
}

static void writer_abandon(struct blob_writer *base)
{
    struct sealed_writer *writer = (struct sealed_writer *)base;
    writer->inner->ops->abandon(writer->inner);
    writer_release(writer);
}

static outcome writer_commit(struct blob_writer *base, struct why *why)
{
    struct sealed_writer *writer = (struct sealed_writer *)base;
    outcome result = OK;
    struct stat info;
    if (writer->file >= 0 && fstat(writer->file, &info) != 0)
        result = fail_errno(why, errno, "cannot look at a file in memory");
    if (result == OK && writer->file >= 0)
        result = writer_write_file(base, writer->file, 0, (uint64_t)info.st_size, why);
    if (result == OK) result = seal_writer_end(writer->seal, why);
    if (result != OK) {
        writer_abandon(base);
        return result;
    }
    result = writer->inner->ops->commit(writer->inner, why);
    writer_release(writer);
    return result;
}

static const struct blob_writer_ops writer_ops = {
    .write = writer_write,
    .write_file = writer_write_file,
    .file = writer_file,
    .commit = writer_commit,
    .abandon = writer_abandon,
};

static outcome begin_writer(struct sealed_store *store, const char *key,
                            struct sealed_writer *writer, struct why *why)
{
    struct key_ring *ring;
    struct seal seal;
    uint8_t header[SEAL_HEADER_BYTES];
    TRY(have_ring(store, &ring, why));
    TRY(seal_make(ring, key, header, &seal, why));
    outcome result = store->inner->ops->create(store->inner, key, &writer->inner, why);
    if (result == OK) {
        const struct seal_sink sink = {sink_put, writer->inner};
        result = seal_writer_open(&seal, header, &sink, &writer->seal, why);
        if (result != OK) writer->inner->ops->abandon(writer->inner);
    }
    OPENSSL_cleanse(&seal, sizeof seal);
    return result;
}

static outcome sealed_create(struct blob_store *base, const char *key, struct blob_writer **out,
                             struct why *why)
{
    struct sealed_store *store = sealed_of(base);
    if (!is_sealed(store, key)) return store->inner->ops->create(store->inner, key, out, why);
    TRY(blob_key_check(key, why));
    struct sealed_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to write %s", key);
    writer->base.ops = &writer_ops;
    writer->file = -1;
    const outcome begun = begin_writer(store, key, writer, why);
    if (begun != OK) {
        writer_release(writer);
        return begun;
    }
    *out = &writer->base;
    return OK;
}

// --- reading ---------------------------------------------------------------------------------

static outcome sealed_stat(struct blob_store *base, const char *key, struct blob_facts *out,
                           struct why *why)
{
    struct sealed_store *store = sealed_of(base);
    struct blob_facts facts;
    TRY(store->inner->ops->stat(store->inner, key, &facts, why));
    if (is_sealed(store, key)) {
        autobuffer begin = buffer_init(SEAL_SIGN_BYTES);
        if (facts.size >= SEAL_SIGN_BYTES)
            TRY(store->inner->ops->read(store->inner, key, 0, SEAL_SIGN_BYTES, &begin, why));
        if (!seal_is_begun(buffer_slice(&begin)))
            return fail(why, NOT_FOUND, "there is no sealed object %s", key);
        TRY(seal_plain_size(facts.size, &facts.size, why));
    }
    *out = facts;
    return OK;
}

// All at once, so that an object that is replaced meanwhile is still read whole.
static outcome reach(struct sealed_store *store, const char *key, int *out_fd, struct seal *out,
                     struct why *why)
{
    uint8_t header[SEAL_HEADER_BYTES];
    struct key_ring *ring;
    struct stat info;
    autofd fd = -1;
    TRY(store->inner->ops->open(store->inner, key, &fd, why));
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at %s", key);
    const bool has_header = info.st_size >= SEAL_HEADER_BYTES;
    if (has_header) TRY(fd_read_at(fd, header, sizeof header, 0, why));
    if (!has_header || !seal_is_begun((struct slice){header, sizeof header}))
        return fail(why, DENIED, "%s lies in the clear where objects are sealed: remove it", key);
    TRY(have_ring(store, &ring, why));
    TRY(seal_open(ring, key, header, out, why));
    *out_fd = fd_take(&fd);
    return OK;
}

static outcome read_part(struct sealed_file *file, uint64_t offset, size_t size, struct buffer *out,
                         struct why *why)
{
    size_t len = 0;
    TRY(buffer_reserve(out, size, why));
    TRY(sealed_file_read(file, offset, out->at + out->len, size, &len, why));
    if (len != size) return fail(why, CORRUPT, "a sealed file ends too soon");
    out->len += size;
    return OK;
}

static outcome sealed_read(struct blob_store *base, const char *key, uint64_t offset, size_t size,
                           struct buffer *out, struct why *why)
{
    struct sealed_store *store = sealed_of(base);
    if (!is_sealed(store, key))
        return store->inner->ops->read(store->inner, key, offset, size, out, why);
    autofd fd = -1;
    autosealed *file = NULL;
    struct seal seal;
    TRY(reach(store, key, &fd, &seal, why));
    const outcome opened = sealed_file_open(fd, &seal, &file, why);
    OPENSSL_cleanse(&seal, sizeof seal);
    TRY(opened);
    const uint64_t total = sealed_file_size(file);
    if (offset > total || size > total - offset)
        return fail(why, INVALID, "%s has %llu bytes: %zu from %llu on leave it", key,
                    (unsigned long long)total, size, (unsigned long long)offset);
    return size == 0 ? OK : read_part(file, offset, size, out, why);
}

// The plain bytes as a file in memory that nobody can change.
static outcome unseal(struct sealed_file *file, int *out_fd, struct why *why)
{
    autofd fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return fail_errno(why, errno, "cannot make a file in memory");
    autobuffer block = buffer_init(COPY_BYTES);
    TRY(buffer_reserve(&block, COPY_BYTES, why));
    outcome result = OK;
    size_t len = 1;
    for (uint64_t at = 0; result == OK && len > 0; at += len) {
        result = sealed_file_read(file, at, block.at, COPY_BYTES, &len, why);
        if (result == OK) result = fd_write(fd, (struct slice){block.at, len}, why);
    }
    OPENSSL_cleanse(block.at, COPY_BYTES);
    TRY(result);
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0 ||
        lseek(fd, 0, SEEK_SET) != 0)
        return fail_errno(why, errno, "cannot protect a file in memory");
    *out_fd = fd_take(&fd);
    return OK;
}

static outcome sealed_open(struct blob_store *base, const char *key, int *out_fd, struct why *why)
{
    struct sealed_store *store = sealed_of(base);
    if (!is_sealed(store, key)) return store->inner->ops->open(store->inner, key, out_fd, why);
    autofd fd = -1;
    autosealed *file = NULL;
    struct seal seal;
    TRY(reach(store, key, &fd, &seal, why));
    const outcome opened = sealed_file_open(fd, &seal, &file, why);
    OPENSSL_cleanse(&seal, sizeof seal);
    TRY(opened);
    if (sealed_file_size(file) > SEALED_OPEN_BYTES_MAX)
        return fail(why, TOO_LARGE, "%s has %llu bytes, which is too large to be opened in memory",
                    key, (unsigned long long)sealed_file_size(file));
    return unseal(file, out_fd, why);
}

static outcome sealed_list(struct blob_store *base, const char *prefix,
                           outcome (*visit)(void *context, const char *key, struct why *why),
                           void *context, struct why *why)
{
    struct blob_store *inner = sealed_of(base)->inner;
    return inner->ops->list(inner, prefix, visit, context, why);
}

static outcome sealed_drop(struct blob_store *base, const char *key, struct why *why)
{
    struct blob_store *inner = sealed_of(base)->inner;
    return inner->ops->drop(inner, key, why);
}

static void sealed_close(struct blob_store *base)
{
    struct sealed_store *store = sealed_of(base);
    blob_store_close(&store->inner);
    key_ring_close(&store->ring);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

static const struct blob_ops sealed_ops = {
    .create = sealed_create,
    .stat = sealed_stat,
    .read = sealed_read,
    .open = sealed_open,
    .list = sealed_list,
    .drop = sealed_drop,
    .close = sealed_close,
};

outcome sealed_store_open(struct blob_store *inner, const struct sealed_options *options,
                          struct blob_store **out, struct why *why)
{
    struct sealed_store *store = calloc(1, sizeof *store);
    if (store == NULL) return fail(why, NO_MEMORY, "no memory for a store");
    *store = (struct sealed_store){{&sealed_ops}, inner, options, PTHREAD_MUTEX_INITIALIZER, NULL};
    *out = &store->base;
    return OK;
}

outcome sealed_store_reach(struct blob_store *base, const char *key, int *out_fd, struct seal *out,
                           struct why *why)
{
    if (base->ops == &sealed_ops && is_sealed(sealed_of(base), key))
        return reach(sealed_of(base), key, out_fd, out, why);
    out->is_sealed = false;
    return base->ops->open(base, key, out_fd, why);
}

// --- wrapping keys ---------------------------------------------------------------------------

// Opens what lies under a key and reads its header. `*out_fd` stays -1 for what is not sealed, or
// was tidied away meanwhile.
static outcome look(struct blob_store *inner, const char *key, int *out_fd,
                    uint8_t header[SEAL_HEADER_BYTES], struct stat *info, struct why *why)
{
    autofd fd = -1;
    const outcome opened = inner->ops->open(inner, key, &fd, why);
    if (opened == NOT_FOUND) return OK;
    TRY(opened);
    if (fstat(fd, info) != 0) return fail_errno(why, errno, "cannot look at %s", key);
    if (info->st_size < SEAL_HEADER_BYTES) return OK;
    TRY(fd_read_at(fd, header, SEAL_HEADER_BYTES, 0, why));
    if (seal_is_begun((struct slice){header, SEAL_HEADER_BYTES})) *out_fd = fd_take(&fd);
    return OK;
}

static outcome list_all(struct sealed_store *store,
                        outcome (*visit)(void *context, const char *key, struct why *why),
                        void *context, struct why *why)
{
    for (const char *const *prefix = store->options->prefixes; *prefix != NULL; prefix++)
        TRY(store->inner->ops->list(store->inner, *prefix, visit, context, why));
    return OK;
}

struct telling {
    struct blob_store *inner;
    outcome (*see)(void *context, const char *key, const char *wrapping_id, struct why *why);
    void *context;
};

static outcome tell_one(void *context, const char *key, struct why *why)
{
    const struct telling *telling = context;
    uint8_t header[SEAL_HEADER_BYTES];
    char id[WRAPPING_ID_BYTES];
    struct stat info;
    autofd fd = -1;
    TRY(look(telling->inner, key, &fd, header, &info, why));
    if (fd < 0) return OK;
    seal_wrapping_id(header, id);
    return telling->see(telling->context, key, id, why);
}

outcome sealed_store_each(struct blob_store *base,
                          outcome (*see)(void *context, const char *key, const char *wrapping_id,
                                         struct why *why),
                          void *context, struct why *why)
{
    if (base->ops != &sealed_ops) return fail(why, INVALID, "this store seals nothing");
    struct telling telling = {sealed_of(base)->inner, see, context};
    return list_all(sealed_of(base), tell_one, &telling, why);
}

struct resealing {
    struct blob_store *inner;
    struct key_ring *ring;
    struct reseal_report report;
};

static outcome put_again(struct blob_store *inner, const char *key,
                         const uint8_t header[SEAL_HEADER_BYTES], int fd, uint64_t size,
                         struct why *why)
{
    struct blob_writer *writer;
    TRY(inner->ops->create(inner, key, &writer, why));
    outcome result = writer->ops->write(writer, (struct slice){header, SEAL_HEADER_BYTES}, why);
    if (result == OK)
        result =
            writer->ops->write_file(writer, fd, SEAL_HEADER_BYTES, size - SEAL_HEADER_BYTES, why);
    if (result == OK) return writer->ops->commit(writer, why);
    writer->ops->abandon(writer);
    return result;
}

static outcome reseal(void *context, const char *key, struct why *why)
{
    struct resealing *resealing = context;
    uint8_t header[SEAL_HEADER_BYTES];
    struct stat info;
    autofd fd = -1;
    bool is_changed = false;
    TRY(look(resealing->inner, key, &fd, header, &info, why));
    if (fd < 0) return OK;
    resealing->report.objects++;
    TRY(seal_rewrap(resealing->ring, key, header, &is_changed, why));
    if (!is_changed) return OK;
    TRY(put_again(resealing->inner, key, header, fd, (uint64_t)info.st_size, why));
    resealing->report.resealed++;
    return OK;
}

outcome sealed_store_rewrap(struct blob_store *base, struct key_ring *ring,
                            struct reseal_report *out, struct why *why)
{
    if (base->ops != &sealed_ops) return fail(why, INVALID, "this store seals nothing");
    struct resealing resealing = {sealed_of(base)->inner, ring, {0, 0}};
    TRY(list_all(sealed_of(base), reseal, &resealing, why));
    *out = resealing.report;
    return OK;
}
