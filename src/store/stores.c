// SPDX-License-Identifier: Apache-2.0
#include "store/stores.h"

#include "base/file.h"
#include "base/url.h"
#include "store/blob_folder.h"
#include "store/blob_s3.h"
#include "store/cache_memory.h"
#include "store/cache_redis.h"
#include "store/queue_redis.h"
#include "store/queue_sqlite.h"
#include "store/table_dynamodb.h"
#include "store/table_sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    CACHE_BYTES = 64 << 20, // limits and sessions of some 200,000 members
    COPIES_GIB = 64,
    COPIES_GIB_MAX = 1 << 20,
    HOST_BYTES = 256,
};

// What opening works with.
struct opening {
    const struct store_places *places;
    const struct clock *clock;
    struct stores stores;
};

// The texts of "s3://host?endpoint=..."; "" where absent.
struct remote {
    char host[HOST_BYTES], endpoint[PATH_MAX], region[HOST_BYTES], copies[PATH_MAX];
    uint64_t copies_gib;
};

static outcome place_in_data(const struct opening *opening, const char *name, char *out,
                             struct why *why)
{
    if (snprintf(out, PATH_MAX, "%s/%s", opening->places->data, name) >= PATH_MAX)
        return fail(why, INVALID, "the data folder's path %.80s... is too long",
                    opening->places->data);
    return OK;
}

static outcome take_parameter(struct slice query, const char *name, char *out, size_t room,
                              struct why *why)
{
    struct slice value;
    size_t len = 0;
    if (query.at == NULL || !query_find(query, name, &value)) return OK;
    TRY(percent_decode(value, out, room - 1, &len, why));
    out[len] = '\0';
    return OK;
}

static outcome remote_parse(const char *text, struct remote *out, struct why *why)
{
    struct url url;
    char gib[24] = "";
    TRY(url_parse(slice_of(text), &url, why));
    if (url.host.len == 0 || url.host.len >= HOST_BYTES || url.path.len > 1)
        return fail(why, INVALID,
                    "\"%.100s\" names no bucket or table: s3://bucket, "
                    "dynamodb://table",
                    text);
    memcpy(out->host, url.host.at, url.host.len);
    TRY(take_parameter(url.query, "endpoint", out->endpoint, sizeof out->endpoint, why));
    TRY(take_parameter(url.query, "region", out->region, sizeof out->region, why));
    TRY(take_parameter(url.query, "copies", out->copies, sizeof out->copies, why));
    TRY(take_parameter(url.query, "copies_gib", gib, sizeof gib, why));
    out->copies_gib = COPIES_GIB;
    return gib[0] == '\0' ? OK : slice_u64(slice_of(gib), COPIES_GIB_MAX, &out->copies_gib, why);
}

// --- backends --------------------------------------------------------------------------------

typedef outcome open_backend(struct opening *opening, const char *text, struct why *why);

static outcome open_blob_folder(struct opening *opening, const char *text, struct why *why)
{
    char path[PATH_MAX];
    TRY(place_in_data(opening, "blobs", path, why));
    return blob_folder_open(text[0] == '\0' ? path : text, opening->clock, &opening->stores.blobs,
                            why);
}

static outcome open_blob_s3(struct opening *opening, const char *text, struct why *why)
{
    struct remote remote = {.host = ""};
    TRY(remote_parse(text, &remote, why));
    if (remote.copies[0] == '\0') TRY(place_in_data(opening, "copies", remote.copies, why));
    const uint64_t copies_bytes = remote.copies_gib << 30,
                   most = opening->places->copies_mib_max << 20;
    const struct blob_s3_options options = {
        .bucket = remote.host,
        .endpoint = remote.endpoint,
        .region = remote.region,
        .copies = remote.copies,
        .copies_bytes = most != 0 && most < copies_bytes ? most : copies_bytes,
        .clock = opening->clock};
    return blob_s3_open(&options, &opening->stores.blobs, why);
}

static outcome open_table_sqlite(struct opening *opening, const char *text, struct why *why)
{
    char path[PATH_MAX];
    TRY(place_in_data(opening, "primrose.db", path, why));
    return table_sqlite_open(text[0] == '\0' ? path : text, opening->clock, &opening->stores.tables,
                             why);
}

static outcome open_table_dynamodb(struct opening *opening, const char *text, struct why *why)
{
    struct remote remote = {.host = ""};
    TRY(remote_parse(text, &remote, why));
    const struct table_dynamodb_options options = {remote.host, remote.endpoint, remote.region,
                                                   opening->clock};
    return table_dynamodb_open(&options, &opening->stores.tables, why);
}

static outcome open_queue_sqlite(struct opening *opening, const char *text, struct why *why)
{
    char path[PATH_MAX];
    TRY(place_in_data(opening, "queue.db", path, why));
    return queue_sqlite_open(text[0] == '\0' ? path : text,
                             (struct queue_sqlite_options){STORES_JOB_TRIES}, opening->clock,
                             &opening->stores.queue, why);
}

// By the clock of Redis: those of many machines differ.
static outcome open_queue_redis(struct opening *opening, const char *text, struct why *why)
{
    const struct queue_redis_options options = {text, STORES_JOB_TRIES, NULL};
    return queue_redis_open(&options, &opening->stores.queue, why);
}

static outcome open_cache_memory(struct opening *opening, const char *text, struct why *why)
{
    (void)text;
    return cache_memory_open(CACHE_BYTES, opening->clock, &opening->stores.cache, why);
}

static outcome open_cache_redis(struct opening *opening, const char *text, struct why *why)
{
    return cache_redis_open(text, &opening->stores.cache, why);
}

// A port's own place, for "" and for paths, and what schemes choose.
struct port {
    const char *name;
    open_backend *local;
    const char *scheme;
    open_backend *remote;
    const char *says;
};

static const struct port ports[] = {
    {"objects", open_blob_folder, "s3:", open_blob_s3, "a folder, or s3://bucket"},
    {"tables", open_table_sqlite, "dynamodb:", open_table_dynamodb, "a file, or dynamodb://table"},
    {"queues", open_queue_sqlite, "redis:", open_queue_redis, "a file, or redis://host:port"},
    {"the cache", open_cache_memory, "redis:", open_cache_redis, "redis://host:port, or nothing"},
};

static outcome open_port(struct opening *opening, const struct port *port, const char *text,
                         struct why *why)
{
    const char *chosen = text == NULL ? "" : text;
    if (slice_starts(slice_of(chosen), port->scheme)) return port->remote(opening, chosen, why);
    if (chosen[0] == '\0' || (chosen[0] == '/' && port->local != open_cache_memory))
        return port->local(opening, chosen, why);
    return fail(why, INVALID, "%s cannot be kept at \"%.100s\": name %s", port->name, chosen,
                port->says);
}

// --- all -------------------------------------------------------------------------------------

outcome stores_open_at(struct stores *out, const struct store_places *places,
                       const struct clock *clock, struct why *why)
{
    struct opening opening = {places, clock, {0}};
    const char *const texts[] = {places->blobs, places->tables, places->queue, places->cache};
    outcome result = folder_make(places->data, why);
    for (size_t i = 0; i < sizeof ports / sizeof ports[0] && result == OK; i++)
        result = open_port(&opening, &ports[i], texts[i], why);
    if (result != OK) {
        stores_close(&opening.stores);
        return result;
    }
    *out = opening.stores;
    return OK;
}

outcome stores_open(struct stores *out, const char *data, const struct clock *clock,
                    struct why *why)
{
    const struct store_places places = {.data = data};
    return stores_open_at(out, &places, clock, why);
}

void stores_close(struct stores *stores)
{
    blob_store_close(&stores->blobs);
    table_store_close(&stores->tables);
    cache_store_close(&stores->cache);
    queue_store_close(&stores->queue);
}
