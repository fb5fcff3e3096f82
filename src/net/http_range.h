// SPDX-License-Identifier: Apache-2.0
//
// The Range field against a representation of known size (RFC 9110 section 14).
//
//     size 1000        0        400              999
//     bytes=0-399      |=========|                      part  0 + 400
//     bytes=400-                 |================|     part  400 + 600
//     bytes=-100                            |=====|     part  900 + 100
//     bytes=1000-                                       refused: 416
//     bytes=0-1,8-9                                     refused: 416
//     lines=1-2, bytes=9-1, bytes=x                     whole: the field is ignored, 200
//
// More than one range is refused, as section 14.2 allows: no player asks for it, a multipart answer
// is read differently by different caches, and overlapping ranges multiply the bytes of an answer.
#ifndef NET_HTTP_RANGE_H
#define NET_HTTP_RANGE_H

#include "base/slice.h"

struct http_span {
    uint64_t offset;
    uint64_t size;
};

enum http_range { HTTP_RANGE_WHOLE, HTTP_RANGE_PART, HTTP_RANGE_REFUSED };

// `*out` is set for HTTP_RANGE_PART: inside the representation, size at least 1.
enum http_range http_range_parse(struct slice value, uint64_t size, struct http_span *out);

#endif
