// SPDX-License-Identifier: Apache-2.0
#include "store/blob_s3.h"

#include "base/file.h"
#include "base/url.h"
#include "net/http_date.h"
#include "store/blob_s3_internal.h"
#include "store/s3_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

enum {
    FETCH_BYTES = 8 << 20,      // of one ranged GET: some 0.1 s at 1 Gb/s, and memory of a thread
    COPY_BYTES_MIN = 1 << 20,   // smaller objects are fetched as fast as their copies are found
    LIST_ARENA_BYTES = 8 << 20, // a page, parsed
    VERSION_ROUNDS_MAX = 5,     // an object that is replaced so often while we read it is no object
};

static struct s3_store *store_of(struct blob_store *base)
{
    return (struct s3_store *)base;
}

void s3_path(const struct s3_store *store, const char *key, char out[S3_PATH_BYTES])
{
    if (store->is_bucket_in_path)
        (void)snprintf(out, S3_PATH_BYTES, "/%s%s%s", store->bucket, key[0] == '\0' ? "" : "/",
                       key);
    else
        (void)snprintf(out, S3_PATH_BYTES, "/%s", key);
}

outcome s3_refused(const struct aws_answer *answer, struct slice body, const char *key,
                   struct why *why)
{
    static const struct {
        int status;
        outcome result;
    } meanings[] = {{404, NOT_FOUND}, {403, DENIED}, {401, DENIED}, {409, CONFLICT}};
    outcome result = UNAVAILABLE;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].status == answer->head.status) result = meanings[i].result;
    autoarena arena = arena_init(S3_ERROR_BYTES_MAX);
    const char *code = "", *message = "";
    // A reason that cannot be read is left out.
    if (s3_element_find(body, "Code", &arena, &code, NULL) != OK ||
        s3_element_find(body, "Message", &arena, &message, NULL) != OK)
        message = "";
    if (result == NOT_FOUND && strcmp(code, "NoSuchBucket") != 0)
        return fail(why, NOT_FOUND, "there is no object %s", key);
    return fail(why, result, "the object store refuses %s with status %d %.40s %.100s", key,
                answer->head.status, code, message);
}

outcome s3_temporary(int *out_fd, struct why *why)
{
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || folder[0] == '\0') folder = "/tmp";
    const int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return fail_errno(why, errno, "cannot make a temporary file in %s", folder);
    *out_fd = fd;
    return OK;
}

// --- facts -----------------------------------------------------------------------------------

static void take_etag(const struct http_fetched *head, char out[BLOB_ETAG_BYTES])
{
    struct slice value;
    out[0] = '\0';
    if (!http_fetched_field(head, "ETag", &value)) return;
    if (slice_starts(value, "W/")) value = slice_part(value, 2, SIZE_MAX);
    if (value.len >= 2 && value.at[0] == '"') value = slice_part(value, 1, value.len - 2);
    (void)snprintf(out, BLOB_ETAG_BYTES, "%.*s", SLICE_ARG(value));
}

static outcome s3_stat(struct blob_store *base, const char *key, struct blob_facts *out,
                       struct why *why)
{
    struct s3_store *store = store_of(base);
    char path[S3_PATH_BYTES];
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    TRY(blob_key_check(key, why));
    s3_path(store, key, path);
    const struct aws_request request = {.method = "HEAD", .path = path, .query = ""};
    TRY(aws_call(store->aws, &request, NULL, &body, &answer, why));
    if (answer.head.status != 200) return s3_refused(&answer, buffer_slice(&body), key, why);
    struct blob_facts facts = {.size = 0};
    struct slice value;
    int64_t modified_s = 0;
    if (!http_fetched_field(&answer.head, "Content-Length", &value))
        return fail(why, CORRUPT, "the object store does not say how large %s is", key);
    TRY(slice_u64(value, INT64_MAX, &facts.size, why));
    if (http_fetched_field(&answer.head, "Last-Modified", &value))
        TRY(http_date_parse(value, answer.head.end_us / 1000000, &modified_s, why));
    facts.modified_ms = modified_s * 1000;
    take_etag(&answer.head, facts.etag);
    *out = facts;
    return OK;
}

// --- reading ---------------------------------------------------------------------------------

static outcome leaves_object(const char *key, uint64_t offset, size_t size, struct why *why)
{
    return fail(why, INVALID, "%zu bytes from %llu on leave the object %s", size,
                (unsigned long long)offset, key);
}

static outcome read_range(struct s3_store *store, const char *key, uint64_t offset, size_t size,
                          struct buffer *out, struct why *why)
{
    char path[S3_PATH_BYTES];
    autobuffer body = buffer_init(size + S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    s3_path(store, key, path);
    const struct aws_request request = {.method = "GET",
                                        .path = path,
                                        .query = "",
                                        .has_range = true,
                                        .range_first = offset,
                                        .range_last = offset + size - 1};
    TRY(aws_call(store->aws, &request, NULL, &body, &answer, why));
    if (answer.head.status == 416) return leaves_object(key, offset, size, why);
    if (answer.head.status != 206) return s3_refused(&answer, buffer_slice(&body), key, why);
    if (body.len < size) return leaves_object(key, offset, size, why);
    return buffer_put(out, slice_part(buffer_slice(&body), 0, size), why);
}

static outcome s3_read(struct blob_store *base, const char *key, uint64_t offset, size_t size,
                       struct buffer *out, struct why *why)
{
    TRY(blob_key_check(key, why));
    if (size == 0 || size > out->cap - out->len || offset > (uint64_t)INT64_MAX) {
        struct blob_facts facts;
        TRY(s3_stat(base, key, &facts, why));
        if (offset > facts.size || size > facts.size - offset)
            return leaves_object(key, offset, size, why);
        if (size == 0) return OK;
    }
    TRY(buffer_reserve(out, size, why));
    return read_range(store_of(base), key, offset, size, out, why);
}

// An object on its way into a file.
struct fetching {
    struct s3_store *store;
    const char *key;
    char etag[BLOB_ETAG_BYTES]; // of the version that the first range showed
    char hash[72];              // that was stored beside it; "" : none was
    uint64_t size, done;
    bool is_replaced; // another version came in between
    EVP_MD_CTX *digest;
};

static outcome take_first(struct fetching *fetching, const struct aws_answer *answer,
                          struct why *why)
{
    struct slice value, size;
    take_etag(&answer->head, fetching->etag);
    fetching->hash[0] = '\0';
    if (http_fetched_field(&answer->head, S3_HASH_FIELD, &value))
        (void)snprintf(fetching->hash, sizeof fetching->hash, "%.*s", SLICE_ARG(value));
    if (!http_fetched_field(&answer->head, "Content-Range", &value) ||
        !slice_cut(&value, '/', &size))
        return fail(why, CORRUPT, "the object store gives a part of %s without its Content-Range",
                    fetching->key);
    return slice_u64(value, INT64_MAX, &fetching->size, why);
}

// One range to the file. 416 for the first one: the object is empty.
static outcome fetch_range(struct fetching *fetching, int fd, struct buffer *body, struct why *why)
{
    char path[S3_PATH_BYTES], match[BLOB_ETAG_BYTES + 16];
    autoaws_answer answer = {.tries = 0};
    const bool is_first = fetching->etag[0] == '\0';
    const char *const fields[] = {match, NULL};
    (void)snprintf(match, sizeof match, "If-Match: \"%s\"", fetching->etag);
    s3_path(fetching->store, fetching->key, path);
    const struct aws_request request = {.method = "GET",
                                        .path = path,
                                        .query = "",
                                        .fields = is_first ? NULL : fields,
                                        .has_range = true,
                                        .range_first = fetching->done,
                                        .range_last = fetching->done + FETCH_BYTES - 1};
    body->len = 0;
    TRY(aws_call(fetching->store->aws, &request, NULL, body, &answer, why));
    if (is_first && answer.head.status == 416) return OK;
    if (!is_first && (answer.head.status == 412 || answer.head.status == 416)) {
        fetching->is_replaced = true;
        return OK;
    }
    if (answer.head.status != 206)
        return s3_refused(&answer, buffer_slice(body), fetching->key, why);
    if (is_first) TRY(take_first(fetching, &answer, why));
    char etag[BLOB_ETAG_BYTES];
    take_etag(&answer.head, etag); // for services that do not know If-Match
    fetching->is_replaced = strcmp(etag, fetching->etag) != 0;
    if (fetching->is_replaced) return OK;
    if (body->len == 0 || body->len > fetching->size - fetching->done)
        return fail(why, CORRUPT, "the object store gives %zu bytes of %s, %llu were left",
                    body->len, fetching->key,
                    (unsigned long long)(fetching->size - fetching->done));
    if (EVP_DigestUpdate(fetching->digest, body->at, body->len) != 1)
        return fail(why, NO_MEMORY, "no memory to check %s", fetching->key);
    TRY(fd_write_at(fd, buffer_slice(body), fetching->done, why));
    fetching->done += body->len;
    return OK;
}

static outcome check_hash(const struct fetching *fetching, struct why *why)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    char hash[2 * EVP_MAX_MD_SIZE + 1];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(fetching->digest, bytes, &len) != 1)
        return fail(why, NO_MEMORY, "no memory to check %s", fetching->key);
    hex_format(bytes, len, hash);
    if (fetching->hash[0] != '\0' && strcmp(hash, fetching->hash) != 0)
        return fail(why, CORRUPT, "%s came with the SHA-256 %.16s..., %.16s... was stored",
                    fetching->key, hash, fetching->hash);
    return OK;
}

static outcome fetch_version(struct fetching *fetching, int fd, struct why *why)
{
    autobuffer body = buffer_init(FETCH_BYTES + S3_ERROR_BYTES_MAX);
    fetching->etag[0] = '\0';
    fetching->is_replaced = false;
    fetching->size = fetching->done = 0;
    if (EVP_DigestInit_ex(fetching->digest, EVP_sha256(), NULL) != 1)
        return fail(why, NO_MEMORY, "no memory to check %s", fetching->key);
    do {
        TRY(fetch_range(fetching, fd, &body, why));
    } while (!fetching->is_replaced && fetching->done < fetching->size);
    return fetching->is_replaced || fetching->etag[0] == '\0' ? OK : check_hash(fetching, why);
}

// The newest whole version into the file.
static outcome fetch_whole(void *context, int fd, struct why *why)
{
    struct fetching *fetching = context;
    fetching->digest = EVP_MD_CTX_new();
    if (fetching->digest == NULL) return fail(why, NO_MEMORY, "no memory to check an object");
    outcome result = OK;
    for (int round = 0; round < VERSION_ROUNDS_MAX; round++) {
        if (ftruncate(fd, 0) != 0) {
            result = fail_errno(why, errno, "cannot empty a temporary file");
            break;
        }
        result = fetch_version(fetching, fd, why);
        if (result != OK || !fetching->is_replaced) break;
        result = fail(why, UNAVAILABLE, "%s was replaced %d times while it was read", fetching->key,
                      round + 1);
    }
    EVP_MD_CTX_free(fetching->digest);
    return result;
}

static outcome s3_open(struct blob_store *base, const char *key, int *out_fd, struct why *why)
{
    struct s3_store *store = store_of(base);
    struct fetching fetching = {.store = store, .key = key};
    TRY(blob_key_check(key, why));
    if (store->copies != NULL) {
        struct blob_facts facts;
        TRY(s3_stat(base, key, &facts, why));
        if (facts.size >= COPY_BYTES_MIN)
            return blob_copies_take(store->copies, key, facts.etag, facts.size, fetch_whole,
                                    &fetching, out_fd, why);
    }
    autofd fd = -1;
    TRY(s3_temporary(&fd, why));
    TRY(fetch_whole(&fetching, fd, why));
    *out_fd = fd_take(&fd);
    return OK;
}

// --- listing and dropping --------------------------------------------------------------------

static outcome fetch_page(struct s3_store *store, const char *prefix, const char *token,
                          struct arena *arena, struct s3_page *out, struct why *why)
{
    char path[S3_PATH_BYTES];
    autobuffer query = buffer_init(URL_BYTES_MAX), body = buffer_init(S3_ANSWER_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    TRY(buffer_put_text(&query, "list-type=2&prefix=", why));
    TRY(percent_encode(slice_of(prefix), &query, why));
    if (token != NULL) {
        TRY(buffer_put_text(&query, "&continuation-token=", why));
        TRY(percent_encode(slice_of(token), &query, why));
    }
    const char *text = buffer_text(&query);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory to list %.80s", prefix);
    s3_path(store, "", path);
    const struct aws_request request = {.method = "GET", .path = path, .query = text};
    TRY(aws_call(store->aws, &request, NULL, &body, &answer, why));
    if (answer.head.status != 200) return s3_refused(&answer, buffer_slice(&body), prefix, why);
    return s3_page_parse(buffer_slice(&body), arena, out, why);
}

// Keys that someone else put there and that are none of ours are passed over.
static outcome s3_list(struct blob_store *base, const char *prefix,
                       outcome (*visit)(void *context, const char *key, struct why *why),
                       void *context, struct why *why)
{
    autoarena arena = arena_init(LIST_ARENA_BYTES), next_arena = arena_init(LIST_ARENA_BYTES);
    const char *token = NULL;
    struct s3_page *page = calloc(1, sizeof *page);
    if (page == NULL) return fail(why, NO_MEMORY, "no memory to list %.80s", prefix);
    outcome result;
    do {
        arena_reset(&arena);
        result = fetch_page(store_of(base), prefix, token, &arena, page, why);
        for (size_t i = 0; result == OK && i < page->count; i++)
            if (blob_key_check(page->keys[i], NULL) == OK)
                result = visit(context, page->keys[i], why);
        if (result != OK || page->next == NULL) break;
        arena_reset(&next_arena);
        token = arena_copy(&next_arena, slice_of(page->next));
        if (token == NULL) result = fail(why, NO_MEMORY, "no memory to list %.80s", prefix);
    } while (result == OK);
    free(page);
    return result;
}

static outcome s3_drop(struct blob_store *base, const char *key, struct why *why)
{
    struct s3_store *store = store_of(base);
    char path[S3_PATH_BYTES];
    autobuffer body = buffer_init(S3_ERROR_BYTES_MAX);
    autoaws_answer answer = {.tries = 0};
    TRY(blob_key_check(key, why));
    s3_path(store, key, path);
    const struct aws_request request = {.method = "DELETE", .path = path, .query = ""};
    TRY(aws_call(store->aws, &request, NULL, &body, &answer, why));
    const int status = answer.head.status;
    if (status == 204 || status == 200 || status == 404) return OK;
    return s3_refused(&answer, buffer_slice(&body), key, why);
}

// --- opening ---------------------------------------------------------------------------------

static void s3_close(struct blob_store *base)
{
    struct s3_store *store = store_of(base);
    aws_close(&store->aws);
    blob_copies_close(&store->copies);
    free(store);
}

static const struct blob_ops s3_ops = {
    .create = s3_create,
    .stat = s3_stat,
    .read = s3_read,
    .open = s3_open,
    .list = s3_list,
    .drop = s3_drop,
    .close = s3_close,
};

static outcome check_bucket(const char *bucket, struct why *why)
{
    const size_t len = strlen(bucket);
    bool is_name = len >= 3 && len < S3_BUCKET_BYTES;
    for (size_t i = 0; i < len; i++)
        is_name = is_name && ((bucket[i] >= 'a' && bucket[i] <= 'z') || bucket[i] == '-' ||
                              bucket[i] == '.' || (bucket[i] >= '0' && bucket[i] <= '9'));
    if (is_name) return OK;
    return fail(why, INVALID, "\"%.80s\" is no bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'",
                bucket);
}

outcome blob_s3_open(const struct blob_s3_options *options, struct blob_store **out,
                     struct why *why)
{
    char host[S3_BUCKET_BYTES + 8];
    TRY(check_bucket(options->bucket, why));
    struct s3_store *store = calloc(1, sizeof *store);
    if (store == NULL) return fail(why, NO_MEMORY, "no memory to open %s", options->bucket);
    store->base.ops = &s3_ops;
    store->is_bucket_in_path = options->endpoint[0] != '\0';
    (void)snprintf(store->bucket, sizeof store->bucket, "%s", options->bucket);
    (void)snprintf(host, sizeof host, "%s.s3", options->bucket);
    const struct aws_options aws = {"s3", options->region, options->endpoint,
                                    host, options->clock,  0};
    outcome result = aws_open(&aws, &store->aws, why);
    if (result == OK && options->copies[0] != '\0')
        result = blob_copies_open(options->copies, options->copies_bytes, &store->copies, why);
    if (result != OK) {
        s3_close(&store->base);
        return result;
    }
    *out = &store->base;
    return OK;
}
