// SPDX-License-Identifier: Apache-2.0
//
// The four stores of a house: in one data folder, or wherever URLs say.
//
//     port    in the data folder                            elsewhere
//     blobs   <data>/blobs/     (store/blob_folder.h)       s3://bucket?endpoint=URL&region=NAME
//                                                               &copies=FOLDER&copies_gib=64
//     tables  <data>/primrose.db (store/table_sqlite.h) dynamodb://table?endpoint=URL&region=NAME
//     queue   <data>/queue.db   (store/queue_sqlite.h)      redis://host:port/database
//     cache   memory of this process (store/cache_memory.h) redis://host:port/database
//
// A folder's path stands for itself: "/srv/blobs". Local copies of large S3 objects are in
// <data>/copies, up to 64 GiB, unless the URL says otherwise. Credentials are AWS's environment
// variables (store/aws.h) and Redis's (store/redis.h).
#ifndef STORE_STORES_H
#define STORE_STORES_H

#include "base/clock.h"
#include "store/blob.h"
#include "store/cache.h"
#include "store/queue.h"
#include "store/table.h"

struct stores {
    struct blob_store *blobs;
    struct table_store *tables;
    struct cache_store *cache;
    struct queue_store *queue;
};

// Leases of a job before it is parked. A spot machine that is taken away counts as one: with fewer,
// a film of thousands of leases would lose one to bad luck (bench/fleet saw it at 3).
enum { STORES_JOB_TRIES = 5 };

// Where they are; "" or NULL but for `data`: in the data folder.
struct store_places {
    const char *data;
    const char *blobs, *tables, *queue, *cache;
    uint64_t copies_mib_max; // of local copies, whatever the URL says; 0: what that says
};

// Opens all four, making the folder where missing; on failure none stays open. The clock must
// outlive them. Open after fork(), not before. INVALID for a URL that names no backend of its port,
// with those there are.
must_check outcome stores_open_at(struct stores *out, const struct store_places *places,
                                  const struct clock *clock, struct why *why);

// The same with all of them in the data folder.
must_check outcome stores_open(struct stores *out, const char *data, const struct clock *clock,
                               struct why *why);

void stores_close(struct stores *stores); // tolerates a zeroed one

#define autostores __attribute__((cleanup(stores_close))) struct stores

#endif
