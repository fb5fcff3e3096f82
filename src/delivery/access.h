// SPDX-License-Identifier: Apache-2.0
//
// May this request be served? Decided from signed tokens alone, without contacting anyone.
//
//     GET /~AQC4..vQ/media/film/3f9c/v-1080p.mp4?x=1          where a token may stand, in the order
//          `- 1: path prefix             `- 2: query          in which the first one found decides
//     CTA-Common-Access-Token: 0YRDoQEF...                      3: a header (CAT)
//     Cookie: primrose-access=AQC4..vQ                          4: a cookie
//
//     scheme      token                                 signed by               where
//     token       ours, access_token.h                  HMAC-SHA-256            prefix, cookie
//     cat         CTA-5007-B: CWT in COSE Mac0, Sign1   HS256 ES256 PS256       prefix, query,
//                 CTA-Common-Access-Token                                       header, cookie
//     uri         RFC 9246: URISigningPackage           + RS256                 query, cookie
//     cloudfront  canned and custom policies            RSA or ECDSA, SHA-1 or  query, cookies
//                                                       SHA-256
//
// A token in the path prefix survives in every relative reference of a manifest, and the path
// behind it is what caches know the object by. A claim that is not enforced here is a reason to
// refuse: a token never means less than its maker wrote. There is no fall back from one token to
// another.
#ifndef DELIVERY_ACCESS_H
#define DELIVERY_ACCESS_H

#include "delivery/access_keys.h"
#include "delivery/access_replay.h"
#include "net/address.h"
#include "net/http_parse.h"

// name, HTTP status, stable code (RFC 9457 `type` suffix), sentence for whoever asked
#define ACCESS_FAULTS(X)                                                                           \
    X(ACCESS_GRANTED, 200, "granted", "the token is good for this request")                        \
    X(ACCESS_MISSING, 401, "access-required", "this is only served with signed access")            \
    X(ACCESS_EXPIRED, 401, "access-expired", "the token has expired: get a new one")               \
    X(ACCESS_MALFORMED, 403, "access-malformed", "the token cannot be read")                       \
    X(ACCESS_KEY_UNKNOWN, 403, "access-key-unknown", "the token names a key unknown here")         \
    X(ACCESS_FORGED, 403, "access-forged", "the token's signature is not of these bytes")          \
    X(ACCESS_EARLY, 403, "access-early", "the token is not valid yet")                             \
    X(ACCESS_PARTY, 403, "access-party", "the token's issuer or audience is another")              \
    X(ACCESS_SCOPE, 403, "access-scope", "the token is for another address")                       \
    X(ACCESS_METHOD, 403, "access-method", "the token is for other methods")                       \
    X(ACCESS_ADDRESS, 403, "access-address", "the token is for another network")                   \
    X(ACCESS_CONDITION, 403, "access-condition", "the request lacks what the token asks for")      \
    X(ACCESS_REPLAYED, 403, "access-replayed", "the token was for one request and has been used")  \
    X(ACCESS_UNSUPPORTED, 403, "access-unsupported",                                               \
      "the token has a claim that is not enforced "                                                \
      "here, and so is refused")                                                                   \
    X(ACCESS_TERRITORY, 451, "access-territory", "the token does not cover this territory")        \
    X(ACCESS_BUSY, 503, "access-busy", "too many single-use tokens are remembered just now")

#define ACCESS_FAULT_ENUM(name, status, code, sentence) name,
enum access_fault { ACCESS_FAULTS(ACCESS_FAULT_ENUM) ACCESS_FAULT_COUNT };
#undef ACCESS_FAULT_ENUM

int access_status(enum access_fault fault);           // 401, 403, 451, 503
const char *access_code(enum access_fault fault);     // "access-expired": stable, for machines
const char *access_sentence(enum access_fault fault); // quotes nothing of the token

enum { ACCESS_SKEW_S = 30 }; // by which clocks may differ, where a token's start is concerned

struct access_request {
    const struct http_request *http;
    const char *scheme;    // that the client used: "https"
    struct address client; // len 0: not known
    const char *country;   // ISO 3166-1 alpha-2 of the client; "": not known
    const char *alpn;      // what its TLS agreed on; "": no TLS
    int64_t now_s;         // since 1970
};

struct access_verdict {
    enum access_fault fault;
    enum access_scheme scheme; // unless ACCESS_MISSING
    int64_t expires_s;         // when granted
    struct slice proof; // what of the request was checked: the token, or CloudFront's signature
};

// Decides. `replay` (may be NULL) remembers tokens for one use; without it they are refused. Thread
// safe; takes 1 to 100 us by the algorithm, and blocks on nothing.
struct access_verdict access_check(const struct access_keys *keys, struct access_replay *replay,
                                   const struct access_request *request);

// The path behind a token's prefix: what the object is known by. The path itself without one.
struct slice access_clean_path(struct slice path);

// Appends the query without the parameters that carry tokens; nothing when none is left. TOO_LARGE
// by out's cap, or NO_MEMORY.
must_check outcome access_clean_query(struct slice query, struct buffer *out, struct why *why);

#endif
