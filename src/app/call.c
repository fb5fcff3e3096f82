// SPDX-License-Identifier: Apache-2.0
#include "app/call.h"

#include "app/call_internal.h"
#include "base/base64.h"
#include "base/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    ANSWER_BYTES_MAX = 2 * 1024 * 1024,
    CURSOR_BYTES_MAX = 512,
    LANGUAGE_BYTES_MAX = 35, // as RFC 5646 section 4.4.1 suggests
};

json_t *json_time(int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    if (wall_ms == 0) return json_null();
    wall_format(wall_ms, text);
    return json_string(text);
}

json_t *json_text_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

outcome call_read(struct call *call, const struct input_field *fields, size_t count, void *out,
                  struct why *why)
{
    return input_read(call->body, fields, count, out, &call->fault, why);
}

outcome call_query(struct call *call, const char *name, const char **out, struct why *why)
{
    struct slice raw;
    *out = "";
    if (!query_find(call->exchange->request->query, name, &raw)) return OK;
    char *text = arena_take(&call->exchange->arena, raw.len + 1);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for the query");
    size_t len;
    TRY(percent_decode(raw, text, raw.len, &len, why));
    text[len] = '\0';
    *out = text;
    return OK;
}

outcome call_limit(struct call *call, size_t normal, size_t max, size_t *out, struct why *why)
{
    const char *text;
    uint64_t limit = normal;
    TRY(call_query(call, "limit", &text, why));
    if (text[0] != '\0' && (slice_u64(slice_of(text), max, &limit, NULL) != OK || limit == 0))
        return fail(why, INVALID, "limit is \"%.20s\": ask for 1 to %zu", text, max);
    *out = (size_t)limit;
    return OK;
}

void call_id(struct call *call, const char *prefix, char *out)
{
    if (call->once != NULL)
        once_id(call->once, prefix, out);
    else
        id_make(prefix, clock_wall_ms(call->accounts->clock), out);
}

struct viewer call_viewer(const struct call *call)
{
    return play_viewer(&call->caller, clock_wall_ms(call->accounts->clock));
}

static bool is_language(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && c != '-' && (c < '0' || c > '9')) return false;
    }
    return text.len >= 2 && text.len <= LANGUAGE_BYTES_MAX;
}

const char *call_language(const struct call *call)
{
    const struct http_request *request = call->exchange->request;
    struct slice value, rest, language;
    if (!query_find(request->query, "language", &language) || !is_language(language)) {
        value = gate_field(request, "accept-language");
        rest = value;
        if (value.at == NULL || !slice_cut(&rest, ',', &value)) return "";
        rest = value;
        if (!slice_cut(&rest, ';', &language)) return "";
        language = slice_trim(language);
    }
    const char *text = is_language(language) ? arena_copy(&call->exchange->arena, language) : NULL;
    return text == NULL ? "" : text;
}

struct deed call_deed(struct call *call)
{
    const struct slice reason = gate_field(call->exchange->request, "primrose-reason");
    const char *text = arena_copy(&call->exchange->arena, slice_part(reason, 0, 199));
    return (struct deed){call->caller.id, text == NULL ? "" : text};
}

outcome call_refuse(struct call *call, enum problem problem, struct why *why, const char *format,
                    ...)
{
    va_list arguments;
    call->problem = problem;
    va_start(arguments, format);
    (void)vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return DENIED;
}

outcome call_reply(struct call *call, int status, json_t *json, struct why *why)
{
    struct http_exchange *exchange = call->exchange;
    autobuffer text = buffer_init(ANSWER_BYTES_MAX);
    outcome formatted = json == NULL ? NO_MEMORY : json_format(json, &text, why);
    json_decref(json);
    const char *kept = formatted == OK ? arena_copy(&exchange->arena, buffer_slice(&text)) : NULL;
    if (kept == NULL)
        return fail(why, formatted == OK ? NO_MEMORY : formatted, "no memory for the answer");
    http_reply_field(exchange, "Cache-Control", "no-store");
    http_reply_bytes(exchange, status, "application/json",
                     (struct slice){(const uint8_t *)kept, text.len});
    return OK;
}

outcome call_reply_empty(struct call *call)
{
    http_reply_empty(call->exchange, 204);
    return OK;
}

outcome call_reply_version(struct call *call, int status, json_t *json, uint64_t version,
                           struct why *why)
{
    char etag[32];
    (void)snprintf(etag, sizeof etag, "\"%llu\"", (unsigned long long)version);
    TRY(call_reply(call, status, json, why));
    http_reply_field(call->exchange, "ETag", etag);
    return OK;
}

outcome call_match(struct call *call, uint64_t version, struct why *why)
{
    char etag[32];
    struct slice value;
    (void)snprintf(etag, sizeof etag, "\"%llu\"", (unsigned long long)version);
    if (!http_request_find(call->exchange->request, FIELD_IF_MATCH, &value)) return OK;
    struct slice rest = value, tag;
    while (slice_cut(&rest, ',', &tag))
        if (slice_is(slice_trim(tag), etag) || slice_is(slice_trim(tag), "*")) return OK;
    return call_refuse(call, PROBLEM_PRECONDITION_FAILED, why,
                       "it has version %s now: read it again and repeat the change", etag);
}

static outcome cursor_format(struct call *call, const char *next, json_t **out, struct why *why)
{
    autobuffer text = buffer_init(CURSOR_BYTES_MAX);
    *out = NULL;
    if (next == NULL || next[0] == '\0') {
        *out = json_null();
        return OK;
    }
    TRY(base64_format(BASE64_URL, slice_of(next), &text, why));
    *out = json_stringn((const char *)text.at, text.len);
    (void)call;
    return *out == NULL ? fail(why, NO_MEMORY, "no memory for a cursor") : OK;
}

outcome call_reply_page(struct call *call, json_t *items, const char *next, struct why *why)
{
    json_t *cursor;
    const outcome formatted = cursor_format(call, next, &cursor, why);
    if (formatted != OK) {
        json_decref(items);
        return formatted;
    }
    return call_reply(call, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor),
                      why);
}

outcome call_cursor(struct call *call, const char **out, struct why *why)
{
    const char *cursor;
    size_t len = 0;
    *out = "";
    TRY(call_query(call, "cursor", &cursor, why));
    if (cursor[0] == '\0') return OK;
    char *text = arena_take(&call->exchange->arena, CURSOR_BYTES_MAX + 1);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for a cursor");
    const outcome parsed =
        base64_parse(BASE64_URL, slice_of(cursor), (uint8_t *)text, CURSOR_BYTES_MAX, &len, NULL);
    bool is_plain = parsed == OK && len > 0;
    for (size_t i = 0; i < len; i++)
        is_plain = is_plain && text[i] > ' ' && text[i] < 127;
    if (!is_plain)
        return fail(why, INVALID,
                    "\"%.60s\" is no cursor: take \"next_cursor\" of the page before, or none",
                    cursor);
    text[len] = '\0';
    *out = text;
    return OK;
}
