// SPDX-License-Identifier: Apache-2.0
#include "app/licences_internal.h"

#include "base/log.h"
#include "catalog/title_keys.h"
#include "license/gateway.h"
#include "license/key_server.h"
#include "net/http_client.h"
#include "studio/speke.h"

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

// keys for packagers, by SPEKE v2

static struct slice field_of(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_is_nocase(request->fields[i].name, name)) return request->fields[i].value;
    return (struct slice){NULL, 0};
}

static const struct speke_packager *packager_of(const struct licences *licences,
                                                const struct http_request *request)
{
    const struct slice token = licence_token(request);
    if (licences->partners == NULL) return NULL;
    return partners_speke(licences->partners,
                          token.len > 0 ? token : field_of(request, "X-Api-Key"));
}

// Keys go to the packager's own certificate, whatever its request asks for.
static outcome answer_speke(const struct licences *licences, const struct speke_packager *packager,
                            struct slice body, struct secret_answer *answer, struct why *why)
{
    const struct speke_provider provider = {.tables = licences->stores->tables,
                                            .ring = licences->ring,
                                            .partners = slice_of(packager->certificate),
                                            .wall_ms = clock_wall_ms(licences->clock)};
    return speke_answer(&provider, body, &answer->bytes, why);
}

void api_speke(void *context, struct http_exchange *exchange)
{
    const struct licences *licences = ((struct service *)context)->licences;
    const struct speke_packager *packager = packager_of(licences, exchange->request);
    struct why why = {""};
    if (packager == NULL) {
        log_event(LOG_INFO, "license.keys_denied", "why=\"no SPEKE packager has this key\"");
        http_reply_problem(exchange, 401, "denied", "no keys are given",
                           "Send the key of a packager that the house knows.");
        return;
    }
    if (!slice_is(field_of(exchange->request, "X-Speke-Version"), "2.0")) {
        (void)!fail(&why, INVALID, "this provider speaks SPEKE v2: X-Speke-Version: 2.0");
        http_reply_outcome(exchange, INVALID, &why);
        return;
    }
    struct secret_answer *answer = secret_answer_make(CPIX_BYTES_MAX);
    const outcome result =
        answer == NULL ? NO_MEMORY : answer_speke(licences, packager, exchange->body, answer, &why);
    log_event(LOG_INFO, result == OK ? "license.keys_fetched" : "license.keys_denied",
              "protocol=speke packager=%s outcome=%s", packager->name, outcome_code(result));
    if (result == OK) {
        http_reply_run(exchange, slice_of("X-Speke-Version: 2.0\r\n"));
        secret_answer_send(exchange, "application/xml", answer);
        return;
    }
    if (answer != NULL) secret_answer_drop(answer);
    http_reply_outcome(exchange, result, &why);
}
