// SPDX-License-Identifier: Apache-2.0
#include "store/blob_s3_internal.h"

#include "base/file.h"
#include "base/url.h"
#include "net/sigv4.h"
#include "store/s3_answer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PART_BYTES = 16 << 20, // S3 takes parts of 5 MiB to 5 GiB
    PARTS_MAX = 10000,     // of one upload
    SENDERS = 4,           // parts in flight: one connection to S3 gives some 100 MB/s
    UPLOAD_ID_BYTES = 1024,
    ETAG_BYTES = BLOB_ETAG_BYTES + 2, // with its quotes
};

struct s3_writer {
    struct blob_writer base;
    struct s3_store *store;
    int fd; // unlinked
    char key[BLOB_KEY_BYTES + 1];
};

static void writer_close(struct s3_writer *writer)
{
    fd_close(&writer->fd);
    free(writer);
}

static outcome writer_write(struct blob_writer *base, struct slice bytes, struct why *why)
{
    return fd_write(((struct s3_writer *)base)->fd, bytes, why);
}

static outcome copy_by_hand(int from, uint64_t offset, uint64_t size, int to, struct why *why)
{
    enum { BLOCK_BYTES = 1 << 20 };
    autobuffer block = buffer_init(BLOCK_BYTES);
    TRY(buffer_reserve(&block, BLOCK_BYTES, why));
    while (size > 0) {
        const size_t len = size < BLOCK_BYTES ? (size_t)size : BLOCK_BYTES;
        TRY(fd_read_at(from, block.at, len, offset, why));
        TRY(fd_write(to, (struct slice){block.at, len}, why));
        offset += len;
        size -= len;
    }
    return OK;
}

static outcome writer_write_file(struct blob_writer *base, int fd, uint64_t offset, uint64_t size,
                                 struct why *why)
{
    return copy_by_hand(fd, offset, size, ((struct s3_writer *)base)->fd, why);
}

static outcome writer_file(struct blob_writer *base, int *out_fd, struct why *why)
{
    *out_fd = ((struct s3_writer *)base)->fd;
    return OK;
}

// --- sending ---------------------------------------------------------------------------------

struct upload {
    const struct s3_writer *writer;
    struct slice bytes; // the whole file, mapped
    char path[S3_PATH_BYTES];
    char hash_field[96];
    // of an upload in parts
    char id[3 * UPLOAD_ID_BYTES]; // percent-encoded
    size_t part_bytes, part_count;
    char (*etags)[ETAG_BYTES];
    atomic_size_t next;
    atomic_bool is_failed;
    pthread_mutex_t lock; // of the first failure
    outcome result;
    struct why reason;
};

static void hash_field(struct slice bytes, char *out, size_t room)
{
    char hash[SIGV4_HASH_BYTES];
    sigv4_hash(bytes, hash);
    (void)snprintf(out, room, S3_HASH_FIELD ": %s", hash);
}

// A request about the object whose answer must be 200.
static outcome call(const struct upload *upload, const char *method, const char *query,
                    const char *const *fields, struct slice bytes, struct buffer *body,
                    struct aws_answer *answer, struct why *why)
{
    const struct s3_writer *writer = upload->writer;
    const struct aws_request request = {
        .method = method, .path = upload->path, .query = query, .fields = fields, .body = bytes};
    struct aws_answer got = {.tries = 0};
    TRY(aws_call(writer->store->aws, &request, NULL, body, &got, why));
    if (got.head.status == 200) {
        *answer = got;
        return OK;
    }
    const outcome refused = s3_refused(&got, buffer_slice(body), writer->key, why);
    aws_answer_release(&got);
    return refused;
}

static outcome put_whole(const struct upload *upload, struct why *why)
{
    static const char type[] = "Content-Type: application/octet-stream";
    const char *const fields[] = {type, upload->hash_field, NULL};
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    return call(upload, "PUT", "", fields, upload->bytes, &body, &answer, why);
}

static outcome put_part(struct upload *upload, size_t index, struct why *why)
{
    char query[sizeof upload->id + 64];
    static const char *const fields[] = {"Content-Type: application/octet-stream", NULL};
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    struct slice etag;
    (void)snprintf(query, sizeof query, "partNumber=%zu&uploadId=%s", index + 1, upload->id);
    const struct slice bytes =
        slice_part(upload->bytes, index * upload->part_bytes, upload->part_bytes);
    TRY(call(upload, "PUT", query, fields, bytes, &body, &answer, why));
    if (!http_fetched_field(&answer.head, "ETag", &etag) || etag.len >= ETAG_BYTES)
        return fail(why, CORRUPT, "the object store gives no ETag for a part of %s",
                    upload->writer->key);
    (void)snprintf(upload->etags[index], ETAG_BYTES, "%.*s", SLICE_ARG(etag));
    return OK;
}

static void *send_parts(void *argument)
{
    struct upload *upload = argument;
    while (!atomic_load(&upload->is_failed)) {
        const size_t index = atomic_fetch_add(&upload->next, 1);
        if (index >= upload->part_count) break;
        struct why reason = {""};
        const outcome result = put_part(upload, index, &reason);
        if (result == OK) continue;
        pthread_mutex_lock(&upload->lock);
        if (!atomic_exchange(&upload->is_failed, true)) {
            upload->result = result;
            upload->reason = reason;
        }
        pthread_mutex_unlock(&upload->lock);
    }
    return NULL;
}

// The calling thread is one of the senders, so that it goes on without any other.
static outcome put_parts(struct upload *upload, struct why *why)
{
    pthread_t threads[SENDERS - 1];
    size_t count = 0;
    pthread_mutex_init(&upload->lock, NULL);
    while (count < SENDERS - 1 && count + 1 < upload->part_count &&
           pthread_create(&threads[count], NULL, send_parts, upload) == 0)
        count++;
    (void)send_parts(upload);
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&upload->lock);
    if (!atomic_load(&upload->is_failed)) return OK;
    return fail(why, upload->result, "%s", upload->reason.text);
}

static outcome begin_upload(struct upload *upload, struct why *why)
{
    const char *const fields[] = {upload->hash_field, NULL};
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX), id_text = buffer_init(sizeof upload->id);
    autoarena arena = arena_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    const char *id = NULL;
    TRY(call(upload, "POST", "uploads", fields, slice_of(""), &body, &answer, why));
    TRY(s3_element_find(buffer_slice(&body), "UploadId", &arena, &id, why));
    TRY(percent_encode(slice_of(id), &id_text, why));
    if (id_text.len >= sizeof upload->id)
        return fail(why, CORRUPT, "the object store's id of an upload is too long");
    (void)snprintf(upload->id, sizeof upload->id, "%.*s", SLICE_ARG(buffer_slice(&id_text)));
    return OK;
}

// S3 may answer 200 and still have failed: the body tells.
static outcome complete_upload(const struct upload *upload, struct why *why)
{
    char query[sizeof upload->id + 16];
    static const char *const fields[] = {"Content-Type: application/xml", NULL};
    autobuffer list = buffer_init(S3_ANSWER_BYTES_MAX), body = buffer_init(S3_ERROR_BYTES_MAX);
    autoarena arena = arena_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    const char *etag = NULL;
    const char **etags = calloc(upload->part_count, sizeof *etags);
    if (etags == NULL) return fail(why, NO_MEMORY, "no memory to complete an upload");
    for (size_t i = 0; i < upload->part_count; i++)
        etags[i] = upload->etags[i];
    const outcome formatted = s3_parts_format(etags, upload->part_count, &list, why);
    free(etags);
    TRY(formatted);
    (void)snprintf(query, sizeof query, "uploadId=%s", upload->id);
    TRY(call(upload, "POST", query, fields, buffer_slice(&list), &body, &answer, why));
    if (s3_element_find(buffer_slice(&body), "ETag", &arena, &etag, NULL) == OK) return OK;
    return fail(why, UNAVAILABLE, "the object store did not complete the upload of %s",
                upload->writer->key);
}

static void abort_upload(const struct upload *upload)
{
    char query[sizeof upload->id + 16];
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    (void)snprintf(query, sizeof query, "uploadId=%s", upload->id);
    const struct aws_request request = {.method = "DELETE", .path = upload->path, .query = query};
    // What cannot be aborted now is the lifecycle rule's.
    (void)!aws_call(upload->writer->store->aws, &request, NULL, &body, &answer, NULL);
}

static outcome put_in_parts(struct upload *upload, struct why *why)
{
    const size_t least = upload->bytes.len / PARTS_MAX + 1;
    upload->part_bytes = PART_BYTES * ((least + PART_BYTES - 1) / PART_BYTES);
    upload->part_count = (upload->bytes.len + upload->part_bytes - 1) / upload->part_bytes;
    upload->etags = calloc(upload->part_count, sizeof *upload->etags);
    if (upload->etags == NULL) return fail(why, NO_MEMORY, "no memory for an upload in parts");
    outcome result = begin_upload(upload, why);
    if (result == OK) {
        result = put_parts(upload, why);
        if (result == OK) result = complete_upload(upload, why);
        if (result != OK) abort_upload(upload);
    }
    free(upload->etags);
    return result;
}

static outcome send_file(const struct s3_writer *writer, struct why *why)
{
    struct stat info;
    if (fstat(writer->fd, &info) != 0)
        return fail_errno(why, errno, "cannot look at what was written for %s", writer->key);
    struct upload *upload = calloc(1, sizeof *upload);
    if (upload == NULL) return fail(why, NO_MEMORY, "no memory to send %s", writer->key);
    const size_t size = (size_t)info.st_size;
    void *map = size == 0 ? NULL : mmap(NULL, size, PROT_READ, MAP_SHARED, writer->fd, 0);
    outcome result = OK;
    if (map == MAP_FAILED) {
        result = fail_errno(why, errno, "cannot map what was written for %s", writer->key);
    } else {
        upload->writer = writer;
        upload->bytes = (struct slice){map, size};
        s3_path(writer->store, writer->key, upload->path);
        hash_field(upload->bytes, upload->hash_field, sizeof upload->hash_field);
        result = size <= PART_BYTES ? put_whole(upload, why) : put_in_parts(upload, why);
        if (map != NULL) (void)munmap(map, size);
    }
    free(upload);
    return result;
}

// --- the port --------------------------------------------------------------------------------

static outcome writer_commit(struct blob_writer *base, struct why *why)
{
    struct s3_writer *writer = (struct s3_writer *)base;
    const outcome result = send_file(writer, why);
    writer_close(writer);
    return result;
}

static void writer_abandon(struct blob_writer *base)
{
    writer_close((struct s3_writer *)base);
}

static const struct blob_writer_ops writer_ops = {
    .write = writer_write,
    .write_file = writer_write_file,
    .file = writer_file,
    .commit = writer_commit,
    .abandon = writer_abandon,
};

outcome s3_create(struct blob_store *base, const char *key, struct blob_writer **out,
                  struct why *why)
{
    TRY(blob_key_check(key, why));
    struct s3_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to write %s", key);
    *writer = (struct s3_writer){.base = {&writer_ops}, .store = (struct s3_store *)base, .fd = -1};
    memcpy(writer->key, key, strlen(key) + 1);
    const outcome opened = s3_temporary(&writer->fd, why);
    if (opened != OK) {
        writer_close(writer);
        return opened;
    }
    *out = &writer->base;
    return OK;
}
