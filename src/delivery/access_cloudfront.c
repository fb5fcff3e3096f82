// SPDX-License-Identifier: Apache-2.0
//
// CloudFront's signed URLs and cookies, as its signers make them.
//
//     canned   Expires, Signature, Key-Pair-Id    the policy is made again here from the URL
//     custom   Policy,  Signature, Key-Pair-Id    {"Statement":[{"Resource":"https://d1/film/*",
//                                                   "Condition":{"DateLessThan":{...}, ...}}]}
//
// Base64 with '-', '_' and '~' in place of '+', '=' and '/'. The signature is over the policy's
// bytes: SHA-1 unless Hash-Algorithm says SHA256, PKCS #1 for RSA keys, DER for ECDSA ones.
#include "base/base64.h"
#include "delivery/access_internal.h"
#include "delivery/access_match.h"

#include <string.h>

enum {
    POLICY_BYTES_MAX = HTTP_LINE_BYTES_MAX,
    SIGNATURE_BYTES_MAX = 1024,
    EXPIRES_MAX = INT32_MAX, // CloudFront's own limit
};

static bool decode(struct slice text, uint8_t *out, size_t room, size_t *len)
{
    uint8_t plain[POLICY_BYTES_MAX];
    if (text.len > sizeof plain) return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.at[i];
        plain[i] = byte == '-' ? '+' : byte == '_' ? '=' : byte == '~' ? '/' : byte;
    }
    return base64_parse(BASE64_PADDED, (struct slice){plain, text.len}, out, room, len, NULL) == OK;
}

static enum access_fault make_canned(const struct access_case *c, const struct access_key *key,
                                     struct slice expires, struct buffer *policy)
{
    uint64_t number;
    if (slice_u64(expires, EXPIRES_MAX, &number, NULL) != OK) return ACCESS_MALFORMED;
    if (buffer_put_text(policy, "{\"Statement\":[{\"Resource\":\"", NULL) != OK ||
        access_url(c, key->base, policy) != OK ||
        buffer_put_text(policy, "\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":", NULL) !=
            OK ||
        buffer_put(policy, expires, NULL) != OK || buffer_put_text(policy, "}}}]}", NULL) != OK)
        return ACCESS_MALFORMED;
    return ACCESS_GRANTED;
}

static enum access_fault check_address(const struct access_case *c, const json_t *condition)
{
    const char *text = json_string_value(json_object_get(condition, "AWS:SourceIp"));
    struct prefix prefix;
    if (text == NULL || json_object_size(condition) != 1 ||
        prefix_parse(slice_of(text), &prefix, NULL) != OK)
        return ACCESS_MALFORMED;
    const bool is_any = prefix.bits == 0; // signers write 0.0.0.0/0 for everybody
    return is_any || prefix_has(&prefix, &c->request->client) ? ACCESS_GRANTED : ACCESS_ADDRESS;
}

static bool time_of(const json_t *condition, int64_t *out)
{
    const json_t *time = json_object_get(condition, "AWS:EpochTime");
    if (!json_is_integer(time) || json_object_size(condition) != 1) return false;
    *out = json_integer_value(time);
    return true;
}

static enum access_fault check_conditions(const struct access_case *c, json_t *conditions,
                                          int64_t *expires_s)
{
    const char *name;
    json_t *condition;
    int64_t time, expires = 0;
    json_object_foreach(conditions, name, condition)
    {
        enum access_fault fault = ACCESS_GRANTED;
        if (strcmp(name, "IpAddress") == 0)
            fault = check_address(c, condition);
        else if (strcmp(name, "DateGreaterThan") == 0)
            fault = !time_of(condition, &time) ? ACCESS_MALFORMED
                    : time > c->request->now_s ? ACCESS_EARLY
                                               : ACCESS_GRANTED;
        else if (strcmp(name, "DateLessThan") == 0)
            fault = time_of(condition, &expires) ? ACCESS_GRANTED : ACCESS_MALFORMED;
        else
            fault = ACCESS_UNSUPPORTED;
        if (fault != ACCESS_GRANTED) return fault;
    }
    if (json_object_get(conditions, "DateLessThan") == NULL) return ACCESS_MALFORMED;
    if (expires <= c->request->now_s) return ACCESS_EXPIRED;
    *expires_s = expires;
    return ACCESS_GRANTED;
}

static enum access_fault check_resource(const struct access_case *c, const struct access_key *key,
                                        const json_t *resource)
{
    autobuffer url = buffer_init(ACCESS_URL_BYTES_MAX);
    if (resource == NULL) return ACCESS_GRANTED; // CloudFront: all that the key is for
    if (!json_is_string(resource) || access_url(c, key->base, &url) != OK) return ACCESS_MALFORMED;
    return match_wildcards(slice_of(json_string_value(resource)), buffer_slice(&url))
               ? ACCESS_GRANTED
               : ACCESS_SCOPE;
}

static enum access_fault check_policy(const struct access_case *c, const struct access_key *key,
                                      struct slice policy, int64_t *expires_s)
{
    static const char *const members[] = {"Resource", "Condition"};
    autojson *json = NULL;
    if (json_parse(policy, "the policy", &json, NULL) != OK) return ACCESS_MALFORMED;
    json_t *statements = json_object_get(json, "Statement");
    json_t *statement = json_array_get(statements, 0);
    json_t *conditions = json_object_get(statement, "Condition");
    if (json_array_size(statements) != 1 || !json_is_object(conditions)) return ACCESS_MALFORMED;
    size_t known = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        known += json_object_get(statement, members[i]) != NULL;
    if (json_object_size(statement) != known) return ACCESS_UNSUPPORTED;
    const enum access_fault fault = check_resource(c, key, json_object_get(statement, "Resource"));
    return fault != ACCESS_GRANTED ? fault : check_conditions(c, conditions, expires_s);
}

enum access_fault access_cloudfront_check(const struct access_case *c,
                                          const struct cloudfront_signed *given, int64_t *expires_s)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
    size_t signature_len, policy_len = 0;
    autobuffer policy = buffer_init(POLICY_BYTES_MAX + ACCESS_URL_BYTES_MAX);
    const bool is_canned = given->policy.at == NULL;
    const bool is_sha1 = given->hash.at == NULL || slice_is(given->hash, "SHA1");
    if (!is_sha1 && !slice_is(given->hash, "SHA256")) return ACCESS_UNSUPPORTED;
    if (given->signature.at == NULL || given->key_id.at == NULL ||
        (is_canned && given->expires.at == NULL) ||
        !decode(given->signature, signature, sizeof signature, &signature_len))
        return ACCESS_MALFORMED;
    const struct access_key *key = access_keys_find(c->keys, ACCESS_CLOUDFRONT, given->key_id);
    if (key == NULL) return ACCESS_KEY_UNKNOWN;
    if (is_canned) {
        const enum access_fault fault = make_canned(c, key, given->expires, &policy);
        if (fault != ACCESS_GRANTED) return fault;
    } else {
        if (buffer_reserve(&policy, POLICY_BYTES_MAX, NULL) != OK ||
            !decode(given->policy, policy.at, POLICY_BYTES_MAX, &policy_len))
            return ACCESS_MALFORMED;
        policy.len = policy_len;
    }
    if (!signature_is_of_plain(&key->key, is_sha1 ? "SHA1" : "SHA256", buffer_slice(&policy),
                               (struct slice){signature, signature_len}))
        return ACCESS_FORGED;
    return check_policy(c, key, buffer_slice(&policy), expires_s);
}
