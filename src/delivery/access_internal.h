// SPDX-License-Identifier: Apache-2.0
//
// What the files of signed access share: the request as each scheme looks at it.
#ifndef DELIVERY_ACCESS_INTERNAL_H
#define DELIVERY_ACCESS_INTERNAL_H

#include "delivery/access.h"

enum { ACCESS_URL_BYTES_MAX = HTTP_LINE_BYTES_MAX + ACCESS_NAME_BYTES + 16 };

struct access_case {
    const struct access_keys *keys;
    struct access_replay *replay; // or NULL
    const struct access_request *request;
    struct slice path; // without the token's prefix
};

// The value of a cookie, without quotes. false when there is none.
bool access_cookie(const struct http_request *http, const char *name, struct slice *value);

// Appends the URL that was asked for, without what carries tokens; `base` instead of scheme and
// host unless it is "".
must_check outcome access_url(const struct access_case *c, const char *base, struct buffer *out);

// Remembers a token for one use.
enum access_fault access_use_once(const struct access_case *c, const struct access_key *key,
                                  struct slice id, int64_t expires_s);

// The schemes. Each sets `*expires_s` when it grants.
enum access_fault access_token_check(const struct access_case *c, struct slice token,
                                     int64_t *expires_s);
enum access_fault access_cat_check(const struct access_case *c, struct slice token,
                                   int64_t *expires_s);
enum access_fault access_uri_check(const struct access_case *c, struct slice jwt,
                                   int64_t *expires_s);

// The three or four values of CloudFront's signed URLs and cookies.
struct cloudfront_signed {
    struct slice policy;  // base64 of a custom policy; `at` NULL: canned
    struct slice expires; // of a canned one
    struct slice signature;
    struct slice key_id;
    struct slice hash; // `at` NULL: SHA-1
};

enum access_fault access_cloudfront_check(const struct access_case *c,
                                          const struct cloudfront_signed *given,
                                          int64_t *expires_s);

// One match map of a CAT, CTA-5007-B: {type: value, ...}, all of which must hold.
enum match_type {
    MATCH_EXACT = 0,
    MATCH_PREFIX = 1,
    MATCH_SUFFIX = 2,
    MATCH_CONTAINS = 3,
    MATCH_REGEX = 4,
    MATCH_SHA256 = -1,
    MATCH_SHA512_256 = -2,
};

// Takes the map off `*rest` and compares. ACCESS_GRANTED, `missed` when it does not hold,
// ACCESS_MALFORMED, ACCESS_UNSUPPORTED.
enum access_fault access_cat_match(struct slice *rest, struct slice text, enum access_fault missed);

#endif
