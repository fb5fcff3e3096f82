// SPDX-License-Identifier: Apache-2.0
//
// The table port over the API of DynamoDB: all tables of a house in one of DynamoDB's.
//
//     pk  "title/film-1"    table and partition     (hash key, string)
//     sk  "record"          sort                    (range key, string: ordered by bytes)
//     v   the value, bytes; absent when empty
//     n   the version       e  when it expires in ms, 0: never     r  the rank
//     t   the same in s, for DynamoDB's own removal ("time to live")
//     w   a random word of the last write
//
// A put is one conditional update of what is there, or, where the condition allows nothing to be
// there, one of what is not. When an answer is lost the write is tried again and finds the
// condition broken by itself: `w` tells.
#ifndef STORE_TABLE_DYNAMODB_H
#define STORE_TABLE_DYNAMODB_H

#include "base/clock.h"
#include "store/table.h"

struct table_dynamodb_options {
    const char *name;          // of DynamoDB's table, 3 to 255 of [A-Za-z0-9_.-]
    const char *endpoint;      // "http://127.0.0.1:4567"; "" : Amazon's
    const char *region;        // "" : from the environment
    const struct clock *clock; // what expiry is judged by; must outlive the store
};

// Makes DynamoDB's table where it is missing (billed by request) and waits for it. DENIED without
// credentials (store/aws.h). Open after fork(), not before.
must_check outcome table_dynamodb_open(const struct table_dynamodb_options *options,
                                       struct table_store **out, struct why *why);

#endif
