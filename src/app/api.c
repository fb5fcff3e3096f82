// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "app/operations.h"

#include <stdio.h>

enum { ANSWER_BYTES_MAX = 2 * 1024 * 1024 }; // 200 titles; or the widest one with all its scenes

// Tells an old answer from a new one; nothing hangs on it being hard to collide.
static void make_etag(struct slice bytes, char *out, size_t out_bytes)
{
    (void)snprintf(out, out_bytes, "W/\"%016llx\"", (unsigned long long)slice_hash(bytes));
}

static void reply_document(struct http_exchange *exchange, struct slice bytes,
                           const char *cache_control)
{
    char etag[24];
    make_etag(bytes, etag, sizeof etag);
    const char *run =
        arena_format(&exchange->arena, "ETag: %s\r\nCache-Control: %s\r\n", etag, cache_control);
    const char *kept_etag = arena_copy(&exchange->arena, slice_of(etag));
    if (run == NULL || kept_etag == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    const struct http_resource resource = {
        .validators = {.etag = slice_of(kept_etag), .modified_s = -1},
        .type_run = slice_of("Content-Type: application/json\r\n"),
        .run = slice_of(run),
        .bytes = bytes,
        .size = bytes.len,
        .fd = -1,
    };
    http_reply_resource(exchange, &resource);
}

void api_reply_json(struct http_exchange *exchange, const json_t *json, const char *cache_control)
{
    autobuffer text = buffer_init(ANSWER_BYTES_MAX);
    struct why why = {"no memory for the answer"};
    const outcome formatted = json == NULL ? NO_MEMORY : json_format(json, &text, &why);
    const char *kept = formatted == OK ? arena_copy(&exchange->arena, buffer_slice(&text)) : NULL;
    if (kept == NULL) {
        http_reply_outcome(exchange, formatted == OK ? NO_MEMORY : formatted, &why);
        return;
    }
    const struct slice bytes = {(const uint8_t *)kept, text.len};
    const bool is_read = exchange->request->method != METHOD_POST;
    if (is_read) {
        reply_document(exchange, bytes, cache_control);
        return;
    }
    http_reply_field(exchange, "Cache-Control", cache_control);
    http_reply_bytes(exchange, 200, "application/json", bytes);
}

json_t *api_media_reference(const struct title *title, const char *file)
{
    return json_sprintf("/media/%s/%s/%s", title->id, title->version, file);
}

void api_live(void *context, struct http_exchange *exchange)
{
    (void)context;
    http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
    http_reply_bytes(exchange, 200, "application/json", slice_of("{\"status\":\"ok\"}"));
}

outcome api_ready(struct call *call, struct why *why)
{
    struct title_page page;
    const struct title_source titles = call_titles(call);
    const outcome result = title_list(&titles, NULL, 1, &call->exchange->arena, &page, why);
    if (result == OK)
        api_live(call->service, call->exchange);
    else
        http_reply_problem(call->exchange, 503, outcome_code(result), "the stores do not answer",
                           why->text);
    return OK;
}

void api_document(void *context, struct http_exchange *exchange)
{
    (void)context;
    reply_document(exchange, openapi_text(), "no-cache");
}
