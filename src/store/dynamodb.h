// SPDX-License-Identifier: Apache-2.0
//
// DynamoDB's protocol: JSON in, JSON out, the operation in a header field ("AWS JSON 1.0").
#ifndef STORE_DYNAMODB_H
#define STORE_DYNAMODB_H

#include "base/json.h"
#include "store/aws.h"

enum { DYNAMODB_ANSWER_BYTES_MAX = 4 << 20 }; // a page of 1 MB, in base64 and with its marks

struct dynamodb {
    struct aws *aws;
    char table[256];
};

// What became of a call that reached the service.
enum dynamodb_verdict {
    DYNAMODB_DONE,
    DYNAMODB_CONDITION, // ConditionalCheckFailedException
    DYNAMODB_MISSING,   // ResourceNotFoundException
};

// Calls "PutItem" or such. `*answer` is the caller's, NULL unless done; `*tries` as in aws_call.
// Any other error is an outcome with DynamoDB's sentence.
must_check outcome dynamodb_call(struct dynamodb *dynamodb, const char *operation,
                                 const json_t *request, json_t **answer,
                                 enum dynamodb_verdict *verdict, uint32_t *tries, struct why *why);

// {"S": text}, {"N": "7"}, {"B": base64}; NULL without memory.
json_t *dynamodb_text(const char *text);
json_t *dynamodb_number(int64_t number);
json_t *dynamodb_bytes(struct slice bytes);

// The number of an item's attribute. CORRUPT when it is missing.
must_check outcome dynamodb_take_number(const json_t *item, const char *name, int64_t *out,
                                        struct why *why);

#endif
