// SPDX-License-Identifier: Apache-2.0
//
// The four stores of one machine, under one data folder:
//
//     <data>/blobs/        objects                    (store/blob_folder.h)
//     <data>/primrose.db   tables                     (store/table_sqlite.h)
//     <data>/queue.db      queues                     (store/queue_sqlite.h)
//     memory               cache, of this process     (store/cache_memory.h)
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

enum { STORES_JOB_TRIES = 3 }; // a job that failed three workers fails the fourth too

// Opens all four, making the folder where missing; on failure none stays open. The clock must
// outlive them. Open after fork(), not before.
must_check outcome stores_open(struct stores *out, const char *data, const struct clock *clock,
                               struct why *why);

void stores_close(struct stores *stores); // tolerates a zeroed one

#define autostores __attribute__((cleanup(stores_close))) struct stores

#endif
