// SPDX-License-Identifier: Apache-2.0
#include "license/gateway.h"

#include "base/base64.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *request_line, *answer_type;
} kinds[VENDOR_COUNT] = {
    [VENDOR_WIDEVINE] = {"Content-Type: application/json", "application/octet-stream"},
    [VENDOR_PLAYREADY] = {"Content-Type: text/xml; charset=utf-8", "text/xml; charset=utf-8"},
    [VENDOR_FAIRPLAY] = {"Content-Type: application/octet-stream", "application/octet-stream"},
};

static int64_t until_s(const struct desk_verdict *verdict)
{
    const int64_t token_s = verdict->claims.expires_s, play_ms = verdict->grant.play_until_ms;
    return play_ms != INT64_MAX && play_ms / 1000 < token_s ? play_ms / 1000 : token_s;
}

__attribute__((format(printf, 2, 3))) static void add_line(struct gateway_call *call,
                                                           const char *format, ...)
{
    size_t i = 0;
    while (call->fields[i] != NULL)
        i++;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(call->lines[i], GATEWAY_FIELD_BYTES, format, list);
    va_end(list);
    call->fields[i] = call->lines[i];
}

// Widevine

static const char *track_types(const struct grant *grant)
{
    if (grant_opens(grant, KEY_FOR_UHD)) return "SD_UHD2";
    return grant_opens(grant, KEY_FOR_HD) ? "SD_HD" : "SD_ONLY";
}

static outcome widevine_message(const struct vendor_service *service, struct slice challenge,
                                const struct desk_verdict *verdict, struct buffer *out,
                                struct why *why)
{
    const struct entitlement *claims = &verdict->claims;
    autobuffer payload = buffer_init(2 * GATEWAY_CHALLENGE_BYTES_MAX);
    autobuffer content = buffer_init(128);
    TRY(base64_format(BASE64_PADDED, challenge, &payload, why));
    TRY(base64_format(BASE64_PADDED, slice_of(claims->title), &content, why));
    const int64_t left_s = until_s(verdict) - verdict->now_ms / 1000;
    autojson *json =
        json_pack("{s:s%, s:s%, s:s, s:s, s:{s:b, s:b, s:I, s:I, s:I}}", "payload",
                  (const char *)payload.at, payload.len, "content_id", (const char *)content.at,
                  content.len, "provider", service->signer.name, "allowed_track_types",
                  track_types(&verdict->grant), "policy_overrides", "can_play", 1, "can_persist",
                  claims->offline_start_s != 0, "license_duration_seconds", (json_int_t)left_s,
                  "rental_duration_seconds", (json_int_t)claims->offline_start_s,
                  "playback_duration_seconds", (json_int_t)claims->offline_play_s);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a licence request");
    return json_format(json, out, why);
}

static outcome wrap_widevine(const struct vendor_service *service, struct slice challenge,
                             const struct desk_verdict *verdict, struct gateway_call *call,
                             struct why *why)
{
    autobuffer message = buffer_init(WIDEVINE_MESSAGE_BYTES_MAX + GATEWAY_CHALLENGE_BYTES_MAX);
    TRY(widevine_message(service, challenge, verdict, &message, why));
    return widevine_envelope_make(&service->signer, buffer_slice(&message), &call->body, why);
}

static outcome unwrap_widevine(struct slice answer, struct buffer *out, struct why *why)
{
    const char *status, *licence;
    size_t len = 0;
    autojson *json = NULL;
    if (json_parse(answer, "the answer", &json, NULL) != OK ||
        json_text(json, "the answer", "status", &status, NULL) != OK)
        return fail(why, UNAVAILABLE, "Widevine's service gives an answer that is none");
    if (strcmp(status, "OK") != 0)
        return fail(why, DENIED, "Widevine's service refuses: %.60s", status);
    if (json_text(json, "the answer", "license", &licence, NULL) != OK || licence[0] == '\0' ||
        buffer_reserve(out, strlen(licence), NULL) != OK ||
        base64_parse(BASE64_PADDED, slice_of(licence), out->at + out->len, out->room - out->len,
                     &len, NULL) != OK)
        return fail(why, UNAVAILABLE, "Widevine's service gives an answer without a licence");
    out->len += len;
    return OK;
}

// PlayReady and FairPlay

static outcome wrap_plain(const struct vendor_service *service, struct slice challenge,
                          const struct desk_verdict *verdict, struct gateway_call *call,
                          struct why *why)
{
    autobuffer classes = buffer_init(64);
    for (enum key_class class = KEY_FOR_AUDIO; class < KEY_CLASS_COUNT; class ++) {
        if (!grant_opens(&verdict->grant, class)) continue;
        if (classes.len > 0) TRY(buffer_put_u8(&classes, ',', why));
        TRY(buffer_put_text(&classes, key_class_word(class), why));
    }
    add_line(call, "X-Primrose-Title: %s", verdict->claims.title);
    add_line(call, "X-Primrose-Classes: %.*s", SLICE_ARG(buffer_slice(&classes)));
    add_line(call, "X-Primrose-Until: %lld", (long long)until_s(verdict));
    return buffer_put(&call->body, challenge, why);
}

outcome gateway_wrap(const struct partners *partners, enum vendor vendor, struct slice challenge,
                     const struct desk_verdict *verdict, struct gateway_call *out, struct why *why)
{
    if (partners == NULL || partners->vendors[vendor].url[0] == '\0')
        return fail(why, NOT_FOUND, "this house has no licence service for %s",
                    vendor_word(vendor));
    const struct vendor_service *service = &partners->vendors[vendor];
    if (challenge.len == 0) return fail(why, INVALID, "the challenge is empty");
    if (challenge.len > GATEWAY_CHALLENGE_BYTES_MAX)
        return fail(why, TOO_LARGE, "the challenge exceeds %d bytes", GATEWAY_CHALLENGE_BYTES_MAX);
    *out = (struct gateway_call){.url = service->url,
                                 .body = buffer_init(4 * GATEWAY_CHALLENGE_BYTES_MAX)};
    add_line(out, "%s", kinds[vendor].request_line);
    if (service->authorization[0] != '\0')
        add_line(out, "Authorization: %s", service->authorization);
    if (vendor == VENDOR_PLAYREADY)
        add_line(out, "SOAPAction: \"http://schemas.microsoft.com/DRM/2007/03/protocols/"
                      "AcquireLicense\"");
    const outcome result = vendor == VENDOR_WIDEVINE
                               ? wrap_widevine(service, challenge, verdict, out, why)
                               : wrap_plain(service, challenge, verdict, out, why);
    if (result != OK) buffer_release(&out->body);
    return result;
}

outcome gateway_unwrap(enum vendor vendor, int status, struct slice answer, struct buffer *out,
                       const char **type, struct why *why)
{
    const char *name = vendor_word(vendor);
    if (status == 401 || status == 403)
        return fail(why, DENIED, "the licence service for %s refuses (%d)", name, status);
    if (status != 200)
        return fail(why, UNAVAILABLE, "the licence service for %s fails (%d)", name, status);
    if (vendor == VENDOR_WIDEVINE)
        TRY(unwrap_widevine(answer, out, why));
    else if (answer.len == 0)
        return fail(why, UNAVAILABLE, "the licence service for %s says nothing", name);
    else
        TRY(buffer_put(out, answer, why));
    *type = kinds[vendor].answer_type;
    return OK;
}
