// SPDX-License-Identifier: Apache-2.0
//
// The blob port over the API of S3: Amazon's own, or any service that speaks it.
//
//     create, write...  -> an unlinked temporary file  --commit-->  PUT, or parts of 16 MiB side by
//                                                                   side and one "complete"
//     open              <- 8 MiB ranges of ONE version (If-Match) into a temporary file, its
//                          SHA-256 compared with the one that was stored beside the object
//     read              <- one ranged GET
//
// An object appears with the one request that puts or completes it; a writer that dies leaves
// nothing, or the parts of an upload that was never completed (give the bucket the usual lifecycle
// rule AbortIncompleteMultipartUpload). Unlike a folder S3 takes "a" beside "a/b".
//
// A worker opens the same large master for each of its chunks: with `copies`, objects from 1 MiB on
// are kept as files of that folder, by key and version, shared by the processes of the machine.
#ifndef STORE_BLOB_S3_H
#define STORE_BLOB_S3_H

#include "base/clock.h"
#include "store/blob.h"

struct blob_s3_options {
    const char *bucket;
    const char *endpoint;  // "http://127.0.0.1:4568", with the bucket in the path; "" : Amazon's
    const char *region;    // "" : from the environment
    const char *copies;    // folder of local copies; "" : none are kept
    uint64_t copies_bytes; // its budget; the copies that were not used for longest go first
    const struct clock *clock; // must outlive the store
};

// INVALID for a bucket that is no name of one; DENIED without credentials (store/aws.h). Asks the
// service for nothing yet. Open after fork(), not before.
must_check outcome blob_s3_open(const struct blob_s3_options *options, struct blob_store **out,
                                struct why *why);

#endif
