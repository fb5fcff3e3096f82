// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb.h"

#include "base/base64.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_BYTES_MAX = 1 << 20 }; // a request: a value of 256 KiB in base64, keys, expressions

// "com.amazonaws.dynamodb.v20120810#ThrottlingException" -> behind the '#'.
static const char *type_of(const json_t *error)
{
    const char *type = json_string_value(json_object_get(error, "__type"));
    const char *hash = type == NULL ? NULL : strrchr(type, '#');
    return type == NULL ? "" : hash == NULL ? type : hash + 1;
}

static bool is_transient(struct slice body)
{
    static const char *const types[] = {"ProvisionedThroughputExceededException",
                                        "ThrottlingException", "RequestLimitExceeded",
                                        "LimitExceededException", "TransactionInProgressException"};
    autojson *error = NULL;
    if (json_parse(body, "an answer of DynamoDB", &error, NULL) != OK) return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type_of(error), types[i]) == 0) return true;
    return false;
}

static outcome judge_error(const json_t *error, int status, enum dynamodb_verdict *verdict,
                           struct why *why)
{
    static const struct {
        const char *type;
        enum dynamodb_verdict verdict;
    } verdicts[] = {{"ConditionalCheckFailedException", DYNAMODB_CONDITION},
                    {"ResourceNotFoundException", DYNAMODB_MISSING}};
    static const struct {
        const char *type;
        outcome result;
    } outcomes[] = {{"AccessDeniedException", DENIED},
                    {"UnrecognizedClientException", DENIED},
                    {"InvalidSignatureException", DENIED},
                    {"ResourceInUseException", CONFLICT},
                    {"UnknownOperationException", UNSUPPORTED}};
    const char *type = type_of(error);
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (strcmp(verdicts[i].type, type) != 0) continue;
        *verdict = verdicts[i].verdict;
        return OK;
    }
    outcome result = UNAVAILABLE;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(outcomes[i].type, type) == 0) result = outcomes[i].result;
    const char *message = json_string_value(json_object_get(error, "message"));
    return fail(why, result, "DynamoDB refuses with status %d %.60s: %.200s", status, type,
                message == NULL ? "" : message);
}

outcome dynamodb_call(struct dynamodb *dynamodb, const char *operation, const json_t *request,
                      json_t **answer, enum dynamodb_verdict *verdict, uint32_t *tries,
                      struct why *why)
{
    char target[80];
    const char *const fields[] = {"Content-Type: application/x-amz-json-1.0", target, NULL};
    autobuffer text = buffer_init(ITEM_BYTES_MAX), body = buffer_init(DYNAMODB_ANSWER_BYTES_MAX);
    autoaws_answer head = {.tries = 0};
    autojson *parsed = NULL;
    (void)snprintf(target, sizeof target, "X-Amz-Target: DynamoDB_20120810.%s", operation);
    if (request == NULL) return fail(why, NO_MEMORY, "no memory for a call to DynamoDB");
    TRY(json_format(request, &text, why));
    const struct aws_request call = {
        .method = "POST", .path = "/", .query = "", .fields = fields, .body = buffer_slice(&text)};
    TRY(aws_call(dynamodb->aws, &call, is_transient, &body, &head, why));
    TRY(json_parse(buffer_slice(&body), "an answer of DynamoDB", &parsed, why));
    *tries = head.tries;
    if (head.head.status != 200) return judge_error(parsed, head.head.status, verdict, why);
    *verdict = DYNAMODB_DONE;
    *answer = parsed;
    parsed = NULL;
    return OK;
}

json_t *dynamodb_text(const char *text)
{
    return json_pack("{s:s}", "S", text);
}

json_t *dynamodb_number(int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    return json_pack("{s:s}", "N", text);
}

json_t *dynamodb_bytes(struct slice bytes)
{
    autobuffer text = buffer_init(ITEM_BYTES_MAX);
    if (base64_format(BASE64_PADDED, bytes, &text, NULL) != OK) return NULL;
    return json_pack("{s:s%}", "B", (const char *)text.at, text.len);
}

outcome dynamodb_take_number(const json_t *item, const char *name, int64_t *out, struct why *why)
{
    const char *text = json_string_value(json_object_get(json_object_get(item, name), "N"));
    char *end = NULL;
    errno = 0;
    const long long number = text == NULL ? 0 : strtoll(text, &end, 10);
    if (text == NULL || errno != 0 || end == text || *end != '\0')
        return fail(why, CORRUPT, "an item of DynamoDB has no number in %s", name);
    *out = number;
    return OK;
}
