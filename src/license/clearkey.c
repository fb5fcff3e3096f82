// SPDX-License-Identifier: Apache-2.0
#include "license/clearkey.h"

#include "base/base64.h"
#include "base/json.h"

#include <string.h>

static const char *const type_words[] = {
    [CLEARKEY_TEMPORARY] = "temporary",
    [CLEARKEY_PERSISTENT] = "persistent-license",
};

static const char what[] = "the licence request";

static outcome parse_type(const json_t *request, enum clearkey_type *out, struct why *why)
{
    const char *word = type_words[CLEARKEY_TEMPORARY];
    TRY(json_text_optional(request, what, "type", &word, why));
    for (enum clearkey_type type = CLEARKEY_TEMPORARY; type <= CLEARKEY_PERSISTENT; type++) {
        if (strcmp(word, type_words[type]) != 0) continue;
        *out = type;
        return OK;
    }
    return fail(why, INVALID, "%s's \"type\" is temporary or persistent-license", what);
}

static bool is_there(const struct clearkey_request *request, const struct key_id *id)
{
    for (size_t i = 0; i < request->count; i++)
        if (key_id_equal(&request->kids[i], id)) return true;
    return false;
}

static outcome parse_kid(const json_t *kid, struct clearkey_request *request, struct why *why)
{
    struct key_id id;
    size_t len = 0;
    const struct slice text = {(const uint8_t *)json_string_value(kid), json_string_length(kid)};
    if (!json_is_string(kid) ||
        base64_parse(BASE64_URL, text, id.bytes, sizeof id.bytes, &len, NULL) != OK ||
        len != sizeof id.bytes)
        return fail(why, INVALID, "%s names a key id that is not base64url of 16 bytes", what);
    if (!is_there(request, &id)) request->kids[request->count++] = id;
    return OK;
}

outcome clearkey_parse(struct slice body, struct clearkey_request *out, struct why *why)
{
    struct clearkey_request request = {.count = 0};
    autojson *json = NULL;
    json_t *kids, *kid;
    size_t i;
    if (body.len > CLEARKEY_REQUEST_BYTES_MAX)
        return fail(why, TOO_LARGE, "%s exceeds %d bytes", what, CLEARKEY_REQUEST_BYTES_MAX);
    TRY(json_parse(body, what, &json, why));
    if (!json_is_object(json)) return fail(why, INVALID, "%s is not a JSON object", what);
    TRY(json_array_of(json, what, "kids", &kids, why));
    if (json_array_size(kids) == 0 || json_array_size(kids) > CLEARKEY_KIDS_MAX)
        return fail(why, INVALID, "%s names 1 to %d key ids", what, CLEARKEY_KIDS_MAX);
    json_array_foreach(kids, i, kid) TRY(parse_kid(kid, &request, why));
    TRY(parse_type(json, &request.type, why));
    *out = request;
    return OK;
}

// Written by hand, against the rule for JSON: a library would leave the keys in memory that nobody
// wipes. Nothing here needs escaping: base64url and two fixed words.
outcome clearkey_format(const struct content_key *keys, size_t count, enum clearkey_type type,
                        struct buffer *out, struct why *why)
{
    TRY(buffer_reserve(out, CLEARKEY_ANSWER_BYTES_MAX, why));
    TRY(buffer_put_text(out, "{\"keys\":[", why));
    for (size_t i = 0; i < count; i++) {
        const struct slice id = {keys[i].id.bytes, KEY_ID_BYTES};
        const struct slice secret = {keys[i].secret, CONTENT_KEY_BYTES};
        TRY(buffer_put_text(
            out, i == 0 ? "{\"kty\":\"oct\",\"kid\":\"" : ",{\"kty\":\"oct\",\"kid\":\"", why));
        TRY(base64_format(BASE64_URL, id, out, why));
        TRY(buffer_put_text(out, "\",\"k\":\"", why));
        TRY(base64_format(BASE64_URL, secret, out, why));
        TRY(buffer_put_text(out, "\"}", why));
    }
    TRY(buffer_put_text(out, "],\"type\":\"", why));
    TRY(buffer_put_text(out, type_words[type], why));
    return buffer_put_text(out, "\"}", why);
}
