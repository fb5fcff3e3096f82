// SPDX-License-Identifier: Apache-2.0
#include "app/media.h"

#include "base/file.h"
#include "net/file_cache.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *start; // of the name; "" for any
    const char *end;
    const char *type;
} types[] = {
    {"a-", ".mp4", "audio/mp4"}, // packaged audio tracks
    {"", ".mp4", "video/mp4"},
    {"", ".m4s", "video/iso.segment"},
    {"", ".m3u8", "application/vnd.apple.mpegurl"},
    {"", ".mpd", "application/dash+xml"},
    {"", ".vtt", "text/vtt; charset=utf-8"},
    {"", ".jpg", "image/jpeg"},
    {"", ".png", "image/png"},
    {"", ".webp", "image/webp"},
    {"", ".json", "application/json"},
    {"", ".xml", "application/xml"},
    {"", ".srt", "text/plain; charset=utf-8"},
};

const char *media_content_type(const char *file)
{
    const struct slice name = slice_of(file);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_starts(name, types[i].start) && slice_ends(name, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

static outcome open_file(const struct service *service, struct http_exchange *exchange,
                         struct served_file **out, struct why *why)
{
    struct blob_store *blobs = service->stores.blobs;
    const char *file = exchange->params[2];
    char key[BLOB_KEY_BYTES];
    const int len = snprintf(key, sizeof key, "titles/%s/%s/%s", exchange->params[0],
                             exchange->params[1], file);
    if (len >= (int)sizeof key || blob_key_check(key, NULL) != OK)
        return fail(why, NOT_FOUND, "there is no such file");
    struct blob_facts facts;
    TRY(blobs->ops->stat(blobs, key, &facts, why));
    autofd fd = -1;
    TRY(blobs->ops->open(blobs, key, &fd, why));
    char etag[BLOB_ETAG_BYTES + 2];
    (void)snprintf(etag, sizeof etag, "\"%s\"", facts.etag);
    const struct file_facts served = {
        .size = facts.size,
        .etag = etag,
        .modified_s = facts.modified_ms / 1000,
        .content_type = media_content_type(file),
        .cache_control = "public, max-age=31536000, immutable",
    };
    TRY(served_file_make(fd, &served, out, why));
    (void)fd_take(&fd);
    return OK;
}

// On the pool: the answer is made on the loop, where open files live.
static void open_on_pool(void *context, struct http_exchange *exchange)
{
    struct why why = {""};
    struct served_file *file = NULL;
    const outcome result = open_file(context, exchange, &file, &why);
    exchange->opened = file;
    if (result == NOT_FOUND)
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"there is no such file"});
    else if (result != OK)
        http_reply_outcome(exchange, result, &why);
}

static void reply_opened(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct served_file *file = exchange->opened;
    if (file == NULL) return;
    file_cache_add(exchange->files, exchange->request->path, file, loop_now_us(exchange->loop));
    http_reply_file(exchange, file);
    served_file_drop(file);
}

void media_serve(void *context, struct http_exchange *exchange)
{
    const struct slice path = exchange->request->path;
    if (memchr(path.at, '%', path.len) != NULL) { // one file has one address, also in caches
        http_reply_outcome(exchange, NOT_FOUND,
                           &(struct why){"names of files need no escapes: write them as they are"});
        return;
    }
    struct served_file *file = file_cache_find(exchange->files, path, loop_now_us(exchange->loop));
    if (file != NULL)
        http_reply_file(exchange, file);
    else
        http_exchange_offload(exchange, open_on_pool, reply_opened, context);
}
