// SPDX-License-Identifier: Apache-2.0
#include "app/licences_internal.h"

#include "app/api.h"
#include "base/base64.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// offering

static outcome add_key_id(json_t *key_ids, const char *key_id, struct why *why)
{
    size_t i;
    json_t *known;
    json_array_foreach(key_ids, i,
                       known) if (strcmp(json_string_value(known), key_id) == 0) return OK;
    if (json_array_append_new(key_ids, json_string(key_id)) != 0)
        return fail(why, NO_MEMORY, "no memory for key ids");
    return OK;
}

static json_t *offer_json(const struct licences *licences, const struct entitlement *claims,
                          const char *token)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:I}", "url",
                     json_sprintf("%s/v1/licences/clearkey", licences->url), "native_url",
                     json_sprintf("%s/v1/licences/native", licences->url), "devices_url",
                     json_sprintf("%s/v1/licences/devices", licences->url), "token", token,
                     "expires_s", (json_int_t)claims->expires_s);
}

outcome licence_offer(struct licences *licences, const struct title *title,
                      const struct entitlement *claims, json_t **licence, json_t **key_ids,
                      struct why *why)
{
    autojson *ids = json_array();
    autobuffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    if (ids == NULL) return fail(why, NO_MEMORY, "no memory for key ids");
    for (size_t i = 0; i < title->track_count; i++)
        if (title->tracks[i].key_id[0] != '\0') TRY(add_key_id(ids, title->tracks[i].key_id, why));
    json_t *offer = json_null();
    if (json_array_size(ids) > 0) {
        TRY(entitlement_make(licences->signing, ENTITLEMENT_FOR_LICENSE, claims, &token, why));
        offer = offer_json(licences, claims, buffer_text(&token));
        if (offer == NULL) return fail(why, NO_MEMORY, "no memory for a licence's address");
    }
    *licence = offer;
    *key_ids = json_incref(ids);
    return OK;
}

// answering

struct slice licence_token(const struct http_request *request)
{
    struct slice value, scheme;
    if (!http_request_find(request, FIELD_AUTHORIZATION, &value)) return (struct slice){NULL, 0};
    if (!slice_cut(&value, ' ', &scheme) || !slice_is_nocase(scheme, "Bearer"))
        return (struct slice){NULL, 0};
    return slice_trim(value);
}

// What stands in the log of a denial: ids, never a token, a key or a key id.
static void log_denial(const struct desk_verdict *verdict, const char *protocol)
{
    const struct entitlement *claims = &verdict->claims;
    log_event(LOG_INFO, "license.denied",
              "code=%s protocol=%s entitlement=%s member=%s session=%s title=%s device=%s",
              denial_code(verdict->denial), protocol, claims->id, claims->member, claims->session,
              claims->title, claims->device);
}

void licence_deny(struct http_exchange *exchange, const struct desk_verdict *verdict,
                  const char *protocol)
{
    const enum denial denial = verdict->denial;
    const int status = denial_status(denial);
    log_denial(verdict, protocol);
    http_reply_problem(exchange, status, denial_code(denial), "no licence is given",
                       denial_sentence(denial));
    if (status == 429) http_reply_run(exchange, slice_of("Retry-After: 60\r\n"));
    if (status == 401)
        http_reply_run(exchange, slice_of("WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
}

void secret_answer_drop(void *owner)
{
    struct secret_answer *answer = owner;
    if (answer->bytes.at != NULL) explicit_bzero(answer->bytes.at, answer->bytes.room);
    buffer_release(&answer->bytes);
    free(answer);
}

struct secret_answer *secret_answer_make(size_t cap)
{
    struct secret_answer *answer = calloc(1, sizeof *answer);
    if (answer != NULL) answer->bytes = buffer_init(cap);
    return answer;
}

void secret_answer_send(struct http_exchange *exchange, const char *type,
                        struct secret_answer *answer)
{
    http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
    http_reply_bytes(exchange, 200, type, buffer_slice(&answer->bytes));
    exchange->reply.release = secret_answer_drop;
    exchange->reply.owner = answer;
}

// Takes `answer`.
static void reply_answer(struct http_exchange *exchange, const struct desk_verdict *verdict,
                         const char *protocol, const char *type, struct secret_answer *answer)
{
    if (verdict->denial != GRANTED) {
        licence_deny(exchange, verdict, protocol);
        secret_answer_drop(answer);
        return;
    }
    secret_answer_send(exchange, type, answer);
}

// False when nothing was decided: the stores are to be asked.
static bool clearkey_at(struct service *service, struct http_exchange *exchange,
                        enum desk_pace pace)
{
    char territory[TERRITORY_BYTES];
    const struct desk_caller caller = {
        .token = licence_token(exchange->request),
        .territory = licences_territory(service->licences, exchange, territory),
        .robustness = ROBUST_BROWSER,
    };
    struct desk_verdict verdict = {.must_wait = false};
    struct why why = {""};
    struct secret_answer *answer = secret_answer_make(CLEARKEY_ANSWER_BYTES_MAX);
    if (answer == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return true;
    }
    const outcome result = desk_clearkey(service->licences->desk, &caller, exchange->body, pace,
                                         &verdict, &answer->bytes, &why);
    if (result == OK && !verdict.must_wait) {
        reply_answer(exchange, &verdict, "clearkey", "application/json", answer);
        return true;
    }
    secret_answer_drop(answer);
    if (result == OK) return false;
    http_reply_outcome(exchange, result, &why);
    return true;
}

static void clearkey_on_pool(void *context, struct http_exchange *exchange)
{
    (void)clearkey_at(context, exchange, DESK_MAY_WAIT);
}

void api_clearkey(void *context, struct http_exchange *exchange)
{
    if (!clearkey_at(context, exchange, DESK_NO_WAIT))
        http_exchange_offload(exchange, clearkey_on_pool, NULL, context);
}

void api_native(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    char territory[TERRITORY_BYTES];
    const struct desk_caller caller = {
        .token = licence_token(exchange->request),
        .territory = licences_territory(service->licences, exchange, territory),
        .robustness = ROBUST_SOFTWARE,
    };
    struct desk_verdict verdict;
    struct why why = {""};
    struct secret_answer *answer = secret_answer_make(LICENCE_BYTES_MAX);
    const outcome result = answer == NULL
                               ? NO_MEMORY
                               : native_licence(service->licences->native, &caller, exchange->body,
                                                &verdict, &answer->bytes, &why);
    if (result == OK) {
        reply_answer(exchange, &verdict, "native", LICENCE_MEDIA_TYPE, answer);
        return;
    }
    if (answer != NULL) secret_answer_drop(answer);
    http_reply_outcome(exchange, result, &why);
}

static json_t *registered_json(const struct licences *licences, const struct device_id *id,
                               struct why *why)
{
    char text[DEVICE_ID_TEXT_BYTES];
    autobuffer key = buffer_init(64);
    const struct slice public = {ed25519_key_public(licences->signer)->bytes, ED25519_PUBLIC_BYTES};
    if (base64_format(BASE64_URL, public, &key, why) != OK) return NULL;
    return json_pack("{s:s, s:[s]}", "device_id", device_id_format(id, text), "service_keys",
                     buffer_text(&key));
}

void api_register_device(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    struct device_id id;
    struct why why = {""};
    char address[ADDRESS_TEXT_BYTES];
    licences_address(service->licences, exchange, address);
    const outcome result =
        native_register(service->licences->native, exchange->body, address, &id, &why);
    if (result != OK) {
        http_reply_outcome(exchange, result, &why);
        return;
    }
    autojson *json = registered_json(service->licences, &id, &why);
    api_reply_json(exchange, json, "no-store");
}
