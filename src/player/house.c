// SPDX-License-Identifier: Apache-2.0
#include "player/house.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"
#include "base/url.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 256 * 1024, DEADLINE_MS = 10000 };

static bool is_place_of_title(struct slice part)
{
    return slice_is(part, "media") || slice_is(part, "title") || slice_is(part, "watch");
}

outcome house_of(const char *text, char origin[HOUSE_ADDRESS_BYTES], char title[DEVICE_TITLE_BYTES],
                 struct why *why)
{
    struct url url;
    struct slice rest, part, id;
    TRY(url_parse(slice_of(text), &url, why));
    rest = url.path;
    const bool is_ours = slice_cut(&rest, '/', &part) && slice_cut(&rest, '/', &part) &&
                         is_place_of_title(part) && slice_cut(&rest, '/', &id) && id.len > 0 &&
                         id.len < DEVICE_TITLE_BYTES && url.has_authority;
    const size_t origin_len = (size_t)((const char *)url.path.at - text);
    if (!is_ours || origin_len >= HOUSE_ADDRESS_BYTES)
        return fail(why, NOT_FOUND, "%.200s is no title of a Primrose house", text);
    (void)snprintf(origin, HOUSE_ADDRESS_BYTES, "%.*s", (int)origin_len, text);
    (void)snprintf(title, DEVICE_TITLE_BYTES, "%.*s", SLICE_ARG(id));
    return OK;
}

// "/problems/download-over" to its code.
static const char *code_of(const char *type)
{
    const char *slash = type == NULL ? NULL : strrchr(type, '/');
    return slash == NULL ? "" : slash + 1;
}

// What a refusal says (RFC 9457), or its status.
static outcome refuse(const char *what, int status, struct slice answer, struct why *why)
{
    const char *detail = NULL, *type = NULL;
    autojson *problem = NULL;
    const outcome result = status == 401 || status == 403   ? DENIED
                           : status == 404 || status == 410 ? NOT_FOUND
                           : status == 429 || status >= 500 ? UNAVAILABLE
                                                            : INVALID;
    if (json_parse(answer, "the answer", &problem, NULL) == OK)
        (void)(json_text_optional(problem, "the answer", "detail", &detail, NULL) == OK &&
               json_text_optional(problem, "the answer", "type", &type, NULL) == OK);
    const char *code = code_of(type);
    return fail(why, result, "%s was refused (%d%s%.40s): %.250s", what, status,
                code[0] == '\0' ? "" : " ", code, detail == NULL ? "no reason is given" : detail);
}

outcome house_send(struct http_client *client, const struct house_request *request,
                   struct buffer *out, struct why *why)
{
    char type[128], token[HOUSE_TOKEN_BYTES + 32], key[128];
    const char *fields[4] = {NULL};
    size_t count = 0;
    if (request->type != NULL) fields[count++] = type;
    if (request->token != NULL && request->token[0] != '\0') fields[count++] = token;
    if (request->key != NULL) fields[count++] = key;
    (void)snprintf(type, sizeof type, "Content-Type: %s",
                   request->type == NULL ? "" : request->type);
    (void)snprintf(token, sizeof token, "Authorization: Bearer %s",
                   request->token == NULL ? "" : request->token);
    (void)snprintf(key, sizeof key, "Idempotency-Key: %s",
                   request->key == NULL ? "" : request->key);
    const struct http_fetch fetch = {.url = request->url,
                                     .method = request->method,
                                     .fields = fields,
                                     .body = request->body,
                                     .deadline_ms = DEADLINE_MS};
    struct http_fetched fetched;
    TRY(http_client_fetch(client, &fetch, out, &fetched, why));
    const int status = fetched.status;
    http_fetched_release(&fetched);
    const bool is_done = status == 200 || status == 201 || status == 204;
    return is_done ? OK : refuse(request->what, status, buffer_slice(out), why);
}

outcome house_take_address(const json_t *object, const char *key, const char *origin, char *out,
                           struct why *why)
{
    const char *text = "";
    char base[HOUSE_ADDRESS_BYTES + 1];
    autobuffer url = buffer_init(HOUSE_ADDRESS_BYTES - 1);
    TRY(json_text(object, "the house's answer", key, &text, why));
    (void)snprintf(base, sizeof base, "%s/", origin);
    TRY(url_resolve(slice_of(base), slice_of(text), &url, why));
    (void)snprintf(out, HOUSE_ADDRESS_BYTES, "%.*s", SLICE_ARG(buffer_slice(&url)));
    return OK;
}

static outcome take_target(const json_t *licence, const char *origin, struct house_playback *out,
                           struct why *why)
{
    const char *token = "";
    TRY(house_take_address(licence, "devices_url", origin, out->devices_url, why));
    TRY(house_take_address(licence, "native_url", origin, out->native_url, why));
    TRY(json_text(licence, "the playback's licence", "token", &token, why));
    if (strlen(token) >= HOUSE_TOKEN_BYTES || strpbrk(token, "\r\n") != NULL)
        return fail(why, INVALID, "the playback's token is none");
    (void)snprintf(out->token, HOUSE_TOKEN_BYTES, "%s", token);
    out->is_protected = true;
    return OK;
}

static outcome take_key_ids(const json_t *playback, struct house_playback *out, struct why *why)
{
    json_t *ids = NULL;
    TRY(json_array_of(playback, "the playback", "key_ids", &ids, why));
    if (json_array_size(ids) > LICENCE_KEYS_MAX)
        return fail(why, TOO_LARGE, "the title has more than %d keys", LICENCE_KEYS_MAX);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *text = json_string_value(json_array_get(ids, i));
        TRY(key_id_parse(slice_of(text == NULL ? "" : text), &out->key_ids[i], why));
        out->key_count++;
    }
    if (out->is_protected && out->key_count == 0)
        return fail(why, INVALID, "the playback of a protected title names no key");
    return OK;
}

outcome house_take_licence(const json_t *answer, const char *origin, struct house_playback *out,
                           struct why *why)
{
    struct house_playback made = {.is_protected = false};
    const json_t *licence = json_object_get(answer, "licence");
    if (json_is_object(licence)) TRY(take_target(licence, origin, &made, why));
    if (made.is_protected) TRY(take_key_ids(answer, &made, why));
    *out = made;
    return OK;
}

outcome house_register(struct http_client *client, const struct house_playback *playback,
                       struct slice registration, struct ed25519_public out[HOUSE_SERVICES_MAX],
                       size_t *out_count, struct why *why)
{
    autobuffer answer = buffer_init(ANSWER_BYTES_MAX);
    autojson *registered = NULL;
    json_t *keys = NULL;
    const struct house_request post = {.what = "this device",
                                       .method = "POST",
                                       .url = playback->devices_url,
                                       .type = REGISTRATION_MEDIA_TYPE,
                                       .token = NULL,
                                       .body = registration};
    TRY(house_send(client, &post, &answer, why));
    TRY(json_parse(buffer_slice(&answer), "the registration", &registered, why));
    TRY(json_array_of(registered, "the registration", "service_keys", &keys, why));
    if (json_array_size(keys) > HOUSE_SERVICES_MAX)
        return fail(why, TOO_LARGE, "the house has more than %d licence keys", HOUSE_SERVICES_MAX);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *text = json_string_value(json_array_get(keys, i));
        size_t len = 0;
        TRY(base64_parse(BASE64_URL, slice_of(text == NULL ? "" : text), out[i].bytes,
                         ED25519_PUBLIC_BYTES, &len, why));
        if (len != ED25519_PUBLIC_BYTES)
            return fail(why, INVALID, "a licence service's key has %zu bytes", len);
    }
    *out_count = json_array_size(keys);
    return OK;
}

outcome house_licence(struct http_client *client, const struct house_playback *playback,
                      struct slice challenge, struct buffer *out, struct why *why)
{
    autobuffer answer = buffer_init(ANSWER_BYTES_MAX);
    const struct house_request post = {.what = "a licence",
                                       .method = "POST",
                                       .url = playback->native_url,
                                       .type = CHALLENGE_MEDIA_TYPE,
                                       .token = playback->token,
                                       .body = challenge};
    TRY(house_send(client, &post, &answer, why));
    return buffer_put(out, buffer_slice(&answer), why);
}

outcome house_ask(struct http_client *client, const struct house_question *question, json_t **out,
                  struct why *why)
{
    autobuffer body = buffer_init(ANSWER_BYTES_MAX), answer = buffer_init(ANSWER_BYTES_MAX);
    if (question->body != NULL) TRY(json_format(question->body, &body, why));
    const struct house_request request = {.what = question->what,
                                          .method = question->method,
                                          .url = question->url,
                                          .type =
                                              question->body == NULL ? NULL : "application/json",
                                          .token = question->token,
                                          .body = buffer_slice(&body)};
    TRY(house_send(client, &request, &answer, why));
    json_t *made = NULL;
    if (answer.len > 0) TRY(json_parse(buffer_slice(&answer), question->what, &made, why));
    *out = made;
    return OK;
}
