// SPDX-License-Identifier: Apache-2.0
#include "delivery/access.h"

#include "base/url.h"
#include "delivery/access_internal.h"
#include "delivery/access_token.h"

#include <string.h>

#define CAT_NAME "CTA-Common-Access-Token"
#define URI_NAME "URISigningPackage"

static const struct {
    int status;
    const char *code, *sentence;
} faults[ACCESS_FAULT_COUNT] = {
#define ACCESS_FAULT_ROW(name, status, code, sentence) {status, code, sentence},
    ACCESS_FAULTS(ACCESS_FAULT_ROW)
#undef ACCESS_FAULT_ROW
};

int access_status(enum access_fault fault)
{
    return faults[fault].status;
}

const char *access_code(enum access_fault fault)
{
    return faults[fault].code;
}

const char *access_sentence(enum access_fault fault)
{
    return faults[fault].sentence;
}

// Parameters that carry tokens: no part of what is asked for.
static const char *const token_parameters[] = {
    "Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm", CAT_NAME, URI_NAME,
};

static bool is_token_parameter(struct slice parameter)
{
    struct slice rest = parameter, name;
    if (!slice_cut(&rest, '=', &name)) return false;
    for (size_t i = 0; i < sizeof token_parameters / sizeof token_parameters[0]; i++)
        if (slice_is(name, token_parameters[i])) return true;
    return false;
}

outcome access_clean_query(struct slice query, struct buffer *out, struct why *why)
{
    struct slice rest = query, parameter;
    const size_t start = out->len;
    while (slice_cut(&rest, '&', &parameter)) {
        if (is_token_parameter(parameter)) continue;
        if (out->len > start) TRY(buffer_put_u8(out, '&', why));
        TRY(buffer_put(out, parameter, why));
    }
    return OK;
}

// The token of a path "/~TOKEN/..."; `at` NULL when there is none.
static struct slice path_token(struct slice path)
{
    const struct slice none = {NULL, 0};
    if (!slice_starts(path, "/~")) return none;
    const struct slice rest = slice_part(path, 2, path.len);
    const uint8_t *end = rest.len == 0 ? NULL : memchr(rest.at, '/', rest.len);
    return end == NULL ? none : slice_part(rest, 0, (size_t)(end - rest.at));
}

struct slice access_clean_path(struct slice path)
{
    const struct slice token = path_token(path);
    return token.at == NULL ? path : slice_part(path, 2 + token.len, path.len);
}

bool access_cookie(const struct http_request *http, const char *name, struct slice *value)
{
    for (size_t i = 0; i < http->field_count; i++) {
        if (http->fields[i].id != FIELD_COOKIE) continue;
        struct slice rest = http->fields[i].value, pair;
        while (slice_cut(&rest, ';', &pair)) {
            struct slice behind = slice_trim(pair), found;
            if (!slice_cut(&behind, '=', &found) || !slice_is(found, name) || behind.at == NULL)
                continue;
            const bool is_quoted =
                behind.len >= 2 && behind.at[0] == '"' && behind.at[behind.len - 1] == '"';
            *value = is_quoted ? slice_part(behind, 1, behind.len - 2) : behind;
            return true;
        }
    }
    return false;
}

outcome access_url(const struct access_case *c, const char *base, struct buffer *out)
{
    const struct http_request *http = c->request->http;
    if (base[0] != '\0') {
        TRY(buffer_put_text(out, base, NULL));
    } else {
        TRY(buffer_format(out, NULL, "%s://", c->request->scheme));
        TRY(buffer_put(out, http->host, NULL));
    }
    TRY(buffer_put(out, c->path, NULL));
    const size_t mark = out->len;
    TRY(buffer_put_u8(out, '?', NULL));
    TRY(access_clean_query(http->query, out, NULL));
    if (out->len == mark + 1) out->len = mark; // nothing but tokens
    return OK;
}

enum access_fault access_use_once(const struct access_case *c, const struct access_key *key,
                                  struct slice id, int64_t expires_s)
{
    if (c->replay == NULL) return ACCESS_UNSUPPORTED;
    switch (access_replay_use(c->replay, key->id, id, expires_s, c->request->now_s)) {
    case REPLAY_FIRST: return ACCESS_GRANTED;
    case REPLAY_AGAIN: return ACCESS_REPLAYED;
    case REPLAY_FULL: break;
    }
    return ACCESS_BUSY;
}

static struct slice query_value(const struct http_request *http, const char *name)
{
    struct slice value = {NULL, 0};
    (void)query_find(http->query, name, &value);
    return value;
}

static struct slice cookie_value(const struct http_request *http, const char *name)
{
    struct slice value = {NULL, 0};
    (void)access_cookie(http, name, &value);
    return value;
}

static struct slice header_value(const struct http_request *http, const char *name)
{
    for (size_t i = 0; i < http->field_count; i++)
        if (slice_is_nocase(http->fields[i].name, name)) return http->fields[i].value;
    return (struct slice){NULL, 0};
}

// A CAT begins with a CBOR tag (0xd1, 0xd2, 0xd8), ours with its version 1: by their first letter.
static enum access_scheme scheme_of(struct slice token)
{
    return token.len > 0 && token.at[0] == 'A' ? ACCESS_TOKEN : ACCESS_CAT;
}

static bool find_cloudfront(struct slice (*value)(const struct http_request *, const char *),
                            const struct http_request *http, const char *const *names,
                            struct cloudfront_signed *out)
{
    const struct cloudfront_signed given = {
        .policy = value(http, names[0]),
        .expires = value(http, names[1]),
        .signature = value(http, names[2]),
        .key_id = value(http, names[3]),
        .hash = value(http, names[4]),
    };
    *out = given;
    return given.signature.at != NULL || given.key_id.at != NULL;
}

static enum access_fault check_one(const struct access_case *c, enum access_scheme scheme,
                                   struct slice token, const struct cloudfront_signed *cloudfront,
                                   int64_t *expires_s)
{
    switch (scheme) {
    case ACCESS_TOKEN: return access_token_check(c, token, expires_s);
    case ACCESS_CAT: return access_cat_check(c, token, expires_s);
    case ACCESS_URI: return access_uri_check(c, token, expires_s);
    case ACCESS_CLOUDFRONT: return access_cloudfront_check(c, cloudfront, expires_s);
    case ACCESS_SCHEME_COUNT: break;
    }
    return ACCESS_MALFORMED;
}

// Where tokens may stand, besides the path and CloudFront's sets of values; the first one found
// decides.
static const struct place {
    struct slice (*value)(const struct http_request *http, const char *name);
    const char *name;
    enum access_scheme scheme;
} places[] = {
    {query_value, CAT_NAME, ACCESS_CAT},  {query_value, URI_NAME, ACCESS_URI},
    {header_value, CAT_NAME, ACCESS_CAT}, {cookie_value, ACCESS_COOKIE, ACCESS_TOKEN},
    {cookie_value, CAT_NAME, ACCESS_CAT}, {cookie_value, URI_NAME, ACCESS_URI},
};

static bool find_token(const struct http_request *http, struct slice *token,
                       struct cloudfront_signed *cloudfront, enum access_scheme *scheme)
{
    static const char *const parameters[] = {"Policy", "Expires", "Signature", "Key-Pair-Id",
                                             "Hash-Algorithm"};
    static const char *const cookies[] = {"CloudFront-Policy", "CloudFront-Expires",
                                          "CloudFront-Signature", "CloudFront-Key-Pair-Id",
                                          "CloudFront-Hash-Algorithm"};
    *token = path_token(http->path);
    *scheme = scheme_of(*token);
    if (token->at != NULL) return true;
    *scheme = ACCESS_CLOUDFRONT;
    if (find_cloudfront(query_value, http, parameters, cloudfront)) return true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        *token = places[i].value(http, places[i].name);
        *scheme = places[i].scheme;
        if (token->at != NULL) return true;
    }
    *scheme = ACCESS_CLOUDFRONT;
    return find_cloudfront(cookie_value, http, cookies, cloudfront);
}

struct access_verdict access_check(const struct access_keys *keys, struct access_replay *replay,
                                   const struct access_request *request)
{
    const struct access_case c = {
        .keys = keys,
        .replay = replay,
        .request = request,
        .path = access_clean_path(request->http->path),
    };
    struct access_verdict verdict = {.fault = ACCESS_MISSING};
    struct cloudfront_signed cloudfront = {.policy = {NULL, 0}};
    struct slice token;
    if (!find_token(request->http, &token, &cloudfront, &verdict.scheme)) return verdict;
    verdict.proof = verdict.scheme == ACCESS_CLOUDFRONT ? cloudfront.signature : token;
    verdict.fault = check_one(&c, verdict.scheme, token, &cloudfront, &verdict.expires_s);
    return verdict;
}
