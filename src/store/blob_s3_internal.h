// SPDX-License-Identifier: Apache-2.0
//
// What the reading and the writing half of the S3 backend share.
#ifndef STORE_BLOB_S3_INTERNAL_H
#define STORE_BLOB_S3_INTERNAL_H

#include "store/aws.h"
#include "store/blob.h"
#include "store/blob_copies.h"

enum {
    S3_BUCKET_BYTES = 64,
    S3_PATH_BYTES = 1 + S3_BUCKET_BYTES + 1 + BLOB_KEY_BYTES + 1,
    S3_ERROR_BYTES_MAX = 1 << 20, // of an answer that is not an object
};

#define S3_HASH_FIELD "x-amz-meta-sha256" // of the whole object, kept beside it

struct s3_store {
    struct blob_store base;
    struct aws *aws;
    struct blob_copies *copies; // NULL: none
    char bucket[S3_BUCKET_BYTES];
    bool is_bucket_in_path;
};

// "/bucket/key" or "/key"; keys need no escaping.
void s3_path(const struct s3_store *store, const char *key, char out[S3_PATH_BYTES]);

// The outcome of a status that is none of those that were hoped for; `body` may hold S3's reason.
must_check outcome s3_refused(const struct aws_answer *answer, struct slice body, const char *key,
                              struct why *why);

must_check outcome s3_create(struct blob_store *base, const char *key, struct blob_writer **out,
                             struct why *why);

// A new unlinked file in the folder for temporary files.
must_check outcome s3_temporary(int *out_fd, struct why *why);

#endif
