// SPDX-License-Identifier: Apache-2.0
//
// Signatures of requests as AWS and what speaks its APIs want them: Signature Version 4 ("Signing
// AWS API requests", AWS4-HMAC-SHA256), in header fields.
//
//     method \n path \n sorted query \n sorted fields \n names \n SHA-256 of the body
//                                  | SHA-256
//     AWS4-HMAC-SHA256 \n time \n day/region/service/aws4_request \n hash
//                                  | HMAC, with a key made of secret, day, region and service
//     Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...
//
// Checked with the vectors that AWS publishes (its test suite, and the examples of the S3
// documentation). The path is signed as it is sent: percent-encoded once, as S3 wants it and as is
// the same for the "/" of every other service here.
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include "base/buffer.h"

enum {
    SIGV4_HASH_BYTES = 65,    // hex and a NUL
    SIGV4_FIELDS_MAX = 24,    // of a request, ours included
    SIGV4_TEXT_BYTES = 65536, // of a canonical request: a session token alone may have 16 KiB
};

// What everything of one service is signed with. Borrowed texts.
struct sigv4_identity {
    const char *access_key, *secret_key;
    const char *session_token; // "" : none
    const char *region, *service;
};

struct sigv4_request {
    const char *method;
    const char *host;          // as the Host field will have it
    const char *path;          // percent-encoded, starts with '/'
    const char *query;         // percent-encoded, without '?'; "" : none
    const char *const *fields; // "Name: value", NULL at the end: all are signed; may be NULL
    const char *payload_hash;  // SHA-256 of the body in hex (sigv4_hash)
    int64_t wall_ms;           // of the signature; the service allows some minutes of difference
};

// The fields to be sent along with those of the request.
struct sigv4_fields {
    char date[40];         // "X-Amz-Date: 20150830T123600Z"
    char payload[96];      // "X-Amz-Content-Sha256: ..."; "" but for S3, which demands it
    struct buffer token;   // "X-Amz-Security-Token: ..."; empty without one
    struct buffer granted; // "Authorization: ..."
};

void sigv4_fields_release(struct sigv4_fields *fields);

#define autosigv4 __attribute__((cleanup(sigv4_fields_release))) struct sigv4_fields

void sigv4_hash(struct slice bytes, char out[SIGV4_HASH_BYTES]);

// Fills `out`, whose buffers are released by the caller after OK. INVALID for a field without a
// colon or more than SIGV4_FIELDS_MAX; TOO_LARGE; NO_MEMORY.
must_check outcome sigv4_sign(const struct sigv4_identity *identity,
                              const struct sigv4_request *request, struct sigv4_fields *out,
                              struct why *why);

#endif
