// SPDX-License-Identifier: Apache-2.0
//
// Calls to one service that speaks an API of AWS: signed, tried again where that helps, from any
// thread.
//
//     aws_call --sign--> try 1 --503, cut, no answer--> wait 0..50 ms --> try 2 --> 0..100 ms -->
//     ...
//                          |                                    6 tries, each wait "full jitter"
//                          +-- any other status: the caller's to judge
//
// Credentials come from the environment as AWS's own tools take them: AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; the region from AWS_REGION or AWS_DEFAULT_REGION.
#ifndef STORE_AWS_H
#define STORE_AWS_H

#include "base/clock.h"
#include "net/http_client.h"
#include "net/sigv4.h"

enum {
    AWS_TRIES_MAX = 6,
    AWS_DEADLINE_MS = 120000, // of one try unless told otherwise: 16 MiB at 1.1 Mb/s
};

struct aws;

struct aws_options {
    const char *service;  // "s3", "dynamodb"
    const char *region;   // "" : from the environment, else us-east-1
    const char *endpoint; // "http://127.0.0.1:4568"; "" : AWS's own, see `host`
    const char *host;     // of AWS's own endpoint, before ".<region>.amazonaws.com"; "bucket.s3"
    const struct clock *clock; // what signatures are dated by; must outlive
    int64_t deadline_ms;       // of one try, whatever the service does; 0: AWS_DEADLINE_MS
};

struct aws_request {
    const char *method;
    const char *path;          // percent-encoded
    const char *query;         // percent-encoded; "" : none
    const char *const *fields; // NULL at the end, signed; may be NULL
    struct slice body;         // may be empty
    bool has_range;
    uint64_t range_first, range_last;
};

struct aws_answer {
    struct http_fetched head;
    uint32_t tries; // more than 1: an earlier one may have been done, its answer lost
};

void aws_answer_release(struct aws_answer *answer);

#define autoaws_answer __attribute__((cleanup(aws_answer_release))) struct aws_answer

// DENIED without credentials in the environment, with their names. Open after fork(), not before.
must_check outcome aws_open(const struct aws_options *options, struct aws **out, struct why *why);
void aws_close(struct aws **aws); // tolerates NULL; wipes the secret

// Whether an error body names a shortage that passes (throttling). Beside the statuses 429 and 5xx.
// For those who send requests themselves, one by one and without bodies: where to, such as
// "https://bucket.s3.eu-west-1.amazonaws.com", and the fields that sign `method` on `path`
// (percent-encoded). autosigv4 releases them.
const char *aws_origin(const struct aws *aws);
must_check outcome aws_sign(const struct aws *aws, const char *method, const char *path,
                            struct sigv4_fields *out, struct why *why);

typedef bool aws_is_transient(struct slice body);

// Appends the answer's body to `body`; answers that are tried again leave nothing there. Any final
// status is OK. UNAVAILABLE or TIMED_OUT after the last try.
must_check outcome aws_call(struct aws *aws, const struct aws_request *request,
                            aws_is_transient *is_transient, struct buffer *body,
                            struct aws_answer *out, struct why *why);

#endif
