// SPDX-License-Identifier: Apache-2.0
#include "store/stores.h"

#include "base/file.h"
#include "store/blob_folder.h"
#include "store/cache_memory.h"
#include "store/queue_sqlite.h"
#include "store/table_sqlite.h"

#include <limits.h>
#include <stdio.h>

enum { CACHE_BYTES = 64 << 20 }; // limits and sessions of some 200,000 members

static outcome open_all(struct stores *stores, const char *data, const struct clock *clock,
                        struct why *why)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/primrose.db", data) >= (int)sizeof path)
        return fail(why, INVALID, "the data folder's path %.80s... is too long", data);
    TRY(folder_make(data, why));
    TRY(table_sqlite_open(path, clock, &stores->tables, why));
    (void)snprintf(path, sizeof path, "%s/queue.db", data);
    TRY(queue_sqlite_open(path, (struct queue_sqlite_options){STORES_JOB_TRIES}, clock,
                          &stores->queue, why));
    (void)snprintf(path, sizeof path, "%s/blobs", data);
    TRY(blob_folder_open(path, clock, &stores->blobs, why));
    return cache_memory_open(CACHE_BYTES, clock, &stores->cache, why);
}

outcome stores_open(struct stores *out, const char *data, const struct clock *clock,
                    struct why *why)
{
    struct stores stores = {0};
    const outcome result = open_all(&stores, data, clock, why);
    if (result != OK) {
        stores_close(&stores);
        return result;
    }
    *out = stores;
    return OK;
}

void stores_close(struct stores *stores)
{
    blob_store_close(&stores->blobs);
    table_store_close(&stores->tables);
    cache_store_close(&stores->cache);
    queue_store_close(&stores->queue);
}
