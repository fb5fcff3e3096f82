// SPDX-License-Identifier: Apache-2.0
#include "app/licences_internal.h"

#include "base/log.h"
#include "catalog/title_keys.h"
#include "license/gateway.h"
#include "license/key_server.h"
#include "net/http_client.h"

#include <string.h>

enum { VENDOR_DEADLINE_MS = 10000 }; // a player waits no longer for its first frame

// vendors' licences

static outcome ask_vendor(enum vendor vendor, const struct gateway_call *call,
                          struct secret_answer *licence, const char **type, struct why *why)
{
    struct http_client *client = NULL;
    struct http_fetched fetched;
    autobuffer answer = buffer_init(GATEWAY_ANSWER_BYTES_MAX);
    const struct http_fetch fetch = {
        .url = call->url,
        .method = "POST",
        .fields = call->fields,
        .body = buffer_slice(&call->body),
        .deadline_ms = VENDOR_DEADLINE_MS,
    };
    TRY(http_client_open(&client, why));
    outcome result = http_client_fetch(client, &fetch, &answer, &fetched, why);
    if (result == OK) {
        result = gateway_unwrap(vendor, fetched.status, buffer_slice(&answer), &licence->bytes,
                                type, why);
        http_fetched_release(&fetched);
    }
    http_client_close(&client);
    return result;
}

// OK with a denial in `verdict`, or with the licence in `licence`.
static outcome vendor_licence(struct licences *licences, enum vendor vendor,
                              const struct desk_caller *caller, struct slice challenge,
                              struct desk_verdict *verdict, struct secret_answer *licence,
                              const char **type, struct why *why)
{
    struct gateway_call call;
    TRY(desk_judge(licences->desk, caller, USE_STREAM, DESK_MAY_WAIT, verdict, why));
    if (verdict->denial != GRANTED) return OK;
    TRY(gateway_wrap(licences->partners, vendor, challenge, verdict, &call, why));
    const outcome result = ask_vendor(vendor, &call, licence, type, why);
    buffer_release(&call.body);
    if (result == DENIED) verdict->denial = DENY_VENDOR;
    return result == DENIED ? OK : result;
}

void api_vendor_licence(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    char territory[TERRITORY_BYTES];
    const struct desk_caller caller = {
        .token = licence_token(exchange->request),
        .territory = licences_territory(service->licences, exchange, territory),
        .robustness = ROBUST_VENDOR,
    };
    enum vendor vendor;
    const char *type = NULL;
    struct why why = {"there is no such system: widevine, playready or fairplay"};
    struct desk_verdict verdict = {.must_wait = false};
    struct secret_answer *licence = secret_answer_make(GATEWAY_ANSWER_BYTES_MAX);
    outcome result = licence == NULL ? NO_MEMORY : NOT_FOUND;
    if (licence != NULL && vendor_parse(exchange->params[0], &vendor))
        result = vendor_licence(service->licences, vendor, &caller, exchange->body, &verdict,
                                licence, &type, &why);
    if (result == OK && verdict.denial == GRANTED) {
        secret_answer_send(exchange, type, licence);
        return;
    }
    if (licence != NULL) secret_answer_drop(licence);
    if (result == OK)
        licence_deny(exchange, &verdict, exchange->params[0]);
    else
        http_reply_outcome(exchange, result, &why);
}

// keys for packagers

static outcome serve_keys(const struct licences *licences, struct slice body,
                          struct secret_answer *answer, struct why *why)
{
    static const struct partners nobody = {.packager_count = 0};
    const struct partners *partners = licences->partners == NULL ? &nobody : licences->partners;
    struct key_server_request request;
    autobuffer message = buffer_init(WIDEVINE_MESSAGE_BYTES_MAX);
    autokeys keys = {.count = 0};
    TRY(widevine_envelope_open(body, partners->packagers, partners->packager_count, &message, why));
    TRY(key_server_parse(buffer_slice(&message), &request, why));
    TRY(title_keys_load(licences->stores->tables, licences->ring, request.title, request.classes,
                        clock_wall_ms(licences->clock), &keys, why));
    TRY(key_server_format(&request, &keys, &answer->bytes, why));
    log_event(LOG_INFO, "license.keys_fetched", "title=%s tracks=%zu", request.title,
              request.count);
    return OK;
}

void api_key_server(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    struct why why = {""};
    struct secret_answer *answer = secret_answer_make(KEY_SERVER_ANSWER_BYTES_MAX);
    const outcome result =
        answer == NULL ? NO_MEMORY : serve_keys(service->licences, exchange->body, answer, &why);
    if (result == OK) {
        secret_answer_send(exchange, "application/json", answer);
        return;
    }
    if (answer != NULL) secret_answer_drop(answer);
    if (result == DENIED) {
        log_event(LOG_INFO, "license.keys_denied", "why=\"%s\"", why.text);
        http_reply_problem(exchange, 401, "denied", "no keys are given", why.text);
    } else {
        http_reply_outcome(exchange, result, &why);
    }
}
