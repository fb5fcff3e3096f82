// SPDX-License-Identifier: Apache-2.0
//
// What S3 says, taken out of its XML: pages of keys, ids of uploads, codes of errors.
#ifndef STORE_S3_ANSWER_H
#define STORE_S3_ANSWER_H

#include "base/arena.h"
#include "base/buffer.h"

enum {
    S3_PAGE_KEYS_MAX = 1000,
    S3_ANSWER_BYTES_MAX = 4 << 20, // 1000 keys of 1024 bytes, escaped, and their facts
};

struct s3_page {
    const char *keys[S3_PAGE_KEYS_MAX]; // memory of the arena
    size_t count;
    const char *next; // continuation token; NULL: the last page
};

// A ListBucketResult (ListObjectsV2). CORRUPT when it is none.
must_check outcome s3_page_parse(struct slice xml, struct arena *arena, struct s3_page *out,
                                 struct why *why);

// The text of the first element of that name, anywhere. NOT_FOUND without one; CORRUPT when it is
// no XML.
must_check outcome s3_element_find(struct slice xml, const char *name, struct arena *arena,
                                   const char **out, struct why *why);

// The body that completes an upload of parts, numbered from 1.
must_check outcome s3_parts_format(const char *const *etags, size_t count, struct buffer *out,
                                   struct why *why);

#endif
